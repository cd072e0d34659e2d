"""Questions about a period. A real Elasticsearch answers them in tests/integration/report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pipeline.report import queries
from pipeline.report.period import last
from pipeline.sinks.elasticsearch.setup import resource
from tests.reporting import DAY, UNTIL


def fields(body: Any) -> set[str]:
    """Every field that a question names."""
    if isinstance(body, list):
        return {name for one in body for name in fields(one)}
    if not isinstance(body, dict):
        return set()
    named = {value for key, value in body.items() if key == "field"}
    named |= {name for key in ("term", "range") for name in body.get(key, {})}
    return named | {name for value in body.values() for name in fields(value)}


def mapped(*templates: str) -> set[str]:
    """Every field that documents have, by the names of their templates."""
    found: set[str] = set()

    def walk(properties: dict[str, Any], above: str) -> None:
        for name, field in properties.items():
            found.add(above + name)
            walk(field.get("properties", {}), f"{above}{name}.")

    for template in templates:
        walk(resource(template)["template"]["mappings"]["properties"], "")
    return found


@pytest.mark.parametrize("entity", [None, "Acme"])
def test_fields_are_those_of_the_documents(entity: str | None) -> None:
    """A name that is misspelt would count nothing, and nobody would notice."""
    asked = (queries.tweets(DAY, entity), queries.newest_negative(DAY, entity), queries.indexed(DAY))
    assert fields(list(asked)) <= mapped("tweets@mappings", "tweets@scored")
    assert set(queries.newest_negative(DAY)["source"]) <= mapped("tweets@mappings", "tweets@scored")
    assert fields(queries.rejected(DAY)) <= mapped("tweets@mappings")


def test_one_entity_narrows_everything_about_tweets() -> None:
    """Each question that reads tweets has the condition."""
    condition = {"term": {"tweet.entity": "Acme"}}
    for ask in (queries.tweets, queries.newest_negative):
        assert condition in ask(DAY, "Acme")["query"]["bool"]["filter"]
        assert condition not in ask(DAY)["query"]["bool"]["filter"]


def test_intervals_begin_with_the_period() -> None:
    """Whatever second it begins at: a bucket of the clock would be cut in two at both ends."""
    period = last(timedelta(hours=24), UNTIL.replace(minute=7, second=11))
    histogram = queries.tweets(period)["aggs"]["now"]["aggs"]["over_time"]["date_histogram"]
    assert (histogram["fixed_interval"], histogram["offset"]) == ("1800000ms", f"{(7 * 60 + 11) * 1_000}ms")
