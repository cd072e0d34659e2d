"""The documents of windows: their ids, and what a tally comes to."""

from __future__ import annotations

import statistics
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.windows.documents import Key, document, id_of, quantile
from pipeline.windows.tally import Fact, Tally

KEY = Key("1h", 3600, 1_772_362_800, "Acme", "en")


def window(*facts: Fact, key: Key = KEY) -> dict[str, object]:
    """The field `window` of the document of these facts."""
    tally = Tally()
    tally.add(facts)
    found: dict[str, object] = document(key, tally, "default")["window"]
    return found


def test_the_id_is_the_windows_own() -> None:
    """It is the same in every process, and another one for whatever else."""
    assert id_of(KEY, "default") == "82b0b5569defdba2d6b3a336abddd562"
    others = [
        KEY._replace(seconds=60),
        KEY._replace(start=0),
        KEY._replace(entity=None),
        KEY._replace(entity=""),
        KEY._replace(lang="de"),
    ]
    ids = {id_of(KEY, "other"), *(id_of(key, "default") for key in (KEY, *others))}
    assert len(ids) == 7


def test_times() -> None:
    """The begin is in the window, the end is not; also before 1970."""
    found = document(KEY, Tally(), "default")
    begin, end = datetime(2026, 3, 1, 11, tzinfo=UTC), datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert (found["@timestamp"], found["event"]["start"], found["event"]["end"]) == (begin, begin, end)
    assert document(KEY._replace(start=-3600), Tally(), "d")["@timestamp"] == datetime(1969, 12, 31, 23, tzinfo=UTC)


def test_nothing_is_divided_by_nothing() -> None:
    """Without a tweet that is scored, judged or by somebody, there are no shares, means and authors."""
    found = window(Fact("retweet", "negative", -0.5), Fact("reply", "unsupported"))
    assert found == {
        "namespace": "default",
        "length": "1h",
        "seconds": 3600,
        "scope": "entity",
        "tweets": 1,
        "retweets": 1,
        "scored": 0,
        "negative": 0,
        "neutral": 0,
        "positive": 0,
        "unsupported": 1,
        "judged": 0,
        "complaints": 0,
        "hashtags_left_out": 0,
    }


def test_all_tweets() -> None:
    """A window of all tweets names no entity."""
    found = document(KEY._replace(entity=None), Tally(), "default")
    assert (found["window"]["scope"], found["tweet"]) == ("all", {"lang": "en"})


def test_ties_among_hashtags() -> None:
    """The ten most frequent ones; of equally frequent ones those that come first in the alphabet."""
    tags = "kjihgfedcba"
    found = window(*(Fact("reply", None, hashtags=(tag,)) for tag in tags), Fact("reply", None, hashtags=("k",)))
    assert found["hashtags"] == ["k", *"abcdefghi"]
    assert found["hashtag_counts"] == [2, *[1] * 9]


@given(st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=50))
def test_the_histogram_is_as_exact_as_its_bins(steps: list[int]) -> None:
    """A quantile is at most half a bin, 0.01, away from the true one; mean and deviation are exact."""
    compound = window(*(Fact("reply", None, step / 10_000) for step in steps))["compound"]
    assert isinstance(compound, dict)
    for percent in (10, 25, 50, 75, 90):
        rank = -(-percent * len(steps) // 100)
        assert abs(compound[f"p{percent}"] - sorted(steps)[rank - 1] / 10_000) <= 0.01 + 1e-12
    values = [step / 10_000 for step in steps]
    assert compound["mean"] == pytest.approx(statistics.fmean(values), abs=1e-12)
    assert compound["deviation"] == pytest.approx(statistics.pstdev(values), abs=1e-9)
    assert sum(compound["counts"]) == compound["count"] == len(steps)


def test_no_quantile_of_nothing() -> None:
    """It is an error of the caller's."""
    with pytest.raises(ValueError, match="no compound"):
        quantile({}, 50)
