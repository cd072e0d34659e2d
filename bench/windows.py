"""Measures each query of the board *History* on a year of windows of an hour, of a hundred entities.

python -m bench windows
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from elasticsearch import Elasticsearch

from bench.queries import print_slowest, seconds
from bench.servers import running
from dashboards.grafana import config
from pipeline import bootstrap
from pipeline.cli.stack import progress
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.window_indices import index_of, pattern
from pipeline.sinks.elasticsearch.window_store import Window, WindowStore
from pipeline.stream.chunk import dumps
from pipeline.tell import Tell
from pipeline.windows.documents import Key, document, id_of
from pipeline.windows.tally import Tally
from tests.boards.grafana import INDICES, boards, queries_of
from tests.boards.grafana_search import search_of

ENTITIES = int(os.environ.get("BENCH_ENTITIES", "100"))
HOURS = int(os.environ.get("BENCH_HOURS", str(365 * 24)))
CHUNK = 20_000
ROUNDS = 5
DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the index, and seconds per query: the median of five, as the server says (`took`), over the whole year."""

    documents: int
    size_bytes: int
    fill_seconds: float
    seconds: dict[str, float]


def run() -> Figures:
    """Write the windows, ask every query of the board over all of them, and print the slowest."""
    with progress() as tell, running(tell) as (_, settings):
        bootstrap.set_up(settings)
        with bootstrap.elasticsearch(settings) as client:
            patient = client.options(request_timeout=120)
            began = time.monotonic()
            _fill(patient, settings, tell)
            filled = time.monotonic() - began
            stats = patient.indices.stats(index=pattern(settings.elasticsearch.namespace))["_all"]["total"]
            figures = Figures(
                stats["docs"]["count"],
                stats["store"]["size_in_bytes"],
                round(filled, 1),
                {where: seconds(patient, index, body, ROUNDS) for where, index, body in _queries()},
            )
    print_slowest(figures.seconds, f"{figures.documents:,} windows ({figures.size_bytes / 1e6:,.0f} MB)")
    return figures


def _fill(client: Elasticsearch, settings: Settings, tell: Tell) -> None:
    store, windows, done = WindowStore(client, settings.elasticsearch), _windows(settings), 0
    while some := list(islice(windows, CHUNK)):
        store.write(some)
        done += len(some)
        tell("windows", f"written: {done:,} of {HOURS * (ENTITIES + 1):,}")
    client.indices.refresh(index=pattern(settings.elasticsearch.namespace))


def _windows(settings: Settings) -> Iterator[Window]:
    """Of all tweets and of each entity, an hour after the other, with arbitrary numbers."""
    choose, namespace = random.Random(1), settings.elasticsearch.namespace
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    tallies = [_tally(choose) for _ in range(500)]
    for hour in range(HOURS):
        start = int((now - timedelta(hours=hour)).timestamp())
        for entity in (None, *(f"brand {number}" for number in range(ENTITIES))):
            key, tally = Key("1h", 3600, start, entity, "en"), choose.choice(tallies)
            target = index_of(namespace, key.length, key.seconds, key.begin)
            yield Window(target, id_of(key, namespace), tally.size, dumps(document(key, tally, namespace)))


def _tally(choose: random.Random) -> Tally:
    found = Tally(tweets=choose.randrange(50, 500), retweets=choose.randrange(100))
    for _ in range(found.tweets):
        found.labels[choose.choice(("negative", "neutral", "positive"))] += 1
        found.bins[choose.randrange(-50, 51)] += 1
        found.hashtags[f"tag{choose.randrange(40)}"] += 1
    found.compounds, found.squares, found.judged = found.tweets, found.tweets * 4_000 * 4_000, found.tweets
    found.complaints = choose.randrange(found.tweets)
    found.reasons.update({"late_flight": found.complaints // 2, "lost_luggage": found.complaints // 3})
    return found


def _queries() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The panel, the index and the body, over a year: no panel asks for more."""
    end = int(time.time() * 1000)
    (board,) = [board for board in boards() if board["uid"] == config.HISTORY]
    for question in queries_of(board, entity="brand 7"):
        body = search_of(question.target, end - 365 * DAY_MS, end)
        yield question.where, INDICES[question.source], body
