"""Compares the tweets in Kafka with the documents in Elasticsearch; runs in a container, as the exporter's user."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

from kafka import KafkaConsumer, TopicPartition

from pipeline.kafka.client import connect as connect_kafka
from pipeline.settings import KafkaSettings, load
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings

SCORED, REJECTED = "logs-tweets.scored-*", "logs-tweets.rejected-*"
PAGE = 5_000


def main() -> None:
    """Print records, documents, what is lost and what is there twice, as one JSON object."""
    settings = load()
    scored, rejected = (Counter(ids(settings.elasticsearch, name)) for name in (SCORED, REJECTED))
    # A rejected record is a document under its topic, partition, offset and time.
    places = {one.rpartition("-")[0] for one in rejected}
    kafka = list(records(settings.kafka))
    lost = sum(key not in scored and place not in places for key, place in kafka)
    found = {
        "records": len(kafka),
        "repeats": len(kafka) - len({key or place for key, place in kafka}),
        "scored": scored.total(),
        "rejected": rejected.total(),
        "lost": lost,
        "twice": sum(count - 1 for counted in (scored, rejected) for count in counted.values()),
    }
    sys.stdout.write(json.dumps(found) + "\n")


def records(settings: KafkaSettings) -> Iterator[tuple[str, str]]:
    """The key of each record, and its place: topic, partition, offset."""
    with closing(connect_kafka(KafkaConsumer, settings)) as consumer:
        topic = settings.tweets_topic
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        ends = consumer.end_offsets(partitions)
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        while any(consumer.position(one) < end for one, end in ends.items()):
            for polled in consumer.poll(1_000).values():
                for record in polled:
                    yield (record.key or b"").decode(), f"{topic}-{record.partition}-{record.offset}"


def ids(settings: ElasticsearchSettings, name: str) -> Iterator[str]:
    """The id of every document in every backing index."""
    with closing(connect(settings)) as client:
        page = client.search(index=name, sort=["_doc"], size=PAGE, source=False, scroll="5m")
        while page["hits"]["hits"]:
            yield from (hit["_id"] for hit in page["hits"]["hits"])
            page = client.scroll(scroll_id=page["_scroll_id"], scroll="5m")


if __name__ == "__main__":
    main()
