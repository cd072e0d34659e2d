from datetime import timedelta
from itertools import islice

import pytest

from pipeline.errors import ConfigError, SourceError
from pipeline.sources.pacing import at_rate, when_written
from pipeline.sources.replay import Repeats, ReplayOptions, looped_id, replay, require_tweets, scan
from pipeline.sources.source import Unreadable
from tests.unit.sources.fakes import NOON, FakeClock, Listed, tweet

LONG_AGO = NOON - timedelta(days=5_000)
MINUTE = timedelta(minutes=1)
HOURLY = [tweet(number, LONG_AGO + number * timedelta(hours=1)) for number in range(4)]
BAD = Unreadable(b"?", "line 2", "not JSON")


def run(items, plan, clock=None, repeats=None):
    source = Listed(items)
    return replay(source, plan, scan(source, plan.limit), repeats=repeats, clock=clock or FakeClock())


def test_at_max_the_newest_tweet_is_now():
    """The gaps stay, and the time of the file stays known."""
    times = [(t.written_at, t.original_written_at) for t in run(HOURLY, ReplayOptions())]
    assert times == [(NOON - timedelta(hours=3 - number), t.written_at) for number, t in enumerate(HOURLY)]


def test_at_a_speed_the_first_is_now_and_the_gaps_are_divided():
    """Each goes when it is due: an hour at 60x is a minute."""
    clock = FakeClock()
    published = [(t.written_at, clock.now()) for t in run(HOURLY, ReplayOptions(speed=60), clock)]
    assert published == [(NOON + number * MINUTE, NOON + number * MINUTE) for number in range(4)]


def test_a_speed_paces_a_file_that_keeps_its_times():
    """`--rebase keep` paces alike and leaves the times as they are."""
    clock = FakeClock()
    assert list(run(HOURLY, ReplayOptions(speed=3600, rebase="keep"), clock)) == HOURLY
    assert sum(clock.slept) == pytest.approx(3.0)


def test_keep_leaves_everything():
    """Nothing is moved."""
    assert list(run([*HOURLY, BAD], ReplayOptions(rebase="keep"))) == [*HOURLY, BAD]


def test_a_row_without_a_time_gets_none():
    """It will have the time of publishing, as will a row that could not be read."""
    items = [tweet(1), BAD, tweet(2, LONG_AGO)]
    assert [getattr(item, "written_at", None) for item in run(items, ReplayOptions())] == [None, None, NOON]


def test_a_file_out_of_order_is_replayed_in_order_at_a_speed():
    """Pages of the API are newest first; rows without a time stay behind what they followed."""
    items = [HOURLY[2], tweet(9), HOURLY[0], BAD, HOURLY[1]]
    ids = [getattr(item, "id", "bad") for item in run(items, ReplayOptions(speed=60))]
    assert ids == ["x:0", "bad", "x:1", "x:2", "x:9"]


def test_at_max_the_order_is_the_files():
    """Nothing is sorted, so nothing is held in memory."""
    items = [HOURLY[2], HOURLY[0], BAD, HOURLY[1]]
    assert [getattr(item, "id", "bad") for item in run(items, ReplayOptions())] == ["x:2", "x:0", "bad", "x:1"]


def test_a_speed_without_any_time_is_refused():
    """There is no pace to keep; the error names the option that works."""
    with pytest.raises(ConfigError, match="use --rate"):
        list(run([tweet(1)], ReplayOptions(speed=1)))


def test_speed_and_rate_exclude_each_other():
    """Both set the pace."""
    with pytest.raises(ConfigError, match="take one"):
        ReplayOptions(speed=1, rate=10)


def test_a_rate_is_kept():
    """Ten items at two a second take four and a half seconds."""
    clock = FakeClock()
    assert len(list(run([tweet(n) for n in range(10)], ReplayOptions(rate=2), clock))) == 10
    assert sum(clock.slept) == pytest.approx(4.5)


def test_a_rate_catches_up_after_a_delay():
    """A slow consumer delays no more than itself."""
    clock = FakeClock()
    for number in at_rate(range(10), 1.0, clock):
        if number == 2:
            clock.sleep(5)
    assert sum(clock.slept) == pytest.approx(9.0)


