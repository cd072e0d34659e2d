"""The sink and its set-up, against the real server."""

from __future__ import annotations

import orjson
import pytest
from elasticsearch import Elasticsearch

from pipeline.domain.delivery import Entry, Fate
from pipeline.errors import SetupError, SinkUnavailable
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch import setup
from pipeline.sinks.elasticsearch.backing import Backing, resolve
from pipeline.sinks.elasticsearch.writer import DocumentWriter
from tests.streams import count, distinct_ids, roll_over, scored_stream


def _entry(number: int, **fields: object) -> Entry:
    id_ = f"test:{number}"
    document = {"@timestamp": "2026-01-01T00:00:00Z", "message": "text", "event": {"id": id_}, **fields}
    return Entry(id_, orjson.dumps(document))


def _sink(client: Elasticsearch, settings: Settings) -> DocumentWriter:
    return DocumentWriter(client, settings.elasticsearch, patience=0.2)


def test_a_document_with_a_fault_of_its_own_fails_alone(client: Elasticsearch, settings: Settings) -> None:
    """Its neighbours in the bulk land, and a repeat in it is already there."""
    stream = scored_stream(settings)
    entries = [_entry(1), _entry(2, unknown="field"), _entry(3), _entry(3)]
    report = _sink(client, settings).index(stream, entries, resolve(client, stream, since=0))
    assert (report.count(Fate.INDEXED), report.count(Fate.FAILED), report.count(Fate.ALREADY_THERE)) == (2, 1, 1)
    assert report.verdicts["test:2"].reason == "mapping"
    assert count(settings) == 2


def test_a_rollover_between_look_up_and_bulk_is_taken_back(client: Elasticsearch, settings: Settings) -> None:
    """The answer's index says that it happened; the copy in the new index goes, the first one stays."""
    stream, sink = scored_stream(settings), _sink(client, settings)
    before = resolve(client, stream, since=0)
    sink.index(stream, [_entry(1), _entry(2)], before)
    roll_over(settings)
    raced = sink.index(stream, [_entry(2), _entry(3)], before)
    assert (raced.count(Fate.ALREADY_THERE), raced.count(Fate.INDEXED)) == (1, 1)
    assert count(settings) == distinct_ids(settings) == 3


def test_a_repeat_that_a_kill_left_behind_is_taken_back_when_it_comes_again(
    client: Elasticsearch, settings: Settings
) -> None:
    """Killed after the bulk that raced with a rollover, before its repeats were taken back."""
    stream, sink = scored_stream(settings), _sink(client, settings)
    sink.index(stream, [_entry(1)], resolve(client, stream, since=0))
    roll_over(settings)
    now = resolve(client, stream, since=0)
    sink.index(stream, [_entry(1)], Backing(now.write))
    assert (count(settings), distinct_ids(settings)) == (2, 1)
    sink.index(stream, [_entry(1)], now)
    assert (count(settings), distinct_ids(settings)) == (1, 1)


def test_a_full_disk_is_waited_for(client: Elasticsearch, settings: Settings) -> None:
    """Flood stage makes an index read-only; the server says 403, which is no missing privilege."""
    stream = scored_stream(settings)
    backing = resolve(client, stream, since=0)
    reason = None
    for number in range(5):
        client.indices.put_settings(index=stream, settings={"index.blocks.read_only_allow_delete": True})
        reason = reason or _why_it_waits(_sink(client, settings), stream, _entry(number), backing)
        client.indices.put_settings(index=stream, settings={"index.blocks.read_only_allow_delete": None})
    assert reason == "read_only"
    assert _sink(client, settings).index(stream, [_entry(9)], backing).count(Fate.INDEXED) == 1


def _why_it_waits(sink: DocumentWriter, stream: str, entry: Entry, backing: Backing) -> str | None:
    """None where it does not: twice a minute Elasticsearch looks at the disk itself, and takes the block away."""
    try:
        sink.index(stream, [entry], backing)
    except SinkUnavailable as error:
        return error.reason
    return None


def test_a_data_stream_that_is_gone_is_waited_for(client: Elasticsearch, settings: Settings) -> None:
    """It never becomes a plain index without a mapping."""
    client.indices.put_index_template(
        name="nothing-here", index_patterns=[f"other-{settings.elasticsearch.namespace}"], priority=1
    )
    with pytest.raises(SinkUnavailable) as waiting:
        _sink(client, settings).index(f"other-{settings.elasticsearch.namespace}", [_entry(1)], Backing("none"))
    client.indices.delete_index_template(name="nothing-here")
    assert waiting.value.reason == "index_missing"


def test_setting_up_twice_changes_nothing(client: Elasticsearch, settings: Settings) -> None:
    """It is idempotent."""
    assert setup.set_up(client, settings.elasticsearch).changes == ()


def test_a_newer_version_rolls_over_and_an_older_program_is_refused(
    client: Elasticsearch, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New documents get the new mapping; a program that is behind says so instead of spoiling it."""
    before = resolve(client, scored_stream(settings), since=0)
    newest = setup.VERSION
    monkeypatch.setattr(setup, "VERSION", newest + 1)
    try:
        changes = setup.set_up(client, settings.elasticsearch).changes
        assert f"rolled {scored_stream(settings)} over to version {newest + 1}" in changes
        assert resolve(client, scored_stream(settings), since=0).older == (before.write,)
        monkeypatch.setattr(setup, "VERSION", newest)
        with pytest.raises(SetupError, match="update tweetpulse"):
            setup.set_up(client, settings.elasticsearch)
    finally:
        for name in ("tweets@settings", "tweets@mappings", "tweets@scored", "tweets@events"):
            client.cluster.put_component_template(
                name=name, body=setup.component_template(name, settings.elasticsearch)
            )
        for dataset in ("tweets.scored", "tweets.rejected", "tweets.events"):
            body = setup.index_template(dataset, settings.elasticsearch)
            client.indices.put_index_template(name=f"logs-{dataset}", body=body)


def test_the_settings_are_what_the_data_stream_has(client: Elasticsearch, settings: Settings) -> None:
    """Standard mode, said explicitly; the mapping is strict; retention is the data stream's own."""
    stream = scored_stream(settings)
    [index] = client.indices.get_settings(index=stream).values()
    [mapping] = client.indices.get_mapping(index=stream).values()
    template = client.indices.get_index_template(name="logs-tweets.scored")["index_templates"][0]["index_template"]
    assert index["settings"]["index"]["mode"] == "standard"
    assert mapping["mappings"]["dynamic"] == "strict"
    assert template["template"]["lifecycle"]["data_retention"] == settings.elasticsearch.retention
