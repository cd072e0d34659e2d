"""Gaps: refilled by search or by backfill, out of reach, and with a collector killed in the middle."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.sources.live.resume import Resume
from pipeline.sources.live.runtime import resume_file
from pipeline.sources.twitter.ids import id_at
from tests.fake_x import Cut, Missed, Pause, Refuse, Send
from tests.fake_x.server import TOKEN
from tests.integration.sources.twitter.run import RULE, ago
from tests.processes import running, until
from tests.records import records

DAY = 86_400.0


def test_a_gap_of_several_pages_is_refilled_while_the_stream_runs(x, collect):
    """The stream's next tweet does not wait for it; entities are those of the rules that find a tweet."""
    x.play(Send(1), Cut(), Missed(250, "acme oats"), Send(1))
    with collect(track=("Acme:acme", "Oats:oats"), settle_seconds=2.0) as run:
        until(lambda: run.collecting.tweets == 2, "the stream's own", 20)
        assert run.gaps("refilled") == 0
        run.until_all()
        assert run.collecting.metric("tweetpulse_source_gap_tweets_total") == 250
    assert run.ids() == sorted(x.event_ids())
    assert {tweet.entities for tweet in run.tweets() if tweet.text == "acme oats"} == {("Acme", "Oats")}
    assert len(x.searches()) == 6


def test_the_search_waits_for_its_limit(x, collect):
    """The search continues where it was; the stream is read meanwhile."""
    x.search_refusals.extend([None, Refuse(429, {"title": "Too Many Requests"}, reset=1.5), Refuse(503)])
    x.play(Send(1), Cut(), Missed(150), Send(1))
    with collect() as run:
        run.until_all()
        assert (run.errors("rate_limit"), run.errors("server")) == (1, 1)
        assert run.collecting.metric("tweetpulse_source_reconnects_total") == 1
    assert run.ids() == sorted(x.event_ids())


def test_backfill_does_it_where_the_plan_has_it(x, collect):
    """X sends what was missed by itself: nothing is searched, and the gap is closed with its tweets."""
    x.play(Send(2), Cut(), Missed(3), Send(1))
    with collect(backfill_minutes=2) as run:
        run.until_all()
        assert run.gaps("refilled") == 1
    assert run.ids() == sorted(x.event_ids())
    assert x.searches() == []
    assert {stream["backfill_minutes"] for stream in x.streams()} == {"2"}


def test_an_account_that_may_not_search_loses_the_gap(x, collect, capfd):
    """It is counted and logged with its first id and time, and the stream goes on."""
    x.search_refusals.append(Refuse(403, {"title": "Client Forbidden", "reason": "client-not-enrolled"}))
    x.play(Send(1), Cut(), Missed(2), Send(2))
    with collect() as run:
        until(lambda: run.gaps("lost"), "the loss", 20)
        assert (run.gaps("lost"), run.gaps("refilled"), run.errors("forbidden")) == (1, 0, 1)
        x.play(Send(1))
        until(lambda: run.collecting.tweets == 4, "the stream's own", 20)
        assert run.resume.gaps() == ()
    told = capfd.readouterr()
    (line,) = [line for line in (told.out + told.err).splitlines() if "gap lost" in line]
    # As lines for people or as JSON, whatever was configured before.
    assert "after_id" in line
    assert re.search(rf"since\W+{datetime.now(UTC):%Y-%m-%d}", line)


def test_a_rule_that_the_search_does_not_know_loses_its_part(x, collect):
    """The other rules' part of the gap is refilled, and the missing part is reported."""
    x.search_refusals.append(Refuse(400, {"title": "Invalid Request"}))
    x.play(Send(1, "oats"), Cut(), Missed(2, "oats"), Missed(1, "acme"), Send(1, "oats"))
    with collect(track=("acme", "oats")) as run:
        until(lambda: run.gaps("refilled"), "the gap", 20)
        assert (run.gaps("lost"), run.collecting.tweets) == (1, 4)
    assert {tweet.text for tweet in run.tweets()} == {"oats"}


def test_a_refused_token_in_the_search_ends_it(x, collect):
    x.search_refusals.append(Refuse(401, {"title": "Unauthorized"}))
    x.play(Send(1), Cut(), Send(1))
    with collect() as run:
        run.collecting.thread.join(20)
    assert "refuses the bearer token" in str(run.collecting.error)


