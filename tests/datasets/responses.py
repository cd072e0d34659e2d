"""Generated answers of X's API v2, in files of the names and kinds of twarc's test data, and none of its tweets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from tests.datasets import objects
from tests.datasets.objects import Look
from tests.datasets.words import Words, iso, moment

Json = dict[str, Any]

FOLDER = "twitter_v2"
TWARC = {
    "url": "https://api.twitter.com/2/tweets/search/recent",
    "version": "2.0.0",
    "retrieved_at": "2022-03-01T00:00:00+00:00",
}
META = ("newest_id", "oldest_id", "result_count", "next_token")
CUT = b'{"data": {"author_id": "5000000123456789012"'
"""A line that a broken connection cut off."""

USERS = ("location", "pinned", "link", "bio")
FULL = Look(("annotations", "hashtags", "context", "urls", "mentions", "media"), USERS)
KPOP = Look((*FULL.tweet, "place"), USERS)
POLLED = Look((*FULL.tweet, "poll"), USERS)
LEAN = Look(
    ("history", "views", "hashtags", "urls", "mentioned ids", "annotations"),
    ("location", "link", "bio"),
    (
        "lang", "source", "possibly_sensitive", "reply_settings", "conversation_id",
        "profile_image_url", "protected", "url", "verified",
    ),
)  # fmt: skip
EDITED = Look(("urls", "history", "edits"), ("pinned", "link"))
LATE = ("history", "edits", "context")
CASHTAGS = Look(("cashtags", "hashtags", "urls", "annotations", "media", "views", *LATE), ("link",), ("source",))
WITHHELD = Look((*FULL.tweet, "place", "withheld", "point"), (*USERS, "withheld"))
MIXED = ("retweeted", "", "quoted", "retweeted", "replied_to", "retweeted")
LEAN_MIXED = ("retweeted", "retweeted", "", "replied_to", "quoted+replied_to")


@dataclass(frozen=True, slots=True)
class Page:
    """An answer, on one line of a file.

    Attributes:
        first: the number of its first tweet.
        tweets: how many.
        look: the fields of its objects.
        references: in turn, how tweets refer to others ("" for not at all, several with a "+" between them).
        meta: fields about the page.
        errors: what could not be shown.
        versions: tweets come with their own former versions.
        is_single: `data` is the tweet itself, as the stream sends it, with the rules that it matches.
    """

    first: int
    tweets: int
    look: Look = field(default=FULL)
    references: Sequence[str] = ("",)
    meta: Sequence[str] = ()
    errors: bool = False
    versions: int = 0
    is_single: bool = False


BREXIT = Page(1_000, 100, POLLED, MIXED, META)
KPOP_PAGE = Page(2_000, 100, KPOP, ("retweeted", "retweeted", ""), META, errors=True)
TWARC_PAGE = Page(3_000, 100, FULL, MIXED, META, errors=True)
OLDER = Page(13_000, 1, EDITED, versions=1)

PAGES: Mapping[str, Sequence[Page]] = {
    "2sets": (KPOP_PAGE, BREXIT),
    "brexit": (BREXIT,),
    "cashtags": (Page(4_000, 1, CASHTAGS, versions=1),),
    "cotweet": (Page(5_000, 1, Look(("history", "edits"), USERS), versions=1),),
    "edited": (OLDER,),
    "edited_after": (OLDER,),
    "edited_before": (Page(12_000, 1, Look(("media", *EDITED.tweet), EDITED.user), versions=1),),
    "entities_test": (Page(14_000, 474, LEAN, LEAN_MIXED, META, errors=True),),
    "geo_tweets": (
        Page(6_000, 1, Look(("point", "context", "hashtags", "urls"))),
        Page(6_100, 1, Look(("place", "context", "annotations", "urls", "mentions"), USERS), ("replied_to",)),
    ),
    "kpop": (KPOP_PAGE,),
    "many_urls": (Page(7_000, 1, Look(("urls", *LATE), USERS, ("source",)), ("replied_to",)),),
    "media_policy_violation_off": (Page(8_000, 100, FULL, MIXED, META),),
    "media_policy_violation_on": (Page(8_000, 100, FULL, MIXED, META),),
    "media_tweet": (Page(9_000, 1, Look(("media", "urls", "history", "edits"), USERS, ("source",)), versions=1),),
    "mentions_tweet": (Page(9_100, 1, Look(("mentions", *LATE), USERS, ("source",)), ("retweeted",)),),
    "noflat": (TWARC_PAGE,),
    "quoted_edit": (Page(9_200, 1, Look((*EDITED.tweet, "mentions"), USERS), ("quoted+replied_to",), versions=1),),
    "two_tweets": (Page(9_300, 1, Look(("hashtags", "mentions")), ("retweeted",), META[:3]),),
    "verified_type": (
        Page(9_400, 1, Look(("annotations", "views", *LATE), ("verified", *USERS), ("source",)), versions=1),
    ),
    "withheld": (
        Page(10_000, 1, WITHHELD),
        Page(10_100, 1, WITHHELD),
        Page(10_200, 1, Look(("mentions",), ("withheld", "link")), ("replied_to",), errors=True),
        Page(10_300, 100, WITHHELD, MIXED, (*META, "previous_token"), errors=True),
        Page(10_500, 112, WITHHELD, MIXED, META, errors=True),
    ),
    "streaming_output_with_error": tuple(
        Page(11_000 + 100 * number, 1, Look((*FULL.tweet, "place", "point"), USERS), (kind,), is_single=True)
        for number, kind in enumerate(("", "replied_to", "", "", "replied_to", "replied_to", ""))
    ),
}  # fmt: skip
"""File → the pages of tweets in it."""


def write(folder: Path) -> None:
    """Write all of them."""
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    for name, lines in _files().items():
        (folder / FOLDER / name).write_bytes(b"".join(line + b"\n" for line in lines))


def _files() -> dict[str, list[bytes]]:
    files = {f"{name}.jsonl": [orjson.dumps(response(page)) for page in pages] for name, pages in PAGES.items()}
    files["streaming_output_with_error.jsonl"].append(CUT)
    files["flat.jsonl"] = [orjson.dumps(one) for one in flattened(response(TWARC_PAGE))]
    files |= {f"{name}.jsonl": [orjson.dumps(one) for one in made] for name, made in _others().items()}
    # Some of X's own lists of deleted tweets begin or end with a blank line.
    files["tweets_compliance.jsonl"].insert(0, b"")
    files["users_compliance.jsonl"].append(b"")
    return {**files, "empty.json": []}


def response(page: Page) -> Json:
    """The answer of a page, with the users, tweets, places and media that its tweets point at."""
    words = Words(f"page {page.first}")
    tweets, others = list[Json](), _versions(page, words)
    for number in range(page.first, page.first + page.tweets):
        one = objects.tweet(number, page.look, words)
        for place, kind in enumerate(filter(None, page.references[number % len(page.references)].split("+"))):
            others.append(_original(number, place, page.look, words))
            one |= _referring(one, kind, others[-1])
        tweets.append(one)
    includes = _includes(page, words, tweets, others)
    return {
        "data": tweets[0] if page.is_single else tweets,
        "includes": includes,
        **({"errors": [_error(page.first)]} if page.errors else {}),
        **({"meta": _meta(page, tweets)} if page.meta else {}),
        **({"matching_rules": [{"id": 1_000_000_000_000_000_001, "tag": None}]} if page.is_single else {}),
        "__twarc": TWARC,
    }


def flattened(page: Json) -> Iterator[Json]:
    """The tweets of a page as twarc flattens them: what they point at is inside of them."""
    users = {one["id"]: one for one in page["includes"]["users"]}
    tweets = {one["id"]: one for one in page["includes"]["tweets"]}
    for one in page["data"]:
        found = one | {"author": users[one["author_id"]], "__twarc": TWARC}
        if "in_reply_to_user_id" in one:
            found["in_reply_to_user"] = users[one["in_reply_to_user_id"]]
        if "referenced_tweets" in one:
            found["referenced_tweets"] = [reference | tweets[reference["id"]] for reference in one["referenced_tweets"]]
        yield found


def _original(number: int, place: int, look: Look, words: Words) -> Json:
    """The tweet that another one repeats, quotes or answers: longer than what a repetition shows of it."""
    text = f"{words.sentence()} and {words.text()}" + f", {words.sentence()}" * (number % 3)
    # Of these X tells no points.
    placed = replace(look, tweet=[part for part in look.tweet if part != "point"])
    return objects.tweet(100_000 + 10 * number + place, placed, words, text)


def _referring(tweet: Json, kind: str, original: Json) -> Json:
    """What a tweet has because it repeats, quotes or answers another one."""
    found: Json = {
        "referenced_tweets": [*tweet.get("referenced_tweets", ()), {"type": kind, "id": original["id"]}],
    }
    if kind == "retweeted":
        text = f"RT @{objects.username(_number(original))}: {original['text']}"
        found["text"] = text if len(text) <= 140 else f"{text[:139]}…"
    elif kind == "replied_to":
        found["in_reply_to_user_id"] = original["author_id"]
    return found


def _number(tweet: Json) -> int:
    return int(tweet["author_id"]) - int(objects.user_id(0))


def _includes(page: Page, words: Words, tweets: list[Json], others: list[Json]) -> Json:
    authors = dict.fromkeys(_number(one) for one in [*tweets, *others])
    shown = [one for one in tweets if "media_keys" in one.get("attachments", {})]
    found: Json = {
        "users": [objects.user(number, page.look, words) for number in authors],
        "tweets": others,
        "media": [objects.media(_number(one)) for one in shown],
        "places": [objects.PLACE] if "place" in page.look.tweet else [],
        "polls": [objects.POLL] if "poll" in page.look.tweet else [],
    }
    return {name: things for name, things in found.items() if things}


def _versions(page: Page, words: Words) -> list[Json]:
    return [objects.tweet(page.first + 500_000 + 100 * number, page.look, words) for number in range(page.versions)]


def _meta(page: Page, tweets: list[Json]) -> Json:
    known = {"newest_id": tweets[-1]["id"], "oldest_id": tweets[0]["id"], "result_count": len(tweets)}
    return {name: known.get(name, "b26v89c19zqg8o3f") for name in page.meta}


def _error(number: int) -> Json:
    gone = objects.id_of(number + 99_999)
    return {
        "value": gone, "resource_id": gone, "resource_type": "tweet", "parameter": "referenced_tweets.id",
        "title": "Not Found Error", "type": "https://api.twitter.com/2/problems/resource-not-found",
        "detail": f"Could not find tweet with referenced_tweets.id: [{gone}].",
    }  # fmt: skip


def _others() -> dict[str, list[Json]]:
    """Answers that hold no tweets, each to be refused; and what X lists for deletion."""
    words = Words("others")
    hours = [{"start": iso(moment(60 * n)), "end": iso(moment(60 * n + 60)), "tweet_count": n} for n in range(169)]
    users = [objects.user(number, Look(user=USERS), words) for number in range(96)]
    pinned = [objects.tweet(number, FULL, words) for number in range(30_000, 30_052)]
    return {
        "counts": [{"data": hours, "meta": {"total_tweet_count": 14_196}, "__twarc": TWARC}],
        "lists": [_lists(range(40_000, 40_004), words), _lists(range(40_004, 40_006), words)],
        "users": [{"data": users, "includes": {"tweets": pinned}, "errors": [_error(0)], "__twarc": TWARC}],
        "tweets_compliance": [
            _deleted(objects.id_of(1), "protected"),
            _deleted(objects.id_of(2), "deactivated") | {"redacted_at": iso(moment(9_000))},
        ],
        "users_compliance": [_deleted(objects.user_id(1), "protected")] * 2,
    }


def _lists(numbers: range, words: Words) -> Json:
    data = [_list(number, words) for number in numbers]
    return {"data": data, "meta": {"result_count": len(data)}, "__twarc": TWARC}


def _list(number: int, words: Words) -> Json:
    return {
        "id": str(number), "name": words.name(), "description": words.text(), "owner_id": objects.user_id(number),
        "created_at": iso(moment(0)), "private": False, "follower_count": 3, "member_count": 4,
    }  # fmt: skip


def _deleted(id_: str, reason: str) -> Json:
    return {"id": id_, "action": "delete", "created_at": iso(moment(0) + timedelta(days=1)), "reason": reason}
