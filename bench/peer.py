"""The plain loop that anyone would write first: kafka-python, vaderSentiment and `helpers.bulk`, nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from elasticsearch import Elasticsearch, helpers
from kafka import KafkaConsumer
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from pipeline.domain.document import SCORED, data_stream
from pipeline.settings import Settings


def rate(settings: Settings, tweets: int) -> float:
    """Tweets per second over the first `tweets` of the topic, its own imports not counted."""
    analyzer = SentimentIntensityAnalyzer()
    client = Elasticsearch(settings.elasticsearch.url, request_timeout=60)
    consumer = KafkaConsumer(
        settings.kafka.tweets_topic,
        bootstrap_servers=settings.kafka.bootstrap_servers,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    started = time.perf_counter()
    stream = data_stream(SCORED, settings.elasticsearch.namespace)
    done, _ = helpers.bulk(client, islice(_actions(consumer, analyzer, stream), tweets))
    elapsed = time.perf_counter() - started
    consumer.close()
    client.close()
    return float(done / elapsed)


def _actions(consumer: KafkaConsumer, analyzer: SentimentIntensityAnalyzer, stream: str) -> Iterator[dict[str, Any]]:
    for record in consumer:
        tweet = json.loads(record.value)
        scores = analyzer.polarity_scores(tweet["text"])
        now = datetime.now(UTC).isoformat()
        yield {
            "_op_type": "create",
            "_index": stream,
            "_id": tweet["id"],
            "@timestamp": tweet.get("created_at", now),
            "message": tweet["text"],
            "event": {"id": tweet["id"], "kind": "event", "dataset": SCORED, "ingested": now},
            "kafka": {"topic": record.topic, "partition": record.partition, "offset": record.offset},
            "tweet": {
                "source": tweet["source"],
                "sentiment": {
                    "compound": scores["compound"],
                    "positive": scores["pos"],
                    "neutral": scores["neu"],
                    "negative": scores["neg"],
                },
            },
        }
