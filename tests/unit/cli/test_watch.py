"""`watch`: two pages in, a view model, a screen and a line out."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from rich.console import Console

from pipeline.cli.watch import metrics_url, notes, read, seen
from pipeline.cli.watch_screen import line, screen, spark
from pipeline.cli.watch_view import Feelings, Look, Store, View, parse, view
from pipeline.errors import ConfigError
from pipeline.settings import TelemetrySettings

URLS = {"stream": "http://127.0.0.1:1/metrics", "exporter": "http://127.0.0.1:2/metrics"}
T0 = 1_800_000_000.0


def stream_page(read: int, *, active: int = 1, waiting: int = 0, seen_at: float = T0) -> str:
    """The stream's page after so many records."""
    return f"""\
tweetpulse_records_read_total{{topic="tweets"}} {read}
tweetpulse_documents_indexed_total{{data_stream="logs-tweets.scored-default"}} {read - 5}
tweetpulse_documents_indexed_total{{data_stream="logs-tweets.rejected-default"}} 2
tweetpulse_documents_duplicate_total{{data_stream="logs-tweets.scored-default"}} 1
tweetpulse_documents_failed_total{{data_stream="logs-tweets.scored-default",reason="mapping"}} 0
tweetpulse_records_rejected_total{{reason="not_json"}} 2
tweetpulse_records_rejected_total{{reason="empty_text"}} 1
tweetpulse_entity_tweets_total{{entity="Acme",sentiment="negative"}} 3
tweetpulse_entity_tweets_total{{entity="Acme",sentiment="positive"}} 1
tweetpulse_entity_tweets_total{{entity="Acme",sentiment="unsupported"}} 9
tweetpulse_entity_tweets_total{{entity="Globex",sentiment="neutral"}} 5
tweetpulse_entity_tweets_total{{entity="Initech",sentiment="neutral"}} 0
tweetpulse_entity_tweets_total{{entity="other",sentiment="neutral"}} 50
tweetpulse_batch_phase_seconds{{phase="addBatch"}} 0.3
tweetpulse_batch_phase_seconds{{phase="walCommit"}} 0.1
tweetpulse_query_active{{query="score"}} {active}
tweetpulse_query_last_seen_timestamp_seconds{{query="score"}} {seen_at}
tweetpulse_sink_waiting{{sink="elasticsearch",reason="connection"}} {waiting}
tweetpulse_sink_waiting{{sink="kafka",reason="connection"}} 0
"""


EXPORTER_PAGE = f"""\
tweetpulse_stream_lag_records{{query="score",topic="tweets",partition="0"}} 7
tweetpulse_stream_lag_records{{query="score",topic="tweets",partition="1"}} 5
tweetpulse_stream_lag_seconds{{query="score",topic="tweets",partition="0"}} 1.5
tweetpulse_stream_lag_seconds{{query="score",topic="tweets",partition="1"}} 2.5
tweetpulse_data_stream_documents{{data_stream="logs-tweets.scored-default"}} 995
tweetpulse_data_stream_documents{{data_stream="logs-tweets.rejected-default"}} 0
tweetpulse_data_stream_size_bytes{{data_stream="logs-tweets.scored-default"}} 2100000
tweetpulse_data_stream_size_bytes{{data_stream="logs-tweets.rejected-default"}} 227
tweetpulse_data_stream_newest_ingested_timestamp_seconds{{data_stream="logs-tweets.scored-default"}} {T0 - 2}
tweetpulse_exporter_scrape_success{{collector="stream_lag"}} 1
tweetpulse_exporter_scrape_success{{collector="disk"}} 0
"""


def look(at: float, stream: str | None = None, exporter: str | None = None) -> Look:
    """Two pages at one moment."""
    return Look(at, parse(stream) if stream is not None else None, parse(exporter) if exporter is not None else None)


def test_the_view() -> None:
    """Everything that the two pages tell, with rates per second of the time between two looks."""
    assert view(look(T0 - 2, stream_page(600)), look(T0, stream_page(1_000), EXPORTER_PAGE)) == View(
        at=T0,
        state="running",
        read_rate=200.0,
        indexed_rate=200.0,
        read=1_000,
        indexed=995,
        already_there=1,
        rejected=3,
        failed=0,
        lag=12,
        lag_seconds=2.5,
        batch_seconds=0.4,
        seen=0.0,
        waits=(),
        feelings=(Feelings("Globex", 0, 5, 0), Feelings("Acme", 3, 0, 1), Feelings("other", 0, 50, 0)),
        stores=(
            Store("logs-tweets.rejected-default", 0, 227, None),
            Store("logs-tweets.scored-default", 995, 2_100_000, 2.0),
        ),
        broken=("disk",),
        reachable=(True, True),
    )


