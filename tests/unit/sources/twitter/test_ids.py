from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.times import snowflake_time
from pipeline.sources.twitter.ids import earlier, id_at, time_of

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
