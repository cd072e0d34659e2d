"""Kibana's saved objects, as code.

`python -m dashboards.kibana` writes `generated/`: one file per saved object, for people, and `tweetpulse.ndjson`
with all of them, which `tweetpulse provision kibana` imports. `--check` only says what would change.
"""
