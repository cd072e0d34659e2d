"""The timelines to read, by the settings. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from pipeline.errors import ConfigError
from pipeline.sources.mastodon.settings import MastodonSettings

MAX_TAGS = 20
"""Each tag is a connection of its own, and a server is not to be burdened."""

_TAG = re.compile(r"[\w·]{1,100}")


@dataclass(frozen=True, slots=True)
class Timeline:
    """A timeline by its name, and where the API streams it and lists it."""

    name: str
    stream_path: str
    list_path: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A hashtag in small letters, without #, and the brand that it stands for."""

    name: str
    brand: str


def tags_of(texts: tuple[str, ...]) -> tuple[Tag, ...]:
    """`Brand:acme`, or `acme` or `#acme`, which is its own brand; each tag once.

    Raises:
        ConfigError: one is no hashtag, or they are too many.
    """
    tags = tuple({tag.name: tag for tag in map(_tag, texts)}.values())
    if len(tags) > MAX_TAGS:
        raise ConfigError(f"{len(tags)} tags are too many: each is a connection of its own, take {MAX_TAGS} at most")
    return tags


def timelines_of(settings: MastodonSettings) -> tuple[Timeline, ...]:
    """One for each tag, or the public one; of the server's own people only, where `local` says so."""
    local = settings.local
    tags = tags_of(settings.tags)
    if not tags:
        return (_public(local),)
    return tuple(_tagged(tag.name, local) for tag in tags)


def _public(local: bool) -> Timeline:
    name = "public/local" if local else "public"
    return Timeline(name, f"/api/v1/streaming/{name}", f"/api/v1/timelines/public?local={str(local).lower()}")


def _tagged(tag: str, local: bool) -> Timeline:
    kind, name = ("hashtag/local", quote(tag)) if local else ("hashtag", quote(tag))
    return Timeline(
        f"{kind}/{tag}",
        f"/api/v1/streaming/{kind}?tag={name}",
        f"/api/v1/timelines/tag/{name}?local={str(local).lower()}",
    )


def _tag(text: str) -> Tag:
    brand, colon, name = text.rpartition(":")
    name, brand = name.strip().removeprefix("#"), brand.strip()
    # Mastodon knows no tag of digits alone.
    if not _TAG.fullmatch(name) or name.isdecimal() or (colon and not brand):
        raise ConfigError(f"{text!r} is no hashtag: write acme, #acme or Brand:acme")
    return Tag(name.lower(), brand or name)
