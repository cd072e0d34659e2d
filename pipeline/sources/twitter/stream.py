"""The filtered stream: our rules in the account, and one connection."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import orjson

from pipeline import log
from pipeline.domain.tweet import Kind
from pipeline.errors import ConfigError
from pipeline.sources.live.feed import Alive, Ask, Gap, Lost, Message, Position, Read
from pipeline.sources.live.saved import ONLY_FEED
from pipeline.sources.source import Fault, Unreadable
from pipeline.sources.twitter.answers import Refusal, Refused, as_error, ended_by, interruption
from pipeline.sources.twitter.api import Api, Connection
from pipeline.sources.twitter.gaps import Gaps
from pipeline.sources.twitter.ids import earlier, native_id, position_before, position_of
from pipeline.sources.twitter.rules import Rule, brands_of, plan_of
from pipeline.sources.twitter.search import NAME
from pipeline.sources.twitter.settings import TwitterSettings
from pipeline.sources.twitter.tweets import response_items

SLACK = 1 / 3
"""X streams tweets not quite in their order; by this part of `settle_seconds` one may be late."""

QUOTA_ACTION = {"event.action": "source-quota"}


class Stream:
    """The feed of X's filtered stream.

    Args:
        settings: how.
        api: where.
        rules: what.
        gaps: searches for what was missed.
    """

    name = ONLY_FEED
    is_polled = False

    def __init__(self, settings: TwitterSettings, api: Api, rules: Sequence[Rule], gaps: Gaps) -> None:
        self.stall_seconds = settings.stall_seconds
        self._settings = settings
        self._api = api
        self._rules = rules
        self._gaps = gaps
        self._slack = timedelta(seconds=settings.settle_seconds * SLACK)
        self._has_rules = False
        self._adopted: dict[str, Rule] = {}

    def connect(self, reached: Position | None) -> Streaming:
        """Make the account's rules ours where they are not, and open the stream.

        Raises:
            Interrupted: X does not open it now, or can't be reached.
            ConfigError: X refuses the credentials, the plan or a rule.
            SourceError: X refuses the request itself.
        """
        try:
            if not self._has_rules:
                self._adopted = reconcile(self._api, self._rules)
                self._has_rules = True
            connection = self._api.connect(backfill_minutes=self._settings.backfill_minutes)
        except Refused as refused:
            # 409: somebody took our rules away.
            self._has_rules &= refused.refusal.status != HTTPStatus.CONFLICT
            raise _told(refused.refusal) from None
        return Streaming(connection, self._settings, self._slack, self._adopted)

    def before(self, position: Position) -> Position:
        """Earlier by as much as a tweet of the stream may be late."""
        return position_of(earlier(int(position.id), self._slack.total_seconds()))

    def is_due(self, gap: Gap) -> bool:
        """True if the search surely shows all of it."""
        return self._gaps.is_due(gap)

    def refill(self, gap: Gap, ask: Ask) -> Iterator[Read | Lost]:
        """What was missed; raises as `Gaps.refill` does."""
        return self._gaps.refill(gap, ask)


class Streaming:
    """The stream while it is open.

    Args:
        connection: the stream.
        settings: which tweets are for us, and what X sends again by itself.
        slack: by how much a tweet may be late.
        adopted: somebody else's rules that say the same as one of ours, by their ids.
    """

    def __init__(
        self, connection: Connection, settings: TwitterSettings, slack: timedelta, adopted: Mapping[str, Rule]
    ) -> None:
        opened, minutes = connection.opened_at, settings.backfill_minutes
        self.begins = position_before(opened - slack)
        # The gap ends a little after the beginning of the stream: what comes twice is known by
        # its id, what is missed is lost.
        self.until = position_before(opened + slack)
        self.backfilled_after = position_before(opened - timedelta(minutes=minutes)) if minutes else None
        self._connection = connection
        self._slack = slack
        self._adopted = adopted
        self._leaves_retweets_out = settings.retweets == "leave_out"
        self._lines = 0

    def __iter__(self) -> Generator[Message, None, None]:
        """The tweets as they come, until X ends it.

        Raises:
            Interrupted: X says why it ends it, or the network fails.
        """
        try:
            # Before the first line: if the connection ends without one, the gap still begins here.
            yield self._alive()
            for line in self._connection.lines():
                self._lines += 1
                yield from self._messages(line)
        except Refused as refused:
            raise _told(refused.refusal) from None
        finally:
            self._connection.release()

    def close(self) -> None:
        """End a read that blocks; called from another thread."""
        self._connection.close()

    def _alive(self) -> Alive:
        """Everything older than the slack was shown."""
        return Alive(position_before(self._connection.read_until - self._slack))

    def _messages(self, line: bytes) -> Iterator[Message]:
        if not line.strip():
            yield self._alive()
            return
        try:
            message = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield Read(Unreadable(line, self._where(), f"not JSON: character {error.pos} of {len(line)}"))
            return
        if not isinstance(message, dict):
            yield Read(Unreadable(line, self._where(), "not a JSON object"))
            return
        ended = ended_by(message)
        if ended is not None:
            raise Refused(ended)
        yield from self._tweets(message)

    def _tweets(self, message: Mapping[str, Any]) -> Iterator[Message]:
        matching = message.get("matching_rules")
        matches = [match for match in matching if isinstance(match, dict)] if isinstance(matching, list) else None
        brands = () if matches is None else brands_of(matches, self._adopted)
        for item in response_items(dict(message), self._where(), source=NAME):
            if isinstance(item, Unreadable):
                yield Read(item)
                continue
            is_ours = brands is not None and not (self._leaves_retweets_out and item.kind is Kind.RETWEET)
            yield Read(replace(item, entities=brands or ()) if is_ours else None, position_of(native_id(item)))

    def _where(self) -> str:
        return f"line {self._lines} of the stream"


def _told(refusal: Refusal) -> Exception:
    """What the runtime is told of a refusal."""
    if refusal.fault is Fault.QUOTA:
        log.get("pipeline.sources").warning(
            "X's quota is used up: buy credits, or wait for the next period", **QUOTA_ACTION
        )
    return as_error(refusal) if refusal.is_final else interruption(refusal)


def reconcile(api: Api, rules: Sequence[Rule]) -> dict[str, Rule]:
    """Make the account's rules ours, leave foreign ones, and say which foreign ones stand for ours, by id.

    Raises:
        ConfigError: X does not take a rule; the message names it.
        Refused: X does not answer as it should.
    """
    plan = plan_of(rules, api.held_rules())
    # The old rules go first, because the account may have no room for both.
    api.delete_rules(plan.delete)
    raise_refused(api.add_rules(plan.create))
    log.get("pipeline.sources").info(
        "rules of X",
        **{
            "event.action": "source-rules",
            "tweetpulse.created": len(plan.create),
            "tweetpulse.deleted": len(plan.delete),
            "tweetpulse.kept": len(plan.keep),
            "tweetpulse.foreign": len(plan.foreign),
        },
    )
    return {held.id: rule for held, rule in plan.keep if not held.is_ours}


def raise_refused(refused: Sequence[tuple[str, str]]) -> None:
    """Name the first rule that X does not take.

    Raises:
        ConfigError: there is one.
    """
    if refused:
        rule, why = refused[0]
        more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        raise ConfigError(f"X does not take the rule {rule!r}: {why or 'it does not say why'}{more}")
