"""Kibana's saved objects, as code.

`python -m dashboards.kibana` writes `generated/`: one file per saved object, for people, and `tweetpulse.ndjson`
with all of them, which `tweetpulse provision kibana` imports. `--check` only says what would change.
"""

from __future__ import annotations

from dashboards.kibana.bundle import ndjson, saved_objects

__all__ = ["ndjson", "saved_objects"]
