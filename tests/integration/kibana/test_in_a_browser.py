"""A real Kibana with our boards, looked at in a browser; skipped where TWEETPULSE_TEST_KIBANA names none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from dashboards.kibana.board import Board
from dashboards.kibana.boards import BOARDS, explore, history, topics
from dashboards.kibana.bundle import saved_objects
from dashboards.kibana.panels import slug
from dashboards.kibana.tweet_map import TWEET_MAP
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from pipeline.sources.phrases import BRANDS
from tests.boards import browser, hour, kibana_server
from tests.boards.hour import ENDED, HOUR, Server
from tests.boards.kibana_page import Shown, choose, height, opened, shown, span

# The first test waits for the servers.
pytestmark = pytest.mark.timeout(1_200)


@pytest.fixture(scope="module")
def program() -> Path:
    """What starts a Kibana."""
    found = kibana_server.program()
    if found is None:
        pytest.skip(kibana_server.MISSING)
    return found


@pytest.fixture(scope="module")
def chromium(program: Path) -> Iterator[Browser]:
    """A browser, started before the servers: they are not needed where there is none."""
    with browser.at_hand() as found:
        yield found


@pytest.fixture(scope="module")
def server(chromium: Browser) -> Iterator[Server]:
    """The fixed hour of tweets."""
    with hour.served() as found:
        yield found


@pytest.fixture(scope="module")
def kibana(program: Path, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Kibana that has our boards."""
    log = tmp_path_factory.mktemp("kibana") / "kibana.log"
    with kibana_server.serving(program, server.url, log) as url:
        kibana_server.provisioned(url)
        yield url


def test_boards_are_imported_over_themselves(kibana: str) -> None:
    """The second time as the first: every saved object is taken."""
    assert f" has {len(saved_objects())} saved objects and 1 rule: " in kibana_server.provisioned(kibana)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.id)
def test_every_panel_shows_data(chromium: Browser, kibana: str, board: Board) -> None:
    """All panels are drawn, none with an error, each with data."""
    with browser.page(chromium, height=height(board), now=ENDED) as page:
        opened(page, kibana, board, ENDED - span(board), ENDED)
        panels = shown(page)
    assert set(panels) == {slug(panel.title) for panel in board.panels()}
    assert {name: panel.error for name, panel in panels.items() if panel.error} == {}
    assert {name for name, panel in panels.items() if not panel.has_data} == set()


def test_a_time_without_tweets_has_no_data(chromium: Browser, kibana: str) -> None:
    """So that the test above can fail: most panels of a board say so, and charts over time are without colour."""
    with browser.page(chromium, height=height(explore.BOARD), now=ENDED) as page:
        opened(page, kibana, explore.BOARD, ENDED - 99 * HOUR, ENDED - 98 * HOUR)
        panels = shown(page)
    says_nothing = {"dashboards", "about", "tweets-in-all", slug(TWEET_MAP.title)}
    assert {name for name, panel in panels.items() if panel.has_data} == says_nothing


def test_a_control_filters(chromium: Browser, kibana: str, server: Server) -> None:
    """A board counts the tweets that were indexed; with an entity chosen, those of it, and it names no other."""
    entity = BRANDS[1].name
    with browser.page(chromium, height=height(explore.BOARD), now=ENDED) as page:
        opened(page, kibana, explore.BOARD, ENDED - HOUR, ENDED)
        before = shown(page)
        choose(page, explore.BOARD, "Entity", entity)
        after = shown(page)
    assert _count(before["tweets-in-all"].text) == _tweets(server)
    assert _count(after["tweets-in-all"].text) == _tweets(server, entity) < _tweets(server)
    assert _named(before) == {brand.name for brand in BRANDS}
    assert _named(after) == {entity}


def test_history_counts_all_tweets_or_those_of_the_chosen(chromium: Browser, kibana: str, server: Server) -> None:
    """A formula takes the windows of all tweets, or, where an entity is chosen, those of the entity."""
    entity = BRANDS[1].name
    with browser.page(chromium, height=height(history.BOARD), now=ENDED) as page:
        opened(page, kibana, history.BOARD, ENDED - span(history.BOARD), ENDED)
        before = shown(page)
        choose(page, history.BOARD, "Entity", entity)
        after = shown(page)
    assert _count(before["tweets-this-week"].text) == _week(server, {"term": {"window.scope": "all"}})
    assert _count(after["tweets-this-week"].text) == _week(server, {"term": {"tweet.entity": entity}})
    assert {name for name, panel in after.items() if panel.error or not panel.has_data} == set()


def test_topics_are_those_of_the_newest_question(chromium: Browser, kibana: str, server: Server) -> None:
    """As many, and of as many tweets, as the documents say."""
    with browser.page(chromium, height=height(topics.BOARD), now=ENDED) as page:
        opened(page, kibana, topics.BOARD, ENDED - span(topics.BOARD), ENDED)
        panels = shown(page)
    with connect(ElasticsearchSettings(url=server.url)) as client:
        found = client.search(index="tweetpulse-topics", query={"term": {"topic.kind": "topic"}}, size=200)["hits"][
            "hits"
        ]
    tweets = [hit["_source"]["topic"]["tweets"] for hit in found]
    assert _count(panels["topics"].text) == sum(count > 0 for count in tweets)
    assert _count(panels["tweets-in-a-topic"].text) == sum(tweets)


def _week(server: Server, condition: dict[str, Any]) -> int:
    """Tweets in the windows of the last seven days; the first moment of them is past when a browser asks."""
    since = {"range": {"@timestamp": {"gt": (ENDED - timedelta(days=7)).isoformat()}}}
    tweets = {"tweets": {"sum": {"field": "window.tweets"}}}
    with connect(ElasticsearchSettings(url=server.url)) as client:
        query = {"bool": {"filter": [condition, since]}}
        answer = client.search(index="tweetpulse-windows-*", size=0, query=query, aggs=tweets)
    return int(answer["aggregations"]["tweets"]["value"])


def _tweets(server: Server, *entities: str) -> int:
    """The tweets of the hour without retweets; of an entity, if one is named."""
    times = (ENDED - HOUR).isoformat()[:19]
    return sum(
        document["@timestamp"] >= times
        and document["tweet"]["kind"] != "retweet"
        and set(entities) <= set(document["tweet"]["entity"])
        for document in server.documents
    )


def _named(panels: Mapping[str, Shown]) -> set[str]:
    """The entities in the table of them."""
    return {brand.name for brand in BRANDS if brand.name in panels["entities"].text}


def _count(text: str) -> int:
    """The last number in a tile, which is the large one."""
    return int(re.findall(r"[\d,]*\d", text)[-1].replace(",", ""))
