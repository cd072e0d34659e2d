"""Real differences between mappings, and different spellings of the same."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.sinks.elasticsearch import setup
from pipeline.sinks.elasticsearch.differences import (
    Difference,
    between,
    composed,
    flat_mapping,
    flat_settings,
    flat_template,
    lines,
)
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings

SETTINGS = ElasticsearchSettings()


def as_the_server_says(body: dict[str, Any]) -> dict[str, Any]:
    """A template as Elasticsearch 8.19 answers it: nested settings, numbers as strings, and its defaults."""
    body["template"] = dict(body["template"])
    if "settings" in body["template"]:
        body["template"]["settings"] = {
            "index": {
                "mode": "standard",
                "codec": "default",
                "mapping": {"total_fields": {"limit": "200"}},
                "refresh_interval": "1s",
                "number_of_shards": "1",
                "translog": {"durability": "request"},
                "auto_expand_replicas": "0-1",
            }
        }
    if "lifecycle" in body["template"]:
        body["template"]["lifecycle"] = {"enabled": True, "data_retention": "90d"}
    if "data_stream" in body:
        body["data_stream"] = {"hidden": False, "allow_custom_routing": False}
    return body


@pytest.mark.parametrize("name", setup.templates(SETTINGS))
def test_the_servers_own_words_are_no_difference(name: str) -> None:
    """Each template equals what the server says of it."""
    _, body = setup.templates(SETTINGS)[name]
    _, again = setup.templates(SETTINGS)[name]
    assert between(flat_template(body), flat_template(as_the_server_says(again))) == []


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"properties": {"a": {"type": "long"}}}, "a should be keyword (ignore_above 8) and is long"),
        ({"properties": {}}, "a should be keyword (ignore_above 8) and is nothing"),
        (
            {"properties": {"a": {"type": "keyword", "ignore_above": 9}}},
            "a should be keyword (ignore_above 8) and is keyword (ignore_above 9)",
        ),
        ({"properties": {"a": {"properties": {"b": {"type": "date"}}}}}, "a.b should be nothing and is date"),
        ({"dynamic": "true"}, "dynamic should be strict and is true"),
        ({"runtime": {"r": {"type": "long"}}}, "runtime.r.type should be nothing and is long"),
        ({"_source": {"enabled": False}}, "_source.enabled should be nothing and is false"),
    ],
)
def test_what_differs_in_a_mapping(found: dict[str, Any], told: str) -> None:
    """The field, what it should be and what it is."""
    wanted: dict[str, Any] = {"dynamic": "strict", "properties": {"a": {"type": "keyword", "ignore_above": 8}}}
    assert told in map(str, between(flat_mapping(wanted), flat_mapping(wanted | found)))


def test_what_is_the_same_mapping() -> None:
    """Order, numbers as strings, and what a server adds."""
    one = {"dynamic": False, "_source": {"mode": "stored"}, "properties": {"a": {"type": "text", "index": False}}}
    other = {
        "properties": {"a": {"index": "false", "type": "text"}},
        "dynamic": "false",
        "_meta": {"version": 1},
        "_data_stream_timestamp": {"enabled": True},
    }
    assert between(flat_mapping(one), flat_mapping(other)) == []


def test_settings_that_nobody_asked_for_are_the_servers() -> None:
    """Of an index only those that we set are compared; however they are written."""
    ours = flat_settings({"index.codec": "default", "index": {"number_of_shards": 1}})
    theirs = flat_settings({"index": {"codec": "best_compression", "number_of_shards": "1", "uuid": "x"}})
    assert list(map(str, between(ours, theirs, extra=False))) == [
        "index.codec should be default and is best_compression"
    ]


def test_components_are_composed_field_by_field() -> None:
    """Fields of the same object come from several components; the last one wins."""
    parts: list[dict[str, Any]] = [
        {"template": {"mappings": {"dynamic": "strict", "properties": {"t": {"properties": {"a": {"type": "text"}}}}}}},
        {"template": {"mappings": {"properties": {"t": {"properties": {"b": {"type": "date"}}}}}}},
        {"template": {"settings": {"index.codec": "default"}}},
    ]
    assert flat_mapping(composed(parts, "mappings")) == {"dynamic": "strict", "t.a": "text", "t.b": "date"}


def test_the_lines_are_bounded_and_plain() -> None:
    """Ten of a place, each short, and nothing in them that a terminal obeys."""
    told = lines("place", [Difference(f"f{n}\x1b[31m", "x" * 5_000, "nothing") for n in range(25)])
    assert (len(told), told[-1]) == (11, "place: 15 more")
    assert all(line.isprintable() and len(line) < 300 for line in told)
