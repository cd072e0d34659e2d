"""A world: servers that may be killed, the stream under a supervisor, and a continuous feed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal, TypeVar
from uuid import uuid4

import psutil
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from pipeline import committed_offsets
from pipeline.embedded import info
from pipeline.embedded.guard import guarded
from pipeline.embedded.info import StackInfo
from pipeline.embedded.ports import HOST, free_port
from pipeline.embedded.processes import is_alive
from pipeline.errors import SetupError
from pipeline.kafka.topics import ensure_topics
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.setup import set_up
from tests.fault_proxy import Proxy
from tests.faults import accounting, broker, oracle
from tests.faults.accounting import Counts
from tests.faults.feed import Feed
from tests.faults.oracle import Verdict
from tests.faults.records import Made, records
from tests.faults.supervised import Part, Supervised
from tests.faults.truth import Indexed, Truth
from tests.stacks import repaired, settings_of

T = TypeVar("T")

Server = Literal["kafka", "elasticsearch"]
SERVERS: tuple[Server, ...] = ("kafka", "elasticsearch")
AnyPart = Part | Server

_BATCH, _BULK = 5_000, 500
_STEP = 0.25


@dataclass
class Excused:
    """Changes that were made by hand, so that the oracle does not take them for faults of the stream.

    Attributes:
        taken: the documents that somebody has deleted, as they were found before.
        reasons: why Elasticsearch may have refused tweets, which are rejected records then. Each must be indexed in
            the end, by the cure that the case does.
        truth: what Kafka was given, where its topic can't be asked any more.
        gone: how many records a topic had that is no more.
        expired: the keys of records that Kafka deleted before they were read.
        again: what was read again, since a checkpoint was set back, or there are two.
        unlogged: what the stream counted and could not log.
        logs: of streams beside the world's own.
    """

    taken: Indexed | None = None
    reasons: set[str] = field(default_factory=set)
    truth: Callable[[], Truth] | None = None
    gone: int = 0
    expired: Counter[bytes] = field(default_factory=Counter)
    again: Callable[[], Counts] | None = None
    unlogged: Counts = field(default_factory=Counts)
    logs: list[Path] = field(default_factory=list)


@dataclass
class World:
    """All that a fault can be done to. See `tests.faults.actions` for what can be done.

    Attributes:
        settings: of the stream, the feed and the oracle alike.
        stack: the folder of the servers' stack.
        client: of Elasticsearch, patient.
        random: whatever is chosen here is chosen by it.
        proxy: between the stream and Elasticsearch, where there is one.
        excused: what the oracle must know.
    """

    settings: Settings
    stack: Path
    stream: Supervised
    feed: Feed
    client: Elasticsearch
    random: Random = field(default_factory=lambda: Random(0))
    proxy: Proxy | None = None
    excused: Excused = field(default_factory=Excused)

    def process(self, part: AnyPart, timeout: float = 60.0) -> psutil.Process | None:
        """A process of this kind, or None; it waits a moment for one, such as while the stream starts."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if found := self._process(part):
                return found
            time.sleep(_STEP)
        return None

    def repair(self) -> None:
        """Start the servers that have died, where they were."""
        repaired(self.stack)

    @property
    def servers(self) -> StackInfo:
        """The servers as they were last started."""
        found = info.load(self.stack)
        assert found
        return found

    @property
    def committed(self) -> int:
        """The number of records that the stream has committed, by their offsets, which count deleted records too."""
        try:
            return sum((committed_offsets.read(self.settings.checkpoint) or {}).values()) + self.excused.gone
        except (SetupError, ValueError):
            return 0  # It is being written this moment.

    @property
    def is_in_batch(self) -> bool:
        """True if a batch was planned and not committed: it is being read, scored and indexed."""
        folder = self.settings.checkpoint
        # In this order: read the other way round, a batch that is committed in between would seem to be under way.
        newest = (max(map(int, _numbers(folder / kind)), default=-1) for kind in ("offsets", "commits"))
        return next(newest) > next(newest)

    def until_in_batch(self, timeout: float = 60.0) -> bool:
        """Wait until a batch begins; whether one did in time."""
        deadline = time.monotonic() + timeout
        while not (self.stream.is_alive and self.is_in_batch):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    def until_committed(self, records: int, timeout: float) -> float | None:
        """Wait until so many are committed and a process of the stream runs; the seconds, None if it took longer."""
        begun = time.monotonic()
        while not (self.stream.is_alive and self.committed >= records):
            if time.monotonic() - begun > timeout:
                return None
            time.sleep(_STEP)
        return time.monotonic() - begun

    def recovered(self, timeout: float = 300.0) -> float | None:
        """Seconds until all that is in Kafka now is committed; None if it took longer."""
        return self.until_committed(self.feed.total, timeout)

    def drained(self, timeout: float = 600.0) -> bool:
        """Let the feed's last records through; whether all was committed in time. The feed must not send.

        The stream runs then: after a late kill that is a new process, which has nothing to do.
        """
        self.feed.flush()
        deadline = time.monotonic() + timeout
        done = self.until_committed(broker.end(self.settings.kafka) + self.excused.gone, timeout) is not None
        while done and self.page() is None and time.monotonic() < deadline:
            time.sleep(_STEP)
        return done

    def page(self) -> accounting.Counts | None:
        """The counts on the stream's /metrics now."""
        return accounting.page(self.page_url)

    @property
    def page_url(self) -> str:
        """The address of the stream's /metrics."""
        return f"http://{HOST}:{self.settings.telemetry.stream_port}/metrics"

    def page_differences(self, tries: int = 5) -> list[str]:
        """The differences between this process's /metrics and its log, in words.

        A batch counts a moment before it is logged, so only what differs again and again is a difference.
        """
        found: list[str] = []
        for _ in range(tries):
            said, shown = self._logged(), self.page()
            if shown is None:
                found = ["/metrics does not answer"]
            elif said == self._logged() and not (found := accounting.differences("/metrics", shown, "its log", said)):
                return []
            time.sleep(_STEP)
        return found

    def judge(
        self, *, seconds: float | None = None, timeout: float = 600.0, more: Iterable[str] = (), stop: bool = True
    ) -> Verdict:
        """Drain, look at /metrics, end the stream cleanly, and ask the oracle; `more` was found on the way.

        Without `stop` the stream stays, which has nothing to do.
        """
        more = [*more] if self.drained(timeout) else [*more, f"not drained within {timeout:.0f} s"]
        more += self.page_differences()
        with self.stream.stopped() if stop else nullcontext():
            return oracle.judge(
                self.settings,
                [*self.stream.logs, *self.excused.logs],
                self.feed.acknowledged - self.excused.expired,
                truth=self.excused.truth() if self.excused.truth else None,
                seconds=seconds,
                more=more,
                taken=self.excused.taken,
                refusals=self.excused.reasons,
                again=self.excused.again() if self.excused.again else None,
                unlogged=self.excused.unlogged,
            )

    def _logged(self) -> accounting.Counts:
        """The counts that the present process has logged."""
        return accounting.total(one.counts for one in accounting.finished(self.stream.logs[-1]))

    def _process(self, part: AnyPart) -> psutil.Process | None:
        if part != "kafka" and part != "elasticsearch":
            return self.stream.part(part, self.random)
        server = self.servers.find(part)
        return psutil.Process(server.pid) if server and is_alive(server.pid, server.started) else None


