"""The oracle itself: what was put wrong on purpose must be found, on real data of a real stream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from pipeline.domain.document import REJECTED, SCORED, data_stream
from pipeline.domain.record import Rejection, decode
from pipeline.embedded.info import StackInfo
from pipeline.settings import StreamSettings
from tests.faults import accounting, oracle
from tests.faults.accounting import Counts, Finished, finished, ledger, shown, total
from tests.faults.actions import roll_over
from tests.faults.fuzz import fuzzed
from tests.faults.oracle import Verdict, compared
from tests.faults.records import bad, reason_of, records
from tests.faults.truth import At, Indexed, Truth, backing, indexed, topic
from tests.faults.world import World, opened

SENT = 1_500


@pytest.fixture(scope="module")
def world(stack: StackInfo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One that has drained some records of every kind; its stream runs, and none of its servers may be touched."""
    with opened(stack, tmp_path_factory.mktemp("world"), seed=3) as found:
        found.feed.send(islice(records(3), SENT))
        assert found.drained(), found.stream.logs[-1].read_text()
        yield found


@pytest.fixture(scope="module")
def good(world: World) -> Verdict:
    """The verdict on it as it is."""
    return judged(world)


def judged(world: World) -> Verdict:
    return oracle.judge(world.settings, world.stream.logs, world.feed.acknowledged)


def test_a_world_without_faults_is_found_good(world: World, good: Verdict) -> None:
    """Everything adds up, and /metrics shows what was logged."""
    assert good.ok, str(good)
    assert good.produced == SENT == good.indexed + good.repeats + good.rejected
    assert min(good.repeats, good.rejected) > 0
    assert world.page_differences() == []


def test_a_document_that_is_gone_is_lost(world: World, good: Verdict) -> None:
    """One of the scored data stream, and one of the rejected."""
    for dataset in (SCORED, REJECTED):
        with _without_one(world, dataset):
            verdict = judged(world)
        assert (verdict.ok, verdict.lost, verdict.twice) == (False, 1, 0)
    assert judged(world) == good


def test_a_copy_in_another_backing_index_is_twice(world: World, good: Verdict) -> None:
    """The very fault that a data stream makes possible: the same `_id` in two indices."""
    client, stream = world.client, data_stream(SCORED, world.settings.elasticsearch.namespace)
    hit = client.search(index=stream, size=1)["hits"]["hits"][0]
    roll_over(world)
    client.create(index=stream, id=hit["_id"], document=hit["_source"])
    try:
        verdict = judged(world)
    finally:
        client.delete(index=backing(client, world.settings.elasticsearch)[-1], id=hit["_id"])
    assert (verdict.ok, verdict.lost, verdict.twice) == (False, 0, 1)
    assert verdict.examples == (f"twice: {hit['_id']}",)
    assert judged(world) == good


def test_a_document_that_nobody_sent_is_found(world: World) -> None:
    """Neither lost nor twice, but not as it should be."""
    client, stream = world.client, data_stream(SCORED, world.settings.elasticsearch.namespace)
    source = client.search(index=stream, size=1)["hits"]["hits"][0]["_source"]
    client.create(
        index=stream, id="from:nowhere", document=source | {"event": source["event"] | {"id": "from:nowhere"}}
    )
    try:
        verdict = judged(world)
    finally:
        client.delete(index=backing(client, world.settings.elasticsearch)[-1], id="from:nowhere")
    assert not verdict.ok
    assert any("nobody sent (from:nowhere)" in one for one in verdict.differences)


@pytest.mark.parametrize("field", ["read", "indexed", "already_there", "rejected"])
@pytest.mark.parametrize("by", [-1, 1])
def test_a_count_that_is_off_by_one_is_found(world: World, field: str, by: int, tmp_path: Path) -> None:
    """In one line of the log, whichever count it is; and then /metrics does not agree with the log either."""
    log = tmp_path / "log"
    batches = finished(world.stream.logs[-1])
    first = batches[0]
    wrong = replace(first.counts, **{field: getattr(first.counts, field) + by})
    truth, found = Truth.of(topic(world.settings.kafka)), indexed(world.settings)
    kept = ledger([Finished(first.batch, wrong), *batches[1:]])
    assert not compared(truth, found, kept).ok
    assert compared(truth, found, ledger(batches)).ok
    lines = world.stream.logs[-1].read_text().splitlines()
    log.write_text("\n".join(line for line in lines if "batch-finished" not in line))
    assert not oracle.judge(world.settings, [log]).ok
    page = world.page()
    assert page
    assert accounting.differences("the page", page, "the log", total([wrong, *(one.counts for one in batches[1:])]))


def test_what_somebody_has_deleted_is_no_loss(world: World) -> None:
    """If it is said what that was: what was deleted besides is lost, and a wrong count is found all the same."""
    truth, found = Truth.of(topic(world.settings.kafka)), indexed(world.settings)
    kept = ledger([one for log in world.stream.logs for one in finished(log)])
    some = Counter(dict(islice(found.scored.items(), 7)))
    left = replace(found, scored=found.scored - some)
    assert compared(truth, left, kept).lost == len(some)
    assert compared(truth, left, kept, taken=replace(Indexed(), scored=some)).ok
    less = Counter(dict(islice(some.items(), 6)))
    assert compared(truth, left, kept, taken=replace(Indexed(), scored=less)).lost == 1
    batch = next(iter(kept))
    wrong = kept | {batch: replace(kept[batch], indexed=kept[batch].indexed + 1)}
    assert not compared(truth, left, wrong, taken=replace(Indexed(), scored=some)).ok


