"""The JSON record in the topic `tweets`: encoding a tweet, and decoding a record into a tweet or a rejection.

A record is one flat JSON object:

    id, text, source                      required; `id` is the `event.id`
    created_at, original_created_at       ISO 8601 with an offset
    lang, kind, url                       strings
    user                                  {id, name, followers, location}
    entities                              a list of strings
    geo                                   {lat, lon, place, country, country_code, source, confidence}; source is
                                          coordinates, place or profile
    public_metrics                        {like_count, retweet_count, reply_count, quote_count, bookmark_count,
                                          impression_count}: counts
    given_label                           negative, neutral or positive

Whatever can't be read so is data too: a `Rejection` with a reason out of a closed list.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson

from pipeline.domain.identity import MAX_ID_BYTES
from pipeline.domain.sentiment import SCORED, Label
from pipeline.domain.tweet import COUNTS, Author, Geo, GeoSource, Kind, PublicMetrics, Tweet

MAX_TEXT_CHARS = 100_000
"""Well above X's longest tweet (25,000). A longer text is not a tweet."""

MAX_COUNT = 2**63 - 1
"""The largest number that Elasticsearch's `long` holds."""

MAX_ENTITIES = 100
MAX_CHARS = {
    "source": 256,
    "lang": 64,
    "url": 2048,
    "user.id": 1024,
    "user.name": 1024,
    "user.location": 512,
    "entities": 256,
    "geo.place": 512,
    "geo.country": 128,
    "geo.country_code": 8,
    "geo.source": 32,
}
"""Of each field: what Elasticsearch's mapping finds again (`ignore_above`). What is longer would be kept unfound."""


