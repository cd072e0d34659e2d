"""Grafana's boards in five ideas: config, queries, variables, panels, boards.

`python -m dashboards.grafana` writes `generated/*.json`; `provisioning/` is what Grafana reads at its start.
"""
