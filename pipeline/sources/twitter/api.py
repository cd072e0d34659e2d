"""X's API over HTTP: tweepy builds the requests, the loops and the waits are ours.

tweepy sleeps by itself where it is refused, splits lines by characters and tells nobody why; so its clients are
given a session that refuses, and a stream that only opens.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

import orjson
import requests
import tweepy
import urllib3
from requests.adapters import HTTPAdapter
from tweepy.streaming import BaseStream

from pipeline.sources.source import Fault
from pipeline.sources.twitter.answers import (
    Budget,
    Refusal,
    Refused,
    budget_of,
    endpoint_of,
    refusal_of,
    server_now,
)
from pipeline.sources.twitter.lines import Lines
from pipeline.sources.twitter.rules import Held, Rule
from pipeline.sources.twitter.settings import TwitterSettings

HOST = "https://api.twitter.com"
"""The host that tweepy's code has."""

CONNECT_SECONDS, ANSWER_SECONDS = 10.0, 30.0
CHUNK_BYTES = 65_536
MAX_ANSWER_BYTES = 32_000_000
"""Of an answer, unpacked: a hundred tweets have a tenth of it. What is longer is no answer, and is not read."""

WAITED_SECONDS = 0.05
PAGE = 100
RULES_AT_ONCE = 100

FIELDS = {
    "expansions": ["author_id", "geo.place_id", "referenced_tweets.id", "referenced_tweets.id.author_id"],
    "tweet_fields": [
        "id", "text", "author_id", "created_at", "lang", "geo", "note_tweet", "public_metrics", "referenced_tweets",
        "in_reply_to_user_id",
    ],
    "user_fields": ["id", "username", "public_metrics", "location"],
    "place_fields": ["id", "full_name", "name", "country", "country_code", "geo"],
}  # fmt: skip
"""The fields that are requested with each tweet: those of a record, and no more."""

Json = dict[str, Any]


class Elsewhere(HTTPAdapter):
    """Sends what is for tweepy's fixed address to another, and lets no request wait for ever."""

    def __init__(self, base: str | None = None) -> None:
        super().__init__()
        self._base = base.rstrip("/") if base else None

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send one request; without a time-out of its own it gets one."""
        if self._base is not None and request.url is not None:
            request.url = self._base + request.url.removeprefix(HOST)
            # The environment's proxies were chosen for tweepy's host, and not for this one.
            options["proxies"] = None
        if not options.get("timeout"):
            options["timeout"] = (CONNECT_SECONDS, ANSWER_SECONDS)
        answer = super().send(request, *args, **options)
        # The body of an error is read even where a stream was asked for, because `_check` looks into it.
        if not options.get("stream") or answer.status_code >= 400:
            _read_bounded(answer)
        return answer


def _read_bounded(answer: requests.Response) -> None:
    """Read an answer as requests would, but for one without end."""
    body = answer.raw.read(MAX_ANSWER_BYTES + 1, decode_content=True)
    if len(body) > MAX_ANSWER_BYTES:
        answer.close()
        raise requests.exceptions.ContentDecodingError("the answer is too long")
    answer._content = body
    answer._content_consumed = True


class _Opening(BaseStream):  # type: ignore[misc]
    """tweepy's stream as far as the request: it stands where its loop would, and keeps the answer."""

    answer: requests.Response

    def _connect(
        self, method: str, url: str, params: Any = None, timeout: tuple[float, float] | None = None, **_: Any
    ) -> None:
        self.session.headers["User-Agent"] = self.user_agent
        self.answer = self.session.request(method, url, params=params, timeout=self.timeout, stream=True)

    timeout: tuple[float, float] = (CONNECT_SECONDS, ANSWER_SECONDS)


# In this order of the bases, tweepy's client calls `_connect` of `_Opening` in place of that of its own BaseStream.
class _Stream(tweepy.StreamingClient, _Opening):  # type: ignore[misc]
    """tweepy's address, parameters and credentials; then `_Opening` instead of its loop."""


