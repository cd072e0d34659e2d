"""Generated objects of X's API v2: tweets, users, and what they point at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from tests.datasets.words import Words, iso, moment, tweet_id

Json = dict[str, Any]

ABOUT = {"id": "10", "name": "Things", "description": "What people own"}
CONTEXT = {"domain": ABOUT, "entity": ABOUT}
LINK = {"start": 0, "end": 23, "url": "https://t.co/abcdefghij", "expanded_url": "https://acme.example/a"}
WITHHELD = {"country_codes": ["XX"], "scope": "user"}
PLACE = {
    "id": "01a9a39529b27f36", "full_name": "Springfield, Somewhere", "name": "Springfield", "place_type": "city",
    "country": "Somewhere", "country_code": "SW", "geo": {"type": "Feature", "bbox": [-74.5, 40.5, -73.5, 41.5]},
}  # fmt: skip
POLL = {
    "id": "7001", "voting_status": "closed", "duration_minutes": 60, "end_datetime": iso(moment(90)),
    "options": [{"position": 1, "label": "yes", "votes": 3}, {"position": 2, "label": "no", "votes": 4}],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """Which fields the objects of a response have.

    Attributes:
        tweet: beside the usual ones; the first tweet has all of them, later ones some.
        user: beside the usual ones, likewise.
        without: usual ones that are not there.
    """

    tweet: Collection[str] = ()
    user: Collection[str] = ()
    without: Collection[str] = ()


def tweet(number: int, look: Look, words: Words, text: str | None = None) -> Json:
    """A tweet that refers to no other; its author is `user(number)`."""
    own_id, written = id_of(number), moment(number)
    found: Json = {
        "id": own_id, "author_id": user_id(number), "conversation_id": own_id, "created_at": iso(written), "lang": "en",
        "text": text or words.text(), "source": "Invented Client", "possibly_sensitive": False,
        "reply_settings": "everyone",
        "public_metrics": {
            "retweet_count": number % 7, "reply_count": number % 3, "like_count": number % 50, "quote_count": 0,
        },
    }  # fmt: skip
    for place, part in enumerate(look.tweet, 1):
        if number % 100 % place == 0:
            merge(found, TWEET_PARTS[part](number))
    if text is None:
        found["text"] = _dressed(found)
    return {name: value for name, value in found.items() if name not in look.without}


def user(number: int, look: Look, words: Words) -> Json:
    """The author of the tweet with this number."""
    found: Json = {
        "id": user_id(number), "username": username(number), "name": words.name(), "created_at": iso(moment(0)),
        "description": words.text(), "profile_image_url": "https://acme.example/p.png", "protected": False, "url": "",
        "verified": False,
        "public_metrics": {
            "followers_count": number, "following_count": 2, "tweet_count": number * 3, "listed_count": 0,
        },
    }  # fmt: skip
    for place, part in enumerate(look.user, 1):
        if number % 100 % place == 0:
            merge(found, USER_PARTS[part])
    return {name: value for name, value in found.items() if name not in look.without or name == "id"}


def id_of(number: int) -> str:
    """The id of the tweet with this number."""
    return tweet_id(moment(number), number)


def user_id(number: int) -> str:
    """The id of the user with this number."""
    return str(5_000_000 + number)


def username(number: int) -> str:
    """Without the @; of X's own length."""
    return f"invented_{number}"


def merge(into: Json, more: Mapping[str, Any]) -> None:
    """Add fields, also to the objects that are there."""
    for name, value in more.items():
        if isinstance(value, Mapping) and isinstance(into.get(name), dict):
            merge(into[name], value)
        else:
            into[name] = dict(value) if isinstance(value, Mapping) else value


def _entity(kind: str, value: Mapping[str, Any]) -> Callable[[int], Json]:
    return lambda _: {"entities": {kind: [dict(value)]}}


def _media_key(number: int) -> str:
    return f"3_{id_of(number)}"


def media(number: int) -> Json:
    """What `media` of a tweet points at: pictures and films."""
    key = {"media_key": _media_key(number), "width": 640, "height": 480}
    if number % 2:
        return {**key, "type": "video", "preview_image_url": "https://acme.example/v.png", "duration_ms": 4_000}
    return {**key, "type": "photo", "url": "https://acme.example/i.png"}


TWEET_PARTS: Mapping[str, Callable[[int], Json]] = {
    "context": lambda _: {"context_annotations": [dict(CONTEXT)]},
    "annotations": _entity(
        "annotations", {"start": 0, "end": 3, "probability": 0.5, "type": "Product", "normalized_text": "Acme"}
    ),
    "hashtags": _entity("hashtags", {"start": 0, "end": 4, "tag": "wow"}),
    "cashtags": _entity("cashtags", {"start": 0, "end": 4, "tag": "ACM"}),
    "mentions": _entity("mentions", {"start": 0, "end": 9, "username": "invented_1"}),
    "mentioned ids": _entity("mentions", {"start": 0, "end": 9, "username": "invented_1", "id": "5000001"}),
    "urls": _entity("urls", {**LINK, "display_url": "acme.example/a"}),
    "media": lambda number: {"attachments": {"media_keys": [_media_key(number)]}},
    "poll": lambda _: {"attachments": {"poll_ids": [POLL["id"]]}},
    "place": lambda _: {"geo": {"place_id": PLACE["id"]}},
    "point": lambda _: {"geo": {"coordinates": {"type": "Point", "coordinates": [-74.25, 40.5]}}},
    "withheld": lambda _: {"withheld": {**WITHHELD, "copyright": False}},
    "views": lambda number: {"public_metrics": {"impression_count": number * 11}},
    "history": lambda number: {"edit_history_tweet_ids": [id_of(number)]},
    "edits": lambda number: {
        "edit_controls": {"edits_remaining": 5, "is_edit_eligible": True, "editable_until": iso(moment(number + 30))}
    },
}
"""Name → the fields of the tweet with this number."""

USER_PARTS: Mapping[str, Json] = {
    "location": {"location": "Springfield"},
    "pinned": {"pinned_tweet_id": "20"},
    "link": {"url": LINK["url"], "entities": {"url": {"urls": [{**LINK, "display_url": "acme.example/a"}]}}},
    "bio": {"entities": {"description": {"hashtags": [{"start": 0, "end": 4, "tag": "wow"}]}}},
    "withheld": {"withheld": dict(WITHHELD)},
    "verified": {"verified_type": "none"},
}


def _dressed(tweet: Json) -> str:
    """The text, with what the entities say is in it."""
    entities = tweet.get("entities", {})
    names = [f"@{one['username']}" for one in entities.get("mentions", ())]
    tags = [f"#{one['tag']}" for one in entities.get("hashtags", ())]
    shares = [f"${one['tag']}" for one in entities.get("cashtags", ())]
    links = [one["url"] for one in entities.get("urls", ())]
    return " ".join([*names, tweet["text"], *tags, *shares, *links])
