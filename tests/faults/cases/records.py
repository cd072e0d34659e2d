"""Records that were made to break something, among those that keep coming."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

import orjson
from kafka import KafkaProducer

from pipeline.domain.record import Reason
from pipeline.kafka.client import connect
from pipeline.settings import Settings
from tests.faults import actions, broker
from tests.faults.case import Case, Run, Setup
from tests.faults.fuzz import fuzzed
from tests.faults.records import Made, bad, refused_key
from tests.faults.world import World
from tests.processes import until

GROUP = "records"

_GIGABYTE = 2**30
_JUNK = b"x" * 5_000_000


class Sent(NamedTuple):
    """A record with all that a record can have."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp_ms: int | None = None


def _send(world: World, records: Iterable[Sent], *, together: int = 1) -> None:
    """Of any size, as long as they compress well: the broker only sees what is compressed.

    So many `together` are one batch, if they have the same partition.
    """
    batch = {"batch_size": 1} if together == 1 else {"batch_size": _GIGABYTE, "linger_ms": 3_000}
    options = {"compression_type": "lz4", "max_request_size": _GIGABYTE} | batch
    topic = world.settings.kafka.tweets_topic
    with closing(connect(KafkaProducer, world.settings.kafka, **options)) as producer:
        left = iter(records)
        while some := list(islice(left, together)):
            futures = [
                producer.send(topic, one.value, one.key, list(one.headers), timestamp_ms=one.timestamp_ms)
                for one in some
            ]
            for one, future in zip(some, futures, strict=True):
                future.get(60)
                # What has no key can't be told by it.
                world.feed.acknowledge([one.key] if one.key else [])


def _tweet(id_: str, **fields: object) -> Sent:
    value = orjson.dumps({"id": id_, "text": "a tweet among others", "source": "faults"} | fields)
    return Sent(id_.encode(), value)


def _too_large(name: str, value: bytes) -> Sent:
    return Sent(refused_key(Reason.TOO_LARGE, name), value)


def _fuzzed(world: World, seconds: float) -> None:
    world.feed.send(fuzzed(world.random.randrange(10_000), int(seconds)))


def _large(world: World, seconds: float) -> Iterator[str]:
    """A record larger than `stream.max_record_bytes` is rejected early; one just below the limit is indexed."""
    lives = len(world.stream.lives)
    limit = world.settings.stream.max_record_bytes
    _send(world, (_too_large(f"junk {n}", _JUNK) for n in range(3)))
    _send(world, (_too_large(f"tweet {n}", _tweet(f"huge:{n}", url="u" * 900_000).value or b"") for n in range(20)))
    _send(world, (_too_large(f"many {n}", b"[" + b"7," * 300_000) for n in range(int(seconds))))
    _send(world, (_filled(f"just:{n}", limit) for n in range(50)))
    _send(world, (_too_large(f"just {n}", _filled(f"over:{n}", limit + 1).value or b"") for n in range(50)))
    if len(world.stream.lives) != lives:
        yield "the stream ended"


def _unpacking(world: World, seconds: float) -> Iterator[str]:
    """For Kafka they are small, and so many come at once: what the JVM unpacks at a time is bounded all the same."""
    lives = len(world.stream.lives)
    with world.stream.stopped():
        _send(world, (_too_large(f"small {n}", _JUNK) for n in range(int(seconds))))
    world.recovered(180)
    if len(world.stream.lives) != lives + 1:
        yield "the stream ended"


def _crowded_batches(world: World, seconds: float) -> Iterator[str]:
    """A batch is fetched whole, so that its records are more than the JVM's memory holds."""
    with world.stream.stopped():
        _send(world, (_too_large(f"together {n}", _JUNK) for n in range(int(seconds))), together=160)
        ended = len(world.stream.lives)
    until(lambda: world.stream.lives[ended:] and world.stream.lives[ended].code is not None, "the stream ends", 240)
    said = " ".join(world.stream.lives[ended].last_words())
    if "Spark's JVM ran out of memory" not in said or "TWEETPULSE_STREAM__MAX_POLL_RECORDS=1" not in said:
        yield f"the stream did not say why it ended: {said}"
    world.stream.environment["TWEETPULSE_STREAM__MAX_POLL_RECORDS"] = "1"
    world.recovered(180)
    with world.stream.stopped():
        del world.stream.environment["TWEETPULSE_STREAM__MAX_POLL_RECORDS"]


def _filled(id_: str, size: int) -> Sent:
    """A tweet of exactly so many bytes."""
    room = size - len(_tweet(id_, other="").value or b"")
    return _tweet(id_, other="o" * room)


def _crowded(world: World, seconds: float) -> None:
    """A thousand of everything, terms longer than Lucene takes (32,766 bytes), fields as long as they may be."""
    many = range(1_000)
    _send(world, (_tweet(f"hashtags:{n}", text=" ".join(f"#tag{n}x{one}" for one in many)) for n in range(100)))
    _send(world, (_tweet(f"mentions:{n}", text=" ".join(f"@user{n}x{one}" for one in many)) for n in range(100)))
    _send(world, (_tweet(f"entities:{n}", entities=[f"brand {n} {one}" for one in range(100)]) for n in range(100)))
    _send(world, (_tweet(f"one tag:{n}", text="#" + "字" * 40_000) for n in range(5)))
    _send(world, (_tweet(f"one word:{n}", text="字" * 80_000) for n in range(5)))
    _send(world, [_tweet("long fields", source="ü" * 256, lang="ü" * 64, url="ü" * 2_048)])
    _send(world, [_tweet("long user", user={"id": "ü" * 1_024, "name": "ü" * 1_024})])
    _send(world, (_tweet(f"control:{n}", text="".join(map(chr, range(1, 160))) * 50) for n in range(20)))


