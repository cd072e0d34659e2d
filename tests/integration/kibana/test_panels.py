"""Every Kibana panel's question, asked of a real Elasticsearch that holds what the stream writes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from elasticsearch import Elasticsearch

from dashboards.kibana.tweet_map import TWEET_MAP
from pipeline.domain.document import Coordinates, data_stream, rejected_document, scored_document
from pipeline.domain.prediction import COMPLAINT, NO_OPINION, Opinion, Prediction
from pipeline.domain.record import Rejection, decode, encode
from pipeline.domain.tweet import Author, Geo, GeoSource, Kind, Tweet
from pipeline.embedded.info import StackInfo
from pipeline.report.period import Period
from pipeline.scoring.analysis import Analyzer
from pipeline.settings import ScoringSettings
from pipeline.sinks.elasticsearch import plain_index
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.events import record_event
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from pipeline.sinks.elasticsearch.setup import set_up
from pipeline.sinks.elasticsearch.window_indices import pattern
from pipeline.topics.store import store
from tests import series
from tests.answers import has_hits
from tests.boards.kibana import Search, searches
from tests.builders import AIRLINE_REASONS
from tests.topical import some

NAMESPACE = "kibana"
TEXTS = (
    "I hate this airline, the worst and most horrible delay ever #fail",
    "Great crew, lovely flight, thank you so much! #happy",
    "Flight 12 leaves at noon #travel",
)
by_search = pytest.mark.parametrize("search", list(searches()), ids=lambda s: f"{s.board}/{s.panel}")


@pytest.fixture(scope="module")
def client(stack: StackInfo) -> Iterator[Elasticsearch]:
    """A server with tweets of the last minutes, a rejected record, an event, topics and windows of a week.

    What would meet other tests is taken away at the end.
    """
    settings = ElasticsearchSettings(url=stack.elasticsearch.address, namespace=NAMESPACE)
    with connect(settings) as client:
        set_up(client, settings, switch=True)
        for dataset, document in _documents(datetime.now(UTC)):
            client.index(
                index=data_stream(dataset, NAMESPACE),
                op_type="create",
                document=orjson.loads(orjson.dumps(document)),
                refresh=True,
            )
        now = datetime.now(UTC)
        record_event(client, NAMESPACE, "annotate", "spring campaign", end=now, entities=["Acme Air"], tags=["x"])
        client.indices.refresh(index=data_stream("tweets.events", NAMESPACE))
        plain_index.ensure(client, settings.topics_index, plain_index.TOPICS)
        store(client, settings.topics_index, some(Period(now - timedelta(days=1), now)), NAMESPACE, now)
        hour = now.replace(minute=0, second=0, microsecond=0)
        series.write(client, settings, series.windows(NAMESPACE, ["Acme Air", "Sky"], hour, days=7))
        yield client
        kept = [index["name"] for index in client.indices.resolve_index(name=pattern(NAMESPACE))["indices"]]
        client.indices.delete(index=[settings.topics_index, *kept])
        client.indices.delete_alias(index=data_stream("tweets.scored", NAMESPACE), name="tweetpulse-tweets")


@by_search
def test_every_panel_returns_data(client: Elasticsearch, search: Search) -> None:
    """Each query parses, names only what exists, and finds documents."""
    assert has_hits(client.search(index=search.index, body=search.body).body)


@pytest.mark.parametrize("search", [s for s in searches() if "fields" in s.body], ids=lambda s: f"{s.board}/{s.panel}")
def test_columns_of_searches_have_values(client: Elasticsearch, search: Search) -> None:
    """Each column of a saved search has a value in at least one row."""
    hits = client.search(index=search.index, body=search.body)["hits"]["hits"]
    assert {name for hit in hits for name in hit.get("fields", {})} >= set(search.body["fields"])


def test_shares_are_of_scored_languages_and_leave_retweets_out(client: Elasticsearch) -> None:
    """All but two are counted by sentiment: one is a retweet, one in a language that nobody scores."""
    search = next(s for s in searches() if (s.board, s.panel) == ("Sentiment live", "Share of each sentiment"))
    buckets = client.search(index=search.index, body=search.body)["aggregations"]["time"]["buckets"]
    counted = {label: sum(b[label]["doc_count"] for b in buckets) for label in ("negative", "neutral", "positive")}
    assert counted == {"negative": 2, "neutral": len(AIRLINE_REASONS), "positive": 1}


def test_the_colour_of_a_place_is_its_negative_share(client: Elasticsearch) -> None:
    """One of all that are scored: neither the retweet nor the tweet that nobody scores is in it.

    A tweet whose place is a guess is in the layer of guesses alone.
    """
    search = next(s for s in searches() if (s.board, s.panel) == ("Sentiment live", TWEET_MAP.title))
    (place,) = client.search(index=search.index, body=search.body)["aggregations"]["places"]["buckets"]
    scored = len(TEXTS) + len(AIRLINE_REASONS)
    assert place["doc_count"] == scored
    assert place["share"]["value"] == pytest.approx(1 / (scored - 1))
    guessed = next(s for s in searches() if s.panel.startswith(f"{TWEET_MAP.title}, "))
    (place,) = client.search(index=guessed.index, body=guessed.body)["aggregations"]["places"]["buckets"]
    assert (place["doc_count"], place["share"]["value"]) == (1, 1)


def test_a_place_has_its_most_frequent_hashtag(client: Elasticsearch) -> None:
    """That of the tweets with a complaint, of which one has a guessed place, and of one other; no retweet's counts."""
    search = next(s for s in searches() if (s.board, s.panel) == ("Explore stored tweets", TWEET_MAP.title))
    (place,) = client.search(index=search.index, body=search.body)["aggregations"]["places"]["buckets"]
    found = [(top["key"], top["doc_count"]) for top in place["hashtags"]["buckets"]]
    assert found == [("travel", len(AIRLINE_REASONS))]


