"""Reads scored tweets for topics out of Elasticsearch, as they were when the reading began."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from pipeline.domain.document import SCORED, data_stream
from pipeline.domain.prediction import COMPLAINT
from pipeline.domain.sentiment import Label
from pipeline.domain.tweet import Kind
from pipeline.errors import SetupError, SinkUnavailable
from pipeline.report.period import Period
from pipeline.sinks.elasticsearch.client import Elasticsearch, NotFoundError
from pipeline.topics.said import Said

PAGE = 5_000
REQUEST_TIMEOUT = 60.0
"""Seconds that Elasticsearch has for an answer."""

_KEEP = "10m"
_FIELDS = (
    "@timestamp",
    "event.id",
    "url.full",
    "tweet.words",
    "tweet.kind",
    "tweet.lang",
    "tweet.entity",
    "tweet.mentions",
    "tweet.sentiment.label",
    "tweet.complaint.label",
)
_WANTED = "pit_id,timed_out,_shards.failed,hits.hits._source,hits.hits.sort"

Progress = Callable[[int, int], None]
"""Told how many tweets are read, of how many."""


class Tweets:
    """The scored tweets of a namespace as they were at one moment, however long the reading takes.

    Args:
        client: errors are to be mapped by whoever brings it (`elasticsearch_errors`).
        stream: the data stream, for messages.
        view: the id of the point in time.
        entity: only tweets about it.
        progress: told about each page.
    """

    def __init__(self, client: Elasticsearch, stream: str, view: str, entity: str | None, progress: Progress) -> None:
        self._client = client
        self._stream = stream
        self.view = view
        self._entity = entity
        self._progress = progress

    def read(self, period: Period, enough: int | None = None) -> Iterator[Sequence[Said]]:
        """The tweets of a period, a page at a time.

        Args:
            period: when they were written.
            enough: about so many will do, where there are more: any, but the same ones for the same documents.

        Raises:
            SinkUnavailable: a part of them can't be searched now.
        """
        query, after, read = query_of(period, self._entity), None, 0
        total = self._total(query)
        if enough is not None and enough < total:
            query, total = some(query, enough / total), enough
        while True:
            hits = self._page(query, after)
            read += len(hits)
            self._progress(read, total)
            if hits:
                yield [said(hit["_source"]) for hit in hits]
            if len(hits) < PAGE:
                return
            after = hits[-1]["sort"]

    def texts(self, ids: Sequence[str]) -> dict[str, str]:
        """The texts of tweets, by their ids; a tweet that was deleted meanwhile has none."""
        query = {"ids": {"values": list(ids)}}
        hits = self._client.search(
            index=self._stream, query=query, size=len(ids) or 1, source_includes=["message", "event.id"]
        )
        return {hit["_source"]["event"]["id"]: hit["_source"]["message"] for hit in hits["hits"]["hits"]}

    def _total(self, query: dict[str, Any]) -> int:
        answer = self._client.search(
            pit={"id": self.view, "keep_alive": _KEEP}, query=query, size=0, track_total_hits=True
        )
        self.view = answer["pit_id"]
        return int(answer["hits"]["total"]["value"])

    def _page(self, query: dict[str, Any], after: Any) -> list[dict[str, Any]]:
        try:
            answer = self._client.search(
                pit={"id": self.view, "keep_alive": _KEEP},
                query=query,
                size=PAGE,
                source={"includes": _FIELDS},
                # The order in which they lie on the disk: nothing is sorted.
                sort=["_shard_doc"],
                search_after=after,
                allow_partial_search_results=False,
                track_total_hits=False,
                filter_path=_WANTED,
            )
        except NotFoundError:
            raise SinkUnavailable(
                f"Elasticsearch has ended the reading of {self._stream}: run it again", reason="index_missing"
            ) from None
        if answer["timed_out"] or answer["_shards"]["failed"]:
            raise SinkUnavailable(f"a part of {self._stream} can't be searched now", reason="unavailable")
        self.view = answer["pit_id"]
        found: list[dict[str, Any]] = answer.get("hits", {}).get("hits", [])
        return found


@contextmanager
def tweets(client: Elasticsearch, namespace: str, entity: str | None, progress: Progress) -> Iterator[Tweets]:
    """The tweets of a namespace as they are now.

    Raises:
        SetupError: the data stream is not there.
    """
    stream = data_stream(SCORED, namespace)
    try:
        view = client.open_point_in_time(index=stream, keep_alive=_KEEP)["id"]
    except NotFoundError:
        raise SetupError(f"the data stream {stream} is not there: make it with `tweetpulse setup`") from None
    found = Tweets(client, stream, view, entity, progress)
    try:
        yield found
    finally:
        client.options(ignore_status=404).close_point_in_time(id=found.view)


def query_of(period: Period, entity: str | None) -> dict[str, Any]:
    """Finds the tweets of a period, about an entity."""
    written = {"range": {"@timestamp": {"gte": period.since.isoformat(), "lt": period.until.isoformat()}}}
    named = [] if entity is None else [{"term": {"tweet.entity": entity}}]
    return {"bool": {"filter": [written, *named]}}


def some(query: dict[str, Any], share: float) -> dict[str, Any]:
    """Finds about that share of what a query finds: the server draws a number from 0 to 1 for each document's id."""
    drawn = {"random_score": {"seed": 0, "field": "event.id"}, "boost_mode": "replace", "min_score": 1 - share}
    return {"function_score": {"query": query, **drawn}}


def said(source: dict[str, Any]) -> Said:
    """A document, as far as topics need it."""
    tweet = source["tweet"]
    complaint = tweet.get("complaint", {}).get("label")
    return Said(
        id=source["event"]["id"],
        at=datetime.fromisoformat(source["@timestamp"]),
        words=tuple(tweet.get("words", ())),
        label=Label(tweet.get("sentiment", {}).get("label", Label.UNSUPPORTED)),
        complains=None if complaint is None else complaint == COMPLAINT,
        kind=tweet.get("kind", Kind.ORIGINAL),
        lang=tweet.get("lang"),
        entities=tuple(tweet.get("entity", ())),
        mentions=tuple(tweet.get("mentions", ())),
        url=source.get("url", {}).get("full"),
    )
