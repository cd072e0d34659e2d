"""Events of live sources: each is one log line and the metrics that belong to it, so they can't disagree.

A source's tweets are counted when Kafka has acknowledged them. Series of closed sets exist from the start, at 0.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

from pipeline import log
from pipeline.domain.faults import Fault, GapOutcome
from pipeline.domain.names import OTHER

MAX_ENDPOINTS = 20
"""Endpoints that a source may name: a label's values are bounded, also those of a source that is not ours."""


class SourceMetrics:
    """Everything on a collector's /metrics but what the process says of itself."""

    def __init__(self, registry: CollectorRegistry, sources: Iterable[str]) -> None:
        def counter(name: str, documentation: str, *labels: str) -> Counter:
            return Counter(f"tweetpulse_source_{name}", documentation, ("source", *labels), registry=registry)

        def gauge(name: str, documentation: str, *labels: str) -> Gauge:
            return Gauge(f"tweetpulse_source_{name}", documentation, ("source", *labels), registry=registry)

        self.tweets = counter("tweets", "Tweets of a source that Kafka has acknowledged.")
        self.refused = counter("refused", "Tweets and rows that the broker refuses as too large.")
        self.passed_over = counter("passed_over", "Tweets that the source delivered and the collector left out.")
        self.errors = counter("errors", "Faults of a source, by reason.", "reason")
        self.reconnects = counter("reconnects", "Connections after the first one.")
        self.gaps = counter("gaps", "Closed gaps, by outcome: refilled or lost.", "outcome")
        self.gap_tweets = counter("gap_tweets", "Tweets that refills of gaps brought.")
        self.connected = gauge("connected", "1 while all feeds of the source are connected.")
        self.waiting = gauge("waiting", "1 while Kafka acknowledges nothing, so that the source is not read.")
        self.last_tweet = gauge("last_tweet_timestamp_seconds", "When Kafka last acknowledged a tweet.")
        self.budget_left = gauge("rate_limit_remaining", "Requests left until the rate limit is reset.", "endpoint")
        self.budget = gauge("rate_limit", "Requests that the server allows in a period.", "endpoint")
        self.budget_resets = gauge("rate_limit_reset_timestamp_seconds", "When the rate limit is reset.", "endpoint")
        for source in sources:
            self._start(source)

    def _start(self, source: str) -> None:
        counters = (self.tweets, self.refused, self.passed_over, self.reconnects, self.gap_tweets)
        for metric in (*counters, self.connected, self.waiting):
            metric.labels(source)
        for fault in Fault:
            self.errors.labels(source, fault)
        for outcome in GapOutcome:
            self.gaps.labels(source, outcome)


class LiveEvents:
    """Tells log and metrics alike what happens to one source. Safe from several threads."""

    def __init__(self, metrics: SourceMetrics, source: str, clock: Callable[[], float] = time.time) -> None:
        self._metrics = metrics
        self._source = source
        self._clock = clock
        self._log = log.get("pipeline.sources")
        self._lock = threading.Lock()
        self._was_connected = False
        self._endpoints: set[str] = set()

    def acknowledged(self, tweets: int) -> None:
        """Kafka has so many tweets more."""
        self._metrics.tweets.labels(self._source).inc(tweets)
        self._metrics.last_tweet.labels(self._source).set(self._clock())

    def refused(self) -> None:
        """The broker does not take a tweet or a row, and never will: it is larger than the topic allows."""
        self._metrics.refused.labels(self._source).inc()
        self._tell("warning", "record refused as too large", "source-record-refused", **{"error.type": "too_large"})

    def connected(self) -> None:
        """Tweets can come."""
        with self._lock:
            again, self._was_connected = self._was_connected, True
        if again:
            self._metrics.reconnects.labels(self._source).inc()
        self._metrics.connected.labels(self._source).set(1)
        self._tell("info", "source connected again" if again else "source connected", "source-connected")

    def interrupted(self, fault: Fault, wait: float, host: str = "") -> None:
        """The connection is lost or refused, or `host` can't be reached; the next attempt is `wait` seconds away."""
        self._metrics.errors.labels(self._source, fault).inc()
        self._metrics.connected.labels(self._source).set(0)
        self._tell(
            "warning",
            "source can't be reached" if host else "source interrupted",
            "source-interrupted",
            **{"error.type": str(fault), "tweetpulse.wait_seconds": round(wait, 1)},
            **({"server.address": host} if host else {}),
        )

    def fault(self, fault: Fault) -> None:
        """Something is wrong that leaves the connection as it is."""
        self._metrics.errors.labels(self._source, fault).inc()
        self._tell("warning", "source fault", "source-fault", **{"error.type": str(fault)})

    def passed_over(self) -> None:
        """A tweet came that is not for us. It is counted, and no line of the log."""
        self._metrics.passed_over.labels(self._source).inc()

    def budget(self, endpoint: str, left: int, limit: int, resets_at: datetime) -> None:
        """The rest of a rate limit, by the server's word. It is not logged, since it comes with every answer."""
        name = self._bounded(endpoint)
        self._metrics.budget_left.labels(self._source, name).set(left)
        self._metrics.budget.labels(self._source, name).set(limit)
        self._metrics.budget_resets.labels(self._source, name).set(resets_at.timestamp())

    def gap(self, outcome: GapOutcome, tweets: int, after_id: str | None, since: datetime | None) -> None:
        """A gap is closed with so many tweets, or lost; it begins after that id, at that time."""
        self._metrics.gaps.labels(self._source, outcome).inc()
        self._metrics.gap_tweets.labels(self._source).inc(tweets)
        lost = outcome is GapOutcome.LOST
        self._tell(
            "warning" if lost else "info",
            "gap lost" if lost else "gap refilled",
            f"source-gap-{outcome}",
            **{
                "tweetpulse.tweets": tweets,
                "tweetpulse.after_id": after_id,
                "tweetpulse.since": since.isoformat() if since else None,
            },
        )

    def waiting(self, waits: bool) -> None:
        """Kafka does not acknowledge, so that the source is held back; or it does again."""
        self._metrics.waiting.labels(self._source).set(int(waits))
        if waits:
            self._tell("warning", "source waits for Kafka", "source-waits", **{"error.type": "kafka"})
        else:
            self._tell("info", "Kafka acknowledges again", "source-goes-on")

    def ended(self) -> None:
        """Nothing more comes: it was stopped, or it can't go on."""
        self._metrics.connected.labels(self._source).set(0)
        self._tell("info", "source ended", "source-ended")

    def _bounded(self, endpoint: str) -> str:
        with self._lock:
            if len(self._endpoints) < MAX_ENDPOINTS:
                self._endpoints.add(endpoint)
            return endpoint if endpoint in self._endpoints else OTHER

    def _tell(self, level: str, event: str, action: str, **fields: object) -> None:
        known = {name: value for name, value in fields.items() if value is not None}
        getattr(self._log, level)(event, **{"event.action": action, "tweetpulse.source": self._source, **known})
