"""Records that the topic does not take, whatever the broker's own limit is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from pipeline.cli.publishing import summarize
from pipeline.kafka.client import kafka_options
from pipeline.kafka.publisher import Publisher
from pipeline.settings import KafkaSettings, Settings
from pipeline.sources.pacing import Clock
from pipeline.sources.source import Item, Source, SourceEvents, Unreadable
from tests.collecting import Collecting
from tests.records import records
from tests.unit.sources.fakes import Listed, tweet

LIMIT = 20_000


@pytest.fixture
def kafka(settings: Settings) -> KafkaSettings:
    """A topic of one partition whose records may have 20 kB."""
    kafka = settings.kafka
    admin = KafkaAdminClient(**kafka_options(kafka))
    try:
        options = {"num_partitions": 1, "replication_factor": 1, "configs": {"max.message.bytes": str(LIMIT)}}
        admin.create_topics({kafka.tweets_topic: options})
    finally:
        admin.close()
    return kafka


def large(number: int) -> Unreadable:
    """It does not compress."""
    return Unreadable(os.urandom(3 * LIMIT), f"line {number}", "not JSON")


def test_it_is_counted_and_its_neighbours_are_there(kafka: KafkaSettings) -> None:
    """At the beginning, in the middle, at the end, several in a row: all other records are in the topic."""
    items: list[Item] = [large(0), *map(tweet, range(300)), large(1), large(2), *map(tweet, range(300, 600)), large(3)]
    with Publisher(kafka, delivery_timeout=20) as publisher:
        done = publisher.publish(items)
        again = publisher.publish([tweet(600)])
    keys = [record.key for record in records(kafka)]
    assert set(keys) == {f"x:{number}".encode() for number in range(601)}
    # What was under way when the producer was replaced may be there twice.
    assert len(keys) < 2 * 601
    assert (done.tweets, done.unreadable, done.refused) == (600, 0, 4)
    assert (again.tweets, again.refused) == (1, 0)


def test_batches_that_are_too_large_as_a_whole_are_no_loss(kafka: KafkaSettings) -> None:
    """Many at once, each larger than the topic takes, with some single ones that are: the library splits the former."""
    noise = [tweet(number, text=os.urandom(300).hex()) for number in range(4_000)]
    items: list[Item] = []
    for number, one in enumerate(noise):
        items += [large(number), one] if not number % 999 else [one]
    with Publisher(kafka, delivery_timeout=60) as publisher:
        done = publisher.publish(items)
    assert {record.key for record in records(kafka)} == {one.id.encode() for one in noise}
    assert (done.tweets, done.refused) == (4_000, 5)


def test_what_is_refused_is_told_in_its_order(kafka: KafkaSettings) -> None:
    """Between the tweets before it and those after it, so that a live source knows how far Kafka is behind it."""
    told: list[object] = []
    huge = tweet(7, text=os.urandom(2 * LIMIT).hex())
    with Publisher(kafka, acknowledged=lambda tweets: told.extend(tweets), refused=told.append) as publisher:
        publisher.publish([tweet(1), huge, tweet(2)])
    assert told == [tweet(1), huge, tweet(2)]


def test_a_collector_goes_on_and_says_so(kafka: KafkaSettings, settings: Settings, tmp_path: Path) -> None:
    """It is counted on its page, its summary has it, and the next start does not begin before it."""

    def make(events: SourceEvents, clock: Clock) -> Source:
        events.connected()
        return Listed([tweet(1), large(0), tweet(2)])

    with Collecting(settings.model_copy(update={"state_dir": tmp_path}), "listed", make) as collecting:
        collecting.thread.join(60)
        assert collecting.error is None
    assert (collecting.published[-1].tweets, collecting.published[-1].refused) == (2, 1)
    assert "refused 1 as too large" in summarize(collecting.published[-1], kafka.tweets_topic)
