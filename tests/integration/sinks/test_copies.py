"""One document per id, over any number of rollovers, and never by guessing what an index can't tell."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from elasticsearch import ApiError, Elasticsearch

from pipeline.domain.delivery import Attempt, Entry, Fate, Report
from pipeline.domain.document import Coordinates
from pipeline.embedded.info import StackInfo
from pipeline.errors import SinkUnavailable
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.backing import Backing, Seals, resolve
from pipeline.sinks.elasticsearch.client import as_sink_error, connect
from pipeline.sinks.elasticsearch.writer import DocumentWriter
from tests.processes import until
from tests.streams import count, distinct_ids, roll_over, scored_stream

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(offset: int) -> Coordinates:
    return Coordinates("tweets", 0, offset, BEGAN)


def entry(number: int, offset: int = 0, ingested: datetime = BEGAN) -> Entry:
    id_ = f"test:{number}"
    document = {
        "@timestamp": BEGAN,
        "message": "text",
        "event": {"id": id_, "ingested": ingested},
        "kafka": {"topic": "tweets", "partition": 0, "offset": offset},
    }
    return Entry(id_, orjson.dumps(document))


def index(client: Elasticsearch, settings: Settings, *entries: Entry, known: Backing | None = None) -> Report:
    stream = scored_stream(settings)
    if known is None:
        known = resolve(client, stream)
        try:
            Seals(client).seal(known)
        except ApiError as error:
            raise as_sink_error(error, settings.elasticsearch) from None
    return DocumentWriter(client, settings.elasticsearch, patience=0.2).index(stream, entries, known)


def fates(report: Report) -> dict[str, Fate]:
    return {id_: verdict.fate for id_, verdict in report.verdicts.items()}


def test_a_copy_that_a_kill_left_behind_goes_also_after_more_rollovers(
    client: Elasticsearch, settings: Settings
) -> None:
    """The copy is in an index that is itself sealed by now; the oldest copy stays."""
    stream = scored_stream(settings)
    index(client, settings, entry(1), entry(2))
    first = resolve(client, stream).write
    roll_over(settings)
    index(client, settings, entry(1), entry(2), known=Backing(resolve(client, stream).write))
    assert (count(settings), distinct_ids(settings)) == (4, 2)
    for _ in range(2):
        roll_over(settings)
        index(client, settings, entry(9))
    assert fates(index(client, settings, entry(1), entry(2))) == dict.fromkeys(("test:1", "test:2"), Fate.ALREADY_THERE)
    assert count(settings) == distinct_ids(settings) == 3
    assert {
        hit["_index"]
        for hit in client.search(index=stream, query={"ids": {"values": ["test:1", "test:2"]}})["hits"]["hits"]
    } == {first}


def test_a_copy_left_in_the_write_index_is_found_by_its_conflict(client: Elasticsearch, settings: Settings) -> None:
    """An attempt was killed after a rollover, between its bulk and the taking back; the next one knows as little."""
    stream = scored_stream(settings)
    before = resolve(client, stream)
    index(client, settings, entry(1), known=before)
    roll_over(settings)
    index(client, settings, entry(1), known=Backing(resolve(client, stream).write))
    assert count(settings) == 2
    assert fates(index(client, settings, entry(1), known=before)) == {"test:1": Fate.ALREADY_THERE}
    assert count(settings) == distinct_ids(settings) == 1


@pytest.mark.parametrize("state", ["closed", "red"])
def test_an_index_that_can_not_be_asked_is_waited_for(
    client: Elasticsearch, settings: Settings, stack: StackInfo, state: str
) -> None:
    """An index that can't be searched stops all sending; once it can, every document is already there."""
    stream = scored_stream(settings)
    index(client, settings, *[entry(number) for number in range(50)])
    older = resolve(client, stream).write
    roll_over(settings)
    index(client, settings, entry(99))
    _take_away(client, older, state, stack)
    with pytest.raises(SinkUnavailable) as raised:
        index(client, settings, *[entry(number) for number in range(50)])
    assert raised.value.reason == ("index_closed" if state == "closed" else "unavailable")
    _give_back(client, older, state, stack)
    again = index(client, settings, *[entry(number) for number in range(50)])
    assert again.count(Fate.ALREADY_THERE) == 50
    assert count(settings) == distinct_ids(settings) == 51


def _take_away(client: Elasticsearch, name: str, state: str, stack: StackInfo) -> None:
    if state == "closed":
        client.indices.close(index=name)
        return
    client.indices.flush(index=name, force=True)
    folder = _shard(client, name, stack)
    folder.rename(folder.with_name("away"))
    node = next(iter(client.nodes.info()["nodes"].values()))["name"]
    cancel = {"index": name, "shard": 0, "node": node, "allow_primary": True}
    client.cluster.reroute(commands=[{"cancel": cancel}], metric="none")
    until(lambda: _shard_state(client, name) == "UNASSIGNED", "a red index")