def test_what_is_older_than_seven_days_is_lost(x, collect, remembered):
    """The rest is refilled."""
    remembered(ago(9 * DAY))
    out_of_reach, within = x.archive.write("acme", age=8 * DAY), x.archive.write("acme", age=6 * DAY)
    with collect() as run:
        until(lambda: run.gaps("refilled"), "the rest", 20)
        assert run.gaps("lost") == 1
    assert run.ids() == [f"x:{within.id}"]
    assert all(int(search["since_id"]) > out_of_reach.id for search in x.searches())


def test_a_first_start_asks_for_nothing_old(x, collect):
    """Nobody was listening before, so nothing was missed."""
    x.archive.write("acme", age=3_600)
    x.play(Send(1))
    with collect() as run:
        until(lambda: run.collecting.tweets == 1, "one tweet", 20)
        time.sleep(1.0)
    assert len(run.ids()) == 1
    assert x.searches() == []


def test_a_gap_that_was_open_is_closed_by_the_next_start(x, collect, remembered):
    """One that a killed collector has left, beside what was missed since."""
    before, between, since = (x.archive.write("acme", age=age) for age in (3_600, 1_800, 600))
    gap = {"after": id_at(ago(3_700)), "until": id_at(ago(3_500))}
    remembered(ago(900), gap)
    with collect() as run:
        until(lambda: run.gaps("refilled") == 2, "both gaps", 20)
    assert run.ids() == sorted([f"x:{before.id}", f"x:{since.id}"])
    assert between.id  # Kafka had that one.


@pytest.fixture
def process(x, settings, tmp_path, monkeypatch):
    """Starts the real command, with its own state folder."""
    own = {
        "TWITTER__API_URL": x.url,
        "TWITTER__BEARER_TOKEN": TOKEN,
        "TWITTER__TRACK": json.dumps([RULE]),
        "TWITTER__SETTLE_SECONDS": "0.6",
        "TWITTER__STALL_SECONDS": "5",
        "TELEMETRY__SOURCE_PORT": "0",
    }
    for name, value in own.items():
        monkeypatch.setenv(f"TWEETPULSE_{name}", value)
    mine = settings.model_copy(update={"state_dir": tmp_path / "state"})

    @contextmanager
    def run(name="log"):
        log = tmp_path / name
        with running(mine, "-m", "pipeline", "collect", "twitter", log=log) as started:
            yield started, log

    return run


def topic(settings):
    return {record.key.decode() for record in records(settings.kafka)}


def state(tmp_path: Path):
    resume = Resume(resume_file(tmp_path / "state", "twitter"))
    newest = resume.newest("tweets")
    return {"newest": int(newest.id) if newest else 0, "gaps": resume.gaps()}


def test_killed_and_started_again(x, settings, process, tmp_path):
    """With -9: what was written meanwhile comes from the search, and nothing is lost."""
    x.play(Send(20))
    with process() as (first, _):
        until(lambda: len(topic(settings)) == 20, "the first tweets", 60)
        first.kill()
        first.wait()
    for _ in range(120):
        x.archive.write("acme while nobody listens")
    x.play(Pause(0.2), Send(5))
    with process("second") as (second, log):
        until(lambda: topic(settings) >= x.event_ids(), "all tweets", 60)
        until(lambda: not state(tmp_path)["gaps"], "the gap to close", 30)
        second.send_signal(signal.SIGTERM)
        assert second.wait(30) == 0
    assert topic(settings) == x.event_ids()
    assert state(tmp_path)["newest"] >= max(x.archive.ids())
    assert TOKEN not in log.read_text() + (tmp_path / "log").read_text()


def test_killed_in_the_middle_of_a_refill(x, settings, process, tmp_path):
    """The gap is still open at the next start, also where newer tweets are in Kafka already."""
    x.search_refusals.extend([None, Refuse(429, {"title": "Too Many Requests"}, reset=120)])
    x.play(Send(3), Cut(), Missed(180), Send(3))
    with process() as (first, _):
        until(lambda: len(topic(settings)) >= 100, "a page and the stream's own", 60)
        until(lambda: state(tmp_path)["newest"] >= max(x.archive.ids()), "the newest to be remembered", 30)
        assert len(state(tmp_path)["gaps"]) == 1
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    assert len(topic(settings)) < 186
    with process("second"):
        until(lambda: topic(settings) >= x.event_ids(), "all tweets", 60)
    assert topic(settings) == x.event_ids()
