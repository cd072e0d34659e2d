"""Faults of the stream's topics."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial
from itertools import chain

from kafka import KafkaProducer

from exporters.stream_lag import StreamLag
from pipeline import committed_offsets
from pipeline.domain.names import QUERY
from pipeline.kafka.broker import Broker
from pipeline.kafka.client import connect
from tests.faults import actions, broker
from tests.faults.accounting import Counts
from tests.faults.case import Case, Run
from tests.faults.records import Made, tweet
from tests.faults.truth import Truth, topic
from tests.faults.world import World

GROUP = "topics"

_WAITING = "tweetpulse_sink_waiting"


# The topic of tweets, which is another one suddenly.


def _remade(number: int, world: World, seconds: float) -> Iterator[str]:
    """The topic is deleted and created again while the stream is down, and gets so many records."""
    with world.feed.quiet():
        world.drained()
        with world.stream.stopped():
            first = len(world.stream.lives)
            _make_anew(world)
            world.feed.more(number)
        yield from _refused_and_moved_away(world, first)


def _remade_under_it(world: World, seconds: float) -> Iterator[str]:
    """The topic is deleted and created again while the stream is idle."""
    with world.feed.quiet():
        world.drained()
        first = len(world.stream.lives) - 1
        _make_anew(world)
        world.feed.more(500)
        yield from _refused_and_moved_away(world, first)


def _make_anew(world: World) -> None:
    kafka = world.settings.kafka
    before = list(topic(kafka))
    world.excused.truth = lambda: Truth.of(chain(before, topic(kafka)))
    broker.delete(kafka, kafka.tweets_topic)
    broker.make(kafka)
    world.feed.renew()


def _refused_and_moved_away(world: World, first: int) -> Iterator[str]:
    yield from actions.await_refusal(world, 3, "move the checkpoint away", first)
    with world.stream.stopped():
        folder = world.settings.checkpoint
        folder.rename(folder.with_name("checkpoint.old"))
        world.excused.gone = world.feed.total - broker.end(world.settings.kafka)
        # Its batches are counted from 0 again; nothing is read again.
        world.excused.again = Counts


def _more_partitions(world: World, seconds: float) -> Iterator[str]:
    """Half of all ids lie in another partition from now on, their repeats too."""
    with world.feed.quiet():
        broker.add_partitions(world.settings.kafka, 8)
        world.feed.renew()
    time.sleep(seconds)
    held = broker.held(world.settings.kafka, world.settings.kafka.tweets_topic)
    if len(held) != 8 or not all(last for _, last in held.values()):
        yield f"not all partitions have records: {held}"


def _overtaken(world: World, seconds: float) -> Iterator[str]:
    """Half of the unread records are deleted while the stream is down; the printed cure lets it go on."""
    with world.feed.quiet():
        world.drained()
        with world.stream.stopped():
            first = len(world.stream.lives)
            _expire_half(world)
        yield from _says_expired(world, world.excused.expired.total())
        yield from actions.await_refusal(world, 3, "--accept-data-loss", first)
        world.stream.options = ("--accept-data-loss",)
        world.drained()
        yield from _says_expired(world, 0)


def _expire_half(world: World) -> None:
    """Of what the stream has not read yet."""
    kafka = world.settings.kafka
    done = {number: offset for (_, number), offset in (committed_offsets.read(world.settings.checkpoint) or {}).items()}
    world.feed.more(3_000)
    sent, held = list(topic(kafka)), broker.held(kafka, kafka.tweets_topic)
    begins = {one.partition: (done[one.partition] + last) // 2 for one, (_, last) in held.items()}
    broker.expire(kafka, {one: begins[one.partition] for one in held})
    # Retention deletes from the beginning, so that the topic can't be asked for these any more, either.
    known = [one for one in sent if one.at.offset < done[one.at.partition]]
    world.excused.truth = lambda: Truth.of(chain(known, topic(kafka)))
    gone = [one.key for one in sent if done[one.at.partition] <= one.at.offset < begins[one.at.partition]]
    world.excused.expired.update(gone)


def _says_expired(world: World, number: int) -> Iterator[str]:
    """Check that the exporter counts the expired records."""
    lag = StreamLag(
        {QUERY: world.settings.checkpoint},
        topic=world.settings.kafka.tweets_topic,
        from_earliest=True,
        connect=lambda: Broker(world.settings.kafka),
    )
    try:
        families = {family.name: family for family in lag.collect()}
    finally:
        lag.close()
    said = sum(sample.value for sample in families["tweetpulse_stream_expired_records"].samples)
    if said != number:
        yield f"tweetpulse_stream_expired_records is {said:.0f}, and {number} were deleted unread"


# The topics that the stream writes to.


def _side_topic_gone(world: World, seconds: float) -> Iterator[str]:
    """The stream waits for it; `tweetpulse setup` makes it."""
    kafka, lives = world.settings.kafka, len(world.stream.lives)
    broker.delete(kafka, kafka.scored_topic)
    yield from actions.await_metric(world, _WAITING, 1.0, reason="kafka")
    time.sleep(seconds)
    broker.make(kafka)
    if len(world.stream.lives) != lives:
        yield "the stream ended, and was to wait"


def _side_topic_takes_little(world: World, seconds: float) -> Iterator[str]:
    """The topic refuses messages of the configured size; the printed cure lets the stream go on."""
    kafka, first = world.settings.kafka, len(world.stream.lives) - 1
    broker.alter(kafka, kafka.scored_topic, max_message_bytes=20_000)
    world.feed.send(_long(world.random.randbytes(30_000).hex(), number) for number in range(5))
    yield from actions.await_refusal(world, 2, "TWEETPULSE_KAFKA__MAX_MESSAGE_BYTES", first)
    smaller = kafka.model_copy(update={"max_message_bytes": 15_000})
    world.stream.settings = world.stream.settings.model_copy(update={"kafka": smaller})


def _long(text: str, number: int) -> Made:
    id_ = f"long:{number}"
    return Made(id_.encode(), f'{{"id": "{id_}", "source": "faults", "text": "{text}"}}'.encode())


def _side_topics_compacted(world: World, seconds: float) -> None:
    """Compaction removes records while the stream writes; a compacted topic takes only records with keys."""
    kafka = world.settings.kafka
    for name in (kafka.scored_topic, kafka.rejected_topic, kafka.assistance_topic):
        broker.alter(kafka, name, cleanup_policy="compact", segment_ms=1_000, max_compaction_lag_ms=1_000)
    time.sleep(seconds)


def _taken_back(world: World, seconds: float) -> None:
    """A producer aborts every second transaction: aborted records are not read."""
    kafka = world.settings.kafka
    producer = connect(KafkaProducer, kafka, transactional_id=f"faults-{os.getpid()}", max_block_ms=60_000)
    try:
        producer.init_transactions()
        deadline, number = time.monotonic() + seconds, 0
        while number < 4 or time.monotonic() < deadline:
            keeps, number = number % 2 == 0, number + 1
            _transaction(world, producer, number, keeps=keeps)
    finally:
        producer.close()


def _transaction(world: World, producer: KafkaProducer, number: int, *, keeps: bool) -> None:
    name = "kept" if keeps else "taken back"
    made = [Made(f"{name}:{number}-{n}".encode(), b"") for n in range(200)]
    producer.begin_transaction()
    for one in made:
        value = tweet(number, world.random).value.replace(f"fault:{number}".encode(), one.key)
        producer.send(world.settings.kafka.tweets_topic, value, one.key)
    producer.flush()
    # Long enough that a reader who takes what is not decided yet has taken it.
    time.sleep(3)
    if keeps:
        producer.commit_transaction()
        world.feed.acknowledge(one.key for one in made)
    else:
        producer.abort_transaction()


def _case(name: str, what: str, run: Run, **options: object) -> Case:
    return Case(GROUP, name, what, run, **options)  # type: ignore[arg-type]


CASES = (
    _case(
        "topic made anew with fewer records",
        "It is deleted and created again while the stream is down. Refused with exit 3; the checkpoint is moved away.",
        partial(_remade, 200),
        fresh=True,
        ends=True,
    ),
    _case(
        "topic made anew with more records",
        "The same, and it has more records than the old one had: the offsets alone do not show it.",
        partial(_remade, 4_000),
        fresh=True,
        ends=True,
    ),
    _case(
        "topic made anew under a running stream",
        "The topic is deleted and created again. The stream ends with exit 3; the checkpoint is moved away.",
        _remade_under_it,
        fresh=True,
        ends=True,
    ),
    _case(
        "partitions added",
        "From 4 to 8 under a running stream: repeats come from other partitions than the originals.",
        _more_partitions,
        seconds=15.0,
        short=3.0,
        fresh=True,
    ),
    _case(
        "retention overtakes the stream",
        "Half of what is unread is deleted. `tweetpulse_stream_expired_records` says how many; refused with exit 3; "
        "goes on with `--accept-data-loss`. What was deleted unread is not counted here; nothing else is lost.",
        _overtaken,
        fresh=True,
        ends=True,
    ),
    _case(
        "topic of scored tweets deleted",
        "The stream waits, 30 s; `tweetpulse setup` makes the topic anew.",
        _side_topic_gone,
        seconds=30.0,
        fresh=True,
    ),
    _case(
        "topic of scored tweets takes little",
        "Its `max.message.bytes` is far below `kafka.max_message_bytes`: exit code 2; the setting is lowered.",
        _side_topic_takes_little,
        fresh=True,
        ends=True,
    ),
    _case(
        "side topics compacted",
        "All topics that the stream writes to are compacted, immediately and continuously.",
        _side_topics_compacted,
        seconds=20.0,
        fresh=True,
    ),
    _case(
        "transactions taken back",
        "A producer writes transactions of 200 tweets and aborts every second one.",
        _taken_back,
        seconds=20.0,
        short=0.0,
        fresh=True,
    ),
)