def test_complaints_are_counted_by_reason(client: Elasticsearch) -> None:
    """One of each, and each a curve of its own; only the sure ones are among the sure."""
    over_time, sure = (
        next(s for s in searches() if (s.board, s.panel) == ("Customer care", panel))
        for panel in ("Complaints over time", "Sure complaints")
    )
    buckets = client.search(index=over_time.index, body=over_time.body)["aggregations"]["reason"]["buckets"]
    counted = {bucket["key"]: bucket["doc_count"] for bucket in buckets}
    assert counted == dict.fromkeys(AIRLINE_REASONS, 1)
    found = client.search(index=sure.index, body=sure.body)["aggregations"]
    assert (found["sure"]["doc_count"], found["complaints"]["doc_count"]) == (5, len(AIRLINE_REASONS))


def test_a_negative_tweet_has_its_link(client: Elasticsearch) -> None:
    """The saved search of negative tweets finds those that are negative, with where a click leads."""
    search = next(s for s in searches() if (s.board, s.panel) == ("Discover", "Latest negative tweets"))
    hits = client.search(index=search.index, body=search.body)["hits"]["hits"]
    links = {link for hit in hits for link in hit["fields"]["url.full"]}
    assert links == {"https://x.com/i/status/0", f"https://x.com/i/status/{len(TEXTS) + 2}"}


@pytest.mark.parametrize("entity", ["", "Acme Air"])
def test_a_total_of_the_long_series_is_of_all_or_of_the_chosen(client: Elasticsearch, entity: str) -> None:
    """Whatever is chosen, one of the two numbers of the formula is there, and it has each tweet once."""
    search = next(s for s in searches() if (s.board, s.panel) == ("History", "Tweets this week"))
    chosen = [{"term": {"tweet.entity": entity}}] if entity else []
    query = {"bool": {"filter": [search.body["query"], *chosen]}}
    asked = client.search(index=pattern(NAMESPACE), body=search.body | {"query": query})["aggregations"]
    of_all, of_entities = (asked[f"tweetsX{number}"] for number in (0, 1))
    scope = {"term": {"window.scope": "entity" if entity else "all"}}
    wanted = {"bool": {"filter": [scope, *chosen, {"range": {"@timestamp": {"gte": "now-7d"}}}]}}
    tweets = client.search(
        index=pattern(NAMESPACE), size=0, query=wanted, aggs={"n": {"sum": {"field": "window.tweets"}}}
    )
    assert (of_all["doc_count"] == 0) is bool(entity)
    first = of_entities if entity else of_all
    assert first["value"]["value"] == tweets["aggregations"]["n"]["value"] > 0


def _documents(now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    analyzer = Analyzer(ScoringSettings())
    for offset, (tweet, opinion) in enumerate(_tweets(now - timedelta(minutes=1))):
        decoded = decode(encode(tweet))
        assert isinstance(decoded, Tweet)
        at = Coordinates("tweets", 0, offset, now)
        yield "tweets.scored", scored_document(decoded, analyzer.analyze(decoded), at, now, NAMESPACE, opinion)
    refused = decode(b"no JSON")
    assert isinstance(refused, Rejection)
    yield "tweets.rejected", rejected_document(refused, b"no JSON", Coordinates("tweets", 0, 9, now), now, NAMESPACE)


def _tweets(at: datetime) -> Iterator[tuple[Tweet, Opinion]]:
    texts = [(text, "en", Kind.ORIGINAL, NO_OPINION) for text in TEXTS]
    texts += [(TEXTS[0], "en", Kind.RETWEET, NO_OPINION), ("Das ist ein Flug #reise", "de", Kind.ORIGINAL, NO_OPINION)]
    texts += [
        (TEXTS[0] if _is_guessed(opinion) else TEXTS[2], "en", Kind.ORIGINAL, opinion) for opinion in _complaints()
    ]
    for number, (text, lang, kind, opinion) in enumerate(texts):
        yield (
            Tweet(
                id=f"x:{number}",
                text=text,
                source="test",
                written_at=at,
                lang=lang,
                kind=kind,
                author=Author(id=str(number), name=f"author{number}", followers=200_000),
                entities=("Acme Air",),
                geo=Geo(
                    lat=48.1,
                    lon=11.6,
                    place="Munich",
                    country="Germany",
                    source=GeoSource.PROFILE if _is_guessed(opinion) else GeoSource.COORDINATES,
                ),
                url=f"https://x.com/i/status/{number}",
            ),
            opinion,
        )


def _is_guessed(opinion: Opinion) -> bool:
    """True for one complaint, which is negative: its place is a guess."""
    return opinion.reason is not None and opinion.reason.label == AIRLINE_REASONS[0]


def _complaints() -> Iterator[Opinion]:
    """One of each reason; every other one is sure."""
    version = "20260301T120000Z-abcdef"
    for number, reason in enumerate(AIRLINE_REASONS):
        complaint = Prediction(COMPLAINT, 0.95 if number % 2 else 0.6, version)
        yield Opinion(complaint=complaint, reason=Prediction(reason, 0.8, version))