def test_a_high_rate_does_not_sleep_for_each():
    """Sleeps shorter than a tick are saved up."""
    clock = FakeClock()
    list(at_rate(range(10_000), 10_000.0, clock))
    assert len(clock.slept) < 100


def test_a_limit_is_of_the_file_and_so_is_its_newest():
    """The newest of those that are published is now."""
    assert [t.written_at for t in run(HOURLY, ReplayOptions(limit=2))] == [NOON - timedelta(hours=1), NOON]


def test_each_loop_has_ids_of_its_own():
    """Else the second would be only repeats; the first has the file's."""
    assert [t.id for t in run(HOURLY[:2], ReplayOptions(loops=3))] == ["x:0", "x:1", "x:0#2", "x:1#2", "x:0#3", "x:1#3"]


def test_each_loop_is_moved_to_its_own_now():
    """The second begins when the first has ended."""
    clock = FakeClock()
    times = [t.written_at for t in run(HOURLY[:2], ReplayOptions(loops=2, speed=60), clock)]
    assert times == [NOON, NOON + MINUTE, NOON + MINUTE, NOON + 2 * MINUTE]


def test_forever_goes_on():
    """Without end, until somebody stops."""
    assert [t.id for t in islice(run([tweet(0)], ReplayOptions(loops=None)), 100)][-1] == "x:0#100"


def test_a_looped_id_fits():
    """A long id is hashed with its loop, so that two loops stay apart."""
    ids = {looped_id(f"file:{'n' * 195}", loop) for loop in (2, 3)}
    assert len(ids) == 2
    assert max(map(len, ids)) <= 200


def test_entities_are_added():
    """`--entity` says what all of it is about; what the rows say stays."""
    (replayed,) = run([tweet(1, entities=("Delta", "Acme"))], ReplayOptions(entities=("Acme",)))
    assert replayed.entities == ("Acme", "Delta")


def test_a_replay_of_what_is_there_says_how_many():
    """Distinct ids, since the file itself may hold repeats."""
    repeats = Repeats(lambda ids: len(ids))
    items = [tweet(1), tweet(2), BAD, tweet(1)]
    assert list(run(items, ReplayOptions(), repeats=repeats)) == items
    assert repeats.all_there == 2


def test_only_what_has_passed_counts_as_there():
    """A replay that is interrupted does not speak of what it has looked up and not published."""
    repeats = Repeats(lambda ids: len(ids))
    assert len(list(islice(run([tweet(n) for n in range(6_000)], ReplayOptions(), repeats=repeats), 245))) == 245
    assert repeats.all_there == 245


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([], "f has a header and no rows, so nothing was published"),
        ([BAD, BAD], "nothing in f is a tweet, so nothing was published (line 2: not JSON)"),
    ],
)
def test_nothing_to_publish_is_refused(items, told):
    """Before it is published."""
    with pytest.raises(SourceError) as error:
        require_tweets(scan(Listed(items)), "f")
    assert error.value.message == told


def test_one_tweet_is_enough_to_publish():
    """What can't be read is published beside it, for the stream to reject."""
    require_tweets(scan(Listed([BAD, tweet(1), BAD])), "f")


def test_one_new_tweet_is_enough_to_say_nothing():
    """And then nothing more is looked up."""
    asked = []
    repeats = Repeats(lambda ids: asked.append(len(ids)) or len(ids) - 1)
    assert len(list(run([tweet(n) for n in range(20_000)], ReplayOptions(), repeats=repeats))) == 20_000
    assert (repeats.all_there, asked) == (0, [5_000])


def test_repeats_across_chunks_are_counted_once():
    """A tweet that comes again in a later chunk is not counted twice."""
    repeats = Repeats(lambda ids: len(ids))
    list(run([tweet(n % 6_000) for n in range(12_000)], ReplayOptions(), repeats=repeats))
    assert repeats.all_there == 6_000


def test_the_past_goes_at_once_and_the_future_waits():
    """A generated history is published at full speed, then the live part when it is written."""
    clock = FakeClock()
    items = [tweet(1, NOON - MINUTE), tweet(2, NOON), tweet(3), tweet(4, NOON + MINUTE)]
    assert [(t.id, clock.now()) for t in when_written(items, clock)] == [
        ("x:1", NOON), ("x:2", NOON), ("x:3", NOON), ("x:4", NOON + MINUTE),
    ]  # fmt: skip
