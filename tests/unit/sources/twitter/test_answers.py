from datetime import UTC, datetime, timedelta

import orjson
import pytest

from pipeline.errors import ConfigError, SourceError
from pipeline.sources.source import Fault
from pipeline.sources.twitter.answers import (
    Budget,
    Refusal,
    as_error,
    budget_of,
    ended_by,
    endpoint_of,
    refusal_of,
    server_now,
    server_time,
)

PROBLEMS = "https://api.twitter.com/2/problems/"
CAPPED = {"title": "UsageCapExceeded", "detail": "Usage cap exceeded: Monthly product cap", "period": "Monthly",
          "scope": "Product", "type": PROBLEMS + "usage-capped"}  # fmt: skip
CREDITS = {"title": "CreditsDepleted", "detail": "Your account has no credits", "type": PROBLEMS + "credits"}
BUSY = {"title": "ConnectionException", "detail": "This stream is currently at the maximum allowed connection limit.",
        "connection_issue": "TooManyConnections", "type": PROBLEMS + "streaming-connection"}  # fmt: skip
NOT_ENROLLED = {"title": "Client Forbidden", "required_enrollment": "Appropriate Level of API Access",
                "reason": "client-not-enrolled", "type": PROBLEMS + "client-forbidden"}  # fmt: skip
USER_TOKEN = {"title": "Unsupported Authentication", "type": PROBLEMS + "unsupported-authentication"}


def refusal(status, body=None, **headers):
    return refusal_of(status, headers, orjson.dumps(body or {}))


@pytest.mark.parametrize(
    ("status", "body", "fault", "is_final"),
    [
        (401, {"title": "Unauthorized"}, Fault.UNAUTHORIZED, True),
        (403, USER_TOKEN, Fault.UNAUTHORIZED, True),
        (403, NOT_ENROLLED, Fault.FORBIDDEN, True),
        (403, CAPPED, Fault.QUOTA, False),
        (429, CAPPED, Fault.QUOTA, False),
        (402, CREDITS, Fault.QUOTA, False),
        (403, CREDITS, Fault.QUOTA, False),
        (402, None, Fault.QUOTA, False),
        (429, None, Fault.RATE_LIMIT, False),
        (420, None, Fault.RATE_LIMIT, False),
        (429, BUSY, Fault.DISCONNECTED, False),
        (500, None, Fault.SERVER, False),
        (503, {"title": "Service Unavailable"}, Fault.SERVER, False),
        (408, None, Fault.SERVER, False),
        (409, {"title": "ConnectionException"}, Fault.OTHER, False),
        (400, {"title": "Invalid Request"}, Fault.OTHER, True),
        (404, None, Fault.OTHER, True),
    ],
)
def test_a_refusal_by_what_x_says(status, body, fault, is_final):
    """A used-up quota is not a rate limit, though both come with 429; what waiting can't mend is final."""
    found = refusal(status, body)
    assert (found.fault, found.is_final) == (fault, is_final)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'"text"', b'{"errors": 3}', b'{"errors": [3], "type": 3}'])
def test_a_body_of_any_kind_is_read(body):
    """A proxy's page is no JSON."""
    assert refusal_of(503, {}, body) == Refusal(Fault.SERVER, 503)


def test_a_rate_limit_says_when_to_come_again():
    """By the server's clock, and a little later; not if something is left of it, or it is over."""
    headers = {"x-rate-limit-limit": "50", "x-rate-limit-remaining": "0", "x-rate-limit-reset": "1700000100",
               "Date": "Tue, 14 Nov 2023 22:13:20 GMT"}  # fmt: skip
    assert refusal(429, **headers).wait == 100.0
    assert refusal(429, **headers | {"x-rate-limit-reset": "1600000000"}).wait == 1.0
    assert refusal(429, **headers | {"x-rate-limit-remaining": "7"}).wait is None
    assert refusal(429, BUSY, **headers).wait is None


def test_a_stream_is_ended_by_a_message():
    """Not by a tweet, even one that comes with errors of what it refers to."""
    payload = {"errors": [{"title": "operational-disconnect", "disconnect_type": "UpstreamOperationalDisconnect",
                           "type": PROBLEMS + "operational-disconnect"}]}  # fmt: skip
    assert ended_by(payload).fault is Fault.DISCONNECTED
    assert ended_by(BUSY).fault is Fault.DISCONNECTED
    assert ended_by({"errors": [CAPPED]}).fault is Fault.QUOTA
    assert ended_by({"data": {"id": "1"}, "errors": [{"title": "Not Found Error"}]}) is None
    assert ended_by({"something": "new"}) is None


def test_a_budget_is_read_where_it_is_told():
    headers = {"x-rate-limit-limit": "450", "x-rate-limit-remaining": "449", "x-rate-limit-reset": "1700000000"}
    assert budget_of("search", headers) == Budget("search", 449, 450, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC))
    assert budget_of("search", {}) is None
    assert budget_of("search", headers | {"x-rate-limit-reset": "soon"}) is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/2/tweets/search/stream", "stream"),
        ("/2/tweets/search/stream/rules", "rules"),
        ("/2/tweets/search/recent", "search"),
        ("/2/tweets/counts/recent", "counts"),
        ("/2/tweets/1", "other"),
    ],
)
def test_endpoints_are_a_closed_list(path, name):
    assert endpoint_of(path) == name


@pytest.mark.parametrize("headers", [{}, {"Date": ""}, {"Date": "now"}])
def test_a_server_without_the_time(headers):
    now = datetime.now(UTC)
    assert (server_time(headers), server_now(headers, now)) == (None, now)


@pytest.mark.parametrize(("ours", "taken"), [(-60, 0.0), (0.25, 0.25), (0.999, 0.999), (1.7, 1.0), (60, 1.0)])
def test_the_servers_clock_counts(ours, taken):
    """It tells whole seconds; within one of them ours is more exact."""
    second = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    headers = {"Date": "Tue, 14 Nov 2023 22:13:20 GMT"}
    assert server_now(headers, second + timedelta(seconds=ours)) == second + timedelta(seconds=taken)


@pytest.mark.parametrize(
    ("found", "mode", "kind", "parts"),
    [
        (refusal(401, {"title": "Unauthorized"}), "stream", ConfigError,
         ["refuses the bearer token (401, Unauthorized)", "developer.x.com", "TWEETPULSE_TWITTER__BEARER_TOKEN"]),
        (refusal(403, USER_TOKEN), "stream", ConfigError, ["the app's own bearer token", "developer.x.com"]),
        (refusal(403, NOT_ENROLLED), "stream", ConfigError,
         ["client-not-enrolled", "plan has the filtered stream", "--mode search"]),
        (refusal(403, NOT_ENROLLED), "search", ConfigError, ["plan has recent search"]),
        (refusal(400, {"title": "Invalid Request"}), "stream", SourceError, ["--dry-run", "backfill_minutes"]),
    ],
)  # fmt: skip
def test_what_waiting_can_not_mend_is_one_line(found, mode, kind, parts):
    """It says which credential or plan, and where to get another."""
    error = as_error(found, mode)
    assert type(error) is kind
    assert [part for part in parts if part not in error.message] == []
    assert "\n" not in error.message
    assert ("--mode search" in error.message) == (mode == "stream" and found.fault is Fault.FORBIDDEN)


def test_what_comes_from_outside_is_bounded():
    """Control characters are not shown, and nothing long."""
    assert refusal(503, {"title": "a\x1b[31m"}).title == ""
    assert len(refusal(503, {"title": "a" * 5_000}).title) == 60
