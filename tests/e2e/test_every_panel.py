"""Everything that boards and rules ask, asked of the real servers after something of everything has happened.

"I imported the dashboards and they show nothing" is what this is against.
"""

from __future__ import annotations

import re
import urllib.request
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
import yaml

from dashboards.grafana import config
from tests.answers import has_hits
from tests.boards.grafana import (
    INDICES,
    PROMETHEUS_RULES,
    Question,
    boards,
    expressions_of_rules,
    panels_of,
    queries_of,
    queries_of_alerts,
)
from tests.boards.grafana_search import search_of
from tests.boards.kibana import Search, searches
from tests.e2e.flow import ENTITY, Flow
from tests.unit.dashboards.grafana.contract import METRICS

QUESTIONS = [question for board in boards() for question in queries_of(board, entity=ENTITY)]
TO_PROMETHEUS = [question for question in QUESTIONS if question.expression is not None]
TO_ELASTICSEARCH = [*(question for question in QUESTIONS if question.expression is None), *queries_of_alerts()]
RULES = [
    rule
    for path in sorted(PROMETHEUS_RULES.glob("*.yml"))
    for group in yaml.safe_load(path.read_text())["groups"]
    for rule in group["rules"]
]
EXPRESSIONS = [question.expression or "" for question in TO_PROMETHEUS] + [rule["expr"] for rule in RULES]
ROWS = [(board, panel) for board in boards() for panel in panels_of(board) if "raw_data" in str(panel["targets"])]

by_question = pytest.mark.parametrize("question", TO_PROMETHEUS, ids=lambda question: question.where)
by_search = pytest.mark.parametrize("question", TO_ELASTICSEARCH, ids=lambda question: question.where)
by_kibana = pytest.mark.parametrize("search", list(searches()), ids=lambda search: f"{search.board} / {search.panel}")

_SELECTOR = re.compile(
    r"(?<![\w:\"])((?:(?:job|query|source|task_version):)?tweetpulse_[\w:]+|up|ALERTS(?:_FOR_STATE)?|process_\w+)"
    r"(\{[^}]*\})?(?![\w:(])"
)
_DAY = 24 * 3600

# The first test waits for the flow.
pytestmark = pytest.mark.timeout(900)


@by_question
def test_every_prometheus_panel_returns_data(flow: Flow, question: Question) -> None:
    """Panels, annotations and variables; at some time of the flow, or now for what is asked for now."""
    assert _asked(flow, question)


@by_question
def test_every_label_of_a_legend_is_there(flow: Flow, question: Question) -> None:
    """A legend that names a label which no series has would show a blank."""
    texts = (question.target.get("legendFormat", ""), question.target.get("titleFormat", ""))
    named = set(re.findall(r"\{\{\s*(\w+)\s*\}\}", " ".join(texts)))
    assert [series for series in _asked(flow, question) if not named <= series.keys()] == []


def test_every_selector_selects_series(flow: Flow) -> None:
    """Each metric with each of its matchers, in panels and rules: none waits for what nobody exports."""
    assert {text for text in _selectors(EXPRESSIONS) if not flow.prometheus.series(text)} == set()


def test_every_label_that_is_named_exists(flow: Flow) -> None:
    """What an expression groups or joins by is a label of a series in it; so is what an alert's words name."""
    wrong = {text: missing for text in EXPRESSIONS if (missing := _grouped(text) - _labels(flow, text))}
    alerts = {rule["alert"]: _named(rule) - _labels(flow, rule["expr"]) for rule in RULES if "alert" in rule}
    assert wrong == {}
    assert {alert: missing for alert, missing in alerts.items() if missing} == {}


def test_every_rule_is_healthy(flow: Flow) -> None:
    """Prometheus has read all of them, and evaluates each without an error."""
    rules = flow.prometheus.rules()
    assert {rule["name"] for rule in rules} == expressions_of_rules().keys()
    assert [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"] == []


def test_the_real_pages_hold_what_boards_may_name(flow: Flow) -> None:
    """What the running processes say of themselves is exactly the list that boards, rules and docs are held to."""
    assert set().union(*map(_on_the_page, flow.pages().values())) == METRICS.keys()


def test_commands_have_noted_what_they_did(flow: Flow) -> None:
    """Commands note a finished run, a running one and a publication; a person's note is there too."""
    found = flow.client.search(index=INDICES[config.EVENTS], size=100)["hits"]["hits"]
    assert Counter(hit["_source"]["event"]["action"] for hit in found) == {
        "stream-started": 2,
        "stream-stopped": 1,
        "generate": 1,
        "model-promoted": 2,
        "annotate": 1,
    }


@by_search
def test_every_elasticsearch_panel_returns_data(flow: Flow, question: Question) -> None:
    """Panels, annotations, variables and alerts; each field that is named is in the index."""
    index = INDICES[question.source]
    known = flow.client.field_caps(index=index, fields=sorted(question.fields))["fields"]
    assert question.fields - known.keys() == set()
    body = search_of(question.target, int((flow.ended - _DAY) * 1000), int((flow.ended + 60) * 1000))
    assert has_hits(flow.client.search(index=index, track_total_hits=True, **body).body)


@pytest.mark.parametrize(("board", "panel"), ROWS, ids=[f"{board['uid']} / {panel['title']}" for board, panel in ROWS])
def test_every_column_of_tweets_is_filled(flow: Flow, board: dict[str, Any], panel: dict[str, Any]) -> None:
    """In at least one row."""
    (kept,) = [t for t in panel["transformations"] if t["id"] == "filterFieldsByName"]
    (question,) = [q for q in queries_of(board, entity=ENTITY) if q.where.split(" / ")[1] == panel["title"]]
    body = search_of(question.target, int((flow.ended - _DAY) * 1000), int((flow.ended + 60) * 1000))
    hits = flow.client.search(index=INDICES[question.source], **body)["hits"]["hits"]
    filled = {name for hit in hits for name in _flat(hit["_source"])}
    assert set(kept["options"]["include"]["names"]) - filled == set()


@by_kibana
def test_every_kibana_panel_returns_data(flow: Flow, search: Search) -> None:
    """Panels, controls, saved searches and rules, over their dashboards' own intervals."""
    assert has_hits(flow.client.search(index=search.index, body=search.body).body)


def _asked(flow: Flow, question: Question) -> list[dict[str, str]]:
    expression = question.expression or ""
    if question.target.get("instant"):
        return flow.prometheus.now(expression)
    return flow.prometheus.ever(expression, flow.begun, flow.ended)


def _selectors(expressions: Iterable[str]) -> set[str]:
    return {name + matchers for text in expressions for name, matchers in _SELECTOR.findall(text)}


def _grouped(expression: str) -> set[str]:
    lists = re.findall(r"\b(?:by|on|without|ignoring) \(([^)]*)\)", expression)
    return {label.strip() for text in lists for label in text.split(",")} - {""}


def _labels(flow: Flow, expression: str) -> set[str]:
    return {label for text in _selectors([expression]) for series in flow.prometheus.series(text) for label in series}


def _named(rule: dict[str, Any]) -> set[str]:
    return set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))


def _on_the_page(url: str) -> set[str]:
    with urllib.request.urlopen(url, timeout=30) as page:
        families = re.findall(r"^# TYPE (tweetpulse_\w+) (\w+)$", page.read().decode(), re.MULTILINE)
    return {f"{name}_bucket" if kind == "histogram" else name for name, kind in families}


def _flat(source: dict[str, Any], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for name, value in source.items():
        found |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name}
    return found
