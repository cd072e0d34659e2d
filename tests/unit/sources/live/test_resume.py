from datetime import UTC, datetime

import orjson
import pytest
from structlog.testing import capture_logs

from pipeline.errors import SetupError
from pipeline.sources.live.feed import Gap, Position
from pipeline.sources.live.open_gaps import MOST_GAPS
from pipeline.sources.live.resume import Closed, Resume, Taken
from tests.unit.sources.fakes import FakeClock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
FEED = "tweets"


def at(number):
    return None if number is None else Position(str(number))


def gap(after, until=None):
    return Gap(at(after), at(until))


def always(gap):
    return True


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sources" / "twitter.json"


def saved(path):
    return orjson.loads(path.read_bytes())["feeds"][FEED]


def hand_on(resume, *numbers, gap=None):
    for number in numbers:
        resume.handed_on(gap)
        resume.read_up_to(FEED, at(number))
    resume.acknowledged(len(numbers))


def test_the_newest_that_kafka_has_is_known_after_a_restart(path):
    """By its number, not by the order in which they came; of each feed by itself."""
    resume = Resume(path)
    hand_on(resume, 9, 1_000, 999)
    resume.save()
    assert saved(path) == {"newest": {"id": "1000", "at": None}, "gaps": []}
    assert (Resume(path).newest(FEED), Resume(path).newest("another")) == (at(1_000), None)


def test_what_is_handed_on_is_not_what_kafka_has(path):
    resume = Resume(path)
    hand_on(resume, 5)
    resume.handed_on()
    resume.read_up_to(FEED, at(6))
    resume.save()
    assert Resume(path).newest(FEED) == at(5)


def test_a_tweet_that_two_feeds_show_is_acknowledged_for_both(path):
    """It is handed on once, and both are behind it when Kafka has it."""
    resume = Resume(path)
    resume.handed_on()
    resume.read_up_to("one", at(7))
    resume.read_up_to("other", at(9))
    assert (resume.newest("one"), resume.newest("other")) == (None, None)
    resume.acknowledged(1)
    assert (resume.newest("one"), resume.newest("other")) == (at(7), at(9))


def test_a_gap_is_open_until_kafka_has_all_of_it(path):
    """Handed on is not enough; then it is told with its tweets, and forgotten."""
    closed = []
    resume = Resume(path, closed=closed.append)
    hand_on(resume, 10)
    resume.lost_connection(FEED, at(8))
    assert resume.take(FEED, always) is None
    resume.connected(FEED, at(20))
    assert (resume.take(FEED, lambda gap: False), resume.take("another", always)) == (None, None)
    taken = resume.take(FEED, always)
    assert taken == Taken(0, gap(8, 20), is_backfilled=False)
    assert resume.take(FEED, always) is None
    for _ in range(2):
        resume.handed_on(taken.number)
    resume.handed_on()  # One of the stream, between.
    resume.read_up_to(FEED, at(30))
    resume.read(taken.number)
    resume.acknowledged(2)
    assert (closed, resume.gaps()) == ([], (gap(8, 20),))
    resume.acknowledged(1)
    assert closed == [Closed(at(8), None, 2, is_routine=False)]
    assert (resume.gaps(), resume.newest(FEED)) == ((), at(30))


def test_an_empty_gap_is_closed_at_once(path):
    closed = []
    resume = Resume(path, closed=closed.append)
    resume.open(FEED, gap(5, 9), is_routine=True)
    resume.read(resume.take(FEED, always).number)
    assert (closed, resume.newest(FEED)) == ([Closed(at(5), None, 0, is_routine=True)], at(9))


def test_a_gap_survives_a_crash_in_its_middle(path):
    """Tweets that were not acknowledged before the crash are fetched again."""
    resume = Resume(path)
    hand_on(resume, 10)
    resume.lost_connection(FEED, at(8))
    resume.connected(FEED, at(20))
    hand_on(resume, 25)
    hand_on(resume, 11, gap=resume.take(FEED, always).number)
    resume.save()
    again = Resume(path)
    assert (again.newest(FEED), again.reached(FEED)) == (at(25), at(25))
    assert (again.gaps(), again.take(FEED, always).gap) == ((gap(8, 20),), gap(8, 20))


def test_a_crash_while_not_connected_leaves_one_gap(path):
    """It begins where the first loss was, and ends with the next connection."""
    resume = Resume(path)
    hand_on(resume, 10)
    resume.lost_connection(FEED, at(8))
    resume.lost_connection(FEED, at(9))
    resume.save()
    again = Resume(path)
    again.lost_connection(FEED, at(7))
    assert (again.gaps(), again.take(FEED, always)) == ((gap(8),), None)
    again.connected(FEED, at(30))
    assert again.gaps() == (gap(8, 30),)


