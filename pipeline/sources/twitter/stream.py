"""The filtered stream: our rules in the account, one connection that is made anew whenever it is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson

from pipeline import log
from pipeline.domain.tweet import Kind, Tweet
from pipeline.errors import ConfigError
from pipeline.settings import TwitterSettings
from pipeline.sources.pacing import Clock
from pipeline.sources.source import Fault, Item, SourceEvents, Unreadable
from pipeline.sources.twitter.answers import Refusal, Refused, as_error, ended_by
from pipeline.sources.twitter.api import Api, Connection
from pipeline.sources.twitter.backoff import LIVED, Backoff
from pipeline.sources.twitter.ids import earlier, id_at
from pipeline.sources.twitter.messages import Alive, Message, Streamed
from pipeline.sources.twitter.resume import Resume
from pipeline.sources.twitter.rules import Rule, brands_of, plan_of
from pipeline.sources.twitter.search import NAME, native_id
from pipeline.sources.twitter.tweets import response_items

SLACK = 1 / 3
"""X streams tweets not quite in their order; by this part of `settle_seconds` one may be late."""

QUOTA_ACTION = {"event.action": "source-quota"}


class Stream:
    """Connects, reads, and connects again.

    Args:
        settings: how.
        api: where.
        rules: what.
        resume: told what is missed between two connections.
        events: told what goes wrong.
        clock: it waits by this one, and ends when it is stopped.
    """

    def __init__(
        self,
        settings: TwitterSettings,
        api: Api,
        rules: Sequence[Rule],
        resume: Resume,
        events: SourceEvents,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._api = api
        self._rules = rules
        self._resume = resume
        self._events = events
        self._clock = clock
        self._backoff = Backoff()
        self._slack = timedelta(seconds=settings.settle_seconds * SLACK)
        self._connection: Connection | None = None
        self._has_rules = False
        self._adopted: dict[str, Rule] = {}
        self._shown = 0
        self._lines = 0

    def run(self, put: Callable[[Message], None]) -> None:
        """Read until the clock is stopped.

        Raises:
            ConfigError: X refuses the credentials, the plan or a rule.
            SourceError: X refuses the request itself.
            Stopped: the clock was stopped in the middle.
        """
        frontier = self._resume.frontier
        if frontier is not None:
            self._shown = frontier
            self._lose()
        while not self._clock.stopped():
            refusal = self._until_lost(put)
            if self._clock.stopped():
                return
            self._lose()
            if refusal.is_final:
                raise as_error(refusal)
            self._has_rules &= refusal.status != 409
            wait = self._backoff.wait(refusal.fault, told=refusal.wait, status=refusal.status)
            self._events.interrupted(refusal.fault, wait)
            if refusal.fault is Fault.QUOTA:
                log.get("pipeline.sources").warning(
                    "X's quota is used up: buy credits, or wait for the next period", **QUOTA_ACTION
                )
            self._clock.sleep(wait)

    def close(self) -> None:
        """End a read that blocks; called from another thread."""
        connection = self._connection
        if connection is not None:
            connection.close()

    def _lose(self) -> None:
        if self._shown:
            self._resume.lost_connection(earlier(self._shown, self._slack.total_seconds()))

    def _until_lost(self, put: Callable[[Message], None]) -> Refusal:
        try:
            if not self._has_rules:
                self._adopted = reconcile(self._api, self._rules)
                self._has_rules = True
            self._read(self._api.connect(backfill_minutes=self._settings.backfill_minutes), put)
        except Refused as refused:
            return refused.refusal
        return Refusal(Fault.DISCONNECTED, 200)

    def _read(self, connection: Connection, put: Callable[[Message], None]) -> None:
        self._connection = connection
        begun = self._clock.monotonic()
        try:
            self._begin(connection, put)
            for line in connection.lines():
                if self._clock.stopped():
                    return
                self._take(line, connection, put)
        finally:
            self._connection = None
            connection.release()
            if self._clock.monotonic() - begun >= LIVED:
                self._backoff.succeeded()

    def _begin(self, connection: Connection, put: Callable[[Message], None]) -> None:
        minutes = self._settings.backfill_minutes
        backfilled_after = id_at(connection.opened_at - timedelta(minutes=minutes)) if minutes else None
        self._resume.begin(id_at(connection.opened_at - self._slack))
        self._resume.connected(id_at(connection.opened_at + self._slack), backfilled_after=backfilled_after)
        self._events.connected()
        self._alive(connection, put)

    def _alive(self, connection: Connection, put: Callable[[Message], None]) -> None:
        """What is older than the slack was shown: there is nothing else."""
        id_ = id_at(connection.read_until - self._slack)
        self._shown = max(self._shown, id_)
        put(Alive(id_))

    def _take(self, line: bytes, connection: Connection, put: Callable[[Message], None]) -> None:
        self._lines += 1
        if not line.strip():
            self._alive(connection, put)
            return
        try:
            message = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            self._unreadable(line, f"not JSON: character {error.pos} of {len(line)}", put)
            return
        if not isinstance(message, dict):
            self._unreadable(line, "not a JSON object", put)
            return
        ended = ended_by(message)
        if ended is not None:
            raise Refused(ended)
        self._tweets(message, put)

    def _tweets(self, message: Mapping[str, Any], put: Callable[[Message], None]) -> None:
        matching = message.get("matching_rules")
        matches = [match for match in matching if isinstance(match, dict)] if isinstance(matching, list) else None
        brands = () if matches is None else brands_of(matches, self._adopted)
        for item in response_items(dict(message), self._where(), source=NAME):
            if isinstance(item, Unreadable):
                self._unreadable(item.raw, item.why, put)
            elif brands is None or (self._settings.retweets == "leave_out" and item.kind is Kind.RETWEET):
                self._shown = max(self._shown, native_id(item))
                self._events.passed_over()
            else:
                self._show(replace(item, entities=brands), put)

    def _show(self, tweet: Tweet, put: Callable[[Message], None]) -> None:
        put(Streamed(tweet))
        self._shown = max(self._shown, native_id(tweet))

    def _unreadable(self, raw: bytes, why: str, put: Callable[[Message], None]) -> None:
        self._events.fault(Fault.MALFORMED)
        item: Item = Unreadable(raw, self._where(), why)
        put(Streamed(item))

    def _where(self) -> str:
        return f"line {self._lines} of the stream"


def reconcile(api: Api, rules: Sequence[Rule]) -> dict[str, Rule]:
    """Make the account's rules ours, leave foreign ones, and say which foreign ones stand for ours, by id.

    Raises:
        ConfigError: X does not take a rule; the message names it.
        Refused: X does not answer as it should.
    """
    plan = plan_of(rules, api.held_rules())
    # First away with the old: the account may have no room for both.
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
