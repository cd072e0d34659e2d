"""The numbers of a window: exact, the same in whatever order and in however many parts tweets come."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import NewerFormat, SetupError
from pipeline.windows import authors, tally
from pipeline.windows.tally import Fact, Tally, decoded

labels = st.sampled_from(["negative", "neutral", "positive", "unsupported", "no label of ours"])
names = st.text(min_size=1, max_size=5)
facts = st.builds(
    Fact,
    kind=st.sampled_from(["original", "reply", "retweet", None]),
    label=labels,
    compound=st.none() | st.floats(-1, 1),
    complaint=st.sampled_from([None, "complaint", "no_complaint"]),
    reason=st.sampled_from([None, "late_flight", "not a reason", "complaint"]),
    author=st.none() | names,
    hashtags=st.lists(names, unique=True, max_size=3).map(tuple),
)


def counted(*parts: list[Fact]) -> Tally:
    """The tally of facts that come in parts, kept in the checkpoint between them."""
    kept = Tally()
    for part in parts:
        kept = decoded(kept.encoded())
        kept.add(part)
    return kept


@given(st.lists(facts, max_size=30), st.integers(0, 30), st.randoms())
def test_order_and_parts_do_not_matter(found: list[Fact], cut: int, choose: random.Random) -> None:
    """Two parts in one order, and all at once in another."""
    shuffled = choose.sample(found, len(found))
    assert counted(found[:cut], found[cut:]) == counted(shuffled)


def test_retweets_are_only_counted() -> None:
    """They are in no other number."""
    kept = counted([Fact("retweet", "negative", -0.5, "complaint", "late_flight", "ann", ("fail",))])
    assert kept == Tally(retweets=1)
    assert kept.size == 1


def test_reasons_are_labels() -> None:
    """What no model may say is no name of a field; it is a complaint all the same."""
    said = ("late_flight", "a b", "x.y", "complaint", None)
    kept = counted([Fact("reply", None, None, "complaint", reason) for reason in said])
    assert (kept.complaints, kept.judged, dict(kept.reasons)) == (5, 5, {"late_flight": 1})


def test_hashtags_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that came first are counted exactly; the others are left out, and that is counted."""
    monkeypatch.setattr(tally, "MOST_HASHTAGS", 2)
    kept = counted([Fact("reply", None, hashtags=("a", "b")), Fact("reply", None, hashtags=("c", "a"))])
    assert (dict(kept.hashtags), kept.left_out) == ({"a": 2, "b": 1}, 1)


@given(st.lists(st.integers(-10_000, 10_000), min_size=1))
def test_sums_are_exact(steps: list[int]) -> None:
    """Compounds have four decimals, and none of their sum is lost."""
    kept = counted([Fact("reply", "neutral", step / 10_000) for step in steps])
    assert (kept.total, kept.squares) == (sum(steps), sum(step**2 for step in steps))


@pytest.mark.parametrize("state", [b"", b"null", b"[]", b'{"format":1}', b'{"format":1,"tweets":1,"other":2}'])
def test_a_damaged_state(state: bytes) -> None:
    """It is told in one line."""
    with pytest.raises(SetupError, match="move it away"):
        decoded(state)


def test_a_state_of_a_newer_version() -> None:
    """It is refused."""
    newer = Tally().encoded().replace(b'"format":1', b'"format":2')
    with pytest.raises(NewerFormat, match="format 2"):
        decoded(newer)


def test_few_authors_are_counted_exactly() -> None:
    """Up to the limit."""
    kept = authors.smallest([], map(str, range(authors.MOST)))
    assert authors.estimate(kept) == authors.MOST
    assert authors.estimate([]) == 0


def test_many_authors_are_estimated() -> None:
    """Over twenty sets, the mean error is below the standard error, and none is beyond four of it."""
    errors = []
    for seed in range(20):
        kept = authors.smallest([], (f"{seed}-{number}" for number in range(20_000)))
        assert len(kept) == authors.MOST
        errors.append(authors.estimate(kept) / 20_000 - 1)
    standard = 1 / math.sqrt(authors.MOST - 2)
    assert abs(statistics.mean(errors)) < standard
    assert max(map(abs, errors)) < 4 * standard
