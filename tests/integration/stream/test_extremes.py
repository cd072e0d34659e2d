"""Records at the limits of what is accepted, through the real stream into the real Elasticsearch."""

from __future__ import annotations

from pyspark.sql import SparkSession

from pipeline.domain.record import MAX_CHARS, MAX_ENTITIES, MAX_TEXT_CHARS
from pipeline.domain.tweet import Author, Geo, GeoSource, Tweet
from pipeline.settings import Settings
from tests.builders import full_tweet
from tests.streams import drain, publish, raw

WIDE = "\U0001f600"
"""A character of four bytes, of which the fewest fit into a term."""

TEXTS = {
    "one word": "a" * MAX_TEXT_CHARS,
    "one wide word": "\U00020000" * MAX_TEXT_CHARS,
    "emoji": WIDE * MAX_TEXT_CHARS,
    "one hashtag": "#" + "\U00020000" * (MAX_TEXT_CHARS - 1),
    "hashtags": " ".join(f"#tag{number}" for number in range(20_000))[:MAX_TEXT_CHARS],
    "mentions": " ".join(f"@name{number}" for number in range(20_000))[:MAX_TEXT_CHARS],
    "words": " ".join(f"word{number}" for number in range(20_000))[:MAX_TEXT_CHARS],
    "controls": "\x01\x7f\u2028\ufeff" * (MAX_TEXT_CHARS // 4),
}


def largest(number: int, text: str) -> Tweet:
    """A tweet each of whose fields is as long as it may be, of the widest characters."""
    return full_tweet(
        id=f"x:{number}:" + "i" * 150,
        text=text,
        source=WIDE * MAX_CHARS["source"],
        lang="en",
        author=Author(
            WIDE * MAX_CHARS["user.id"],
            WIDE * MAX_CHARS["user.name"],
            2**63 - 1,
            WIDE * MAX_CHARS["user.location"],
        ),
        entities=tuple(f"{n:03}" + WIDE * (MAX_CHARS["entities"] - 3) for n in range(MAX_ENTITIES)),
        geo=Geo(
            -90.0,
            180.0,
            WIDE * MAX_CHARS["geo.place"],
            WIDE * MAX_CHARS["geo.country"],
            GeoSource.PROFILE,
            WIDE * MAX_CHARS["geo.country_code"],
            confidence=1.0,
        ),
        url=WIDE * MAX_CHARS["url"],
    )


def test_the_largest_tweets_are_indexed(spark: SparkSession, settings: Settings) -> None:
    """Elasticsearch takes whatever decoding lets through: no term is too long for it, and no field."""
    stream = settings.stream.model_copy(update={"max_record_bytes": settings.kafka.max_message_bytes})
    settings = settings.model_copy(update={"stream": stream})
    publish(settings, [largest(number, text) for number, text in enumerate(TEXTS.values())])
    drained = drain(spark, settings)
    assert drained.outcome.rejected == {}
    assert drained.counts()["indexed"] == len(TEXTS)


def test_what_is_beyond_is_rejected_and_nothing_else(spark: SparkSession, settings: Settings) -> None:
    """Each by its reason, before Elasticsearch sees it; the tweet among them is indexed."""
    beyond = [
        b'{"id":"x:1","text":"' + b"a" * (MAX_TEXT_CHARS + 1) + b'"}',
        b'{"id":"x:2","text":"t","url":"' + b"u" * (MAX_CHARS["url"] + 1) + b'"}',
        b'{"id":"x:3","text":"t","entities":[' + b'"e",' * MAX_ENTITIES + b'"e"]}',
        b'{"id":"x:4","text":"t","user":{"name":"' + b"n" * (MAX_CHARS["user.name"] + 1) + b'"}}',
        b'{"id":"' + b"i" * 201 + b'","text":"t"}',
        b"[" * 200_000,
    ]
    publish(settings, [*raw(*beyond), full_tweet()])
    drained = drain(spark, settings)
    assert drained.outcome.rejected == {"too_long": 1, "bad_field": 3, "bad_id": 1, "not_json": 1}
    assert drained.counts()["indexed"] == 1
