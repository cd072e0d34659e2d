from __future__ import annotations

from dashboards.kibana.columns import COUNT, Total, before, count, measure, ranked, share, terms, total
from dashboards.kibana.conditions import ANY, SCORED, All, Compares, Exists, Is, Not
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


def test_a_field_that_has_any_value() -> None:
    """In both languages."""
    has_label = Exists("tweet.complaint.label")
    assert (has_label.kql(), has_label.query()) == ("tweet.complaint.label: *", {"exists": {"field": has_label.field}})


def test_a_share_is_a_formula_with_its_counts_hidden() -> None:
    """Lens does not read the text of a formula when it opens a panel: the counts and the division stand beside it."""
    columns = share("share", "Negative", LABEL, SCORED).lens()
    assert list(columns) == ["shareX0", "shareX1", "shareX2", "share"]
    assert [column["operationType"] for column in columns.values()] == ["count", "count", "math", "formula"]
    assert columns["share"]["params"]["formula"] == (
        """count(kql='tweet.sentiment.label: "negative"') / count(kql='not (tweet.sentiment.label: "unsupported")')"""
    )
    assert [columns[id_]["filter"]["query"] for id_ in ("shareX0", "shareX1")] == [LABEL.kql(), SCORED.kql()]
    assert columns["shareX2"]["references"] == columns["shareX2"]["params"]["tinymathAst"]["args"]
    assert columns["share"]["references"] == ["shareX2"]
    assert columns["share"]["params"]["format"]["id"] == "percent"


def test_the_share_of_the_period_before_shifts_both_counts() -> None:
    """In the columns that are asked, and in the formula that an editor shows."""
    columns = before(share("share", "Negative", LABEL, SCORED)).lens()
    assert [columns[id_]["timeShift"] for id_ in ("share_beforeX0", "share_beforeX1")] == ["previous", "previous"]
    assert columns["share_before"]["params"]["formula"].count("shift='previous'") == 2


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


def test_a_total_is_the_first_number_that_is_there() -> None:
    """All tweets; where an entity is chosen, its own windows are all that is left."""
    all_, entity = Is("window.scope", "all"), Is("window.scope", "entity")
    parts = tuple(total("tweets", "Tweets", "window.tweets", scope) for scope in (all_, entity))
    columns = Total("tweets", "Tweets", parts, "1w").lens()
    assert list(columns) == ["tweetsX0", "tweetsX1", "tweetsX2", "tweets"]
    assert columns["tweets"]["params"]["formula"] == (
        """defaults(sum(window.tweets, kql='window.scope: "all"', shift='1w'), """
        """sum(window.tweets, kql='window.scope: "entity"', shift='1w'))"""
    )
    ast = columns["tweetsX2"]["params"]["tinymathAst"]
    assert (ast["name"], ast["args"]) == ("defaults", ["tweetsX0", "tweetsX1"])
    assert [columns[id_]["params"] for id_ in ("tweetsX0", "tweetsX1")] == [{"emptyAsNull": True}] * 2
    assert [columns[id_]["timeShift"] for id_ in ("tweetsX0", "tweetsX1")] == ["1w", "1w"]


def test_terms_are_ordered_by_a_number_that_is_not_shown() -> None:
    """By Lens's own name for that, and so asked."""
    words = ranked("word", "Word", "topic.words", 9, total("tweets", "Tweets", "topic.tweets"), "desc")
    params = words.lens()["word"]["params"]
    assert (params["orderBy"], params["orderAgg"]["operationType"]) == ({"type": "custom"}, "sum")
    assert aggregations((words, COUNT)) == {
        "word": {
            "terms": {"field": "topic.words", "size": 9, "order": {"rank": "desc"}},
            "aggs": {
                "count": {"value_count": {"field": "@timestamp"}},
                "rank": {"sum": {"field": "topic.tweets"}},
            },
        }
    }
