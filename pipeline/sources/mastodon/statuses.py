"""A status of Mastodon's API → a tweet. Pure.

Fields as https://docs.joinmastodon.org/entities/Status/ has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pipeline.domain.identity import event_id
from pipeline.domain.record import MAX_CHARS, MAX_TEXT_CHARS
from pipeline.domain.tweet import Author, Kind, Tweet
from pipeline.sources.mastodon.text import text_of
from pipeline.sources.times import parse_time

Json = dict[str, Any]

NAME = "mastodon"

MAX_CONTENT_CHARS = 500_000
"""Of its HTML and its content warning. A longer one is not read: the stream takes no text of a fifth of that."""

MAX_ID_CHARS = 100
"""Of the server's own id: Mastodon's have 18 digits, others' up to 36 characters."""

_OWN_STATUS = re.compile(r"/(?:ap/)?users/[^/]+/statuses/(\d+)")


class NotAStatus(ValueError):
    """Why no tweet can be made of an object, without quoting any of it."""


def tweet_of(status: Any, instance: str, brands: Mapping[str, str]) -> Tweet | None:
    """The tweet; None for a status without a word, such as a picture alone.

    Args:
        status: as the API has it.
        instance: the domain of the server that shows it.
        brands: tag, in small letters → the entity that a status with it is about.

    Raises:
        NotAStatus: it has no id, no content, or a time that is none.
    """
    if not isinstance(status, dict) or not _is_id(status.get("id")):
        raise NotAStatus("a status without an id")
    # Public timelines have no boosts. Where a server lists them anyway, their content is in `reblog`.
    boosted = _dict(status.get("reblog"))
    text = _text(boosted or status)
    if not text:
        return None
    return Tweet(
        id=id_of(status, instance),
        text=text,
        source=NAME,
        written_at=time_of(status),
        lang=_string((boosted or status).get("language"), MAX_CHARS["lang"]),
        kind=_kind(status),
        author=_author(_dict(status.get("account"))),
        entities=_entities(boosted or status, brands),
        url=_link(status) or _link(boosted),
    )


def id_of(status: Json, instance: str) -> str:
    """`<server that it was written on>:<its id there>`: the same through every instance that shows it.

    >>> id_of({"id": "7", "uri": "https://hachyderm.io/users/ann/statuses/42"}, "mastodon.social")
    'hachyderm.io:42'
    """
    uri = _string(status.get("uri"))
    if uri is None:
        return event_id(instance, status["id"])
    try:
        parts = urlsplit(uri)
    except ValueError:
        return event_id(instance, status["id"])
    # A uri need not be a URL: of `tag:…` the scheme stands in the place of the server.
    if not parts.netloc:
        return event_id(parts.scheme or instance, parts.path)
    own = _OWN_STATUS.fullmatch(parts.path)
    path = own[1] if own and not parts.query else uri.partition(parts.netloc)[2]
    return event_id(parts.netloc.lower(), path)


def time_of(status: Json) -> datetime:
    """The time of writing.

    Raises:
        NotAStatus: it does not say, or not as a time.
    """
    try:
        return parse_time(status["created_at"])
    except (KeyError, ValueError, OverflowError, AttributeError, TypeError):
        raise NotAStatus("a status whose created_at is not a time") from None


def _text(status: Json) -> str:
    content, warning = status.get("content"), status.get("spoiler_text") or ""
    if not isinstance(content, str) or not isinstance(warning, str):
        raise NotAStatus("a status without content")
    if len(content) + len(warning) > MAX_CONTENT_CHARS:
        raise NotAStatus(f"a status of more than {MAX_CONTENT_CHARS:,} characters")
    return "\n\n".join(part for part in (warning.strip(), text_of(content)) if part)


def _kind(status: Json) -> Kind:
    if status.get("reblog"):
        return Kind.RETWEET
    if status.get("in_reply_to_id"):
        return Kind.REPLY
    return Kind.QUOTE if status.get("quote") else Kind.ORIGINAL


def _author(account: Json) -> Author:
    followers = account.get("followers_count")
    ids = (_string(account.get(name), MAX_CHARS["user.id"]) for name in ("uri", "url", "id"))
    return Author(
        id=next((found for found in ids if found), None),
        name=_string(account.get("acct"), MAX_CHARS["user.name"]),
        # Some servers hide it, as -1.
        followers=followers if type(followers) is int and followers >= 0 else None,
    )


def _entities(status: Json, brands: Mapping[str, str]) -> tuple[str, ...]:
    found_tags = status.get("tags")
    tags = (_string(_dict(tag).get("name")) for tag in (found_tags if isinstance(found_tags, list) else ()))
    found = (brands.get(tag.lower()) for tag in tags if tag)
    return tuple(dict.fromkeys(brand for brand in found if brand))


def _link(status: Json) -> str | None:
    for name in ("url", "uri"):
        link = _string(status.get(name))
        # Because of a longer one the stream would reject the whole tweet.
        if link and link.startswith(("https://", "http://")) and len(link) <= MAX_CHARS["url"]:
            return link
    return None


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_ID_CHARS


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _string(value: Any, most: int = MAX_TEXT_CHARS) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= most else None
