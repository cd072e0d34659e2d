"""Grafana's boards in five ideas: config, queries, variables, panels, boards.

`python -m dashboards.grafana` writes `generated/*.json`; `provisioning/` is what Grafana reads at its start;
`questions` lists everything that boards and rules ask, and `search` says it in Elasticsearch's words.
"""
