"""The short cut of `make soak`."""

from __future__ import annotations

from bench.soak import Figures, Plan, chart, soak


def test_half_a_minute_of_disconnects(settings, tmp_path):
    """Nothing is lost, nothing comes from nowhere, and the stream is back within ten seconds each time."""
    mine = settings.model_copy(update={"state_dir": tmp_path / "state"})
    figures = soak(mine, Plan(minutes=0.4, rate=50, every_seconds=4, settle_seconds=1.5, stall_seconds=1.5))
    assert figures.written >= 1_000
    assert (figures.lost, figures.unknown, figures.faults) == (0, 0, [])
    assert figures.disconnects >= 3
    assert min(figures.memory) > 10


def test_what_is_not_as_it_should_be_is_told():
    """Losses, late returns, and growth, if it ran long enough to say so."""
    good = Figures(Plan(minutes=60), 10, 10, 0, 0, 0, 1, [1.0], 100.0, 109.0, [100.0])
    assert good.faults == []
    bad = Figures(Plan(minutes=60), 10, 9, 1, 0, 0, 1, [11.0], 100.0, 111.0, [100.0])
    assert len(bad.faults) == 3
    short = Figures(Plan(minutes=1), 10, 10, 0, 0, 0, 1, [1.0], 100.0, 200.0, [100.0])
    assert short.faults == []


def test_a_chart_is_one_line():
    assert chart([1.0] * 720 + [2.0] * 720) == "▅" * 36 + "█" * 36