def test_nothing_is_reachable() -> None:
    """Then nothing is known, which is not 0."""
    assert view(look(T0 - 1), look(T0)) == View(at=T0)


@pytest.mark.parametrize(
    ("before", "rate"),
    [(None, None), (look(T0 - 1), None), (look(T0, stream_page(1)), None), (look(T0 - 4, stream_page(800)), 25.0)],
    ids=["first look", "not reachable before", "no time passed", "started anew"],
)
def test_rates(before: Look | None, rate: float | None) -> None:
    """A rate needs two looks; a counter that went down has begun at 0 again."""
    assert view(before, look(T0, stream_page(100))).read_rate == rate


@pytest.mark.parametrize(
    ("page", "state"),
    [
        (stream_page(1), "running"),
        (stream_page(1, waiting=1), "waiting"),
        (stream_page(1, active=0), "not running"),
        (stream_page(1, seen_at=T0 - 90), "silent"),
        ("", "not running"),
    ],
)
def test_states(page: str, state: str) -> None:
    """Waiting for a sink differs from silence, and both from not running."""
    assert view(None, look(T0, page)).state == state


def test_a_sink_that_waits_is_named() -> None:
    """With the reason, on the line as well."""
    now = view(None, look(T0, stream_page(1, waiting=1)))
    assert now.waits == (("elasticsearch", "connection"),)
    assert "waiting for elasticsearch (connection)" in line(now)


def test_the_line() -> None:
    """One line holds the numbers that matter."""
    now = view(look(T0 - 1, stream_page(0)), look(T0, stream_page(1_200), EXPORTER_PAGE))
    assert line(now).split("  ")[1:] == [
        "running",
        "read 1,200/s indexed 1,200/s",
        "lag 12 (2.50 s)",
        "rejected 3 failed 0",
        "batch 0.40 s",
    ]


def test_the_screen() -> None:
    """At 80 columns nothing is cut off, and every part is there."""
    looks = [look(T0 - 2 + number, stream_page(500 * number), EXPORTER_PAGE) for number in range(3)]
    views = [view(before, now) for before, now in zip([None, *looks], looks, strict=False)]
    shown = drawn(views, notes(views[-1], URLS))
    assert {len(row) for row in shown.splitlines()} == {80}
    assert "…" not in shown
    for part in (
        "running",
        "500/s",
        "1,000 since start",
        "2.50 s behind",
        "0.40 s",
        "75%",
        "Globex",
        "logs-tweets.scored-default",
        "2 s ago",
        "it can't tell about disk now",
    ):
        assert part in shown


@pytest.mark.parametrize(
    ("lags", "words"),
    [([9, 5], "behind, draining"), ([5, 9], "behind, growing"), ([5, 0], "drained"), ([5, 5], "behind ")],
)
def test_which_way_the_lag_goes(lags: Sequence[int], words: str) -> None:
    """The direction is that of the last ten seconds."""
    views = [View(at=T0 + number, lag=lag, lag_seconds=1.0) for number, lag in enumerate(lags)]
    assert words in drawn(views, [])


def test_sparks() -> None:
    """Bars go from 0 to the largest value; what is not known is a gap."""
    assert spark([0, 5, None, 10], width=6) == "  ▁▄ █"
    assert spark([0, 0], width=2) == "▁▁"
    assert spark([None], width=2) == "  "


def test_missing_pages_are_said_calmly() -> None:
    """Each with its address and the command that starts it."""
    assert notes(View(at=T0), URLS) == [
        "stream: not reachable at http://127.0.0.1:1/metrics — start it with `tweetpulse run`",
        "exporter: not reachable at http://127.0.0.1:2/metrics — start it with `tweetpulse-exporter`",
    ]
    assert notes(View(at=T0, reachable=(True, True)), URLS) == []


def test_a_page_that_nobody_serves() -> None:
    """It is no error: the page is just not there."""
    assert read("http://127.0.0.1:1/metrics") is None


def test_looks_follow_each_other() -> None:
    """Each is held against the one before, and the pause makes up for the time that a look takes."""
    times = iter([10.0, 10.2, 10.4, 11.0, 11.1, 11.1])
    pauses: list[float] = []
    views = seen(URLS, 1.0, clock=lambda: next(times), sleep=pauses.append)
    assert [next(views).at, next(views).at] == [10.2, 11.1]
    assert pauses == [pytest.approx(0.6)]


def test_where_the_pages_are() -> None:
    """The settings say so, unless they leave the port to chance."""
    assert metrics_url(TelemetrySettings(), 9108, "stream") == "http://127.0.0.1:9108/metrics"
    with pytest.raises(ConfigError, match="--stream-url"):
        metrics_url(TelemetrySettings(), 0, "stream")


def drawn(views: Sequence[View], said: Sequence[str]) -> str:
    """The screen as text."""
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    console.print(screen(views, said))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()