def test_a_tweet_that_elasticsearch_refused_must_be_indexed_in_the_end(world: World) -> None:
    """By a reason that was to be expected, and only by that."""
    truth, found = Truth.of(topic(world.settings.kafka)), indexed(world.settings)
    at = At(0, 10**6, 0)
    found.rejected[at] = ["mapping"]
    assert not oracle.with_refusals(truth, found, ()).rejected.keys() & {at}
    assert oracle.with_refusals(truth, found, {"mapping"}).rejected[at] == "mapping"
    assert oracle.with_refusals(truth, found, {"mapping"}).ids == truth.ids
    assert any("were rejected" in one for one in compared(truth, found, {}).differences)


def test_what_kafka_acknowledged_and_lost_is_lost(world: World) -> None:
    """The stream is not at fault; the loss is reported."""
    acknowledged = world.feed.acknowledged + Counter({b"fault:never-there": 1})
    verdict = oracle.judge(world.settings, world.stream.logs, acknowledged)
    assert (verdict.ok, verdict.lost) == (False, 1)
    assert verdict.examples == ("lost by Kafka: b'fault:never-there'",)


def test_a_repeated_batch_counts_once() -> None:
    """A batch whose commit was lost is logged again: its later line counts, also if later batches have other limits."""
    first, second, again = Counts(10, 10), Counts(5, 5), Counts(12, 12)
    assert ledger([Finished(0, first), Finished(1, second), Finished(1, second)]) == {0: first, 1: second}
    assert ledger([Finished(0, first), Finished(1, second), Finished(0, again)]) == {0: again}


def test_what_an_earlier_attempt_indexed_must_not_count_as_already_there(world: World) -> None:
    """A stream that counts so is found: the documents in Elasticsearch are more than it says that it indexed."""
    batches = [one for log in world.stream.logs for one in finished(log)]
    counts = batches[-1].counts
    late = replace(counts, indexed=0, already_there=counts.read - counts.rejected)
    truth, found = Truth.of(topic(world.settings.kafka)), indexed(world.settings)
    verdict = compared(truth, found, ledger([*batches, Finished(batches[-1].batch, late)]))
    assert {one.split(":")[0] for one in verdict.differences} == {"indexed", "already_there"}


def test_a_line_that_a_kill_has_cut_is_none(tmp_path: Path) -> None:
    """Nor is what is no JSON at all."""
    log = tmp_path / "log"
    whole = (
        '{"event.action":"batch-finished","tweetpulse":{"batch":4,"read":4,"indexed":2,"already_there":1,"rejected":1}}'
    )
    log.write_text(f"Traceback\n{whole}\n{{}}\n[]\n{whole[:-20]}")
    assert finished(log) == [Finished(4, Counts(4, 2, 1, 1))]


def test_a_line_that_counts_rejected_records_as_indexed_does_not_balance(tmp_path: Path) -> None:
    """Read = indexed + already there + rejected, and nothing else."""
    log = tmp_path / "log"
    counts = '{"batch":4,"read":4,"indexed":%d,"already_there":1,"rejected":1}'
    line = f'{{"event.action":"batch-finished","tweetpulse":{counts}}}'
    log.write_text(f"{line % 2}\n{line % 3}\n")
    assert [one.counts.balances for one in finished(log)] == [True, False]


def test_a_page_is_summed_over_its_series() -> None:
    """Tweets and every reason count; the documents of rejected records, and other metrics, do not."""
    text = """
# TYPE tweetpulse_records_read_total counter
tweetpulse_records_read_total{topic="t"} 7
# TYPE tweetpulse_documents_indexed_total counter
tweetpulse_documents_indexed_total{data_stream="logs-tweets.scored-a"} 4
tweetpulse_documents_indexed_total{data_stream="logs-tweets.rejected-a"} 2
# TYPE tweetpulse_documents_duplicate_total counter
tweetpulse_documents_duplicate_total{data_stream="logs-tweets.scored-a"} 1
# TYPE tweetpulse_records_rejected_total counter
tweetpulse_records_rejected_total{reason="bad_id"} 1
tweetpulse_records_rejected_total{reason="not_json"} 1
# TYPE other counter
other_total 9
"""
    assert shown(text) == Counts(7, 4, 1, 2)


_MOST_BYTES = StreamSettings().max_record_bytes


def test_each_record_has_the_fate_that_its_key_says() -> None:
    """By the real decoder, for every kind of invalid record, and for every hostile tweet."""
    random = Random(5)
    made = [*(bad(number, random) for number in range(500)), *islice(records(5), 3_000), *fuzzed(5, 10_000)]
    for record in made:
        # Of a record that is too large the stream reads the head only.
        size = len(record.value or b"")
        head = record.value[:1_000] if record.value and size > _MOST_BYTES else record.value
        decoded = decode(head, size)
        said = str(decoded.reason) if isinstance(decoded, Rejection) else None
        assert said == reason_of(record.key), record.value
        if not isinstance(decoded, Rejection):
            assert decoded.id == record.key.decode()


def test_the_same_seed_makes_the_same_records() -> None:
    """But for the time at which they were written."""
    one, two = (list(islice(records(9), 2_000)) for _ in range(2))
    assert [record.key for record in one] == [record.key for record in two]
    other = islice(records(10), 2_000)
    assert [record.key for record in one] != [record.key for record in other]


@contextmanager
def _without_one(world: World, dataset: str) -> Iterator[None]:
    client, stream = world.client, data_stream(dataset, world.settings.elasticsearch.namespace)
    hit = client.search(index=stream, size=1)["hits"]["hits"][0]
    client.delete(index=hit["_index"], id=hit["_id"])
    try:
        yield
    finally:
        client.create(index=stream, id=hit["_id"], document=hit["_source"])
