"""What the boards and rules ask, taken from the files themselves, so that a test can ask the real servers all of it.

Needs neither the SDK nor a Grafana.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dashboards.grafana import config

FOLDER = Path(config.__file__).parent
BOARDS = FOLDER / "generated"
ALERTS = FOLDER / "provisioning" / "alerting" / "rules.yaml"
PROMETHEUS_RULES = FOLDER.parent / "prometheus" / "rules"

Json = dict[str, Any]

GRAFANAS_OWN = {"__rate_interval": "1m", "__interval": "30s", "__range": "3h"}


@dataclass(frozen=True)
class Question:
    """One query of a panel, annotation, variable or rule, its variables replaced.

    `where` names it for a person; `source` is the data source's uid; `target` is Grafana's own query model.
    """

    where: str
    source: str
    target: Json

    @property
    def expression(self) -> str | None:
        """The PromQL, or None for a question to Elasticsearch."""
        return self.target.get("expr")

    @property
    def fields(self) -> set[str]:
        """The document fields that a question to Elasticsearch names."""
        parts = (*self.target.get("metrics", ()), *self.target.get("bucketAggs", ()))
        named = {part["field"] for part in parts if part.get("field")}
        return named | lucene_fields(self.target.get("query", "")) | {self.target.get("timeField", "@timestamp")}


def boards() -> list[Json]:
    """The committed boards."""
    return [json.loads(path.read_text()) for path in sorted(BOARDS.glob("*.json"))]


def panels_of(board: Json) -> list[Json]:
    """All panels, also those in collapsed rows; not the rows."""
    nested = [inner for panel in board["panels"] for inner in (panel, *panel.get("panels", ()))]
    return [panel for panel in nested if panel["type"] != "row"]


def queries_of(board: Json, **values: str) -> list[Question]:
    """Every query of a board: panels, annotations, variables.

    Args:
        board: the dashboard model.
        values: of its variables, such as `entity="Acme"`; the others take their current value.
    """
    known = GRAFANAS_OWN | _chosen(board) | values
    asked = [*_of_panels(board), *_of_annotations(board), *_of_variables(board)]
    return [Question(where, _filled(source, known), _filled(target, known)) for where, source, target in asked]


def targets_of(board: Json, **values: str) -> dict[str, list[Json]]:
    """Title of a panel → all that Grafana asks for it at once, expressions among them; `values` as for `queries_of`."""
    known = GRAFANAS_OWN | _chosen(board) | values
    return {panel["title"]: _filled(panel["targets"], known) for panel in panels_of(board)}


def queries_of_alerts(path: Path = ALERTS) -> list[Question]:
    """Every query of Grafana's alert rules."""
    groups = yaml.safe_load(path.read_text())["groups"]
    return [
        Question(f"{rule['uid']} / {query['refId']}", query["datasourceUid"], query["model"])
        for group in groups
        for rule in group["rules"]
        for query in rule["data"]
        if query["datasourceUid"] != "__expr__"
    ]


def expressions_of_rules(folder: Path = PROMETHEUS_RULES) -> dict[str, str]:
    """Name of a recording or alerting rule of Prometheus → its PromQL."""
    groups = [group for path in sorted(folder.glob("*.yml")) for group in yaml.safe_load(path.read_text())["groups"]]
    return {rule.get("alert") or rule["record"]: rule["expr"] for group in groups for rule in group["rules"]}


def metrics_of(expressions: Iterable[str]) -> set[str]:
    """The tweetpulse metrics that PromQL expressions name; recorded series (`level:metric:operation`) are none."""
    return {name for text in expressions for name in re.findall(r"(?<![\w:])tweetpulse_\w+(?![\w:])", text)}


def lucene_fields(query: str) -> set[str]:
    """The fields that a Lucene query names."""
    unquoted = re.sub(r'"[^"]*"', '""', query)
    return set(re.findall(r"(?<![\w.])([\w@][\w.@]*):", unquoted)) - {"_exists_"} | set(
        re.findall(r"_exists_:([\w.@]+)", unquoted)
    )


def _of_panels(board: Json) -> Iterator[tuple[str, str, Json]]:
    for panel in panels_of(board):
        for target in panel.get("targets", ()):
            if target["datasource"]["uid"] != "__expr__":
                yield f"{board['uid']} / {panel['title']} / {target['refId']}", target["datasource"]["uid"], target


def _of_annotations(board: Json) -> Iterator[tuple[str, str, Json]]:
    for annotation in board["annotations"]["list"]:
        target = annotation.get("target") or {"expr": annotation["expr"]}
        yield f"{board['uid']} / annotation {annotation['name']}", annotation["datasource"]["uid"], target


def _of_variables(board: Json) -> Iterator[tuple[str, str, Json]]:
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            where = f"{board['uid']} / variable {variable['name']}"
            yield where, variable["datasource"]["uid"], _variable_target(variable["query"])


def _variable_target(query: str | Json) -> Json:
    if isinstance(query, dict):
        found = re.fullmatch(r"label_values\((.+), (\w+)\)", query["query"])
        if found is None:
            raise ValueError(f"not label_values(selector, label): {query['query']}")
        return {"expr": f"count by ({found[2]}) ({found[1]})"}
    find = json.loads(query)
    terms = {"id": "10", "type": "terms", "field": find["field"], "settings": {"size": str(find["size"])}}
    return {"query": find["query"], "metrics": [{"id": "1", "type": "count"}], "bucketAggs": [terms]}


def _chosen(board: Json) -> dict[str, str]:
    return {variable["name"]: _current(variable) for variable in board["templating"]["list"] if "current" in variable}


def _current(variable: Json) -> str:
    value = variable["current"].get("value", "")
    return str(variable.get("allValue", ".*") if value == ["$__all"] else value)


def _filled(part: Any, values: Mapping[str, str]) -> Any:
    if isinstance(part, str):
        return re.sub(
            r"\$\{(\w+)(?::raw)?\}|\$([A-Za-z_]\w*)", lambda found: values.get(found[1] or found[2], found[0]), part
        )
    if isinstance(part, dict):
        return {key: _filled(value, values) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, values) for value in part]
    return part


INDICES = {
    config.TWEETS: "tweetpulse-tweets",
    config.EVENTS: "logs-tweets.events-*",
    config.WINDOWS: "tweetpulse-windows-*",
    config.TOPICS: "tweetpulse-topics",
}
"""What the provisioned data sources search."""
