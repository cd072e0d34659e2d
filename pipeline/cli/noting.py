"""Optional exchanges of commands with Elasticsearch: without it they go on in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime

from pipeline import bootstrap, log
from pipeline.domain.document import SCORED, data_stream
from pipeline.errors import PipelineError
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import Elasticsearch, elasticsearch_errors
from pipeline.sinks.elasticsearch.copies import holding
from pipeline.sinks.elasticsearch.events import record_event

REQUEST_TIMEOUT = 5.0
"""Seconds that a command waits for what it does not need."""


def note(settings: Settings, action: str, message: str, *, at: datetime | None = None) -> None:
    """Write an event for the boards to draw, from `at` till now; without `at` it is of this moment."""

    def write(client: Elasticsearch) -> None:
        namespace, now = settings.elasticsearch.namespace, datetime.now(UTC)
        record_event(client, namespace, action, message, at=at or now, end=now if at else None, tags=[action])

    _by_the_way(settings, write)


@contextmanager
def noted_run(settings: Settings) -> Iterator[None]:
    """Note that the stream starts, and that it has stopped."""
    note(settings, "stream-started", "stream started")
    try:
        yield
    finally:
        note(settings, "stream-stopped", "stream stopped")


def already_there(settings: Settings) -> Callable[[Sequence[str]], int]:
    """Ids → how many of them are indexed in the namespace; 0 if that can't be known now."""
    streams = [data_stream(SCORED, settings.elasticsearch.namespace)]

    def count(ids: Sequence[str]) -> int:
        found: set[str] = set()
        _by_the_way(settings, lambda client: found.update(id_ for _, id_ in holding(client, streams, ids)))
        return len(found)

    return count


def _by_the_way(settings: Settings, ask: Callable[[Elasticsearch], None]) -> None:
    impatient = settings.elasticsearch.model_copy(update={"request_timeout": REQUEST_TIMEOUT})
    settings = settings.model_copy(update={"elasticsearch": impatient})
    try:
        with closing(bootstrap.elasticsearch(settings)) as client, elasticsearch_errors(impatient):
            ask(client)
    except PipelineError as error:
        log.get("pipeline.cli").debug("done without Elasticsearch", **{"error.message": error.message})
