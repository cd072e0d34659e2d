"""The templates as they are sent: versioned, strict, and with what the settings say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest

from pipeline.domain.document import EVENTS, REJECTED, SCORED
from pipeline.sinks.elasticsearch.plain_index import TOPICS
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from pipeline.sinks.elasticsearch.setup import VERSION, component_template, index_template, resource, templates
from pipeline.sinks.elasticsearch.window_indices import TEMPLATE as WINDOWS
from tests.mapping import fields, mapped
from tests.paths import ROOT

SETTINGS = ElasticsearchSettings(shards=3, refresh_interval="250ms", retention="7d")
DATASETS = (SCORED, REJECTED, EVENTS)
COMPONENTS = sorted({name for dataset in DATASETS for name in resource(f"logs-{dataset}")["composed_of"]})

DIGESTS = {1: "30a757f8eddf59ff", 2: "2a9371151dc71cd3", 3: "3ba9a4ea38aaa091", 4: "f44399b159b20865"}
"""Version → of all files in `resources/`, as they were when it was made: add one, never change one."""


def mappings(body: Any) -> Iterator[dict[str, Any]]:
    """Every object of a template that says how to treat unknown fields."""
    if isinstance(body, dict):
        if "dynamic" in body:
            yield body
        for value in body.values():
            yield from mappings(value)


@pytest.mark.parametrize("name", COMPONENTS)
def test_components_are_versioned(name: str) -> None:
    """A version, in the field that the server reads and in `_meta`, and whose they are."""
    body = component_template(name, SETTINGS)
    assert (body["version"], body["_meta"]["version"], body["_meta"]["managed_by"]) == (VERSION, VERSION, "tweetpulse")


def test_settings_go_into_the_template() -> None:
    """Shards and refresh as configured; the rest as it lies in the file, which is not changed by it."""
    body = component_template("tweets@settings", SETTINGS)["template"]["settings"]
    assert body == resource("tweets@settings")["template"]["settings"] | {
        "index.number_of_shards": 3,
        "index.refresh_interval": "250ms",
    }


def test_an_ordinary_index() -> None:
    """Said explicitly, since newer servers make a logs index of another mode by themselves."""
    assert resource("tweets@settings")["template"]["settings"]["index.mode"] == "standard"


@pytest.mark.parametrize("dataset", DATASETS)
def test_index_templates(dataset: str) -> None:
    """Each makes a data stream with the retention, and notes its version where an update looks for it."""
    body = index_template(dataset, SETTINGS)
    assert (body["index_patterns"], body["data_stream"], body["version"]) == ([f"logs-{dataset}-*"], {}, VERSION)
    assert body["template"] == {
        "lifecycle": {"data_retention": "7d"},
        "mappings": {"_meta": {"version": VERSION, "managed_by": "tweetpulse"}},
    }


@pytest.mark.parametrize("dataset", DATASETS)
def test_before_the_servers_own_template(dataset: str) -> None:
    """`logs-*-*` is the server's, with priority 100: ours come first."""
    assert resource(f"logs-{dataset}")["priority"] > 100


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_mapping_is_strict(dataset: str) -> None:
    """The whole of it, once, at its root: no part of it grows by itself."""
    found = [one["dynamic"] for name in resource(f"logs-{dataset}")["composed_of"] for one in mappings(resource(name))]
    assert found == ["strict"]


@pytest.mark.parametrize("dataset", DATASETS)
def test_each_field_is_mapped_once(dataset: str) -> None:
    """No component says otherwise of a field what another one of the same data stream says."""
    each = [field for name in resource(f"logs-{dataset}")["composed_of"] for field, _ in mapped(name)]
    assert sorted(each) == sorted(fields(dataset))


@pytest.mark.parametrize("component", COMPONENTS)
def test_long_keywords_are_no_fault(component: str) -> None:
    """Every keyword has a length above which it is not indexed: a longer one would refuse the document."""
    keywords = {field: body for field, body in mapped(component) if body["type"] == "keyword"}
    assert [name for name, body in keywords.items() if "ignore_above" not in body and body.get("index", True)] == []


def test_a_change_of_the_templates_has_a_version_of_its_own() -> None:
    """Whoever changes a file in `resources/` raises `setup.VERSION` and writes the new digest down here.

    The index of topics has no version: `setup` mends it in place; the template of windows has a version of its own
    (`test_window_indices.py`). No data stream need roll over for either.
    """
    folder = ROOT / "pipeline/sinks/elasticsearch/resources"
    paths = (path for path in folder.glob("*.json") if path.stem not in (TOPICS, WINDOWS))
    found = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    digest = sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:16]
    assert (max(DIGESTS), DIGESTS[VERSION]) == (VERSION, digest), "raise setup.VERSION, and add its digest to DIGESTS"


@pytest.mark.parametrize("name", templates(SETTINGS))
def test_no_mapping_is_made_elsewhere(name: str) -> None:
    """All that is sent of mappings lies in `resources/`, so that the digest knows it; set-up adds the version only."""
    _, body = templates(SETTINGS)[name]
    sent, lies = (one.get("template", {}).get("mappings", {}) for one in (body, resource(name)))
    assert sent == lies or sent == lies | {"_meta": {"version": VERSION, "managed_by": "tweetpulse"}}
