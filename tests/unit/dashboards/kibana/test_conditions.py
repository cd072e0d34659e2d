from __future__ import annotations

from dashboards.kibana.columns import COUNT, count, measure, terms
from dashboards.kibana.conditions import ANY, All, Compares, Is, Not
from tests.boards.kibana import aggregations, searches

LABEL = Is("tweet.sentiment.label", "negative")


def test_a_condition_says_the_same_in_kql_and_as_a_query() -> None:
    """Both languages are made from one condition."""
    condition = All((LABEL, Compares("tweet.sentiment.compound", "<=", -0.6), Not(Is("tweet.kind", "retweet"))))
    assert condition.kql() == (
        'tweet.sentiment.label: "negative" and tweet.sentiment.compound <= -0.6 and not (tweet.kind: "retweet")'
    )
    assert condition.query()["bool"]["filter"] == [
        {"term": {"tweet.sentiment.label": "negative"}},
        {"range": {"tweet.sentiment.compound": {"lte": -0.6}}},
        {"bool": {"must_not": [{"term": {"tweet.kind": "retweet"}}]}},
    ]


def test_no_condition_lets_everything_through() -> None:
    """An empty KQL query, and match_all."""
    assert (ANY.kql(), ANY.query()) == ("", {"match_all": {}})


def test_a_panel_asks_for_buckets_with_its_metrics_inside() -> None:
    """Terms contain the metrics, a metric with a condition is a filter, and the order names the count."""
    columns = (
        terms("entity", "Entity", "tweet.entity", 3),
        COUNT,
        count("negative", "negative", LABEL),
        measure("compound", "Compound", "average", "tweet.sentiment.compound"),
    )
    assert aggregations(columns) == {
        "entity": {
            "terms": {"field": "tweet.entity", "size": 3, "order": {"_count": "desc"}},
            "aggs": {
                "count": {"value_count": {"field": "@timestamp"}},
                "negative": {"filter": {"term": {"tweet.sentiment.label": "negative"}}, "aggs": {}},
                "compound": {"avg": {"field": "tweet.sentiment.compound"}},
            },
        }
    }


def test_every_search_of_a_dashboard_obeys_its_filters_and_interval() -> None:
    """The data set, no retweets, and the dashboard's own time."""
    live = next(search for search in searches() if search.board == "Sentiment live")
    assert live.body["query"]["bool"]["filter"] == [
        {"term": {"data_stream.dataset": "tweets.scored"}},
        {"bool": {"must_not": [{"term": {"tweet.kind": "retweet"}}]}},
        {"match_all": {}},
        {"range": {"@timestamp": {"gte": "now-15m", "lte": "now"}}},
    ]
