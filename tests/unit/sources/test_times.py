from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.times import parse_time, snowflake_time

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2012-10-21T19:17:37.925Z", datetime(2012, 10, 21, 19, 17, 37, 925_000, UTC)),
        ("2015-02-16 23:36:05 -0800", datetime(2015, 2, 16, 23, 36, 5, tzinfo=timezone(timedelta(hours=-8)))),
        ("2015-02-16 23:36:05", datetime(2015, 2, 16, 23, 36, 5, tzinfo=UTC)),
        ("Wed Aug 27 13:08:45 +0000 2008", datetime(2008, 8, 27, 13, 8, 45, tzinfo=UTC)),
        ("2/24/2015 11:35", datetime(2015, 2, 24, 11, 35, tzinfo=UTC)),
        ("1424160000", datetime(2015, 2, 17, 8, tzinfo=UTC)),
        ("1424160000500", datetime(2015, 2, 17, 8, 0, 0, 500_000, UTC)),
    ],
)
def test_known_ways_to_write_a_time_are_read(text, expected):
    """ISO in its variants, the airline set's, X's old one, a spreadsheet's, and seconds or milliseconds since 1970."""
    assert parse_time(text) == expected


@given(st.text(max_size=30))
def test_what_is_no_time_is_a_value_error(text):
    """Whatever the text, the answer is a time with an offset or a ValueError (or an overflow)."""
    with suppress(ValueError, OverflowError):
        assert parse_time(text).tzinfo is not None


@pytest.mark.parametrize(
    ("native_id", "expected"),
    [
        ("260097528899452929", datetime(2012, 10, 21, 19, 17, 37, 925_000, UTC)),
        ("20", None),
        ("29700859247", None),
        ("9223372036854775807", None),
        ("five", None),
        ("٣٤٥٦٧٨٩٠١٢٣٤٥٦٧", None),
    ],
)
def test_the_time_in_an_id(native_id, expected):
    """A snowflake holds its time; an older, later or other id holds none."""
    assert snowflake_time(native_id, now=NOW) == expected
