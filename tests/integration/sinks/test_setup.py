"""Set-up against what people do by hand: the content is compared, not the version alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from pipeline.domain.alias import ALIAS
from pipeline.domain.delivery import Entry, Fate
from pipeline.errors import SetupError
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch import setup
from pipeline.sinks.elasticsearch.backing import resolve
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.window_indices import TEMPLATE
from pipeline.sinks.elasticsearch.writer import DocumentWriter
from tests.streams import roll_over, scored_stream

LANG = {"tweet": {"properties": {"lang": {"type": "long"}}}}


@pytest.fixture
def client(settings: Settings) -> Iterator[Elasticsearch]:
    """A client of a server that is set up for this test's namespace; its templates are put right in the end."""
    with connect(settings.elasticsearch) as connected:
        setup.set_up(connected, settings.elasticsearch)
        yield connected
        connected.options(ignore_status=404).indices.delete_index_template(name="by-hand")
        setup.set_up(connected, settings.elasticsearch)


def changes(client: Elasticsearch, settings: Settings) -> tuple[str, ...]:
    return setup.set_up(client, settings.elasticsearch).changes


def fate(client: Elasticsearch, settings: Settings, lang: str = "en") -> Fate:
    """The result for a tweet that says its language."""
    stream = scored_stream(settings)
    document = b'{"@timestamp":"2026-01-01T00:00:00Z","event":{"id":"t:1"},"tweet":{"lang":"%s"}}' % lang.encode()
    report = DocumentWriter(client, settings.elasticsearch, patience=0.2).index(
        stream, [Entry("t:1", document)], resolve(client, stream, since=0)
    )
    return report.verdicts["t:1"].fate


def spoil_component(client: Elasticsearch, settings: Settings, name: str, properties: dict[str, Any]) -> None:
    """Change the fields of a component template by hand; its version stays."""
    body = setup.component_template(name, settings.elasticsearch)
    body["template"]["mappings"]["properties"] = properties
    client.cluster.put_component_template(name=name, body=body)


def put_by_hand(client: Elasticsearch, settings: Settings, properties: dict[str, Any]) -> None:
    """An index template with precedence over ours for this namespace."""
    client.indices.put_index_template(
        name="by-hand",
        index_patterns=[scored_stream(settings)],
        priority=900,
        data_stream={},
        template={"mappings": {"dynamic": "strict", "properties": properties}},
    )


def write_index(client: Elasticsearch, settings: Settings) -> str:
    return resolve(client, scored_stream(settings), since=0).write


def test_a_template_changed_by_hand_is_restored(client: Elasticsearch, settings: Settings) -> None:
    """After a rollover it refused tweets; set-up says what differed, rolls over, and tweets are taken again."""
    fields = setup.component_template("tweets@scored", settings.elasticsearch)["template"]["mappings"]["properties"]
    fields["tweet"]["properties"]["lang"] = {"type": "long"}
    spoil_component(client, settings, "tweets@scored", fields)
    roll_over(settings)
    assert fate(client, settings) is Fate.FAILED
    stream = scored_stream(settings)
    assert changes(client, settings) == (
        "changed the template tweets@scored",
        "tweets@scored: tweet.lang should be keyword (ignore_above 64) and is long",
        f"rolled {stream} over",
        f"{stream}: tweet.lang should be keyword (ignore_above 64) and is long",
    )
    assert fate(client, settings) is Fate.INDEXED
    assert changes(client, settings) == ()


def test_a_write_index_of_a_hand_made_template_is_rolled_over(client: Elasticsearch, settings: Settings) -> None:
    """The template is gone, but its write index still refuses documents: its mapping shows that."""
    put_by_hand(client, settings, {"@timestamp": {"type": "date"}, **LANG})
    roll_over(settings)
    client.indices.delete_index_template(name="by-hand")
    assert fate(client, settings) is Fate.FAILED
    told = changes(client, settings)
    assert told[0] == f"rolled {scored_stream(settings)} over"
    assert len(told) == 12
    assert told[-1].endswith(" more")
    assert fate(client, settings) is Fate.INDEXED
    assert changes(client, settings) == ()


def test_a_template_that_comes_before_ours_is_named(client: Elasticsearch, settings: Settings) -> None:
    """No rollover would help, so none is made: one line names the template, and deleting it is the cure."""
    put_by_hand(client, settings, {"@timestamp": {"type": "date"}, **LANG})
    roll_over(settings)
    before = write_index(client, settings)
    with pytest.raises(SetupError, match="the index template by-hand makes the indices of"):
        changes(client, settings)
    assert write_index(client, settings) == before
    client.indices.delete_index_template(name="by-hand")
    changes(client, settings)
    assert fate(client, settings) is Fate.INDEXED


def test_a_field_that_is_missing_is_added_in_place(client: Elasticsearch, settings: Settings) -> None:
    """The server lets it, so there is no rollover."""
    spoil_component(client, settings, "tweets@events", {})
    stream = f"logs-tweets.events-{settings.elasticsearch.namespace}"
    client.indices.rollover(alias=stream)
    before = resolve(client, stream, since=0).write
    assert changes(client, settings) == (
        "changed the template tweets@events",
        "tweets@events: tweet.entity should be keyword (ignore_above 256) and is nothing",
        f"updated {before} in place",
        f"{stream}: tweet.entity should be keyword (ignore_above 256) and is nothing",
    )
    assert resolve(client, stream, since=0).write == before
    assert changes(client, settings) == ()


def test_a_field_too_many_goes_with_a_rollover(client: Elasticsearch, settings: Settings) -> None:
    """No server takes a field away."""
    client.indices.put_mapping(index=scored_stream(settings), properties={"more": {"type": "text"}})
    stream = scored_stream(settings)
    assert changes(client, settings) == (f"rolled {stream} over", f"{stream}: more should be nothing and is text")
    assert changes(client, settings) == ()