def _give_back(client: Elasticsearch, name: str, state: str, stack: StackInfo) -> None:
    if state == "closed":
        client.indices.open(index=name)
    else:
        folder = _shard(client, name, stack)
        folder.with_name("away").rename(folder)
        node = next(iter(client.nodes.info()["nodes"].values()))["name"]
        # Elasticsearch remembers that there was no copy, so it is told to look.
        stale = {"index": name, "shard": 0, "node": node, "accept_data_loss": True}
        client.cluster.reroute(commands=[{"allocate_stale_primary": stale}], metric="none")
    until(lambda: client.cluster.health(index=name)["status"] in ("green", "yellow"), "an index that answers")


def _shard(client: Elasticsearch, name: str, stack: StackInfo) -> Path:
    uuid = client.indices.get_settings(index=name)[name]["settings"]["index"]["uuid"]
    (folder,) = stack.state_dir.rglob(f"indices/{uuid}")
    return folder / "0"


def _shard_state(client: Elasticsearch, name: str) -> str:
    shards: Any = client.cat.shards(index=name, format="json")
    (shard,) = shards
    return str(shard["state"])


def test_a_repeat_is_recognised_however_old(client: Elasticsearch, settings: Settings) -> None:
    """As long as its document is kept: the first index is asked after four rollovers."""
    index(client, settings, entry(1))
    for number in range(4):
        roll_over(settings)
        index(client, settings, entry(100 + number))
    assert fates(index(client, settings, entry(1))) == {"test:1": Fate.ALREADY_THERE}
    assert count(settings) == distinct_ids(settings) == 5


def test_nothing_lands_in_a_sealed_index(client: Elasticsearch, settings: Settings) -> None:
    """A request that was sent before the rollover and arrives after the look-up is refused."""
    index(client, settings, entry(1))
    sealed = resolve(client, scored_stream(settings)).write
    roll_over(settings)
    Seals(client).seal(resolve(client, scored_stream(settings)))
    # An update is the only write that a closed backing index takes at all.
    held = client.get(index=sealed, id="test:1")
    operation = {"index": {"_id": "test:1", "if_seq_no": held["_seq_no"], "if_primary_term": held["_primary_term"]}}
    answer = client.bulk(index=sealed, operations=[operation, held["_source"]])
    assert answer["items"][0]["index"]["error"]["type"] == "cluster_block_exception"


def test_an_index_that_retention_deletes_meanwhile_is_no_fault_of_the_documents(
    client: Elasticsearch, settings: Settings
) -> None:
    """The next attempt resolves the data stream again."""
    index(client, settings, entry(1))
    roll_over(settings)
    known = resolve(client, scored_stream(settings))
    client.indices.delete(index=known.older[0])
    with pytest.raises(SinkUnavailable) as raised:
        index(client, settings, entry(1), known=known)
    assert raised.value.reason == "index_missing"
    assert fates(index(client, settings, entry(1))) == {"test:1": Fate.INDEXED}


def test_writers_race_with_rollovers(client: Elasticsearch, settings: Settings) -> None:
    """Four write the same ids again and again while the data stream rolls over: each id is there once."""
    stop = threading.Event()

    def write(first: int) -> None:
        numbers = list(range(60))
        while not stop.is_set():
            some = numbers[first:] + numbers[:first]
            with suppress(SinkUnavailable), connect(settings.elasticsearch) as own:
                index(own, settings, *[entry(number) for number in some])

    threads = [threading.Thread(target=write, args=(place * 15,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(6):
        roll_over(settings)
    stop.set()
    for thread in threads:
        thread.join(timeout=60)
    index(client, settings, *[entry(number) for number in range(60)])
    assert count(settings) == distinct_ids(settings) == 60


@pytest.mark.parametrize("rolled_over", [False, True])
def test_what_the_batch_itself_wrote_before_counts_as_indexed(
    client: Elasticsearch, settings: Settings, rolled_over: bool
) -> None:
    """By the record that it was made of, and when: what is of another record, or older, is already there."""
    later = BEGAN + timedelta(seconds=1)
    index(client, settings, entry(1, 1, later), entry(2, 7, later), entry(3, 3, BEGAN - timedelta(days=1)))
    if rolled_over:
        roll_over(settings)
    stream = scored_stream(settings)
    known = resolve(client, stream)
    Seals(client).seal(known)
    sink = DocumentWriter(client, settings.elasticsearch)
    # Somebody else's, made in another way.
    client.create(index=stream, id="test:5", document={"@timestamp": BEGAN, "message": "text"})
    records = {f"test:{number}": at(number) for number in (1, 2, 3, 4, 5)}
    entries = [entry(number, number, later) for number in (1, 2, 3, 4, 5)]
    report = sink.index(stream, entries, known, records, Attempt(BEGAN, repeated=True))
    assert fates(report) == {
        "test:1": Fate.INDEXED,
        "test:2": Fate.ALREADY_THERE,
        "test:3": Fate.ALREADY_THERE,
        "test:4": Fate.INDEXED,
        "test:5": Fate.ALREADY_THERE,
    }
    first = sink.index(stream, entries, known, records, Attempt(BEGAN))
    assert first.count(Fate.ALREADY_THERE) == 5
    assert count(settings) == 5
