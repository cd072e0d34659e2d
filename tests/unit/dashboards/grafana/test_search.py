"""A target in Elasticsearch's own words."""

from __future__ import annotations

import pytest

from tests.boards.grafana import lucene_fields
from tests.boards.grafana_search import search_of

COUNT = {"id": "1", "type": "count"}
TERMS = {
    "id": "10",
    "type": "terms",
    "field": "tweet.entity",
    "settings": {"size": "5", "orderBy": "_count", "order": "desc"},
}
TIME = {
    "id": "20",
    "type": "date_histogram",
    "field": "@timestamp",
    "settings": {"interval": "auto", "min_doc_count": "0"},
}


def test_buckets_are_nested_in_the_order_of_the_panel() -> None:
    """The time last, with bounds, so that empty intervals are there too."""
    body = search_of({"query": "a:b", "metrics": [COUNT], "bucketAggs": [TERMS, TIME]}, 1, 9, "1m")
    time = {"field": "@timestamp", "min_doc_count": 0, "fixed_interval": "1m"}
    bounds = {"extended_bounds": {"min": 1, "max": 9}, "format": "epoch_millis"}
    assert body["size"] == 0
    assert body["aggs"] == {
        "10": {
            "terms": {"field": "tweet.entity", "size": 5, "order": {"_count": "desc"}},
            "aggs": {"20": {"date_histogram": time | bounds}},
        }
    }
    assert body["query"]["bool"]["filter"] == [
        {"range": {"@timestamp": {"gte": 1, "lte": 9, "format": "epoch_millis"}}},
        {"query_string": {"analyze_wildcard": True, "query": "a:b"}},
    ]


def test_metrics_are_in_the_innermost_bucket() -> None:
    """A count needs none: buckets count by themselves."""
    metrics = [COUNT, {"id": "2", "type": "avg", "field": "tweet.sentiment.compound"}]
    everything = {"id": "10", "type": "filters", "settings": {"filters": [{"query": "*", "label": "all"}]}}
    body = search_of({"query": "*", "metrics": metrics, "bucketAggs": [everything]}, 1, 9)
    assert body["aggs"]["10"]["filters"] == {
        "filters": {"all": {"query_string": {"analyze_wildcard": True, "query": "*"}}}
    }
    assert body["aggs"]["10"]["aggs"] == {"2": {"avg": {"field": "tweet.sentiment.compound"}}}


def test_percentiles_are_those_that_are_drawn() -> None:
    """Elasticsearch's own choice would be seven others."""
    sure = {
        "id": "1",
        "type": "percentiles",
        "field": "tweet.model.probability",
        "settings": {"percents": ["10", "50"]},
    }
    body = search_of({"query": "*", "metrics": [sure], "bucketAggs": [TIME]}, 1, 9)
    assert body["aggs"]["20"]["aggs"] == {
        "1": {"percentiles": {"field": "tweet.model.probability", "percents": [10.0, 50.0]}}
    }


def test_documents_come_newest_first() -> None:
    """As many as the panel asks for."""
    body = search_of(
        {"query": "*", "metrics": [{"type": "raw_data", "settings": {"size": "60"}}], "bucketAggs": []}, 1, 9
    )
    assert body["size"] == 60
    assert body["sort"][0] == {"@timestamp": {"order": "desc", "unmapped_type": "boolean"}}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('NOT tweet.kind:retweet AND tweet.entity:"a:b"', {"tweet.kind", "tweet.entity"}),
        ("_exists_:tweet.complaint.reason", {"tweet.complaint.reason"}),
        ("*", set()),
        ("@timestamp:[1 TO 2]", {"@timestamp"}),
    ],
)
def test_fields_of_a_query(query: str, expected: set[str]) -> None:
    """Names before a colon; what is quoted is a value."""
    assert lucene_fields(query) == expected