def test_the_refresh_interval_changes_in_place_and_the_shards_with_a_rollover(
    client: Elasticsearch, settings: Settings
) -> None:
    """As the server lets each be changed."""
    before, stream = write_index(client, settings), scored_stream(settings)
    slower = settings.elasticsearch.model_copy(update={"refresh_interval": "3s"})
    told = setup.set_up(client, slower).changes
    assert f"updated {before} in place" in told
    assert f"{stream}: index.refresh_interval should be 3s and is 1s" in told
    assert write_index(client, settings) == before
    told = setup.set_up(client, slower.model_copy(update={"shards": 2})).changes
    assert f"{stream}: index.number_of_shards should be 2 and is 1" in told
    assert write_index(client, settings) != before


def test_another_retention(client: Elasticsearch, settings: Settings) -> None:
    """New data streams get it by their templates, and set-up says so; what they are made of stays as it is.

    This server has no API for the retention of a data stream that is there: `test_upkeep.py` has one that has.
    """
    shorter = settings.elasticsearch.model_copy(update={"retention": "7d"})
    before = write_index(client, settings)
    told = setup.set_up(client, shorter).changes
    datasets = ("scored", "rejected", "events")
    assert told[:2] == (
        "changed the template logs-tweets.scored",
        "logs-tweets.scored: lifecycle.data_retention should be 7d and is 90d",
    )
    assert len(told) == 2 * len(datasets)
    assert (setup.set_up(client, shorter).changes, write_index(client, settings)) == ((), before)
    assert not any(setup.inspect(client, shorter).values())


def test_the_index_of_labels_gets_the_fields_that_it_lacks(client: Elasticsearch, settings: Settings) -> None:
    """Its labels stay; a field of another type stays too, and `inspect` reports it."""
    index = settings.elasticsearch.labels_index
    client.indices.delete(index=index)
    client.indices.create(index=index, mappings={"dynamic": "strict", "properties": {"message": {"type": "text"}}})
    assert changes(client, settings)[0] == f"updated {index} in place"
    client.indices.delete(index=index)
    client.indices.create(index=index, mappings={"properties": {"message": {"type": "long"}}})
    assert changes(client, settings) == ()
    assert "message should be text and is long" in map(str, setup.inspect(client, settings.elasticsearch)[index] or [])


def test_inspecting_changes_nothing(client: Elasticsearch, settings: Settings) -> None:
    """It finds what set-up would repair, and changes nothing."""
    assert not any(setup.inspect(client, settings.elasticsearch).values())
    spoil_component(client, settings, "tweets@events", {})
    for _ in range(2):
        found = setup.inspect(client, settings.elasticsearch)
        assert [name for name, differences in found.items() if differences] == ["tweets@events"]


@pytest.mark.parametrize("by_hand", ["removed", "on an older namespace, too", "filtered"])
def test_the_alias_is_put_back(client: Elasticsearch, settings: Settings, by_hand: str) -> None:
    """It points at this namespace alone, and shows all of it."""
    stream = scored_stream(settings)
    setup.set_up(client, settings.elasticsearch, switch=True)
    older = settings.elasticsearch.model_copy(update={"namespace": f"{settings.elasticsearch.namespace}o"})
    setup.set_up(client, older)
    spoil: dict[str, list[dict[str, Any]]] = {
        "removed": [{"remove": {"index": stream, "alias": ALIAS}}],
        "on an older namespace, too": [{"add": {"index": f"logs-tweets.scored-{older.namespace}", "alias": ALIAS}}],
        "filtered": [{"add": {"index": stream, "alias": ALIAS, "filter": {"term": {"tags": "some"}}}}],
    }
    client.indices.update_aliases(actions=spoil[by_hand])
    assert changes(client, settings) == (f"pointed the alias {ALIAS} at {stream}",)
    assert client.indices.get_alias(name=ALIAS).body == {stream: {"aliases": {ALIAS: {}}}}
    assert changes(client, settings) == ()


def test_an_index_in_the_alias_place_is_named(client: Elasticsearch, settings: Settings) -> None:
    """Something wrote to the name while there was no alias: nothing is deleted, one line says what to do."""
    setup.set_up(client, settings.elasticsearch, switch=True)
    client.indices.delete_alias(index=scored_stream(settings), name=ALIAS)
    client.indices.create(index=ALIAS)
    try:
        with pytest.raises(SetupError, match="an index is named tweetpulse-tweets"):
            changes(client, settings)
    finally:
        client.indices.delete(index=ALIAS)
    assert changes(client, settings) == (f"pointed the alias {ALIAS} at {scored_stream(settings)}",)


def test_the_indices_of_windows_get_the_fields_that_they_lack(settings: Settings, client: Elasticsearch) -> None:
    """Each in place; a reason of complaints, which only the index knows, is no difference."""
    names = [f"tweetpulse-windows-{settings.elasticsearch.namespace}-{end}" for end in ("1h-2025", "1h-2026")]
    mappings = setup.resource(TEMPLATE)["template"]["mappings"]
    older = {name: field for name, field in mappings["properties"].items() if name != "ecs"}
    # Else the template would give them the field that is to be missing.
    client.indices.delete_index_template(name=TEMPLATE)
    for name in names:
        client.indices.create(index=name, mappings=mappings | {"properties": older})
    client.index(index=names[0], document={"window": {"reasons": {"late_flight": 2}}})
    told = changes(client, settings)
    assert [line for line in told if line.startswith("updated")] == [f"updated {name} in place" for name in names]
    assert changes(client, settings) == ()
