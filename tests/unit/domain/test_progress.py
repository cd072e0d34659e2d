"""The content of a checkpoint's files, and the arithmetic of lag."""

from __future__ import annotations

import pytest

from pipeline.domain.progress import Lag, lag_of, lags, newest_committed, parse_offsets, parse_start
from pipeline.errors import SetupError
from tests.paths import ROOT

RECORDED = ROOT / "tests" / "fixtures" / "exporters" / "checkpoint"


def test_offsets_of_a_batch() -> None:
    """The offsets are those after its last records."""
    text = (RECORDED / "offsets" / "1").read_text()
    topic = "tweets-recorded"
    assert parse_offsets(text) == {(topic, 0): 2, (topic, 1): 2, (topic, 2): 2, (topic, 3): 0}


def test_offsets_of_the_start() -> None:
    """The NUL that Spark puts before the version is passed over."""
    text = (RECORDED / "sources" / "0" / "0").read_text()
    assert text.startswith("\0")
    assert parse_start(text) == {("tweets-recorded", number): 0 for number in range(4)}


def test_offsets_of_several_sources() -> None:
    """They are all there; a source that has none yet (`-`) adds none."""
    text = 'v1\n{}\n{"a":{"0":1}}\n-\n{"b":{"2":3}}'
    assert parse_offsets(text) == {("a", 0): 1, ("b", 2): 3}


@pytest.mark.parametrize(
    "text", ["", "v2\n{}\n{}", "{}", 'v1\n{}\n{"a":', 'v1\n{}\n{"a":1}', 'v1\n{}\n{"a":{"x":1}}', "v1\n{}\n[]"]
)
def test_another_format(text: str) -> None:
    """Whatever is not what Spark writes is said to be so, in one line."""
    with pytest.raises(SetupError, match=r"^the checkpoint .*$"):
        parse_offsets(text)


@pytest.mark.parametrize(
    ("offsets", "commits", "newest"),
    [
        (["0", "1", "2"], ["0", "1"], 1),
        (["8", "9", "10", "11"], ["8", "10"], 10),
        (["0"], [], None),
        (["0", "1"], ["0", "1", "2", "3"], 1),
        ([".4.crc", "3", ".5.0b7e.tmp", "metadata"], ["3", ".4.crc"], 3),
        ([], [], None),
    ],
    ids=["killed", "gaps, and by number", "before the first", "offsets' tail lost", "drafts", "empty"],
)
def test_newest_committed(offsets: list[str], commits: list[str], newest: int | None) -> None:
    """The newest batch that both folders have, by number."""
    assert newest_committed(offsets, commits) == newest


@pytest.mark.parametrize(
    ("committed", "beginning", "end", "lag"),
    [
        (10, 0, 10, Lag(0)),
        (4, 0, 10, Lag(6, next_offset=4)),
        (0, 0, 0, Lag(0)),
        (4, 7, 10, Lag(3, expired=3, next_offset=7)),
        (4, 10, 10, Lag(0, expired=6)),
        (None, 3, 10, Lag(7, next_offset=3)),
        (11, 2, 10, Lag(8, next_offset=2)),
    ],
    ids=["drained", "behind", "empty", "expired", "all expired", "new partition", "topic made anew"],
)
def test_lag(committed: int | None, beginning: int, end: int, lag: Lag) -> None:
    """Records that can still be read are lag; those that were deleted unread are expired."""
    assert lag_of(committed, beginning, end) == lag


def test_lags_of_all_that_the_broker_has() -> None:
    """A partition that no batch knows counts from its beginning; one that the broker lacks does not count."""
    assert lags({("a", 0): 3, ("gone", 0): 9}, {("a", 1): (0, 2), ("a", 0): (0, 5)}) == {
        ("a", 0): Lag(2, next_offset=3),
        ("a", 1): Lag(2, next_offset=0),
    }
