"""Periods, the period before, and the intervals of charts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.report.period import MOST_MOMENTS, Period, last

NOW = datetime(2026, 3, 2, 12, 0, 7, 999_999, tzinfo=UTC)


def test_a_period_ends_now() -> None:
    """In whole seconds, as charts and texts have it."""
    until = datetime(2026, 3, 2, 12, 0, 7, tzinfo=UTC)
    assert last(timedelta(hours=24), NOW) == Period(until - timedelta(days=1), until)


def test_the_period_before_is_as_long_and_ends_where_this_one_begins() -> None:
    """No moment is in both, and none in neither."""
    period = last(timedelta(days=7), NOW)
    assert (period.before.until, period.before.length) == (period.since, period.length)


@pytest.mark.parametrize(
    ("length", "step"),
    [
        (timedelta(seconds=1), timedelta(seconds=1)),
        (timedelta(hours=1), timedelta(minutes=1)),
        (timedelta(hours=24), timedelta(minutes=30)),
        (timedelta(days=7), timedelta(hours=3)),
        (timedelta(days=31), timedelta(days=1)),
        (timedelta(days=365), timedelta(days=7)),
        (timedelta(days=3_650), timedelta(days=30)),
    ],
)
def test_intervals_are_few_and_usual(length: timedelta, step: timedelta) -> None:
    """They begin with the period and reach its end; only those of years are more than a chart should have."""
    period = last(length, NOW)
    assert period.step == step
    assert period.moments[0] == period.since
    assert period.moments[-1] < period.until <= period.moments[-1] + step
    assert len(period.moments) <= MOST_MOMENTS or step == timedelta(days=30)


def test_the_last_interval_may_be_shorter() -> None:
    """Nothing at the end of the period is left out."""
    period = last(timedelta(hours=24, minutes=10), NOW)
    assert len(period.moments) == 49
