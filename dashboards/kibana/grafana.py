"""Links to Grafana's boards.

Kibana puts neither its time nor its filters into a link to elsewhere: only a URL drilldown does, which the free licence
does not have. So a dashboard's link has the interval with which that dashboard opens, and an entity's link the entity.
An alert knows its time.
"""

from __future__ import annotations

from dashboards.grafana.config import ENTITY, HISTORY, OVERVIEW, PIPELINE, TOPICS_BOARD
from dashboards.kibana.conditions import Json

__all__ = [
    "ENTITY",
    "GRAFANA",
    "HISTORY",
    "OVERVIEW",
    "PIPELINE",
    "TOPICS_BOARD",
    "around",
    "entity_link",
    "since",
]

GRAFANA = "http://127.0.0.1:3000"
"""Where Grafana is, until `provision kibana` puts the setting `kibana.grafana_url` in its place."""


def since(board: str, time_from: str) -> str:
    """The address of a board, from that time until now."""
    return f"{_url(board)}?from={time_from}&to=now"


def entity_link() -> Json:
    """The format of a field that holds an entity: its name, which leads to its board."""
    params = {"urlTemplate": f"{_url(ENTITY)}?var-entity={{{{value}}}}", "labelTemplate": "{{value}}"}
    return {"id": "url", "params": params | {"openLinkInCurrentTab": False}}


def around(board: str, date: str) -> str:
    """The address of a board, from an hour before a date until then; `date` is the name of an alert's variable.

    The two lambdas are of Kibana's actions: Grafana wants milliseconds.
    """
    milliseconds = f"{{{{#FormatDate}}}}{{{{{{{date}}}}}}};;x{{{{/FormatDate}}}}"
    hour_before = f"{{{{#EvalMath}}}}{milliseconds} - 3600000{{{{/EvalMath}}}}"
    return f"{_url(board)}?from={hour_before}&to={milliseconds}"


def _url(board: str) -> str:
    return f"{GRAFANA}/d/{board}"
