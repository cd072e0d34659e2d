"""Records that were made to break something: none of them ends the stream or holds it up."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from uuid import uuid4

import orjson
import psutil
import pytest
from kafka import KafkaProducer
from pyspark.sql import SparkSession

from pipeline.domain.tweet import Tweet
from pipeline.kafka.client import kafka_options
from pipeline.kafka.header_names import RawName
from pipeline.kafka.topics import ensure_topics
from pipeline.settings import Settings
from tests.processes import descendants, running, until
from tests.records import records
from tests.stacks import MakeStack, settings_of
from tests.streams import count, distinct_ids, documents, drain, publish, rejected_stream, scored_stream


def send(settings: Settings, values: Iterable[bytes], *, partition: int = 0) -> None:
    """Write records of any size, as long as they compress well: the broker only sees the compressed batch."""
    ensure_topics(settings.kafka)
    producer = KafkaProducer(
        compression_type="lz4",
        max_request_size=2**28,
        batch_size=1,
        **kafka_options(settings.kafka),
    )
    for value in values:
        producer.send(settings.kafka.tweets_topic, value, partition=partition)
    producer.flush()
    producer.close()


def tweet(number: int, text: str = "what a great day") -> bytes:
    return orjson.dumps({"id": f"test:{number}", "text": text, "source": "test"})


def read(settings: Settings, topic: str) -> list[tuple[bytes, bytes, dict[str, bytes]]]:
    """Key, value and headers of all that a topic holds."""
    return [(record.key, record.value, dict(record.headers)) for record in records(settings.kafka, topic)]


def test_junk_that_compresses_well(settings: Settings, spark: SparkSession) -> None:
    """5 MB, many times the topic's limit: it is rejected early, and its head is kept with its size."""
    send(settings, [tweet(1), b"x" * 5_000_000, tweet(2)])
    drained = drain(spark, settings)
    assert drained.counts() == {"read": 3, "indexed": 2, "already there": 0, "rejected": 1}
    (document,) = documents(settings, rejected_stream(settings)).values()
    assert document["error"] == {
        "type": "too_large",
        "message": "5000000 bytes are more than stream.max_record_bytes",
    }
    ((key, value, headers),) = read(settings, settings.kafka.rejected_topic)
    assert key.decode() == document["event"]["id"]
    assert headers["truncated"] == b"5000000"
    assert value == b"x" * 65_536
    topic = settings.kafka.rejected_topic
    assert drained.metric("tweetpulse_messages_truncated_total", topic=topic) == 1


def test_a_header_name_that_is_no_text(settings: Settings, spark: SparkSession) -> None:
    """The record is scored like any other."""
    ensure_topics(settings.kafka)
    with closing(KafkaProducer(**kafka_options(settings.kafka))) as producer:
        for number, name in enumerate(["a", RawName.of(b"caf\xe9"), "b"]):
            producer.send(settings.kafka.tweets_topic, tweet(number), headers=[(name, b"1")], partition=0)
    assert drain(spark, settings).counts() == {"read": 3, "indexed": 3, "already there": 0, "rejected": 0}


def test_a_document_that_its_topic_does_not_take(settings: Settings, spark: SparkSession) -> None:
    """A valid tweet of 100,000 wide characters: searchable whole; its topic gets the head, with where the rest is."""
    text = "語" * 49_999 + " " + "#字" * 25_000
    kafka = settings.kafka.model_copy(update={"max_message_bytes": 100_000})
    small = settings.model_copy(update={"kafka": kafka})
    send(small, [tweet(1, text), tweet(2)])
    drained = drain(spark, small)
    assert drained.counts() == {"read": 2, "indexed": 2, "already there": 0, "rejected": 0}
    assert documents(settings, scored_stream(settings))["test:1"]["message"] == text
    heads = {key: (orjson.loads(value), headers) for key, value, headers in read(settings, settings.kafka.scored_topic)}
    head, headers = heads[b"test:1"]
    assert int(headers["truncated"]) > 100_000
    assert head["message"] == text[:1_000]
    assert head["kafka"] == {"topic": settings.kafka.tweets_topic, "partition": 0, "offset": 0}
    assert "truncated" not in heads[b"test:2"][1]
    topic = settings.kafka.scored_topic
    assert drained.metric("tweetpulse_messages_truncated_total", topic=topic) == 1


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_more_than_fits_into_memory_in_one_batch(settings: Settings, tmp_path: Path) -> None:
    """4,000 records of 600 KB, and a JVM of 1 GB: they are rejected, and the tweets among them indexed."""
    big = b'{"id": "test:big", "text": "' + b"x" * 600_000 + b'"}'
    send(settings, (tweet(n) if n % 100 == 0 else big for n in range(4_000)))
    log = tmp_path / "log"
    with running(settings, "-m", "pipeline", "run", "--once", log=log) as process:
        assert process.wait(timeout=800) == 0, log.read_text()[-2_000:]
    assert "read 4,000 records: 40 indexed, 0 already there, 3,960 rejected" in log.read_text()
    assert count(settings) == distinct_ids(settings) == 40


def test_records_just_below_the_limit(settings: Settings, spark: SparkSession) -> None:
    """600 of 250 KB: chunks, requests and what goes to Kafka are bounded by bytes, so that all of it passes."""
    text = "great " + "字" * 83_000
    send(settings, (tweet(n, text) for n in range(600)))
    drained = drain(spark, settings)
    assert drained.counts() == {"read": 600, "indexed": 600, "already there": 0, "rejected": 0}


@pytest.mark.faults
def test_a_worker_that_the_system_kills(make_stack: MakeStack, tmp_path: Path) -> None:
    """As when memory runs out: its task is repeated, the query goes on, and the accounting has what it had indexed."""
    settings = settings_of(make_stack(), mark=uuid4().hex[:12], folder=tmp_path)
    stream = settings.stream.model_copy(update={"max_offsets_per_trigger": 20_000})
    settings = settings.model_copy(update={"stream": stream})
    log = tmp_path / "log"
    publish(settings, [Tweet(id=f"test:{n}", text=f"tweet {n} is great", source="test") for n in range(60_000)])
    with running(settings, "-m", "pipeline", "run", "--once", log=log) as process:
        until(lambda: log.read_text().count("batch finished") or process.poll() is not None, "a batch", timeout=240)
        killed = 0
        while killed < 2 and process.poll() is None:
            killed += _kill_a_worker(process)
            time.sleep(1)
        assert process.wait(timeout=400) == 0, log.read_text()[-2_000:]
    assert killed
    assert "read 60,000 records: 60,000 indexed, 0 already there, 0 rejected" in log.read_text()
    assert count(settings) == distinct_ids(settings) == 60_000


def _kill_a_worker(process: subprocess.Popen[bytes]) -> bool:
    """A worker is forked by the daemon, and runs as it does."""
    for child in descendants(process):
        with suppress(psutil.Error):
            parent = child.parent()
            if parent and all("pipeline.stream.daemon" in one.cmdline() for one in (child, parent)):
                child.kill()
                return True
    return False