def test_a_gap_whose_end_is_not_known_goes_on(path):
    """Lost again before it was refilled, it is one gap; while it is refilled, another begins."""
    resume = Resume(path)
    resume.lost_connection(FEED, at(8))
    resume.connected(FEED, None)
    resume.lost_connection(FEED, at(20))
    assert (resume.gaps(), resume.take(FEED, always)) == ((gap(8),), None)
    resume.connected(FEED, None)
    assert resume.take(FEED, always).gap == gap(8)
    resume.lost_connection(FEED, at(30))
    assert resume.gaps() == (gap(8), gap(30))


def test_gaps_that_overlap_are_one(path):
    """But not with one that is being read, nor with another feed's."""
    resume = Resume(path)
    resume.open("another", gap(1, 100))
    resume.open(FEED, gap(10, 20))
    resume.open(FEED, gap(15, 30))
    resume.open(FEED, gap(40, 50))
    assert resume.gaps(FEED) == (gap(10, 30), gap(40, 50))
    taken = resume.take(FEED, always)
    resume.open(FEED, gap(25, 45))
    assert resume.gaps(FEED) == (gap(10, 30), gap(25, 50))
    resume.read(taken.number)
    assert resume.gaps(FEED) == (gap(25, 50),)


def test_there_are_never_endless_gaps(path):
    resume = Resume(path)
    for number in range(MOST_GAPS + 1):
        resume.open(FEED, gap(number * 10, number * 10 + 5))
    assert resume.gaps() == (gap(0, MOST_GAPS * 10 + 5),)


def test_backfill_covers_what_it_reaches(path):
    """A gap that began before needs the search."""
    resume = Resume(path)
    for after, reach in ((100, 90), (300, 310)):
        resume.lost_connection(FEED, at(after))
        resume.connected(FEED, at(after + 10), backfilled_after=at(reach))
    assert [resume.take(FEED, always).is_backfilled for _ in range(2)] == [True, False]


def test_a_gap_that_is_given_up_is_open_until_kafka_has_what_came(path):
    """Then it is told as lost, from where it was given up; killed before that, all of it is asked for again."""
    closed = []
    resume = Resume(path, closed=closed.append)
    resume.open(FEED, gap(10, 20))
    number = resume.take(FEED, always).number
    resume.handed_on(number)
    resume.given_up(number, at(15))
    resume.read(number)
    resume.save()
    assert Resume(path).gaps() == (gap(10, 20),)
    resume.acknowledged(1)
    assert (closed, resume.gaps()) == ([Closed(at(10), at(15), 1, is_routine=False)], ())


def test_silence_counts_when_all_before_it_is_in_kafka(path):
    """All that is older was shown: after a quiet night there is nothing to ask for."""
    resume = Resume(path)
    hand_on(resume, 10)
    resume.handed_on()
    resume.read_up_to(FEED, at(49))
    resume.read_up_to(FEED, at(20))
    assert resume.newest(FEED) == at(10)
    resume.acknowledged(1)
    assert resume.newest(FEED) == at(49)


def test_keep_alives_take_no_memory(path):
    """While Kafka is away for a night, one place is remembered of those between two tweets."""
    resume = Resume(path)
    resume.handed_on()
    for number in range(1_000):
        resume.read_up_to(FEED, at(number))
    assert len(resume._feeds[FEED].pending) == 1


def test_the_first_acknowledgement_is_written_down_at_once(path):
    """Of a feed that has no beginning: killed within the second after it, it is asked for what was missed."""
    resume = Resume(path, clock=FakeClock())
    resume.connected(FEED, None)
    hand_on(resume, 7)
    assert Resume(path).newest(FEED) == at(7)


def test_a_beginning_counts_once(path):
    """It is written down at once: a source that is killed in its first second has a gap too."""
    resume = Resume(path, clock=FakeClock())
    resume.save()
    assert not path.exists()
    resume.begin(FEED, at(7))
    resume.begin(FEED, at(9))
    assert (resume.newest(FEED), Resume(path).newest(FEED)) == (at(7), at(7))


def test_it_is_written_about_once_a_second(path):
    """And as a whole: no draft is left."""
    clock = FakeClock()
    resume = Resume(path, clock=clock)
    hand_on(resume, 1)
    hand_on(resume, 2)
    assert saved(path)["newest"]["id"] == "1"
    clock.sleep(1.0)
    resume.acknowledged(0)
    assert saved(path)["newest"]["id"] == "2"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


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


def test_places_are_compared_as_numbers(path):
    """A shorter id is older, though it is a text."""
    assert sorted((at(n) for n in (100, 9, 99, 101)), key=lambda place: place.order) == [
        at(9),
        at(99),
        at(100),
        at(101),
    ]
