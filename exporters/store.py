"""Answers of Elasticsearch about its data streams and disks, unchanged."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from pipeline.domain.alias import ALIAS
from pipeline.errors import SetupError
from pipeline.sinks.elasticsearch.client import NotFoundError, connect, elasticsearch_errors
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings

TIMEOUT = 2.0
"""Seconds that a request may take."""

_NEWEST = {"size": 0, "track_total_hits": False, "aggs": {"newest": {"max": {"field": "event.ingested"}}}}


@dataclass(frozen=True, slots=True)
class Answers:
    """The bodies of `_resolve/index`, `_stats/docs,store` and, in the order of the first, `_msearch`."""

    resolved: Any
    stats: Any
    newest: Any


class Store:
    """A client that only reads, and never waits for long.

    Args:
        settings: the server.

    Raises:
        ConfigError: the URL or the credentials can't be used as they are.
    """

    def __init__(self, settings: ElasticsearchSettings) -> None:
        # The collector logs what fails here, and the client would log it again.
        logging.getLogger("elastic_transport").setLevel(logging.CRITICAL)
        self._settings = settings
        self._client = connect(settings).options(request_timeout=min(TIMEOUT, settings.request_timeout))

    def data_streams(self, pattern: str) -> Answers | None:
        """Facts about the data streams whose names match; None if there is none.

        Raises:
            SinkUnavailable: Elasticsearch does not answer.
            ConfigError: it refuses this user.
            SetupError: it refuses for another reason.
        """
        with elasticsearch_errors(self._settings):
            # Not `_data_stream`: this way works on every server, with the right to see an index's metadata alone.
            resolved = self._client.indices.resolve_index(name=pattern).body
            names = [stream["name"] for stream in resolved["data_streams"]]
            if not names:
                return None
            stats = self._client.indices.stats(index=names, metric="docs,store").body
            searches = [part for name in names for part in ({"index": name}, _NEWEST)]
            # One request for all data streams, because a scrape has only a few seconds.
            newest = self._client.msearch(searches=searches).body
        self._require_answers(newest)
        return Answers(resolved, stats, newest)

    def alias(self, stream: str) -> Any:
        """The body of `_alias/tweetpulse-tweets`, empty where it is not there; None where there is no such data stream.

        Raises:
            SinkUnavailable: Elasticsearch does not answer.
            ConfigError: it refuses this user.
            SetupError: it refuses for another reason.
        """
        with elasticsearch_errors(self._settings):
            # A pattern that matches nothing is no error, as a name would be.
            resolved = self._client.indices.resolve_index(name=f"{stream}*").body
            if stream not in [found["name"] for found in resolved["data_streams"]]:
                return None
            try:
                return self._client.indices.get_alias(name=ALIAS).body
            except NotFoundError:
                return {}

    def disks(self) -> Any:
        """The body of `_nodes/stats/fs`.

        Raises:
            SinkUnavailable: Elasticsearch does not answer.
            ConfigError: it refuses this user.
            SetupError: it refuses for another reason.
        """
        with elasticsearch_errors(self._settings):
            return self._client.nodes.stats(metric="fs").body

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _require_answers(self, newest: Any) -> None:
        """A search may fail inside a request that succeeds, and then knows of no document."""
        for answer in newest["responses"]:
            if "error" in answer:
                kind = answer["error"].get("type", "unknown")
                raise SetupError(f"Elasticsearch at {self._settings.url} refused to search: {answer['status']} {kind}")
