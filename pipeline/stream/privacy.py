"""Privacy in the stream: the driver reads the list of the forgotten, and each worker makes a guard of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pipeline.privacy.forgotten import ForgottenList, entries_in
from pipeline.privacy.guard import Guard
from pipeline.privacy.key import secret_key
from pipeline.settings import PrivacySettings, ScoringSettings, Settings


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
