"""The waits after faults, with those of X and of Mastodon as they are."""

from __future__ import annotations

from itertools import pairwise

import pytest
from tenacity import Future, RetryCallState, Retrying

from pipeline.domain.faults import Fault
from pipeline.sources.live.backoff import JITTER, Backoff
from pipeline.sources.live.feed import Interrupted, Waits
from pipeline.sources.mastodon.waits import WAITS as MASTODON
from pipeline.sources.twitter.waits import WAITS as X


def exact(waits: Waits) -> Backoff:
    """Without what is random."""
    return Backoff(waits, uniform=lambda least, most: least)


def waited(backoff: Backoff, why: Interrupted) -> float:
    """After one more attempt that failed so."""
    state = RetryCallState(Retrying(), None, (), {})
    state.outcome = Future.construct(1, why, has_exception=True)
    return backoff(state)


def in_a_row(waits: Waits, why: Interrupted, times: int = 100) -> list[float]:
    backoff = exact(waits)
    return [waited(backoff, why) for _ in range(times)]


@pytest.mark.parametrize("fault", [Fault.NETWORK, Fault.STALL, Fault.DISCONNECTED])
def test_a_lost_connection_to_x_is_made_anew_at_once(fault: Fault) -> None:
    """Then a quarter of a second later each time, up to 16 seconds."""
    found = in_a_row(X, Interrupted(fault))
    assert found[:4] == [0.0, 0.25, 0.5, 0.75]
    assert found[-1] == 16.0


@pytest.mark.parametrize(
    ("waits", "fault", "first", "most"),
    [
        (X, Fault.SERVER, 5.0, 320.0),
        (X, Fault.RATE_LIMIT, 60.0, 960.0),
        (X, Fault.QUOTA, 900.0, 3_600.0),
        (X, Fault.DISCONNECTED, 5.0, 320.0),
        (MASTODON, Fault.SERVER, 1.0, 60.0),
        (MASTODON, Fault.RATE_LIMIT, 1.0, 60.0),
    ],
)
def test_a_refusal_doubles(waits: Waits, fault: Fault, first: float, most: float) -> None:
    """As the API documents, by kind."""
    found = in_a_row(waits, Interrupted(fault, refused=True))
    assert (found[0], found[-1]) == (first, most)
    assert all(after in (before * 2, most) for before, after in pairwise(found))


def test_every_fault_has_a_wait() -> None:
    """Of a closed list, also those that a source does not name."""
    for waits in (X, MASTODON):
        for fault in Fault:
            assert all(0 <= wait <= 3_600 for wait in in_a_row(waits, Interrupted(fault), 20))


def test_what_the_server_says_counts_once() -> None:
    """If it did not help, the wait grows as if nothing had been said."""
    assert in_a_row(X, Interrupted(Fault.RATE_LIMIT, 2.0, refused=True), 3) == [2.0, 120.0, 240.0]
    assert in_a_row(X, Interrupted(Fault.RATE_LIMIT, 500.0, refused=True), 2) == [500.0, 500.0]


def test_what_the_server_says_is_bounded() -> None:
    """A server that says to come again in a year is asked before that."""
    assert in_a_row(MASTODON, Interrupted(Fault.RATE_LIMIT, 1e9), 2) == [900.0, 900.0]


def test_a_connection_that_lived_begins_anew() -> None:
    backoff = exact(X)
    before = [waited(backoff, Interrupted(Fault.NETWORK)) for _ in range(5)]
    backoff.succeeded()
    assert (before[-1], waited(backoff, Interrupted(Fault.NETWORK))) == (1.0, 0.0)


def test_waits_are_longer_at_random_and_never_shorter() -> None:
    """Two clients of one server do not come back together, and neither comes before it may."""
    backoffs = [Backoff(X) for _ in range(50)]
    found = {waited(backoff, Interrupted(Fault.SERVER)) for backoff in backoffs}
    assert len(found) > 40
    assert min(found) >= 5.0
    assert max(found) <= 5.0 * (1 + JITTER)
