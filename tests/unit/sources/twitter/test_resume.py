from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from pipeline.errors import SetupError
from pipeline.sources.times import snowflake_time
from pipeline.sources.twitter.ids import earlier, id_at, time_of
from pipeline.sources.twitter.resume import MOST_GAPS, Gap, Resume, Taken
from tests.unit.sources.fakes import FakeClock


@dataclass
class Closed:
    """What was told of closed gaps."""

    gaps: list = field(default_factory=list)

    def __call__(self, gap, tweets):
        self.gaps.append((gap, tweets))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sources" / "twitter.json"


def saved(path):
    return orjson.loads(path.read_bytes())


def hand_on(resume, *ids, gap=None):
    for _ in ids:
        resume.yielded(gap)
    resume.acknowledged(ids)


def test_the_newest_that_kafka_has_is_known_after_a_restart(path):
    """By its number, not by the order in which they came."""
    resume = Resume(path)
    hand_on(resume, 9, 1_000, 999)
    resume.save()
    assert (saved(path), Resume(path).frontier) == ({"version": 1, "newest": 1_000, "gaps": []}, 1_000)


def test_what_is_handed_on_is_not_what_kafka_has(path):
    resume = Resume(path)
    hand_on(resume, 5)
    resume.yielded()
    resume.save()
    assert Resume(path).frontier == 5


def test_a_gap_is_open_until_kafka_has_all_of_it(path):
    """Handed on is not enough; then it is told with its tweets, and forgotten."""
    closed = Closed()
    resume = Resume(path, closed=closed)
    hand_on(resume, 10)
    resume.lost_connection(8)
    resume.connected(20)
    assert resume.take(19) is None
    taken = resume.take(20)
    assert taken == Taken(0, Gap(8, 20), is_backfilled=False)
    assert resume.take(20) is None
    for _ in range(2):
        resume.yielded(taken.number)
    resume.yielded()  # One of the stream, between.
    resume.read(taken.number)
    resume.acknowledged([11, 12])
    assert (closed.gaps, resume.gaps) == ([], (Gap(8, 20),))
    resume.acknowledged([30])
    assert (closed.gaps, resume.gaps, resume.frontier) == ([(Gap(8, 20), 2)], (), 30)


def test_an_empty_gap_is_closed_at_once(path):
    closed = Closed()
    resume = Resume(path, closed=closed)
    resume.open(5, 9)
    resume.read(resume.take(9).number)
    assert (closed.gaps, resume.frontier) == ([(Gap(5, 9), 0)], 8)


def test_a_gap_survives_a_crash_in_its_middle(path):
    """What was not acknowledged by then is asked for again."""
    resume = Resume(path)
    hand_on(resume, 10)
    resume.lost_connection(8)
    resume.connected(20)
    hand_on(resume, 25)
    hand_on(resume, 11, gap=resume.take(20).number)
    resume.save()
    again = Resume(path)
    assert (again.frontier, again.gaps, again.take(20).gap) == (25, (Gap(8, 20),), Gap(8, 20))


def test_a_crash_while_not_connected_leaves_one_gap(path):
    """It begins where the first loss was, and ends with the next connection."""
    resume = Resume(path)
    hand_on(resume, 10)
    resume.lost_connection(8)
    resume.lost_connection(9)
    resume.save()
    again = Resume(path)
    again.lost_connection(7)
    assert (again.gaps, again.take(10**20)) == ((Gap(8, None),), None)
    again.connected(30)
    assert again.gaps == (Gap(8, 30),)


def test_gaps_that_overlap_are_one(path):
    """But not with one that is being read."""
    resume = Resume(path)
    resume.open(10, 20)
    resume.open(15, 30)
    resume.open(40, 50)
    assert resume.gaps == (Gap(10, 30), Gap(40, 50))
    taken = resume.take(30)
    resume.open(25, 45)
    assert resume.gaps == (Gap(10, 30), Gap(25, 50))
    resume.read(taken.number)
    assert resume.gaps == (Gap(25, 50),)


