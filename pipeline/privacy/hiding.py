"""A tweet and what was said of it, without what is to be hidden. What was scored is the text as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from pipeline.domain.analysis import Analysis
from pipeline.domain.tweet import Author, Tweet
from pipeline.privacy.patterns import EMAIL, HANDLE, HINTS, PROFILE, SHAPES, STATUS, is_phone
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.scoring.clean import clean
from pipeline.scoring.entities import hashtags
from pipeline.settings import PrivacySettings

EMAIL_SIGN, PHONE_SIGN, NOBODY = "[email]", "[phone]", "user"

_EMAIL, _HANDLE = re.compile(EMAIL), re.compile(HANDLE)


class Hiding:
    """Hides what the settings say.

    Args:
        settings: what.
        pseudonyms: what stands for authors where they are hashed.
        brands: keywords of tracked entities: a handle that is one of them names no person, and stays.
    """

    def __init__(self, settings: PrivacySettings, pseudonyms: Pseudonyms, brands: Iterable[str] = ()) -> None:
        self._settings = settings
        self._pseudonyms = pseudonyms
        self._brands = frozenset(keyword.lstrip("@＠#＃").lower() for keyword in brands)
        self._active = settings.hides_authors or bool(settings.redact)
        # Links and addresses are always found, so that no part of one that stays is taken for a handle.
        wanted = {"link", "email", *settings.redact, *(["handle"] if settings.hides_authors else [])}
        self._kinds = [kind for kind in SHAPES if kind in wanted]
        self._shapes: dict[tuple[str, ...], re.Pattern[str]] = {}

    def of(self, tweet: Tweet, analysis: Analysis) -> tuple[Tweet, Analysis]:
        """The tweet and its analysis without the hidden parts; the same objects if there is nothing to hide."""
        if not self._active:
            return tweet, analysis
        text, rest = self._hidden(tweet.text)
        if text != tweet.text:
            cleaned = clean(rest)
            analysis = replace(analysis, clean=cleaned.text, words=cleaned.words, hashtags=hashtags(rest))
        if not self._settings.hides_authors:
            return replace(tweet, text=text), analysis
        hidden = replace(
            tweet, id=self._id(tweet), text=text, author=self.author(tweet.author), url=link_without_name(tweet.url)
        )
        return hidden, replace(analysis, mentions=self._mentions(analysis.mentions))

    def text(self, text: str) -> str:
        """A text with signs in the place of what is hidden."""
        return self._hidden(text)[0] if self._active else text

    def author(self, author: Author) -> Author:
        """The author, hidden as the settings say; the number of followers stays."""
        if self._settings.authors == "drop":
            return Author(followers=author.followers)
        return Author(
            id=self._pseudonyms.user_id(author.id) if author.id else None,
            name=self._pseudonyms.name(author.name) if author.name else None,
            followers=author.followers,
        )

    def _id(self, tweet: Tweet) -> str:
        """Some servers of the fediverse have their users' names in the addresses that are their posts' ids."""
        name = (tweet.author.name or "").partition("@")[0].lower()
        path = tweet.id.partition(":")[2].lower()
        return self._pseudonyms.event_id(tweet.id) if name and "/" in path and name in path else tweet.id

    def _mentions(self, names: Iterable[str]) -> tuple[str, ...]:
        if self._settings.authors == "drop":
            return tuple(name for name in names if name in self._brands)
        return tuple(name if name in self._brands else self._pseudonyms.name(name) for name in names)

    def _hidden(self, text: str) -> tuple[str, str]:
        """The text with signs in the place of what is hidden, and with nothing there.

        Words are taken from the latter: the signs would become the most frequent ones.
        """
        # Most texts have none of these, and a kind that is left out makes the search faster.
        kinds = tuple(kind for kind in self._kinds if HINTS[kind].search(text))
        shown, rest, end = [], [], 0
        for found in self._shape(kinds).finditer(text) if kinds else ():
            sign = self._sign(found)
            if sign != found[0]:
                shown += [text[end : found.start()], sign]
                rest += [text[end : found.start()], " "]
                end = found.end()
        return "".join((*shown, text[end:])), "".join((*rest, text[end:]))

    def _shape(self, kinds: tuple[str, ...]) -> re.Pattern[str]:
        if kinds not in self._shapes:
            self._shapes[kinds] = re.compile("|".join(f"(?P<{kind}>{SHAPES[kind]})" for kind in kinds))
        return self._shapes[kinds]

    def _sign(self, found: re.Match[str]) -> str:
        kind, text = found.lastgroup, found[0]
        if kind == "email":
            return EMAIL_SIGN if "email" in self._settings.redact else text
        if kind == "phone":
            return PHONE_SIGN if is_phone(text) else text
        return self._handle(text) if kind == "handle" else self._link(text)

    def _handle(self, text: str) -> str:
        name = text[1:].lower()
        if name in self._brands:
            return text
        return f"@{NOBODY if self._settings.authors == 'drop' else self._pseudonyms.name(name)}"

    def _link(self, text: str) -> str:
        if "email" in self._settings.redact:
            text = _EMAIL.sub(EMAIL_SIGN, text)
        if not self._settings.hides_authors:
            return text
        # X finds a tweet under `i`, without the author's name.
        text = PROFILE.sub(lambda found: f"{found[1]}i" if found[1] else f"{found[2]}{NOBODY}", text)
        return _HANDLE.sub(lambda found: self._handle(found[0]), text)


def link_without_name(url: str | None) -> str | None:
    """The address of a tweet at X without its author's name. Other servers' links name authors, and are left out.

    >>> link_without_name("https://x.com/ann/status/123")
    'https://x.com/i/status/123'
    """
    found = STATUS.match(url or "")
    return f"https://x.com/i/status/{found[1]}" if found else None
