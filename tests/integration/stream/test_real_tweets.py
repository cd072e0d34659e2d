"""Whole files, through the real broker and the real Elasticsearch."""

from __future__ import annotations

import csv
from collections import Counter
from contextlib import closing
from pathlib import Path

import orjson
from pyspark.sql import SparkSession

from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sources.files import file_source
from pipeline.sources.pacing import Clock
from pipeline.sources.replay import ReplayOptions, replay, scan
from pipeline.sources.twitter.tweets_v1 import items_of
from tests.datasets.tables import AIRLINE, KAGGLE, rows_of
from tests.paths import Data
from tests.records import messages
from tests.streams import (
    count,
    distinct_ids,
    documents,
    drain,
    publish,
    rejected_stream,
    roll_over,
    scored_stream,
)


def _replay(settings: Settings, path: Path, rebase: str = "now") -> None:
    source = file_source(path, "auto", None)
    publish(settings, replay(source, ReplayOptions(rebase=rebase), scan(source), clock=Clock()))  # type: ignore[arg-type]


def _labelled(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_file_replayed_twice_is_indexed_once(settings: Settings, spark: SparkSession, data: Data) -> None:
    """As many documents as distinct tweet ids, and the metrics say the same."""
    ids = [row["tweet_id"] for row in _labelled(data(AIRLINE))]
    rows, distinct = len(ids), len(set(ids))
    assert rows - distinct == 8
    _replay(settings, data(AIRLINE))
    first = drain(spark, settings)
    assert count(settings) == distinct
    assert first.counts() == {"read": rows, "indexed": distinct, "already there": 8, "rejected": 0}

    _replay(settings, data(AIRLINE))
    second = drain(spark, settings)
    assert count(settings) == distinct_ids(settings) == distinct
    assert second.counts() == {"read": rows, "indexed": 0, "already there": rows, "rejected": 0}


def test_a_rollover_between_two_replays_makes_no_duplicates(
    settings: Settings, spark: SparkSession, data: Data
) -> None:
    """The ids are looked up in the older backing index, too."""
    ids = [row["tweet_id"] for row in _labelled(data(AIRLINE))]
    _replay(settings, data(AIRLINE))
    drain(spark, settings)
    roll_over(settings)
    _replay(settings, data(AIRLINE))
    second = drain(spark, settings)
    assert count(settings) == distinct_ids(settings) == len(set(ids))
    assert second.counts()["already there"] == len(ids)


def test_a_truncated_line_is_one_dead_letter(settings: Settings, spark: SparkSession, data: Data) -> None:
    """The neighbours of a line that a broken connection cut off are indexed; it is kept as it came."""
    path = data("twitter_v2/streaming_output_with_error.jsonl")
    last = path.read_bytes().splitlines()[-1]
    _replay(settings, path)
    drained = drain(spark, settings)
    assert drained.counts() == {"read": 8, "indexed": 7, "already there": 0, "rejected": 1}
    [rejected] = documents(settings, rejected_stream(settings)).values()
    assert rejected["error"]["type"] == "not_json"
    assert messages(settings.kafka, settings.kafka.rejected_topic) == {rejected["event"]["id"].encode(): last}


def test_a_layout_without_ids_of_its_own_is_told_apart_by_its_texts(
    settings: Settings, spark: SparkSession, data: Data
) -> None:
    """The Kaggle set: as many documents as distinct pairs of id and text with text in them."""
    rows = [(row[0], row[3]) for row in rows_of(data(KAGGLE))]
    empty = sum(not text.strip() for _, text in rows)
    assert empty > 0
    _replay(settings, data(KAGGLE))
    drained = drain(spark, settings)
    assert count(settings) == len({(id_, text) for id_, text in rows if text.strip()})
    assert drained.outcome.rejected == {"empty_text": empty}


def test_labels_and_counts_are_found_again(settings: Settings, spark: SparkSession, data: Data) -> None:
    """As the file has them: each of its labels as often, and the sum of its counts; an array of v1.1 beside it."""
    # Of rows with the same id the first is the document.
    rows = {row["tweet_id"]: row for row in reversed(_labelled(data(AIRLINE)))}.values()
    _replay(settings, data(AIRLINE))
    status = {"id_str": "20", "full_text": "just setting up", "user": {"id_str": "12"}, "favorite_count": 7}
    publish(settings, items_of(orjson.dumps(status), "item 1", source="replay"))
    drained = drain(spark, settings)
    with closing(connect(settings.elasticsearch)) as client:
        client.indices.refresh(index=scored_stream(settings))
        found = client.search(
            index=scored_stream(settings),
            size=0,
            aggs={
                "labels": {"terms": {"field": "tweet.label.given"}},
                "retweets": {"sum": {"field": "tweet.public_metrics.retweet_count"}},
                "likes": {"sum": {"field": "tweet.public_metrics.like_count"}},
            },
        )["aggregations"]
    assert drained.counts()["rejected"] == 0
    assert {bucket["key"]: bucket["doc_count"] for bucket in found["labels"]["buckets"]} == Counter(
        row["airline_sentiment"] for row in rows
    )
    assert (found["retweets"]["value"], found["likes"]["value"]) == (sum(int(row["retweet_count"]) for row in rows), 7)


def test_event_time_is_kept(settings: Settings, spark: SparkSession, data: Data) -> None:
    """`@timestamp` is when the tweet was written, however old; it can be shifted, and then the original stays."""
    _replay(settings, data("twitter_v2/two_tweets.jsonl"), rebase="keep")
    drain(spark, settings)
    kept = documents(settings, scored_stream(settings))
    assert {document["@timestamp"][:4] for document in kept.values()} <= {"2021", "2022", "2023"}
    assert all("original_timestamp" not in document["tweet"] for document in kept.values())
    assert all(document["event"]["created"] <= document["event"]["ingested"] for document in kept.values())
