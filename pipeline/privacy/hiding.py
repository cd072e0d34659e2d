"""A tweet and what was said of it, without what is to be hidden. What was scored is the text as it was written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from pipeline.domain.analysis import Analysis
from pipeline.domain.tweet import Author, Tweet
from pipeline.privacy.patterns import EMAIL, HANDLE, HINT, LINK, PHONE, PROFILE, STATUS, is_phone
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.scoring.clean import clean
from pipeline.scoring.entities import hashtags
from pipeline.settings import PrivacySettings

EMAIL_SIGN, PHONE_SIGN, NOBODY = "[email]", "[phone]", "user"

_EMAIL, _HANDLE = re.compile(EMAIL), re.compile(HANDLE)

Hide = Callable[[re.Match[str]], str]


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
        # An address that stays must not be taken for a handle; what is in a link is no phone number.
        kinds = {"link": LINK, "email": EMAIL}
        kinds |= {"phone": PHONE} if "phone" in settings.redact else {}
        kinds |= {"handle": HANDLE} if settings.hides_authors else {}
        self._looked_for = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in kinds.items()))

    def of(self, tweet: Tweet, analysis: Analysis) -> tuple[Tweet, Analysis]:
        """What leaves of a tweet and of what scoring says of it; the same objects where there is nothing to hide."""
        if not self._active:
            return tweet, analysis
        text = self.text(tweet.text)
        if text != tweet.text:
            rest = self._hidden(tweet.text, self._blank)
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
        return self._hidden(text, self._sign) if self._active else text

    def author(self, author: Author) -> Author:
        """Who wrote it, as the settings have it; how many follow them stays."""
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

    def _hidden(self, text: str, hide: Hide) -> str:
        return self._looked_for.sub(hide, text) if HINT.search(text) else text

    def _sign(self, found: re.Match[str]) -> str:
        kind, text = found.lastgroup, found[0]
        if kind == "email":
            return EMAIL_SIGN if "email" in self._settings.redact else text
        if kind == "phone":
            return PHONE_SIGN if is_phone(text) else text
        return self._handle(text) if kind == "handle" else self._link(text)

    def _blank(self, found: re.Match[str]) -> str:
        """Nothing of it, for what the words are taken from: the signs would become the most frequent words."""
        return found[0] if self._sign(found) == found[0] else " "

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
    """Where X shows a tweet without naming its author; other servers' links name them, and are left out.

    >>> link_without_name("https://x.com/ann/status/123")
    'https://x.com/i/status/123'
    """
    found = STATUS.match(url or "")
    return f"https://x.com/i/status/{found[1]}" if found else None