def _bare(world: World, seconds: float) -> None:
    """Tombstones, records without a key, and headers that nobody expects."""
    odd = (("", b""), ("reason", b"\xff\xfe"), ("truncated", b"not a number"), ("x" * 10_000, b"\0" * 10_000))
    _send(world, (Sent(refused_key(Reason.NO_VALUE, f"tombstone {n}"), None, odd) for n in range(200)))
    _send(world, (_tweet(f"headers:{n}")._replace(headers=odd * 50) for n in range(50)))
    _send(world, (_tweet(f"no key:{n}")._replace(key=None) for n in range(200)))


def _timed(world: World, seconds: float) -> Iterator[str]:
    """A topic that keeps its producers' time: records of 1970, and of far beyond."""
    kafka = world.settings.kafka
    times = {"message_timestamp_type": "CreateTime", "message_timestamp_after_max_ms": 2**63 - 1, "retention_ms": -1}
    with world.feed.quiet():
        broker.alter(kafka, kafka.tweets_topic, **times)
        ages = {"1970": 0, "2262": _milliseconds(2262), "9999": _milliseconds(9999), "10000": _milliseconds(9999) * 2}
        for name, age in ages.items():
            _send(world, (_tweet(f"time {name}:{n}")._replace(timestamp_ms=age + n) for n in range(50)))
            # Of a time that no calendar has, its document has another, and the oracle would not know it again.
            _send(world, (_untold(f"time {name} {n}", age + n) for n in range(10) if name != "10000"))
        world.drained(120)
        yield from _bounded_delay(world)


def _untold(name: str, age: int) -> Sent:
    return Sent(refused_key(Reason.NOT_JSON, name), b"{", timestamp_ms=age)


def _milliseconds(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1000


def _bounded_delay(world: World) -> Iterator[str]:
    """Counters only grow, also when a record has a time in the future."""
    total = actions.metric(world, "tweetpulse_ingest_delay_seconds_sum")
    if total is None or total < 0:
        yield f"the sum of delays is {total}"


def _only_invalid(world: World, seconds: float) -> None:
    """Nothing but records that are no tweets, from all sides at once."""
    with world.feed.quiet():
        world.feed.send(bad(10**9 + n, world.random) for n in range(int(seconds)))


def _all_the_same(world: World, seconds: float) -> None:
    """One id, again and again, in every partition, over a rollover."""
    for _ in range(3):
        with world.feed.quiet():
            producer_keys = (Made(b"the same", _tweet("the same").value) for _ in range(int(seconds)))
            world.feed.send(producer_keys)
        actions.roll_over(world)
        time.sleep(1)


def _with_little_memory(settings: Settings) -> Settings:
    """A JVM that a single batch of Kafka's can fill."""
    return settings.model_copy(update={"stream": settings.stream.model_copy(update={"driver_memory": "512m"})})


def _case(name: str, what: str, run: Run, **options: object) -> Case:
    return Case(GROUP, name, what, run, **options)  # type: ignore[arg-type]


CASES = (
    _case(
        "10,000 fuzzed records",
        "Mutated and cut tweets, random bytes, depths, numbers, encodings, ids, times, each with its expected result.",
        _fuzzed,
        seconds=10_000,
        short=2_000,
    ),
    _case(
        "large records",
        "Junk of 5 MB, tweets of 900 KB, 300 records of 600 KB, tweets of exactly the limit and of a byte more.",
        _large,
        seconds=300,
    ),
    _case(
        "records that unpack to gigabytes",
        "1,500 of 5 MB that are 20 KB each to Kafka, all there when the stream starts.",
        _unpacking,
        seconds=1_500,
    ),
    _case(
        "batches that unpack to gigabytes",
        "960 of 5 MB, 40 to a batch; a JVM of 512 MB runs out of memory. Over by `stream.max_poll_records = 1`.",
        _crowded_batches,
        seconds=960,
        setup=Setup(adjust=_with_little_memory),
        ends=True,
        fresh=True,
    ),
    _case(
        "crowded records",
        "1,000 hashtags or mentions in a tweet, terms of 120 KB, fields as long as they may be, control characters.",
        _crowded,
    ),
    _case("tombstones, headers, no keys", "Records without a value, without a key, with 200 headers.", _bare),
    _case(
        "records of 1970 and of the year 10,000",
        "The topic stores the producers' timestamps, and its broker accepts any.",
        _timed,
        fresh=True,
    ),
    _case("nothing but invalid records", "5,000 at once.", _only_invalid, seconds=5_000),
    _case("one id in all records", "5,000 times, then a rollover, three times over.", _all_the_same, seconds=5_000),
)
