"""Composition root: the only builder of sessions, clients and registries."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from elasticsearch import Elasticsearch
from prometheus_client import CollectorRegistry, ProcessCollector

from pipeline.elasticsearch_client import connect
from pipeline.embedded.jars import spark_jars
from pipeline.embedded.java import find_java
from pipeline.embedded.tell import Tell, quiet
from pipeline.metrics_server import serving
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch import setup
from pipeline.sinks.elasticsearch.setup import SetupReport
from pipeline.sources.pacing import Clock
from pipeline.sources.publisher import Publisher
from pipeline.sources.topics import Topics, ensure_topics
from pipeline.telemetry.events import StreamEvents
from pipeline.telemetry.metrics import StreamMetrics
from pipeline.telemetry.process import MemoryCollector

if TYPE_CHECKING:
    from pipeline.stream.run import Run


def topics(settings: Settings) -> Topics:
    """Make the topics that are absent.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials or the permission.
    """
    return ensure_topics(settings.kafka)


def publisher(settings: Settings, clock: Clock | None = None) -> Publisher:
    """A publisher to the topic of tweets; `clock` says when it is to stop.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials.
    """
    return Publisher(settings.kafka, clock=clock or Clock())


def elasticsearch(settings: Settings) -> Elasticsearch:
    """A client.

    Raises:
        ConfigError: the URL or the credentials can't be used as they are.
    """
    return connect(settings.elasticsearch)


def set_up(settings: Settings, *, switch: bool = False) -> SetupReport:
    """Make the topics, templates, data streams and the alias, where they are absent.

    Raises:
        SetupError: a server lacks what is needed; SinkUnavailable: it does not answer.
    """
    ensure_topics(settings.kafka)
    with closing(connect(settings.elasticsearch)) as client:
        return setup.set_up(client, settings.elasticsearch, switch=switch)


@contextmanager
def stream(
    settings: Settings, stop: threading.Event, tell: Tell = quiet, *, prepare: bool = True
) -> Iterator[tuple[Run, str]]:
    """Everything that a run of the stream needs, and the URL of its /metrics; closed again at the end.

    Args:
        settings: all of them.
        stop: set it to end the run cleanly.
        tell: told what is being done.
        prepare: make the data streams anew where somebody deletes them meanwhile.

    Raises:
        SetupError: Java, a jar or the port is missing.
        ConfigError: a credential is wrong.
    """
    # Only here: importing Spark takes longer than most of the other commands.
    from pipeline.stream import session
    from pipeline.stream.run import Run

    registry = CollectorRegistry()
    metrics = StreamMetrics(registry, settings)
    registry.register(MemoryCollector())
    ProcessCollector(registry=registry)
    java = find_java(tell=tell)
    jars = spark_jars(settings, tell)
    with (
        serving(
            registry, settings.telemetry.host, settings.telemetry.stream_port, "TWEETPULSE_TELEMETRY__STREAM_PORT"
        ) as url,
        closing(connect(settings.elasticsearch)) as client,
        session.running(settings, jars, java.home) as spark,
    ):
        ensure = partial(setup.set_up, client, settings.elasticsearch) if prepare else _leave
        yield Run(spark, client, settings, StreamEvents(metrics), ensure, stop), url


def _leave() -> None:
    """What is missing is left to `tweetpulse setup`."""
