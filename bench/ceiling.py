"""Measures Elasticsearch alone, fed with ready-made documents of the stream."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime

from pipeline.domain.delivery import Entry
from pipeline.domain.document import SCORED, Coordinates, data_stream
from pipeline.domain.record import encode
from pipeline.domain.tweet import Tweet
from pipeline.scoring.analysis import Analyzer
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.bulk import FILTER_PATH, operations
from pipeline.sinks.elasticsearch.client import connect
from pipeline.stream.chunk import Record, score_chunk

AT_ONCE = 4


def rate(settings: Settings, tweets: Iterable[Tweet]) -> float:
    """Documents per second, four requests at once of the stream's own size; the last half of them is measured.

    Until then the server compiles its own code: a fresh one takes three times the processor time for a document.
    """
    bodies = bulk_bodies(settings, tweets)
    stream = data_stream(SCORED, settings.elasticsearch.namespace)
    with closing(connect(settings.elasticsearch)) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        patient = client.options(request_timeout=60)

        def send(some: list[bytes]) -> float:
            started = time.perf_counter()
            list(pool.map(lambda body: patient.bulk(index=stream, operations=body, filter_path=FILTER_PATH), some))
            return time.perf_counter() - started

        half = len(bodies) // 2
        send(bodies[:half])
        return (len(bodies) - half) * settings.elasticsearch.bulk_documents / send(bodies[half:])


def bulk_bodies(settings: Settings, tweets: Iterable[Tweet]) -> list[bytes]:
    """Bulk requests of the stream's own size, with its documents of these tweets."""
    lines = operations(_entries(settings, tweets))
    step = 2 * settings.elasticsearch.bulk_documents
    return [b"\n".join(lines[start : start + step]) + b"\n" for start in range(0, len(lines), step)]


def _entries(settings: Settings, tweets: Iterable[Tweet]) -> list[Entry]:
    now = datetime.now(UTC)
    records = (Record(encode(tweet), Coordinates("tweets", 0, at, now)) for at, tweet in enumerate(tweets))
    chunk = score_chunk(records, Analyzer(settings.scoring), namespace=settings.elasticsearch.namespace)
    return [Entry(*document) for document in chunk.documents]