def test_there_are_never_endless_gaps(path):
    resume = Resume(path)
    for number in range(MOST_GAPS + 1):
        resume.open(number * 10, number * 10 + 5)
    assert resume.gaps == (Gap(0, MOST_GAPS * 10 + 5),)


def test_backfill_covers_what_it_reaches(path):
    """A gap that began before needs the search."""
    resume = Resume(path)
    for after, reach in ((100, 90), (300, 310)):
        resume.lost_connection(after)
        resume.connected(after + 10, backfilled_after=reach)
    assert [resume.take(10_000).is_backfilled for _ in range(2)] == [True, False]


def test_a_lost_gap_is_forgotten(path):
    """How much of it came is known."""
    resume = Resume(path)
    resume.open(10, 20)
    number = resume.take(20).number
    hand_on(resume, 15, gap=number)
    assert (resume.lose(number), resume.gaps) == (1, ())


def test_silence_counts_when_nothing_is_under_way(path):
    """X has shown all that is older: after a quiet night there is nothing to ask for."""
    resume = Resume(path)
    hand_on(resume, 10)
    resume.yielded()
    resume.alive(50)
    assert resume.frontier == 10
    resume.acknowledged([11])
    resume.alive(50)
    assert resume.frontier == 49
    resume.alive(20)
    assert resume.frontier == 49


def test_a_beginning_counts_once(path):
    """It is written down at once: a source that is killed in its first second has a gap too."""
    resume = Resume(path, clock=FakeClock())
    resume.save()
    resume.begin(7)
    resume.begin(9)
    assert (resume.frontier, Resume(path).frontier) == (7, 7)


def test_it_is_written_about_once_a_second(path):
    """And as a whole: no draft is left."""
    clock = FakeClock()
    resume = Resume(path, clock=clock)
    hand_on(resume, 1)
    hand_on(resume, 2)
    assert saved(path)["newest"] == 1
    clock.sleep(1.0)
    hand_on(resume, 3)
    assert saved(path)["newest"] == 3
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"version": 2, "newest": 1, "gaps": []}', b'{"version": 1, "gaps": [{}]}']
)
def test_a_damaged_file_begins_anew(path, content):
    """Better a gap that is not known of than a source that never starts again; it is said."""
    path.parent.mkdir()
    path.write_bytes(content)
    with capture_logs() as lines:
        resume = Resume(path)
    assert (resume.frontier, resume.gaps) == (None, ())
    assert [line["event.action"] for line in lines] == ["source-resume-damaged"]


def test_a_file_that_can_not_be_read_or_written_is_one_line(tmp_path):
    """While it runs, it is only logged: what is on disk still holds."""
    with pytest.raises(SetupError, match="can't be read"):
        Resume(tmp_path)
    resume = Resume(tmp_path / "blocked" / "twitter.json")
    (tmp_path / "blocked").touch()
    with capture_logs() as lines:
        hand_on(resume, 1)
    assert [line["event.action"] for line in lines] == ["source-resume-failed"]
    with pytest.raises(SetupError, match="can't be written"):
        resume.save()


MOMENTS = st.datetimes(datetime(2011, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))


@given(MOMENTS, st.integers(0, 10_000_000))
def test_an_id_holds_its_time(moment, milliseconds):
    """To the millisecond, in both directions, as the rest of the project reads it."""
    id_ = id_at(moment)
    assert moment - time_of(id_) < timedelta(milliseconds=1)
    assert time_of(id_) == snowflake_time(str(id_), now=datetime.max.replace(tzinfo=UTC))
    assert time_of(id_) - time_of(earlier(id_, milliseconds / 1000)) <= timedelta(milliseconds=milliseconds)


@given(MOMENTS, MOMENTS)
def test_ids_rise_with_time(one, two):
    assert (id_at(one) <= id_at(two)) == (one <= two) or id_at(one) == id_at(two)
