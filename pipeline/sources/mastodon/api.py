"""The part of Mastodon's HTTP API that is used: a stream of events, and pages of a timeline."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import orjson
import urllib3
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError, ProtocolError

from pipeline import __version__
from pipeline.errors import ConfigError, SourceError
from pipeline.sources.live.feed import Interrupted
from pipeline.sources.mastodon.settings import MastodonSettings
from pipeline.sources.mastodon.timelines import MAX_TAGS, Timeline
from pipeline.sources.source import Fault
from pipeline.sources.times import parse_time
from pipeline.sources.tokens import token_in

PAGE = 40
"""The most statuses in a page."""

TOKEN_SETTING = "TWEETPULSE_MASTODON__ACCESS_TOKEN"  # noqa: S105 - the name of a setting
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 20.0
CHUNK_BYTES = 65_536
MAX_ANSWER_BYTES = 32_000_000
"""The longest answer that is read, decompressed. A page of forty statuses has about a hundredth of it."""
ENDPOINT = "timelines"
LEAST_WAIT = 1.0
"""The shortest wait for a rate limit, in seconds, also if the server resets it at this moment."""

_WANTS_TOKEN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)
_ABSENT = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)

_COUNT = re.compile(r"[0-9]{1,9}")

TellBudget = Callable[[str, int, int, datetime], None]


class Streaming:
    """An open stream of a timeline."""

    def __init__(self, response: BaseHTTPResponse) -> None:
        self._response = response

    def chunks(self) -> Iterator[bytes]:
        """The bytes as they arrive, until the server closes the connection.

        Raises:
            Interrupted: the connection is lost.
        """
        while True:
            with _faults():
                chunk = self._response.read1(CHUNK_BYTES)
            if not chunk:
                return
            yield chunk

    def close(self) -> None:
        """End a read that blocks; called from another thread."""
        with suppress(ValueError, RuntimeError, OSError):  # It may be closed already.
            self._response.shutdown()

    def release(self) -> None:
        """Let go of the socket, from the thread that reads."""
        # The body has no end, so the connection can't go back into the pool for another request.
        self._response.close()


class Api:
    """A client of one server, used from several threads.

    Args:
        settings: the server and the token.
        tell_budget: told what is left of the rate limit: endpoint, left, limit, when it is reset.
        now: the time.

    Raises:
        ConfigError: the token's file can't be read.
    """

    def __init__(
        self,
        settings: MastodonSettings,
        tell_budget: TellBudget,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._url = settings.url.rstrip("/")
        self._tell_budget = tell_budget
        self._now = now
        self._token = token_of(settings)
        self._streaming: str | None = None
        # Uncompressed, because a compressor may hold an event back until more of them follow.
        headers = {"User-Agent": f"tweetpulse/{__version__}", "Accept-Encoding": "identity"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        # Redirects are followed here, but whether and when to try again is decided by the runtime.
        self._pool = urllib3.PoolManager(
            headers=headers, maxsize=MAX_TAGS, retries=urllib3.Retry(connect=0, read=0, redirect=3, status=0, other=0)
        )

    @property
    def instance(self) -> str:
        """The server's domain."""
        return urlsplit(self._url).netloc.lower()

    def stream(self, timeline: Timeline) -> Streaming:
        """Open a timeline's stream.

        Raises:
            Interrupted: a temporary fault.
            ConfigError: the server wants a token, or refuses the one that it got.
            SourceError: it refuses the request.
        """
        # Longer than `stall_seconds`: the runtime ends silent streams, and counts them as stalled.
        patience = self._settings.stall_seconds + ANSWER_SECONDS
        return Streaming(self._get(self._streaming_url() + timeline.stream_path, patience))

    def newest(self, timeline: Timeline) -> str | None:
        """The id of the newest status that is listed now; None of an empty timeline.

        Raises:
            Interrupted, ConfigError, SourceError: as `stream`.
        """
        found = self._listed(f"{timeline.list_path}&limit=1")
        return found[0]["id"] if found and isinstance(found[0], dict) else None

    def page(self, timeline: Timeline, after_id: str) -> list[Any]:
        """The statuses that come next after an id, oldest first; none where there are no more.

        Raises:
            Interrupted, ConfigError, SourceError: as `stream`.
        """
        # The server lists the newest status first, also where it is asked for those after an id.
        return self._listed(f"{timeline.list_path}&limit={PAGE}&min_id={after_id}")[::-1]

    def close(self) -> None:
        """Let go of all connections that nobody reads."""
        self._pool.clear()

    def _listed(self, path: str) -> list[Any]:
        response = self._get(self._url + path, ANSWER_SECONDS)
        self._note_budget(response)
        found = _json(response)
        return found if isinstance(found, list) else []

    def _streaming_url(self) -> str:
        """The URL for streams: large servers have a separate host for them, which they name."""
        if self._streaming is None:
            try:
                response = self._get(f"{self._url}/api/v2/instance", ANSWER_SECONDS)
            except (ConfigError, SourceError):
                self._streaming = self._url  # An older server, or another software.
            else:
                self._streaming = _streaming_in(_json(response), self._url)
        return self._streaming

    def _get(self, url: str, read_seconds: float) -> BaseHTTPResponse:
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=read_seconds)
        with _faults(urlsplit(url).netloc):
            # The body is read by the caller, within limits: that of a stream has no end.
            response = self._pool.request("GET", url, preload_content=False, timeout=timeout)
        if response.status == HTTPStatus.OK:
            return response
        response.close()
        raise self._refusal(response)

    def _refusal(self, response: BaseHTTPResponse) -> Exception:
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._note_budget(response)
            return Interrupted(Fault.RATE_LIMIT, self._until(_reset(response)), refused=True)
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Interrupted(Fault.SERVER, refused=True)
        if response.status in _WANTS_TOKEN:
            return ConfigError(_no_entry(self.instance, response.status, has_token=bool(self._token)))
        if response.status in _ABSENT:
            return ConfigError(
                f"{self._url} has no such timeline (HTTP {response.status}): is it a Mastodon server? "
                "Set TWEETPULSE_MASTODON__URL to one"
            )
        return SourceError(f"{self.instance} refuses the request: HTTP {response.status}")

    def _until(self, reset: datetime | None) -> float | None:
        return None if reset is None else max(LEAST_WAIT, (reset - self._now()).total_seconds())

    def _note_budget(self, response: BaseHTTPResponse) -> None:
        left, limit = (response.headers.get(f"X-RateLimit-{name}", "") for name in ("Remaining", "Limit"))
        resets = _reset(response)
        if _COUNT.fullmatch(left) and _COUNT.fullmatch(limit) and resets:
            self._tell_budget(ENDPOINT, int(left), int(limit), resets)


