"""Readers of the topics of tweets and of rejected records, and `tweetpulse rejected replay` as a process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from kafka import KafkaProducer

from pipeline.domain.replay import replay_in
from pipeline.kafka.client import kafka_options
from pipeline.kafka.topics import ensure_topics
from pipeline.settings import Settings
from tests.paths import ROOT
from tests.processes import environment
from tests.records import records


def resent(settings: Settings) -> list[Any]:
    """The records in the topic of tweets that were sent again."""
    return [record for record in records(settings.kafka, settings.kafka.tweets_topic) if replay_in(record.key)]


def marks(settings: Settings) -> list[Any]:
    """The marks in the topic of rejected records."""
    return [record for record in records(settings.kafka, settings.kafka.rejected_topic) if replay_in(record.key)]


def reject(settings: Settings, *letters: tuple[str, bytes | None], headers: Sequence[tuple[str, bytes]] = ()) -> None:
    """Write dead letters as the stream does: their coordinates and values."""
    ensure_topics(settings.kafka)
    with closing(KafkaProducer(**kafka_options(settings.kafka), max_request_size=64_000_000)) as producer:
        for key, value in letters:
            told = [("reason", b"not_json"), ("error", b"not JSON"), *headers]
            producer.send(settings.kafka.rejected_topic, value, key.encode(), told).get(30)


def replay(settings: Settings, *options: str) -> tuple[int, str]:
    """Run `tweetpulse rejected replay`: its exit code and its output."""
    command = [sys.executable, "-m", "pipeline", "rejected", "replay", *options]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(settings), capture_output=True, text=True, timeout=240, check=False
    )
    return done.returncode, done.stdout + done.stderr
