"""Privacy in the stream: the driver reads the list of the forgotten, and tasks check each record against it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pipeline.domain.analysis import Analysis
from pipeline.domain.record import Reason, Rejection
from pipeline.domain.tweet import Tweet
from pipeline.privacy.forgotten import Forgotten, ForgottenList, entries_in, entry
from pipeline.privacy.hiding import Hiding
from pipeline.privacy.key import secret_key
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.privacy.subjects import subjects_of, unlooped
from pipeline.settings import PrivacySettings, ScoringSettings, Settings

REJECTION = Rejection(Reason.FORGOTTEN, "it was asked to be forgotten")


class Guard:
    """Holds records to what is forgotten, and tweets to what is hidden.

    Args:
        settings: what is hidden.
        key: of the hashes.
        entries: of the list; asked for each tweet, at the same cost however long it is.
        scoring: whose tracked handles are no persons'.
    """

    def __init__(
        self, settings: PrivacySettings, key: bytes, entries: frozenset[bytes], scoring: ScoringSettings
    ) -> None:
        brands = (keyword for keywords in scoring.entities.values() for keyword in keywords)
        self._hiding = Hiding(settings, Pseudonyms(key), brands)
        self._key = key
        self._entries = entries
        self.shows_original = settings.shows_original

    def judged(self, decoded: Tweet | Rejection, value: bytes | None) -> Tweet | Rejection:
        """The result of decoding a record, or a rejection if its tweet or its author is forgotten.

        That of a record which is no tweet is asked too: it is kept, and would bring back what it holds.
        """
        # Without this, each tweet would cost three hashes, also where nothing was ever forgotten.
        if not self._entries:
            return decoded
        if isinstance(decoded, Rejection):
            return REJECTION if value and self._names_forgotten(value) else decoded
        author = decoded.author
        listed = (
            self._lists(Forgotten.TWEET, unlooped(decoded.id))
            or (author.id is not None and self._lists(Forgotten.USER, author.id))
            or (author.name is not None and self._lists(Forgotten.NAME, author.name))
        )
        return REJECTION if listed else decoded

    def shown(self, tweet: Tweet, analysis: Analysis) -> tuple[Tweet, Analysis]:
        """The parts of a scored tweet that may leave the stream."""
        return self._hiding.of(tweet, analysis)

    def _lists(self, kind: Forgotten, value: str) -> bool:
        return entry(self._key, kind, value) in self._entries

    def _names_forgotten(self, value: bytes) -> bool:
        # Bytes that are not UTF-8 must not hide the ids beside them.
        found = subjects_of(value.decode("utf-8", "replace"))
        return any(self._lists(kind, one) for kind, named in found.items() for one in named)


OPEN = Guard(PrivacySettings(), b"", frozenset(), ScoringSettings())
"""Nothing is hidden, nothing forgotten."""


@dataclass(frozen=True, slots=True)
class Told:
    """The rules of privacy as they travel to tasks. `entries` is a broadcast of the list, fetched once a worker."""

    settings: PrivacySettings
    scoring: ScoringSettings
    key: bytes = field(default=b"", repr=False)
    version: str = ""
    entries: Any = None

    def guard(self) -> Guard:
        """This process's guard, made anew only where something changed."""
        kept = (self.settings, self.scoring.entities, self.key, self.version)
        if _GUARDS.get("kept") != kept:
            entries = entries_in(self.entries.value, self.key) if self.entries is not None else frozenset()
            _GUARDS.update(kept=kept, guard=Guard(self.settings, self.key, entries, self.scoring))
        guard: Guard = _GUARDS["guard"]
        return guard


_GUARDS: dict[str, Any] = {}


class Privacy:
    """Prepares the rules of privacy on the driver."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._list = ForgottenList(settings.privacy_folder)
        self._told = Told(settings.privacy, settings.scoring)

    @contextmanager
    def in_force(self, context: Any) -> Iterator[Told]:
        """The rules for the tasks of an attempt at a batch; `forget` waits until the block ends.

        Args:
            context: Spark's, to broadcast with. No earlier attempt may be running.

        Raises:
            ConfigError: the key is wrong, or the list was made with another: going on would index what is forgotten.
            SetupError: the key or the list can't be read.
        """
        # The lock before the look: `forget` would not wait for a batch that has looked and does not hold it yet.
        with self._list.batch():
            version = self._list.version
            # Pseudonyms need the key too, also while nothing is forgotten.
            if version != self._told.version or (self._settings.privacy.hides_authors and not self._told.key):
                self._look(version, context)
            yield self._told

    def _look(self, version: str, context: Any) -> None:
        content, former = self._list.read(), self._told.entries
        key = secret_key(self._settings)
        # Only to find a wrong key on the driver, before any task has it.
        entries_in(content, key)
        entries = context.broadcast(content) if content else None
        self._told = Told(self._settings.privacy, self._settings.scoring, key, version, entries)
        if former is not None:
            former.destroy()
