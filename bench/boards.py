"""Measures each query of each board on a million documents.

python -m bench boards
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Any

from elasticsearch import Elasticsearch

from bench.queries import print_slowest, seconds
from bench.servers import running
from pipeline import bootstrap
from pipeline.cli.stack import progress
from pipeline.domain.delivery import Entry
from pipeline.domain.document import SCORED, Coordinates, data_stream, scored_document
from pipeline.domain.tweet import Tweet
from pipeline.scoring.analysis import Analyzer
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.bulk import FILTER_PATH, operations
from pipeline.sources.phrases import BRANDS
from pipeline.sources.synthetic import Synthetic
from pipeline.stream.chunk import dumps
from pipeline.tell import Tell
from tests.boards.grafana import INDICES, boards, queries_of, queries_of_alerts
from tests.boards.grafana_search import search_of
from tests.boards.kibana import searches

DOCUMENTS = int(os.environ.get("BENCH_DOCUMENTS", "1000000"))
DISTINCT = 50_000
CHUNK = 5_000
ROUNDS = 3
SPAN = timedelta(days=7)
INTERVAL = "5m"


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds per query, by where it stands: the median of three, as the server says (`took`)."""

    documents: int
    seconds: dict[str, float]


def run() -> Figures:
    """Index the documents, ask every query of Grafana's and Kibana's boards, and print the slowest."""
    with progress() as tell, running(tell) as (_, settings):
        bootstrap.set_up(settings, switch=True)
        with bootstrap.elasticsearch(settings) as client:
            patient = client.options(request_timeout=120)
            _fill(patient, settings, tell)
            figures = Figures(
                DOCUMENTS, {where: seconds(patient, index, body, ROUNDS) for where, index, body in _queries()}
            )
    print_slowest(figures.seconds, f"{figures.documents:,} documents")
    return figures


def _fill(client: Elasticsearch, settings: Settings, tell: Tell) -> None:
    stream = data_stream(SCORED, settings.elasticsearch.namespace)
    documents = _documents(settings)
    with ThreadPoolExecutor(2) as pool:
        for done in range(0, DOCUMENTS, 2 * CHUNK):
            lines = [operations(islice(documents, CHUNK)) for _ in range(2)]
            list(pool.map(lambda some: client.bulk(index=stream, operations=some, filter_path=FILTER_PATH), lines))
            tell("documents", f"indexed: {done:,} of {DOCUMENTS:,}")
    client.indices.refresh(index=stream)


def _documents(settings: Settings) -> Iterator[Entry]:
    """Invented tweets over a week; texts repeat, ids and times do not."""
    now, analyzer = datetime.now(UTC), Analyzer(settings.scoring)
    source = Synthetic(start=now, count=DISTINCT, history=SPAN, history_tweets=DISTINCT)
    tweets = [item for item in source if isinstance(item, Tweet) and item.text.strip()]
    analyzed = [(tweet, analyzer.analyze(tweet)) for tweet in tweets]
    at = Coordinates("tweets", 0, 0, now)
    for loop in count():
        for tweet, analysis in analyzed:
            again = replace(tweet, id=f"{tweet.id}#{loop}")
            yield Entry(again.id, dumps(scored_document(again, analysis, at, now, settings.elasticsearch.namespace)))


def _queries() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The panel, the index and the body: over the last day, as the boards open."""
    end = int(time.time() * 1000)
    start = end - 24 * 3600 * 1000
    questions = [q for board in boards() for q in queries_of(board, entity=BRANDS[0].name)] + queries_of_alerts()
    for question in questions:
        if question.expression is None:
            body = search_of(question.target, start, end, INTERVAL)
            yield f"Grafana: {question.where}", INDICES[question.source], body
    for search in searches():
        yield f"Kibana: {search.board} / {search.panel}", search.index, search.body
