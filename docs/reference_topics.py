"""The page of the Kafka topics: their names from the settings, and what is in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import NamedTuple

from pipeline.domain.document import ORIGINAL_CHARS
from pipeline.domain.record import encode
from pipeline.domain.sentiment import Label
from pipeline.domain.tweet import Author, Geo, GeoSource, Kind, PublicMetrics, Tweet
from pipeline.kafka.topics import topic_options
from pipeline.settings import KafkaSettings

TITLE = "Kafka topics"

_HEAD = """\
`tweetpulse setup` creates the topics. Topics that exist are altered only with `tweetpulse setup --alter-topics`.
Delivery is at least once: consumers must de-duplicate by key.
"""
_HEADERS = f"""\
## Headers

| topic | header | holds |
| - | - | - |
| rejected records | `reason` | one of the [reasons](rejections.md) |
| rejected records | `error` | what is wrong, without the content |
| rejected records | `replay` | if the record was sent again before: which one it was, and how often |
| all that the stream writes | `truncated` | the size of the whole in bytes, if the value is only its head |

Of a message that is larger than `kafka.max_message_bytes` only the head is written. The head of a document is the
document without `user` and `url`, with the first {ORIGINAL_CHARS:,} characters of `message`, and of `tweet` only what
is short; its key is the `_id` of the whole document.
"""


_RECORD = """\
## The record of a tweet

Any program may write tweets to the first topic: a flat JSON object each, with its `id` as the key. `id` and `text` are
required. Two records with the same `id` are the same tweet.
"""
_TWEET = Tweet(
    id="x:567588278875213824",
    text="Still waiting for my bag @Ostrakel",
    source="my_feed",
    written_at=datetime(2026, 3, 1, 8, tzinfo=UTC),
    lang="en",
    kind=Kind.ORIGINAL,
    url="https://example.org/posts/1",
    author=Author("42", "somebody", 7, "Vienna, Austria"),
    entities=("Ostrakel",),
    geo=Geo(48.2, 16.4, "Vienna", "Austria", GeoSource.PLACE, "AT", 0.9),
    public_metrics=PublicMetrics(like_count=3),
    given_label=Label.NEGATIVE,
)


class Told(NamedTuple):
    """Who writes a topic and who reads it, and what its records are."""

    written: str
    read: str
    key: str
    value: str


_TOPICS = {
    "tweets_topic": Told("sources", "the stream", "`event.id`", "the tweet as its source gave it, as JSON (below)"),
    "scored_topic": Told(
        "the stream, unless `stream.publish_scored` is off",
        "`tweetpulse windows`, your programs",
        "`event.id`",
        "the [document](fields.md), as JSON; its [schema](../../deploy/connect/tweets.scored.schema.json)",
    ),
    "assistance_topic": Told(
        "the stream, once a model of complaints is promoted",
        "whoever answers complaints",
        "`event.id`",
        "the document of a tweet that complains, as JSON",
    ),
    "rejected_topic": Told(
        "the stream",
        "`tweetpulse rejected list`, `rejected replay`",
        "topic, partition, offset and time of the record",
        "the rejected record, byte for byte",
    ),
}


def page() -> str:
    """A row for each setting that names a topic."""
    settings = KafkaSettings()
    names = [name for name in KafkaSettings.model_fields if name.endswith("_topic")]
    if wrong := sorted(set(names) ^ _TOPICS.keys()):
        raise LookupError(f"docs/reference_topics.py and KafkaSettings differ in {', '.join(wrong)}")
    rows = [
        f"| `{getattr(settings, name)}` | `kafka.{name}` | {told.written} | {told.read} | {told.key} | {told.value} |"
        for name, told in _TOPICS.items()
    ]
    head = "| topic | setting | written by | read by | key | value |\n| - | - | - | - | - | - |"
    record = f"```json\n{json.dumps(json.loads(encode(_TWEET)), indent=2)}\n```\n"
    return "\n".join([_HEAD, head, *rows, "", _configuration(settings), "", _HEADERS, _RECORD, record])


def _configuration(settings: KafkaSettings) -> str:
    options = topic_options(settings)
    configs = ", ".join(f"`{name}={value}`" for name, value in options["configs"].items())
    return (
        f"By default each is created with {options['num_partitions']} partitions, {options['replication_factor']} "
        f"replica, and {configs}. The settings `kafka.partitions`, `kafka.replication_factor` and "
        "`kafka.retention_hours` change that."
    )
