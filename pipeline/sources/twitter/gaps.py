"""Refills gaps by search, as far back as X goes; what is older is told as lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from pipeline.domain.tweet import Tweet
from pipeline.sources.live.feed import Ask, Gap, GivenUp, Lost, Read
from pipeline.sources.pacing import Clock
from pipeline.sources.source import Fault, Item
from pipeline.sources.twitter.answers import Refused, as_error
from pipeline.sources.twitter.ids import id_at, native_id, position_of
from pipeline.sources.twitter.search import Search

REACH = timedelta(days=7) - timedelta(minutes=5)
"""X searches seven days back, by its own clock."""


class Gaps:
    """What the stream and the polled search have in common: gaps are searched for.

    Args:
        search: asks for them. A strict one is all there is: what refuses it ends the source.
        clock: the time.
        settle: how old a tweet has to be until the search surely shows it.
    """

    def __init__(self, search: Search, clock: Clock, settle: timedelta) -> None:
        self._search = search
        self._clock = clock
        self._settle = settle

    def is_due(self, gap: Gap) -> bool:
        """True if the search surely shows all of it."""
        return gap.until is not None and int(gap.until.id) < id_at(self._clock.now() - self._settle)

    def refill(self, gap: Gap, ask: Ask) -> Iterator[Read | Lost]:
        """The tweets of a gap, as far as X has them, the newest first.

        Raises:
            GivenUp: X does not let this account search.
            ConfigError: it refuses the credential, or, where there is nothing but the search, the plan or a rule.
            SourceError: the same for the request.
        """
        assert gap.until is not None
        after, until, reach = int(gap.after.id), int(gap.until.id), id_at(self._clock.now() - REACH)
        if after < reach:
            yield Lost(gap.after)
        try:
            if until > max(after, reach):
                # The end belongs to the gap, and the search leaves both of its ends out.
                yield from map(_read, self._search.between(max(after, reach), until + 1, ask))
        except Refused as refused:
            if self._search.is_strict:
                raise as_error(refused.refusal, "search") from None
            # The stream uses the same token, so it would be refused, too.
            if refused.refusal.fault is Fault.UNAUTHORIZED:
                raise as_error(refused.refusal) from None
            raise GivenUp(gap.after, refused.refusal.fault) from None
        if self._search.refused:
            # X's search refuses rules that its stream takes, so some of their tweets are missing.
            yield Lost(gap.after)


def _read(item: Item) -> Read:
    return Read(item, position_of(native_id(item)) if isinstance(item, Tweet) else None)