def token_of(settings: MastodonSettings) -> str | None:
    """The access token of the settings, if there is one; it is never quoted.

    Raises:
        ConfigError: its file can't be read, or it can't be one.
    """
    if settings.access_token is not None:
        token = settings.access_token.get_secret_value().strip()
    elif settings.access_token_file is not None:
        token = token_in(settings.access_token_file, "access token", f"{TOKEN_SETTING}_FILE")
        if not token:
            return None  # An empty file is the placeholder of `compose/` for a server that needs no token.
    else:
        return None
    if not (token and token.isascii() and token.isprintable()) or " " in token:
        raise ConfigError(f"{TOKEN_SETTING} is not an access token: it is empty, or has a character that no token has")
    return token


def _no_entry(instance: str, status: int, *, has_token: bool) -> str:
    how = f"make one there (Preferences, Development, New application, scope read), and set {TOKEN_SETTING}"
    if has_token:
        return f"{instance} refuses the access token (HTTP {status}): {how}"
    return f"{instance} shows its timelines only with an access token (HTTP {status}): {how}"


@contextmanager
def _faults(host: str = "") -> Iterator[None]:
    try:
        yield
    except ProtocolError:
        # This comes before its base class HTTPError: only here there was a connection, which has ended.
        raise Interrupted(Fault.DISCONNECTED) from None
    except (HTTPError, OSError):
        raise Interrupted(Fault.NETWORK, host=host) from None


def _json(response: BaseHTTPResponse) -> Any:
    with _faults():
        body = response.read(MAX_ANSWER_BYTES + 1)
    if len(body) > MAX_ANSWER_BYTES:
        response.close()
        raise Interrupted(Fault.SERVER)
    response.release_conn()
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _streaming_in(answer: Any, url: str) -> str:
    try:
        told = str(answer["configuration"]["urls"]["streaming"])
    except (KeyError, TypeError):
        return url
    scheme, _, host = told.rstrip("/").partition("://")
    secure = url.startswith("https://")
    # The token goes there too, so never in the open where the server itself is asked by TLS.
    if not host or scheme not in (("wss", "https") if secure else ("ws", "http", "wss", "https")):
        return url
    return f"{'https' if scheme in ('wss', 'https') else 'http'}://{host}"


def _reset(response: BaseHTTPResponse) -> datetime | None:
    try:
        return parse_time(response.headers.get("X-RateLimit-Reset", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