def _numbers(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("[0-9]*")]


def insist(do: Callable[[], T], timeout: float = 120.0) -> T:
    """Do something to Elasticsearch, again and again where it has just been started and is not ready for it."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            return do()
        except (ApiError, TransportError):
            if time.monotonic() > deadline:
                raise
            time.sleep(_STEP)


@contextmanager
def opened(
    stack: StackInfo,
    folder: Path,
    *,
    seed: int = 1,
    rate: float = 300.0,
    made: Iterable[Made] | None = None,
    adjust: Callable[[Settings], Settings] = lambda settings: settings,
    options: Iterable[str] = (),
    proxy: Proxy | None = None,
) -> Iterator[World]:
    """A world on a stack of its own: topics and data streams made, the stream started; the feed waits for `running`.

    Args:
        stack: whose servers nobody else needs (fixture `make_stack`).
        folder: empty; for the checkpoint and the logs.
        seed: of the records and of what is chosen.
        rate: of the feed, records per second.
        made: other records than `tests.faults.records` makes.
        adjust: changes the settings.
        options: of `tweetpulse run`.
        proxy: through which the stream talks to Elasticsearch; the oracle does not.
    """
    settings = adjust(_settings(stack, folder))
    logs = folder / "logs"
    logs.mkdir(parents=True)
    patient = settings.elasticsearch.model_copy(update={"request_timeout": 60.0})
    with ExitStack() as running:
        client = running.enter_context(closing(connect(patient)))
        ensure_topics(settings.kafka)
        set_up(client, settings.elasticsearch)
        feed = Feed(settings.kafka, made if made is not None else records(seed), rate)
        running.callback(feed.close)
        running.enter_context(guarded(logs))
        stream = Supervised(_through(proxy, settings), logs, *options)
        running.enter_context(stream.running())
        yield World(settings, stack.state_dir, stream, feed, client, Random(seed), proxy)


def _through(proxy: Proxy | None, settings: Settings) -> Settings:
    if proxy is None:
        return settings
    return settings.model_copy(update={"elasticsearch": settings.elasticsearch.model_copy(update={"url": proxy.url})})


def _settings(stack: StackInfo, folder: Path) -> Settings:
    """Small batches and bulks, so that a fault meets many of their borders; the time-outs are those of every day."""
    settings = settings_of(stack, mark=uuid4().hex[:12], folder=folder)
    return settings.model_copy(
        update={
            "state_dir": folder / "stream",
            "elasticsearch": settings.elasticsearch.model_copy(
                update={"request_timeout": 8.0, "bulk_documents": _BULK}
            ),
            "stream": settings.stream.model_copy(update={"max_offsets_per_trigger": _BATCH}),
            "telemetry": settings.telemetry.model_copy(update={"stream_port": free_port()}),
        }
    )
