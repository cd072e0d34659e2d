"""Composition root: the only builder of sessions, clients and registries."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pipeline.extras import require
from pipeline.settings import Settings
from pipeline.tell import Tell, quiet

# Each function imports what it builds: a command that needs one client does not wait for the libraries of all.
if TYPE_CHECKING:
    from pipeline.archive.run import Archiving
    from pipeline.doctor.finding import Finding
    from pipeline.domain.tweet import Tweet
    from pipeline.erasure.forget import Forgetting
    from pipeline.errors import SinkUnavailable
    from pipeline.kafka.publisher import Progress, Published, Publisher
    from pipeline.kafka.resending import Resender
    from pipeline.kafka.topics import Topics
    from pipeline.ports import Sink
    from pipeline.registry.manifest import Manifest
    from pipeline.registry.registry import Registry
    from pipeline.reprocess.run import Reprocessing
    from pipeline.reprocess.run import Tell as TellProgress
    from pipeline.sinks.elasticsearch.client import Elasticsearch
    from pipeline.sinks.elasticsearch.setup import SetupReport
    from pipeline.sources.live.feed import LiveSource
    from pipeline.sources.live.runtime import MakeSource, Runtime
    from pipeline.sources.pacing import Clock
    from pipeline.sources.source import Item, Source
    from pipeline.stream.run import Run
    from pipeline.telemetry.archive import ArchiveEvents
    from pipeline.telemetry.sources import LiveEvents
    from pipeline.training.train import Request
    from pipeline.windows.run import WindowsRun


def topic_of_tweets(settings: Settings) -> Topics:
    """Make the topic that sources write to, if it is absent. Who only publishes may not even see the others.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials or the permission.
    """
    from pipeline.kafka.topics import ensure_topics

    return ensure_topics(settings.kafka, [settings.kafka.tweets_topic])


def publisher(settings: Settings, clock: Clock | None = None) -> Publisher:
    """A publisher to the topic of tweets; `clock` says when it is to stop.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials.
    """
    from pipeline.kafka.publisher import Publisher
    from pipeline.sources.pacing import Clock

    return Publisher(settings.kafka, clock=clock or Clock())


@contextmanager
def resender(settings: Settings) -> Iterator[Resender]:
    """Sends rejected records again.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials.
    """
    from pipeline.kafka.originals import Originals
    from pipeline.kafka.resending import Resender

    with closing(Originals(settings.kafka)) as originals, Resender(settings.kafka, originals.whole) as sender:
        yield sender


def elasticsearch(settings: Settings) -> Elasticsearch:
    """A client.

    Raises:
        ConfigError: the URL or the credentials can't be used as they are.
    """
    from pipeline.sinks.elasticsearch.client import connect

    return connect(settings.elasticsearch)


def registry(settings: Settings) -> Registry:
    """The registry of trained models.

    Raises:
        ConfigError: its URI can't be used.
    """
    from pipeline.registry.registry import Registry

    return Registry(settings.registry)


def set_up(settings: Settings, *, switch: bool = False, alter_topics: bool = False) -> SetupReport:
    """Make the topics, templates, data streams and the alias, where they are absent; mend them where they differ.

    Topics that are there are altered only if `alter_topics` says so, since they may have other users.

    Raises:
        SetupError: a server lacks what is needed; SinkUnavailable: it does not answer.
        ConfigError: it refuses the credentials or the permission.
    """
    from pipeline.kafka.topics import ensure_topics
    from pipeline.sinks.elasticsearch import setup
    from pipeline.sinks.elasticsearch.client import connect
    from pipeline.sinks.elasticsearch.setup import SetupReport

    found = ensure_topics(settings.kafka, alter=alter_topics)
    with closing(connect(settings.elasticsearch)) as client:
        report = setup.set_up(client, settings.elasticsearch, switch=switch)
    made = (f"made the topic {name}" for name in found.made)
    return SetupReport((*made, *found.altered, *report.changes), found.warnings)


def set_up_store(settings: Settings, *, switch: bool) -> SetupReport:
    """As `set_up`, without the topics.

    Raises:
        SetupError: the server lacks what is needed; SinkUnavailable: it does not answer.
        ConfigError: it refuses the credentials or the permission.
    """
    from pipeline.sinks.elasticsearch import setup

    with closing(elasticsearch(settings)) as client:
        return setup.set_up(client, settings.elasticsearch, switch=switch)


def examine(settings: Settings) -> list[Finding]:
    """Look at everything that the stream needs; it changes nothing, and whatever goes wrong is a finding."""
    from pipeline.doctor.checks import checks
    from pipeline.doctor.examination import examine as examine_all

    return examine_all(checks(settings))


def forgetting(settings: Settings, client: Elasticsearch, namespace: str, tell: Callable[[str], object]) -> Forgetting:
    """Forgets tweets and users.

    Raises:
        ConfigError: the key of the list or the registry's URI can't be used.
        SetupError: the key can't be made.
    """
    from pipeline.erasure.forget import Forgetting

    return Forgetting(settings, client, registry(settings), namespace, tell)


@contextmanager
def stream(
    settings: Settings, stop: threading.Event, tell: Tell = quiet, *, prepare: bool = True
) -> Iterator[tuple[Run, str]]:
    """Everything that a run of the stream needs, and the URL of its /metrics; closed again at the end.

    Args:
        settings: all of them.
        stop: set it to end the run cleanly.
        tell: told what is being done.
        prepare: make what is missing in a sink anew, such as data streams that somebody deletes meanwhile.

    Raises:
        AlreadyRunning: another stream has the checkpoint.
        SetupError: Spark, Java, a jar or the port is missing.
        ConfigError: a credential is wrong.
    """
    require("stream")
    from prometheus_client import CollectorRegistry, ProcessCollector

    from pipeline.components import scorers_of, sinks_of
    from pipeline.jvm.jars import spark_jars
    from pipeline.jvm.java import find_java
    from pipeline.metrics_server import serving
    from pipeline.stream import checkpoint, session
    from pipeline.stream.champions import Champions
    from pipeline.stream.run import Run
    from pipeline.telemetry.events import StreamEvents
    from pipeline.telemetry.metrics import StreamMetrics
    from pipeline.telemetry.process import MemoryCollector

    collectors, scorers, sinks = CollectorRegistry(), scorers_of(settings), sinks_of(settings)
    events = StreamEvents(StreamMetrics(collectors, settings, sinks))
    collectors.register(MemoryCollector())
    ProcessCollector(registry=collectors)
    champions = Champions(registry(settings), events)
    java = find_java()
    jars = spark_jars(settings, tell)
    telemetry = settings.telemetry
    with (
        # First of all: whoever is told of a taken port takes another one, and would be the second on this checkpoint.
        checkpoint.held(settings.checkpoint),
        serving(
            collectors, telemetry.host, telemetry.stream_port, "TWEETPULSE_TELEMETRY__STREAM_PORT", telemetry
        ) as url,
        _closed(sinks),
        session.running(settings, jars, java.home) as spark,
    ):
        yield Run(spark, settings, scorers, sinks, events, champions, stop, ensures=prepare), url


@contextmanager
def windows(settings: Settings, stop: threading.Event, tell: Tell = quiet) -> Iterator[tuple[WindowsRun, str]]:
    """Everything that a run of the windows' query needs, and the URL of its /metrics; closed again at the end.

    Args:
        settings: all of them.
        stop: set it to end the run cleanly.
        tell: told what is being done.

    Raises:
        AlreadyRunning: another process has the checkpoint.
        SetupError: Spark, Java, a jar or the port is missing.
        ConfigError: a credential is wrong.
    """
    require("stream")
    from prometheus_client import CollectorRegistry, ProcessCollector

    from pipeline.jvm.jars import spark_jars
    from pipeline.jvm.java import find_java
    from pipeline.metrics_server import serving
    from pipeline.sinks.elasticsearch.client import WAITS, connect
    from pipeline.sinks.elasticsearch.window_store import RESULTS
    from pipeline.stream import checkpoint, session
    from pipeline.telemetry.process import MemoryCollector
    from pipeline.telemetry.windows import WindowsEvents, WindowsMetrics
    from pipeline.windows.plan import as_stream, conf
    from pipeline.windows.run import WindowsRun

    collectors = CollectorRegistry()
    events = WindowsEvents(WindowsMetrics(collectors, WAITS, RESULTS))
    collectors.register(MemoryCollector())
    ProcessCollector(registry=collectors)
    java = find_java()
    jars = spark_jars(settings, tell)
    telemetry, more = settings.telemetry, conf(settings.windows)
    with (
        checkpoint.held(
            settings.windows_checkpoint, user="`tweetpulse windows`", variable="TWEETPULSE_WINDOWS__CHECKPOINT"
        ),
        serving(
            collectors, telemetry.host, telemetry.windows_port, "TWEETPULSE_TELEMETRY__WINDOWS_PORT", telemetry
        ) as url,
        closing(connect(settings.elasticsearch)) as client,
        session.running(
            as_stream(settings), jars, java.home, section="windows", conf=more, log="windows-spark.log"
        ) as spark,
    ):
        yield WindowsRun(spark, settings, client, events, stop), url


@contextmanager
def _closed(sinks: Iterable[Sink]) -> Iterator[None]:
    """Close the sinks at the end of the block."""
    with ExitStack() as stack:
        for sink in sinks:
            stack.callback(sink.close)
        yield


def train(request: Request, registry: Registry, settings: Settings, tell: Callable[[str], None]) -> Manifest:
    """Train, measure and publish a version, on this machine or on a cluster; it is not promoted.

    Raises:
        ConfigError: there is too little to train on.
        SetupError: Spark, Java or the registry is missing.
        ScoringError: what would serve does not say what Spark says.
    """
    require("stream")
    from pipeline.jvm.java import find_java
    from pipeline.training import session, train

    java = find_java()
    return train.train(request, registry, partial(session.running, settings, request.master, java.home), tell)


@dataclass(frozen=True, slots=True)
class Collection:
    """A live source in its runtime, its events and a publisher that tells both what Kafka has.

    Attributes:
        url: of its /metrics.
        runtime: runs what is collected.
    """

    url: str
    runtime: Runtime
    _publisher: Publisher
    _events: LiveEvents

    @property
    def source(self) -> LiveSource | Source:
        """What is collected."""
        return self.runtime.source

    def run(self, progress: Progress = lambda published: None) -> Published:
        """Publish what the source yields, until it is stopped; then all that was read is acknowledged.

        Raises:
            SetupError: Kafka does not take the tweets, or did not answer for the last ones.
            ConfigError: the source or Kafka refuses the credentials.
            SourceError: the source can't go on.
        """
        try:
            return self._publisher.publish(self.runtime, progress=progress)
        finally:
            self._events.ended()

    @property
    def unacknowledged(self) -> int:
        """The number of tweets that Kafka was sent and has not acknowledged."""
        return self._publisher.unacknowledged


@contextmanager
def collection(settings: Settings, name: str, make: MakeSource, stop: threading.Event) -> Iterator[Collection]:
    """Everything that collects from a live source, and its /metrics; closed again at the end.

    Args:
        settings: all of them.
        name: of the source, as its metrics' label.
        make: makes the source.
        stop: set it to end cleanly.

    Raises:
        SetupError: the port is taken, the broker does not answer, or what is remembered can't be read.
        ConfigError: a credential is wrong, of the broker or of the source.
    """
    from prometheus_client import CollectorRegistry, ProcessCollector

    from pipeline.domain.tweet import Tweet
    from pipeline.kafka.patience import Patience
    from pipeline.kafka.publisher import Publisher
    from pipeline.metrics_server import serving
    from pipeline.sources.live.runtime import Runtime
    from pipeline.telemetry.sources import LiveEvents, SourceMetrics

    registry = CollectorRegistry()
    events = LiveEvents(SourceMetrics(registry, [name]), name)
    ProcessCollector(registry=registry)
    telemetry = settings.telemetry
    with serving(
        registry, telemetry.host, telemetry.source_port, "TWEETPULSE_TELEMETRY__SOURCE_PORT", telemetry
    ) as url:
        runtime = Runtime(make, events, settings.state_dir, stop.is_set)

        def acknowledged(tweets: Sequence[Tweet]) -> None:
            events.acknowledged(len(tweets))
            runtime.acknowledged(tweets)

        def refused(item: Item) -> None:
            events.refused()
            # Asking for it again would not make it smaller.
            runtime.acknowledged([item] if isinstance(item, Tweet) else [])

        patience = Patience(stop.is_set, events.waiting)
        with (
            closing(runtime),
            Publisher(settings.kafka, acknowledged=acknowledged, refused=refused, patience=patience) as publisher,
        ):
            yield Collection(url, runtime, publisher, events)


@contextmanager
def archiving(settings: Settings, stop: threading.Event) -> Iterator[tuple[Archiving, ArchiveEvents, str]]:
    """Everything that the archive needs, its events, and the URL of its /metrics; closed again at the end.

    Raises:
        SetupError: the port is taken, or a package is missing.
    """
    require("archive")
    from prometheus_client import CollectorRegistry, ProcessCollector

    from pipeline.archive.faults import WAITS
    from pipeline.archive.run import Archiving
    from pipeline.archive.table import ArchiveTable
    from pipeline.metrics_server import serving
    from pipeline.telemetry.archive import ArchiveEvents, ArchiveMetrics

    registry = CollectorRegistry()
    events = ArchiveEvents(ArchiveMetrics(registry, WAITS))
    ProcessCollector(registry=registry)
    telemetry = settings.telemetry
    with serving(
        registry, telemetry.host, telemetry.archive_port, "TWEETPULSE_TELEMETRY__ARCHIVE_PORT", telemetry
    ) as url:
        yield Archiving(settings, ArchiveTable.of(settings), events, stop), events, url


@contextmanager
def reprocessing(
    settings: Settings,
    stop: threading.Event,
    tell: TellProgress,
    waiting: Callable[[SinkUnavailable], object],
) -> Iterator[Reprocessing]:
    """Everything that scores archived tweets again into the namespace of the settings; closed again at the end.

    Raises:
        SetupError: a package is missing; the server lacks what is needed.
        SinkUnavailable: Elasticsearch does not answer.
        ConfigError: a credential is wrong.
        ScoringError: a champion can't be loaded.
    """
    require("archive")
    require("stream")
    from pipeline.archive.table import ArchiveTable
    from pipeline.components import scorers_of
    from pipeline.domain.document import SCORED, data_stream
    from pipeline.reprocess.progress import file_of
    from pipeline.reprocess.run import Reprocessing, Strict
    from pipeline.sinks.elasticsearch import setup
    from pipeline.sinks.elasticsearch.client import connect, elasticsearch_errors
    from pipeline.sinks.elasticsearch.sink import ElasticsearchSink
    from pipeline.stream.champions import Champions

    elastic = settings.elasticsearch
    sink, archive = ElasticsearchSink.made(settings), ArchiveTable.of(settings)
    with closing(connect(elastic)) as client, _closed([sink]):
        setup.set_up(client, elastic)

        def documents() -> int:
            stream = data_stream(SCORED, elastic.namespace)
            with elasticsearch_errors(elastic):
                client.indices.refresh(index=stream)
                return int(client.count(index=stream)["count"])

        champions, file = Champions(registry(settings), Strict()), file_of(settings.state_dir, elastic.namespace)
        yield Reprocessing(
            settings, archive, scorers_of(settings), sink, champions, documents, file, stop, tell, waiting
        )
