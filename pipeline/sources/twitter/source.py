"""X as a source: its stream, or its search where the account has no stream."""

from __future__ import annotations

from datetime import timedelta

from pipeline.errors import ConfigError
from pipeline.sources.live.feed import Feed
from pipeline.sources.pacing import Clock
from pipeline.sources.source import SourceEvents
from pipeline.sources.tokens import token_in
from pipeline.sources.twitter.answers import PORTAL, TOKEN_SETTING, Budget
from pipeline.sources.twitter.api import Api
from pipeline.sources.twitter.gaps import Gaps
from pipeline.sources.twitter.polling import Polling
from pipeline.sources.twitter.rules import rules_of
from pipeline.sources.twitter.search import NAME, Search
from pipeline.sources.twitter.settings import TwitterSettings
from pipeline.sources.twitter.stream import Stream
from pipeline.sources.twitter.waits import WAITS

STATE = "twitter"


class TwitterSource:
    """Tweets of X that match the rules, from now on; what was missed since the last time comes too.

    Args:
        settings: the rules, the credential and how.
        events: told what is left of X's rate limits.
        clock: the time; it is also asked whether to stop.

    Raises:
        ConfigError: there is no token, or X would not take a rule.
    """

    name = NAME
    state = STATE
    waits = WAITS

    def __init__(self, settings: TwitterSettings, events: SourceEvents, clock: Clock | None = None) -> None:
        clock = clock or Clock()
        self._events = events
        rules = rules_of(
            settings.track, mode=settings.mode, retweets=settings.retweets, longest=settings.rule_characters
        )
        self._api = Api(settings, token_of(settings), tell=self._tell_budget, now=clock.now)
        settle = timedelta(seconds=settings.settle_seconds)
        is_streamed = settings.mode == "stream"
        gaps = Gaps(Search(self._api, rules, settings.retweets, is_strict=not is_streamed), clock, settle)
        feed: Feed
        if is_streamed:
            feed = Stream(settings, self._api, rules, gaps)
        else:
            feed = Polling(gaps, clock, settle, timedelta(seconds=settings.search_seconds))
        self.feeds = (feed,)

    def close(self) -> None:
        """Let go of all connections."""
        self._api.close()

    def _tell_budget(self, budget: Budget) -> None:
        self._events.budget(budget.endpoint, budget.left, budget.limit, budget.resets_at)


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
