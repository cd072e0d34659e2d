"""X as a source: its stream or its search, the gaps in it, and what Kafka has of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from pipeline.domain.tweet import Tweet
from pipeline.errors import ConfigError
from pipeline.settings import TwitterSettings
from pipeline.sources.pacing import Clock
from pipeline.sources.source import Fault, GapOutcome, Item, SourceEvents
from pipeline.sources.tokens import token_in
from pipeline.sources.twitter.answers import PORTAL, TOKEN_SETTING, Budget, Refused, as_error
from pipeline.sources.twitter.api import Api
from pipeline.sources.twitter.ids import id_at, time_of
from pipeline.sources.twitter.messages import Alive, Complete, Failed, Mailbox, Message, Refilled
from pipeline.sources.twitter.refill import Refill
from pipeline.sources.twitter.resume import Gap, Resume
from pipeline.sources.twitter.rules import rules_of
from pipeline.sources.twitter.search import NAME, Search, Stopped, native_id
from pipeline.sources.twitter.stream import Stream

REMEMBERED = 20_000
"""Ids that are not sent twice: X repeats after a reconnect, and a gap is searched a little beyond its ends."""

JOIN_SECONDS = 2.0


class TwitterSource:
    """Tweets of X that match the rules, from now on; what was missed since the last time comes too.

    Args:
        settings: the rules, the credential and how.
        events: told what happens.
        state_dir: where it is remembered how far Kafka has the tweets.
        clock: the time; it is also asked whether to stop.

    Raises:
        ConfigError: there is no token, or X would not take a rule.
        SetupError: what is remembered can't be read.
    """

    name = NAME

    def __init__(
        self, settings: TwitterSettings, events: SourceEvents, state_dir: Path, clock: Clock | None = None
    ) -> None:
        self._settings = settings
        self._events = events
        self._end = threading.Event()
        given = clock or Clock()
        self._clock = replace(given, stopped=lambda: self._end.is_set() or given.stopped())
        self._settle = timedelta(seconds=settings.settle_seconds)
        self._seen = _Seen()
        self._mailbox = Mailbox(self._clock.stopped)
        self.rules = rules_of(
            settings.track, mode=settings.mode, retweets=settings.retweets, longest=settings.rule_characters
        )
        self.resume = Resume(state_file(state_dir), closed=self._gap_closed, clock=self._clock)
        self.api = Api(settings, token_of(settings), tell=self._tell_budget, now=self._clock.now)
        self._is_connected = False
        search = Search(
            self.api,
            self.rules,
            self._search_waits,
            self._clock,
            settings.retweets,
            is_strict=settings.mode == "search",
        )
        self._refill = Refill(self.resume, search, events, self._clock, self._settle)
        self._stream = Stream(settings, self.api, self.rules, self.resume, events, self._clock)

    def __iter__(self) -> Iterator[Item]:
        """Tweets as they come, until it is closed.

        Raises:
            ConfigError: X refuses the credential, the plan or a rule.
            SourceError: X refuses the request itself.
        """
        try:
            yield from self._streamed() if self._settings.mode == "stream" else self._searched()
        finally:
            self.close()
            self.resume.save()

    def acknowledged(self, tweets: Sequence[Tweet]) -> None:
        """Kafka has these tweets, told in the order in which they were yielded."""
        self.resume.acknowledged([native_id(tweet) for tweet in tweets])
        if self._end.is_set():
            self.resume.save()

    def close(self) -> None:
        """End a read that blocks; called from another thread. Iterating then ends soon."""
        self._end.set()
        self._stream.close()

    def _streamed(self) -> Iterator[Item]:
        threads = [
            threading.Thread(target=self._guarded, args=(run,), name=f"twitter {what}", daemon=True)
            for what, run in (("stream", self._stream.run), ("refill", self._refill.run))
        ]
        for thread in threads:
            thread.start()
        try:
            for message in self._mailbox:
                yield from self._taken(message)
        finally:
            self.close()
            for thread in threads:
                thread.join(JOIN_SECONDS)
            self.api.close()

    def _guarded(self, run: Callable[[Callable[[Message], None]], None]) -> None:
        try:
            run(self._mailbox.put)
        except Stopped:
            return
        except BaseException as error:
            try:
                self._mailbox.put(Failed(error))
            except Stopped:
                return

    def _taken(self, message: Message) -> Iterator[Item]:
        match message:
            case Failed(error):
                raise error
            case Alive(id_):
                self.resume.alive(id_)
            case Complete(gap):
                self.resume.read(gap)
            case Refilled(item, gap):
                yield from self._once(item, gap)
            case _:
                yield from self._once(message.item)

    def _searched(self) -> Iterator[Item]:
        """Round by round: each is a gap from where the last one ended, so that one that is broken off is made good."""
        pause = self._settings.search_seconds
        self.resume.begin(id_at(self._clock.now() - self._settle - timedelta(seconds=pause)))
        reached = max(self.resume.frontier or 0, *((gap.until or 1) - 1 for gap in self.resume.gaps), 0)
        while not self._clock.stopped():
            until = id_at(self._clock.now() - self._settle)
            if until > reached:
                self.resume.open(reached, until)
                reached = until - 1
            try:
                yield from self._round(until)
            except Stopped:
                return
            except Refused as refused:
                raise as_error(refused.refusal, "search") from None
            self._clock.sleep(pause)

    def _round(self, until: int) -> Iterator[Item]:
        while taken := self.resume.take(until):
            for item in self._refill.missed(taken.gap):
                self._answered()
                yield from self._once(item, taken.number)
            self._answered()
            self.resume.read(taken.number)

    def _answered(self) -> None:
        if not self._is_connected:
            self._is_connected = True
            self._events.connected()

    def _search_waits(self, fault: Fault, wait: float) -> None:
        """Where the search is all there is, its trouble is an interruption; beside a stream it is a delay."""
        if self._settings.mode == "search":
            self._is_connected = False
            self._events.interrupted(fault, wait)
        else:
            self._events.fault(fault)

    def _once(self, item: Item, gap: int | None = None) -> Iterator[Item]:
        if not isinstance(item, Tweet):
            yield item
        elif self._seen.add(native_id(item)):
            self.resume.yielded(gap)
            yield item

    def _gap_closed(self, gap: Gap, tweets: int) -> None:
        if self._settings.mode == "search" and not self._is_long(gap):
            return
        self._events.gap(GapOutcome.REFILLED, tweets, str(gap.after), time_of(gap.after))

    def _is_long(self, gap: Gap) -> bool:
        """Whether a round of the search is more than the usual one: nobody asked for a while."""
        return time_of(gap.until or 0) - time_of(gap.after) > timedelta(seconds=3 * self._settings.search_seconds)

    def _tell_budget(self, budget: Budget) -> None:
        self._events.budget(budget.endpoint, budget.left, budget.limit, budget.resets_at)


class _Seen:
    """The last ids."""

    def __init__(self) -> None:
        self._ids: set[int] = set()
        self._order: deque[int] = deque()

    def add(self, id_: int) -> bool:
        """Whether it is new."""
        if id_ in self._ids:
            return False
        self._ids.add(id_)
        self._order.append(id_)
        if len(self._order) > REMEMBERED:
            self._ids.discard(self._order.popleft())
        return True


def state_file(state_dir: Path) -> Path:
    """Where it is remembered how far Kafka has X's tweets."""
    return state_dir / "sources" / "twitter.json"


def token_of(settings: TwitterSettings) -> str:
    """The bearer token of the settings.

    Raises:
        ConfigError: there is none, its file can't be read, or it can't be one; it is never quoted.
    """
    token = ""
    if settings.bearer_token is not None:
        token = settings.bearer_token.get_secret_value()
    elif settings.bearer_token_file is not None:
        token = token_in(settings.bearer_token_file, "bearer token", f"{TOKEN_SETTING}_FILE")
    token = token.strip().removeprefix("Bearer ").strip()
    if not token:
        raise ConfigError(
            f"X needs a bearer token: get one at {PORTAL} (your app, Keys and tokens), and set {TOKEN_SETTING}, "
            f"or {TOKEN_SETTING}_FILE to a file that holds it"
        )
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ConfigError(f"{TOKEN_SETTING} is no bearer token: it holds a space or a sign that none has")
    return token
