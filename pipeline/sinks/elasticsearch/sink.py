"""The Elasticsearch sink: a `Sink` whose places are data streams."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar, Self

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from pipeline.domain.delivery import Attempt, Delivery, Report
from pipeline.domain.document import REJECTED, SCORED, data_stream
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch import backing, setup
from pipeline.sinks.elasticsearch.backing import Backing, Seals
from pipeline.sinks.elasticsearch.bulk import FAILURES
from pipeline.sinks.elasticsearch.client import WAITS, as_sink_error, connect
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from pipeline.sinks.elasticsearch.writer import DocumentWriter

Plan = dict[str, Backing]
"""Dataset → the indices of its data stream."""


class ElasticsearchSink:
    """Creates each document in a data stream, unless its id is already there.

    Args:
        settings: the server, the namespace, how documents are sent.
        repeat_horizon_hours: how far back a repeated id is recognised; None: as far as documents are kept.
        client: made on first use, where none is given.
        now: seconds of the epoch.
    """

    name: ClassVar[str] = "elasticsearch"
    waits: ClassVar[tuple[str, ...]] = WAITS
    failures: ClassVar[tuple[str, ...]] = FAILURES

    def __init__(
        self,
        settings: ElasticsearchSettings,
        *,
        repeat_horizon_hours: int | None = None,
        client: Elasticsearch | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._horizon = repeat_horizon_hours
        self._now = now
        # An attribute of this name takes precedence over the cached property below.
        if client is not None:
            self.client = client

    @classmethod
    def made(cls, settings: Settings) -> Self:
        """By its own section, and the stream's horizon of repeats."""
        return cls(settings.elasticsearch, repeat_horizon_hours=settings.stream.repeat_horizon_hours)

    def __reduce__(self) -> tuple[Any, ...]:
        # A task makes a client of its own. The horizon and the clock are for resolving indices, which the driver does.
        return type(self), (self._settings,)

    @cached_property
    def client(self) -> Elasticsearch:
        """Of this process."""
        return connect(self._settings)

    @cached_property
    def _seals(self) -> Seals:
        return Seals(self.client)

    @cached_property
    def _writer(self) -> DocumentWriter:
        return DocumentWriter(self.client, self._settings)

    def target(self, dataset: str) -> str:
        """The data stream."""
        return data_stream(dataset, self._settings.namespace)

    def ensure(self) -> object:
        """Templates, data streams and the alias, as `tweetpulse setup` makes them."""
        return setup.set_up(self.client, self._settings)

    def prepare(self, attempt: Attempt) -> Plan:
        """The indices of both data streams; the older ones are sealed."""
        try:
            return {dataset: self._sealed(self.target(dataset)) for dataset in (SCORED, REJECTED)}
        except (TransportError, ApiError) as error:
            raise as_sink_error(error, self._settings) from None

    def write(self, delivery: Delivery, plan: Plan, attempt: Attempt) -> Report:
        """Create each document that is not there."""
        known = plan[delivery.dataset]
        return self._writer.index(self.target(delivery.dataset), delivery.entries, known, delivery.records, attempt)

    def close(self) -> None:
        """Close the client, if there is one."""
        # Reading the property would make a client only to close it.
        if "client" in self.__dict__:
            self.client.close()

    def _sealed(self, stream: str) -> Backing:
        since = self._now() - self._horizon * 3600 if self._horizon else 0.0
        found = backing.resolve(self.client, stream, since=since)
        self._seals.seal(found)
        return found
