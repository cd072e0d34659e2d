"""Holds each record to the list of the forgotten, and each tweet to what is hidden."""

from __future__ import annotations

from pipeline.domain.analysis import Analysis
from pipeline.domain.record import Reason, Rejection
from pipeline.domain.tweet import Tweet
from pipeline.privacy.forgotten import Forgotten, entry
from pipeline.privacy.hiding import Hiding
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.privacy.subjects import subjects_of, unlooped
from pipeline.settings import PrivacySettings, ScoringSettings

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
