"""The questions of the boards about topics, where several answers are about the same tweets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from dashboards.grafana import config
from pipeline.embedded.info import StackInfo
from pipeline.report.period import Period
from pipeline.sinks.elasticsearch import plain_index
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from pipeline.topics.store import store
from tests.answers import has_hits
from tests.boards.grafana import Question, boards, panels_of, queries_of
from tests.boards.grafana_search import search_of
from tests.topical import some

INDEX = "tweetpulse-topics-of-boards"
END = datetime(2026, 3, 8, tzinfo=UTC)
DAY = timedelta(days=1)
(BOARD,) = (board for board in boards() if board["uid"] == config.TOPICS_BOARD)
QUESTIONS = {question.where.removeprefix(f"{config.TOPICS_BOARD} / "): question for question in queries_of(BOARD)}
OF_TOPICS = {where: question for where, question in QUESTIONS.items() if question.source == config.TOPICS}


@pytest.fixture(scope="module")
def client(stack: StackInfo) -> Iterator[Elasticsearch]:
    """A server with topics of two overlapping weeks, of one of an entity, and of another namespace."""
    settings = ElasticsearchSettings(url=stack.elasticsearch.address)
    asked = (("default", None, END), ("default", None, END - DAY), ("default", "Acme", END), ("other", None, END))
    with connect(settings) as client:
        plain_index.ensure(client, INDEX, plain_index.TOPICS)
        for namespace, entity, end in asked:
            store(client, INDEX, some(Period(end - 7 * DAY, end), entity), namespace, end)
        yield client
        client.indices.delete(index=INDEX)


def answer(client: Elasticsearch, question: Question) -> dict[str, Any]:
    """Over the time that the board opens with, which holds both weeks."""
    start, end = (int(at.timestamp() * 1000) for at in (END - 9 * DAY, END + DAY))
    return client.search(index=INDEX, **search_of(question.target, start, end, "3h")).body


@pytest.mark.parametrize("where", OF_TOPICS)
def test_every_question_is_answered(client: Elasticsearch, where: str) -> None:
    """Panels and variables."""
    assert has_hits(answer(client, OF_TOPICS[where]))


def test_a_tweet_is_counted_once(client: Elasticsearch) -> None:
    """Of the two weeks, the namespaces and the entity, only the newest week of all tweets is shown."""
    tweets = answer(client, OF_TOPICS["Tweets in a topic / A"])["aggregations"]["10"]["buckets"]["all"]["1"]["value"]
    over_time = answer(client, OF_TOPICS["Share of each topic over time / A"])["aggregations"]["11"]["buckets"]
    by_interval = [i["1"]["value"] for t in over_time for name in t["10"]["buckets"] for i in name["20"]["buckets"]]
    found = some(Period(END - 7 * DAY, END))
    assert tweets == sum(by_interval) == found.used
    assert [name["key"] for t in over_time for name in t["10"]["buckets"]] == [topic.name for topic in found.topics]


@pytest.mark.parametrize(
    "panel", [p for p in panels_of(BOARD) if "raw_data" in str(p["targets"])], ids=lambda p: p["title"]
)
def test_every_column_is_filled(client: Elasticsearch, panel: dict[str, Any]) -> None:
    """In at least one row; and no row is twice."""
    (kept,) = [t["options"]["include"]["names"] for t in panel["transformations"] if t["id"] == "filterFieldsByName"]
    hits = answer(client, OF_TOPICS[f"{panel['title']} / A"])["hits"]["hits"]
    rows = [_flat(hit["_source"]) for hit in hits]
    assert set(kept) - {name for row in rows for name in row} == set()
    shown = [str({name: row.get(name) for name in kept}) for row in rows]
    assert len(shown) == len(set(shown))


def _flat(source: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in source.items():
        found |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return found