class Connection:
    """A filtered stream that is open.

    Args:
        answer: the stream.
        now: the time, if the server does not tell it.
        monotonic: seconds that never go back.

    Attributes:
        opened_at: when it was opened, by the server's clock where it tells the time.
    """

    def __init__(
        self,
        answer: requests.Response,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.opened_at = server_now(answer.headers, now())
        self._answer = answer
        self._monotonic = monotonic
        self._opened = self._read_all = monotonic()

    @property
    def read_until(self) -> datetime:
        """Until when all that was sent has been read: later there may be more that waits in the network's buffers.

        Where nobody takes tweets for a while, they are not read, and a keep-alive among them is old when it is.
        """
        return self.opened_at + timedelta(seconds=self._read_all - self._opened)

    def lines(self) -> Iterator[bytes]:
        """The lines as they come; an empty one is a keep-alive. It ends when X ends it.

        Raises:
            Refused: the network fails.
        """
        lines = Lines()
        with _network_errors():
            while chunk := self._read():
                yield from lines.feed(chunk)

    def _read(self) -> bytes:
        begun = self._monotonic()
        chunk: bytes = self._answer.raw.read1(CHUNK_BYTES, decode_content=True)
        if self._monotonic() - begun >= WAITED_SECONDS:
            # The read had to wait, so all that had arrived when it began was read before.
            self._read_all = begun
        return chunk

    def close(self) -> None:
        """End it; a read that blocks in another thread ends too."""
        with suppress(ValueError, RuntimeError, OSError):  # It may be closed already.
            self._answer.raw.shutdown()

    def release(self) -> None:
        """Let go of the socket, from the thread that reads."""
        self._answer.close()


class Api:
    """The endpoints that a source needs, for one bearer token.

    Args:
        settings: where it is, and how long a stream may be silent until the runtime ends it.
        token: the app's bearer token; it is in the requests, and nowhere else.
        tell: told what each answer says of its rate limit.
        now: the time, for a server that does not tell it.
    """

    def __init__(
        self,
        settings: TwitterSettings,
        token: str,
        *,
        tell: Callable[[Budget], object] = lambda budget: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        # At its level "debug" tweepy writes the headers of each request, with the token.
        logging.getLogger("tweepy").setLevel(logging.WARNING)
        self._tell = tell
        self._now = now
        self._stream = _Stream(token, return_type=requests.Response)
        # The runtime ends a silent stream before this time-out does.
        self._stream.timeout = (CONNECT_SECONDS, settings.stall_seconds + ANSWER_SECONDS)
        self._client = tweepy.Client(token, return_type=requests.Response)
        for session in (self._stream.session, self._client.session):
            session.mount("https://", Elsewhere(settings.api_url))
            session.hooks["response"].append(self._check)
            # Else an entry of ~/.netrc would take the token's place.
            session.auth = _as_it_is

    def held_rules(self) -> list[Held]:
        """The rules that the account has.

        Raises:
            Refused: X does not say.
        """
        answer = self._ask(self._stream.get_rules)
        return [
            Held(str(rule["id"]), str(rule.get("value", "")), str(rule.get("tag") or ""))
            for rule in answer.get("data") or []
        ]

    def add_rules(self, rules: Sequence[Rule], *, dry_run: bool = False) -> list[tuple[str, str]]:
        """Add rules; those that X does not take are returned as their text and why.

        Raises:
            Refused: X does not answer as it should.
        """
        refused: list[tuple[str, str]] = []
        for first in range(0, len(rules), RULES_AT_ONCE):
            few = [tweepy.StreamRule(value=rule.value, tag=rule.tag) for rule in rules[first : first + RULES_AT_ONCE]]
            try:
                answer = self._ask(self._stream.add_rules, few, **({"dry_run": "true"} if dry_run else {}))
            except RulesRefused as error:
                answer = error.answer
            refused += [_why(error) for error in answer.get("errors") or []]
        return refused

    def delete_rules(self, rules: Sequence[Held]) -> None:
        """Delete rules.

        Raises:
            Refused: X does not answer as it should.
        """
        for first in range(0, len(rules), RULES_AT_ONCE):
            self._ask(self._stream.delete_rules, [rule.id for rule in rules[first : first + RULES_AT_ONCE]])

    def connect(self, *, backfill_minutes: int = 0) -> Connection:
        """Open the filtered stream.

        Raises:
            Refused: X does not open it, or can't be reached.
        """
        backfill = {"backfill_minutes": backfill_minutes} if backfill_minutes else {}
        with _network_errors():
            self._stream.running = False
            self._stream.filter(**FIELDS, **backfill)
        return Connection(self._stream.answer, now=self._now)

    def search(self, query: str, *, since_id: int | None, until_id: int | None, page: str | None) -> Json:
        """A page of what was written between two ids, both exclusive; the newest first.

        Raises:
            Refused: X does not answer as it should.
        """
        options = {"since_id": since_id, "until_id": until_id, "next_token": page}
        given = {name: str(value) for name, value in options.items() if value is not None}
        return self._ask(self._client.search_recent_tweets, query, max_results=PAGE, **given, **FIELDS)

    def count(self, query: str) -> int:
        """The number of tweets of the last seven days that a query finds. It reads none of them.

        Raises:
            Refused: X does not say.
        """
        answer = self._ask(self._client.get_recent_tweets_count, query, granularity="day")
        return int((answer.get("meta") or {}).get("total_tweet_count", 0))

    def close(self) -> None:
        """Let go of all connections."""
        self._stream.session.close()
        self._client.session.close()

    def _ask(self, call: Callable[..., Any], *args: Any, **options: Any) -> Json:
        with _network_errors():
            answer = call(*args, **options)
        try:
            found = orjson.loads(answer.content)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise Refused(Refusal(Fault.SERVER, answer.status_code, "not a JSON object"))
        return cast(Json, found)

    def _check(self, answer: requests.Response, **_: Any) -> None:
        endpoint = endpoint_of(urlsplit(answer.url or "").path)
        budget = budget_of(endpoint, answer.headers)
        if budget is not None:
            self._tell(budget)
        if answer.status_code >= 400:
            body = answer.content
            if answer.status_code in (400, 422) and endpoint == "rules":
                raise RulesRefused(answer.status_code, answer.headers, body)
            raise Refused(refusal_of(answer.status_code, answer.headers, body))


class RulesRefused(Refused):
    """None of the rules was taken.

    Attributes:
        answer: what X says, rule by rule.
    """

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(refusal_of(status, headers, body))
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError:
            found = None
        self.answer: Json = found if isinstance(found, dict) and isinstance(found.get("errors"), list) else {}
        if not self.answer:
            self.answer = {"errors": [{"title": self.refusal.title}]}


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _why(error: Any) -> tuple[str, str]:
    problem = error if isinstance(error, dict) else {}
    details = problem.get("details") or [problem.get("detail") or problem.get("message") or problem.get("title")]
    return str(problem.get("value") or ""), "; ".join(str(detail) for detail in details if detail)


@contextmanager
def _network_errors() -> Iterator[None]:
    """Turn what requests and urllib3 raise into a refusal."""
    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        host = _host(error) if isinstance(error, requests.ConnectionError) else ""
        raise Refused(Refusal(Fault.NETWORK, 200, host=host)) from None


def _host(error: requests.RequestException) -> str:
    return urlsplit(str((error.request.url if error.request else None) or HOST)).netloc