class Reason(StrEnum):
    """Why a record was rejected. A closed list: it is a metric's label."""

    NO_VALUE = "no_value"
    NOT_JSON = "not_json"
    NOT_A_TWEET = "not_a_tweet"
    BAD_ID = "bad_id"
    EMPTY_TEXT = "empty_text"
    TOO_LONG = "too_long"
    TOO_LARGE = "too_large"
    BAD_TIME = "bad_time"
    BAD_FIELD = "bad_field"
    MAPPING = "mapping"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that is not a tweet. `error` says what is wrong without quoting any of the content."""

    reason: Reason
    error: str


def encode(tweet: Tweet, *, time: str | None = None) -> bytes:
    """The record of a tweet, UTF-8 JSON; fields that are None are left out.

    `time` is what its source has in the place of a time, where that is none: decoding rejects the record by it.
    """
    record = {
        "id": tweet.id,
        "text": tweet.text,
        "source": tweet.source,
        "created_at": tweet.written_at if time is None else time,
        "original_created_at": tweet.original_written_at,
        "lang": tweet.lang,
        "kind": tweet.kind,
        "url": tweet.url,
        "user": _user_record(tweet.author),
        "entities": list(tweet.entities) or None,
        "geo": _geo_record(tweet.geo),
        "public_metrics": tweet.public_metrics.known() or None,
        "given_label": tweet.given_label,
    }
    return _dumps(_present(record) or {})


def decode(value: bytes | None, size: int | None = None) -> Tweet | Rejection:
    """The tweet in a record's value, or why there is none. Never raises.

    Args:
        value: of the record, or the head of one that is too large to be read.
        size: of the whole value, bytes, where that is larger.
    """
    if value is None:
        return Rejection(Reason.NO_VALUE, "the record has no value")
    if size is not None and size > len(value):
        return Rejection(Reason.TOO_LARGE, f"{size} bytes are more than stream.max_record_bytes")
    try:
        record = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        return Rejection(Reason.NOT_JSON, f"not JSON: byte {error.pos} of {len(value)}")
    try:
        return _tweet(record)
    except _Refused as refused:
        return refused.rejection


class _Refused(Exception):
    def __init__(self, reason: Reason, error: str) -> None:
        super().__init__(error)
        self.rejection = Rejection(reason, error)


def _tweet(record: Any) -> Tweet:
    if not isinstance(record, dict):
        raise _Refused(Reason.NOT_A_TWEET, "the record is not a JSON object")
    if "text" not in record or "id" not in record:
        missing = " and ".join(name for name in ("id", "text") if name not in record)
        raise _Refused(Reason.NOT_A_TWEET, f"the record has no {missing}")
    author, geo = _author(record.get("user")), _geo(record.get("geo"))
    if geo is not None and geo == Geo(place=geo.place, source=GeoSource.PROFILE):
        # So earlier versions wrote what a profile says.
        author, geo = replace(author, location=author.location or geo.place), None
    return Tweet(
        id=_id(record["id"]),
        text=_text(record["text"]),
        source=_string(record, "source") or "unknown",
        written_at=_time(record, "created_at"),
        original_written_at=_time(record, "original_created_at"),
        lang=_string(record, "lang"),
        kind=_kind(record),
        author=author,
        entities=_entities(record.get("entities")),
        geo=geo,
        url=_string(record, "url"),
        public_metrics=_public_metrics(record.get("public_metrics")),
        given_label=_given_label(record.get("given_label")),
    )


def _id(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Refused(Reason.BAD_ID, "id is not a non-empty string")
    if len(value.encode()) > MAX_ID_BYTES:
        raise _Refused(Reason.BAD_ID, f"id is longer than {MAX_ID_BYTES} bytes")
    return value


def _text(value: Any) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise _Refused(Reason.EMPTY_TEXT, "text is empty")
    if not isinstance(value, str):
        raise _Refused(Reason.BAD_FIELD, "text is not a string")
    if len(value) > MAX_TEXT_CHARS:
        raise _Refused(Reason.TOO_LONG, f"text is longer than {MAX_TEXT_CHARS} characters")
    return value


def _string(record: dict[str, Any], name: str, within: str = "") -> str | None:
    value = record.get(name)
    if value is not None and not isinstance(value, str):
        raise _Refused(Reason.BAD_FIELD, f"{within}{name} is not a string")
    if value and len(value) > (most := MAX_CHARS[within + name]):
        raise _Refused(Reason.BAD_FIELD, f"{within}{name} is longer than {most} characters")
    return value or None


def _time(record: dict[str, Any], name: str) -> datetime | None:
    value = record.get(name)
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
        if time.tzinfo is None:
            raise _Refused(Reason.BAD_TIME, f"{name} has no offset")
        # Elasticsearch knows no offset beyond 18 hours, and JSON none with seconds.
        return time.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise _Refused(Reason.BAD_TIME, f"{name} is not an ISO 8601 time") from None


def _kind(record: dict[str, Any]) -> Kind | None:
    value = record.get("kind")
    if value is None:
        return None
    try:
        return Kind(value)
    except ValueError:
        raise _Refused(Reason.BAD_FIELD, "kind is none of " + ", ".join(Kind)) from None


def _author(value: Any) -> Author:
    if value is None:
        return Author()
    if not isinstance(value, dict):
        raise _Refused(Reason.BAD_FIELD, "user is not an object")
    id_, name, location = (_string(value, field, "user.") for field in ("id", "name", "location"))
    return Author(id_, name, _count(value, "followers"), location)


def _count(record: dict[str, Any], name: str) -> int | None:
    value = record.get(name)
    # `isinstance` would take true and false for counts.
    if value is None or (type(value) is int and 0 <= value <= MAX_COUNT):
        return value
    raise _Refused(Reason.BAD_FIELD, f"{name} is not a count")


def _public_metrics(value: Any) -> PublicMetrics:
    if value is None:
        return PublicMetrics()
    if not isinstance(value, dict):
        raise _Refused(Reason.BAD_FIELD, "public_metrics is not an object")
    return PublicMetrics(*(_count(value, name) for name in COUNTS))


def _given_label(value: Any) -> Label | None:
    if value is None:
        return None
    if not isinstance(value, str) or value not in SCORED:
        raise _Refused(Reason.BAD_FIELD, "given_label is none of " + ", ".join(SCORED))
    return Label(value)


def _entities(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(entity, str) for entity in value):
        raise _Refused(Reason.BAD_FIELD, "entities is not a list of strings")
    if len(value) > MAX_ENTITIES or any(len(entity) > MAX_CHARS["entities"] for entity in value):
        most = f"{MAX_ENTITIES} of {MAX_CHARS['entities']} characters"
        raise _Refused(Reason.BAD_FIELD, f"entities are more or longer than {most}")
    return tuple(dict.fromkeys(entity for entity in value if entity))


def _geo(value: Any) -> Geo | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _Refused(Reason.BAD_FIELD, "geo is not an object")
    return Geo(
        lat=_degrees(value, "lat", 90),
        lon=_degrees(value, "lon", 180),
        place=_string(value, "place", "geo."),
        country=_string(value, "country", "geo."),
        source=_geo_source(_string(value, "source", "geo.")),
        country_code=_string(value, "country_code", "geo."),
        confidence=_confidence(value.get("confidence")),
    )


def _geo_source(value: str | None) -> GeoSource | None:
    # Earlier versions wrote `point`.
    source = GeoSource.COORDINATES if value == "point" else value
    if source is not None and source not in _GEO_SOURCES:
        raise _Refused(Reason.BAD_FIELD, "geo.source is none of " + ", ".join(GeoSource))
    return None if source is None else GeoSource(source)


_GEO_SOURCES = frozenset(GeoSource)


def _confidence(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise _Refused(Reason.BAD_FIELD, "geo.confidence is not a number from 0 to 1")
    return float(value)


def _degrees(record: dict[str, Any], name: str, most: int) -> float | None:
    value = record.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
        raise _Refused(Reason.BAD_FIELD, f"geo.{name} is not a number of degrees")
    return float(value)


def _user_record(author: Author) -> dict[str, Any] | None:
    return _present({name: getattr(author, name) for name in ("id", "name", "followers", "location")})


def _geo_record(geo: Geo | None) -> dict[str, Any] | None:
    return None if geo is None else _present({name: getattr(geo, name) for name in _GEO_FIELDS})


_GEO_FIELDS = ("lat", "lon", "place", "country", "country_code", "source", "confidence")


def _present(fields: dict[str, Any]) -> dict[str, Any] | None:
    return {name: value for name, value in fields.items() if value is not None} or None


def _dumps(record: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(record, option=orjson.OPT_UTC_Z)
    except orjson.JSONEncodeError:
        # A lone surrogate has no UTF-8: it becomes the replacement character, as X itself shows it.
        return orjson.dumps(_without_surrogates(record), option=orjson.OPT_UTC_Z)


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        # UTF-16 joins two halves that belong together, and only those without the other half are replaced.
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {name: _without_surrogates(inner) for name, inner in value.items()}
    return [_without_surrogates(inner) for inner in value] if isinstance(value, list) else value
