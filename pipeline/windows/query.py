"""The query as a sentence: scored tweets, each once, by window, entity and language, and what each window comes to.

A step is `DataFrame → DataFrame`. All numbers are counted in plain Python (`pipeline.windows.tally`); what Spark does
is to drop what is late or repeated, to bring the tweets of a window together, and to keep its state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as f
from pyspark.sql.streaming.state import GroupState, GroupStateTimeout

from pipeline.stream.chunk import dumps
from pipeline.windows.documents import UNKNOWN_LANGUAGE, Key, document, id_of
from pipeline.windows.plan import Length
from pipeline.windows.tally import Fact, Tally, decoded

OBSERVED = "windows"
"""The name of the counts in the query's progress: read, unreadable, ahead."""

AHEAD = 3_600
"""Seconds that a tweet may be dated after Kafka got it. Beyond, its time is wrong."""

OUTPUT = "id string, length string, seconds long, start long, version long, body binary"
"""A window that has changed: `version` grows with it, `body` is its document as JSON."""

_STATE = "tally binary"
_MESSAGE = (
    "`@timestamp` string, event struct<id: string>, user struct<id: string, name: string>, tweet struct<"
    "kind: string, entity: array<string>, lang: string, hashtags: array<string>, "
    "sentiment: struct<label: string, compound: double>, complaint: struct<label: string, reason: string>>"
)
_KEYS = ("length", "seconds", "start", "entity", "lang")
_FACTS = ("kind", "label", "compound", "complaint", "reason", "author", "hashtags")


@dataclass(frozen=True, slots=True)
class Plan:
    """What the query is to make.

    Attributes:
        lengths: of the windows.
        watermark: seconds.
        namespace: of the documents.
    """

    lengths: tuple[Length, ...]
    watermark: int
    namespace: str


def windows(records: DataFrame, plan: Plan) -> DataFrame:
    """The windows that a batch changes (`OUTPUT`), of records as `kafka_io.read` gives them."""
    tweets = _once(_dated(_counted(_read(records))), plan.watermark)
    return _tallied(_by_series(_by_window(tweets, plan.lengths)), plan.namespace)


def _read(records: DataFrame) -> DataFrame:
    """What a window needs of each tweet; nulls where the message has it not."""
    message = f.from_json(f.col("value").cast("string"), _MESSAGE).alias("message")
    return records.select("timestamp", message).selectExpr(
        "message.event.id AS id",
        "try_cast(message.`@timestamp` AS timestamp) AS at",
        "timestamp AS appended",
        "array_distinct(coalesce(message.tweet.entity, array())) AS entities",
        f"coalesce(message.tweet.lang, '{UNKNOWN_LANGUAGE}') AS lang",
        "message.tweet.kind AS kind",
        "message.tweet.sentiment.label AS label",
        "message.tweet.sentiment.compound AS compound",
        "message.tweet.complaint.label AS complaint",
        "message.tweet.complaint.reason AS reason",
        "coalesce(message.user.id, message.user.name) AS author",
        "array_distinct(coalesce(message.tweet.hashtags, array())) AS hashtags",
        "message.event.id IS NULL OR try_cast(message.`@timestamp` AS timestamp) IS NULL AS unreadable",
    )


def _counted(tweets: DataFrame) -> DataFrame:
    """The same tweets, marked where they are dated ahead; their counts are in the query's progress."""
    marked = tweets.withColumn(
        "ahead", f.expr(f"NOT unreadable AND at > appended + make_interval(0, 0, 0, 0, 0, 0, {AHEAD})")
    )
    return marked.observe(
        OBSERVED,
        f.count(f.lit(1)).alias("read"),
        f.count_if("unreadable").alias("unreadable"),
        f.count_if("ahead").alias("ahead"),
    )


def _dated(tweets: DataFrame) -> DataFrame:
    """Those that have a time, and as `seen` what moves the watermark: never more than Kafka's own time.

    A single tweet with a wrong time in the future would otherwise make all that come after it late.
    """
    return tweets.where("NOT unreadable AND NOT ahead").withColumn("seen", f.least("at", "appended"))


def _once(tweets: DataFrame, watermark: int) -> DataFrame:
    """Each tweet once, and those behind the watermark not at all."""
    return tweets.withWatermark("seen", f"{watermark} seconds").dropDuplicatesWithinWatermark(["id"])


def _by_window(tweets: DataFrame, lengths: Iterable[Length]) -> DataFrame:
    """Each tweet in its window of each length."""
    each = f.explode(f.array(*(f.struct(f.lit(n).alias("length"), f.lit(s).alias("seconds")) for n, s in lengths)))
    return tweets.select("*", each.alias("window")).selectExpr(
        "*",
        "window.length AS length",
        "CAST(window.seconds AS long) AS seconds",
        "(unix_micros(at) - pmod(unix_micros(at), window.seconds * 1000000L)) DIV 1000000L AS start",
    )


def _by_series(tweets: DataFrame) -> DataFrame:
    """Each tweet among all tweets (entity null), and among those of each of its entities."""
    return tweets.withColumn("entity", f.explode(f.expr("array_append(entities, CAST(NULL AS string))")))


def _tallied(tweets: DataFrame, namespace: str) -> DataFrame:
    # The column of the watermark must be there, for the end of a window to be known.
    needed = tweets.select(*_KEYS, *_FACTS, "seen")
    return needed.groupBy(*_KEYS).applyInPandasWithState(
        _counting(namespace), OUTPUT, _STATE, "update", GroupStateTimeout.EventTimeTimeout
    )


def _counting(namespace: str) -> Callable[[Any, Iterable[pd.DataFrame], GroupState], Iterator[pd.DataFrame]]:
    return partial(count, namespace=namespace)


def count(
    key: tuple[Any, ...], frames: Iterable[pd.DataFrame], state: GroupState, *, namespace: str
) -> Iterator[pd.DataFrame]:
    """Count more tweets of a window, and give what it comes to; a window that is over leaves only its document.

    Called by Spark for each window that a batch changes, and for each that the watermark has passed.
    """
    if state.hasTimedOut:
        state.remove()
        return
    length, seconds, start, entity, lang = key
    window = Key(str(length), int(seconds), int(start), entity, str(lang))
    tally = decoded(bytes(state.get[0])) if state.exists else Tally()
    for frame in frames:
        tally.add(_facts(frame))
    state.update((tally.encoded(),))
    # A tweet may still be counted one batch after the watermark has passed the end of its window, and Spark takes
    # no time-out before the watermark.
    end = (window.start + window.seconds) * 1000
    state.setTimeoutTimestamp(max(end, state.getCurrentWatermarkMs() + 1))
    row = (
        id_of(window, namespace),
        window.length,
        window.seconds,
        window.start,
        tally.size,
        dumps(document(window, tally, namespace)),
    )
    yield pd.DataFrame([row], columns=["id", "length", "seconds", "start", "version", "body"])


def _facts(frame: pd.DataFrame) -> Iterator[Fact]:
    for kind, label, compound, complaint, reason, author, hashtags in zip(
        *(frame[name].tolist() for name in _FACTS), strict=True
    ):
        # A missing number is NaN here, which is the only value that is not itself.
        known = None if compound is None or compound != compound else float(compound)
        yield Fact(kind, label, known, complaint, reason, author, tuple(hashtags))
