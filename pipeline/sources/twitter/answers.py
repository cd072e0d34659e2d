"""Reads X's answers: the reason of a refusal, the rest of a budget, the reason of a disconnect. Pure.

Statuses and problem types are those of X's pages "Response codes & errors" and "Handling disconnections".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Literal

import orjson

from pipeline.errors import ConfigError, PipelineError, SourceError
from pipeline.sources.live.feed import Interrupted
from pipeline.sources.source import Fault

PORTAL = "https://developer.x.com/en/portal/dashboard"
TOKEN_SETTING = "TWEETPULSE_TWITTER__BEARER_TOKEN"  # noqa: S105 - a name, not a token

_QUOTA_MARKS = ("usagecap", "usage-cap", "credits", "spend-cap", "spendcap")
_NEEDS = {
    "stream": ("the filtered stream", ", or collect with --mode search"),
    "search": ("recent search", ""),
}
_OPERATIONAL = ("operational-disconnect", "connectionexception", "streaming-connection")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why X did not do what was asked.

    Attributes:
        fault: its kind.
        status: the answer's HTTP status; 200 where a stream that ran was ended.
        title: what X calls it, `reason` included; no text of its own making.
        wait: seconds after which X says to come again.
        is_final: coming again is of no use.
        host: the server that could not be reached.
    """

    fault: Fault
    status: int
    title: str = ""
    wait: float | None = None
    is_final: bool = False
    host: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """The rest of a rate limit until it is full again."""

    endpoint: str
    left: int
    limit: int
    resets_at: datetime


class Refused(Exception):
    """X refuses a request, or has ended a stream."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.fault} ({refusal.status})")
        self.refusal = refusal


def refusal_of(status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
    """The error in an answer of 400 and more."""
    problem = _object(body)
    title = _title(problem)
    # Before 429, which X also answers for a used-up quota: that one ends with the billing period, not in minutes.
    if _is_quota(title) or status == 402:
        return Refusal(Fault.QUOTA, status, title)
    if status in (420, 429):
        return _too_many(status, headers, title)
    if status >= 500 or status == 408:
        return Refusal(Fault.SERVER, status, title)
    if status == 409:
        # The stream has no rules: somebody took ours away.
        return Refusal(Fault.OTHER, status, title)
    if status == 401 or "unsupported-authentication" in title.lower():
        return Refusal(Fault.UNAUTHORIZED, status, title, is_final=True)
    return Refusal(Fault.FORBIDDEN if status == 403 else Fault.OTHER, status, title, is_final=True)


def ended_by(problem: Mapping[str, Any]) -> Refusal | None:
    """Why X ends a stream, by what it sends in it; None for a message of another kind, such as a tweet."""
    if "data" in problem:
        return None
    title = _title(problem)
    if _is_quota(title):
        return Refusal(Fault.QUOTA, 200, title)
    if "errors" in problem or any(mark in title.lower() for mark in _OPERATIONAL):
        return Refusal(Fault.DISCONNECTED, 200, title)
    return None


def budget_of(endpoint: str, headers: Mapping[str, str]) -> Budget | None:
    """The rate limit that an answer tells of; None if it tells of none."""
    try:
        left, limit = int(headers["x-rate-limit-remaining"]), int(headers["x-rate-limit-limit"])
        return Budget(endpoint, left, limit, datetime.fromtimestamp(int(headers["x-rate-limit-reset"]), UTC))
    except (KeyError, ValueError, OverflowError):
        return None


def endpoint_of(path: str) -> str:
    """The rate limit that a path counts for: a closed list."""
    for ending, name in (("/rules", "rules"), ("/stream", "stream"), ("/recent", "search")):
        if path.endswith(ending):
            return "counts" if "/counts/" in path else name
    return "other"


def server_now(headers: Mapping[str, str], now: datetime) -> datetime:
    """The time by the server's clock: ours, where it is within the second that the server tells."""
    second = server_time(headers)
    return now if second is None else min(max(now, second), second + timedelta(seconds=1))


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """The server's time; whole seconds."""
    try:
        time = parsedate_to_datetime(headers["Date"])
    except (KeyError, TypeError, ValueError):
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def as_error(refusal: Refusal, mode: Literal["stream", "search"] = "stream") -> PipelineError:
    """The one line for a person, where coming again is of no use."""
    said = f"{refusal.status}{f', {refusal.title}' if refusal.title else ''}"
    if "unsupported-authentication" in refusal.title.lower():
        return ConfigError(
            f"X does not accept this kind of credential ({said}): set {TOKEN_SETTING} to the app's own bearer token "
            f"(app-only), from {PORTAL}"
        )
    if refusal.fault is Fault.UNAUTHORIZED:
        return ConfigError(
            f"X refuses the bearer token ({said}): make a new one at {PORTAL} (your app, Keys and tokens), "
            f"and set {TOKEN_SETTING}"
        )
    if refusal.fault is Fault.FORBIDDEN:
        wanted, way_out = _NEEDS[mode]
        return ConfigError(
            f"the X account may not do that ({said}): attach the app to a project whose plan has {wanted} "
            f"({PORTAL}){way_out}"
        )
    if refusal.fault is Fault.NETWORK:
        return SourceError(
            f"{refusal.host or 'X'} can't be reached: is this machine online, and does it need a proxy (HTTPS_PROXY)?"
        )
    if not refusal.is_final:
        return SourceError(f"X does not answer now ({said}): try again later")
    return SourceError(
        f"X refuses the request itself ({said}): look at the rules (tweetpulse collect twitter --dry-run), "
        "and set twitter.backfill_minutes to 0 if the plan has no backfill"
    )


def interruption(refusal: Refusal) -> Interrupted:
    """For the runtime, where coming again is of use."""
    return Interrupted(refusal.fault, refusal.wait, refused=refusal.status != HTTPStatus.OK, host=refusal.host)


def _too_many(status: int, headers: Mapping[str, str], title: str) -> Refusal:
    if "connection" in title.lower():
        # The connection that was lost still counts there, and no reset ends that.
        return Refusal(Fault.DISCONNECTED, status, title)
    budget = budget_of("", headers)
    # With requests left, it was another limit that refused this one, and the reset of this budget says nothing.
    if budget is None or budget.left > 0:
        return Refusal(Fault.RATE_LIMIT, status, title)
    wait = budget.resets_at - server_now(headers, datetime.now(UTC))
    # A second more, since the server's clock is known to the second only.
    return Refusal(Fault.RATE_LIMIT, status, title, wait=max(0.0, wait.total_seconds()) + 1.0)


def _is_quota(title: str) -> bool:
    return any(mark in title.lower() for mark in _QUOTA_MARKS)


def _title(problem: Mapping[str, Any]) -> str:
    """`title`, `reason`, `disconnect_type` and the end of `type`, of the problem or of its first error."""
    errors = problem.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    type_ = problem.get("type") or first.get("type")
    words = [
        problem.get("title"), first.get("title"), problem.get("reason"), first.get("reason"),
        problem.get("disconnect_type") or first.get("disconnect_type"), problem.get("connection_issue"),
        type_.rpartition("/")[2] if isinstance(type_, str) and type_ != "about:blank" else None,
    ]  # fmt: skip
    # They are X's own words, but nothing that comes from outside is shown unbounded.
    return ", ".join(dict.fromkeys(word[:60] for word in words if isinstance(word, str) and word.isprintable()))


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
