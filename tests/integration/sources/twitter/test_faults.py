"""After any fault of the stream, each written tweet is in Kafka once, and it continues within seconds."""

from __future__ import annotations

import logging
import time

import pytest

from pipeline.errors import ConfigError, SourceError
from tests.fake_x import (
    Cut,
    CutInside,
    Disconnect,
    End,
    Malformed,
    Missed,
    Pause,
    Refuse,
    Repeat,
    Send,
    Silence,
)
from tests.fake_x.script import Step
from tests.fake_x.server import TOKEN
from tests.processes import until

LIMITED = {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429}
CAPPED = {"title": "UsageCapExceeded", "detail": "Usage cap exceeded: Monthly product cap", "period": "Monthly",
          "type": "https://api.twitter.com/2/problems/usage-capped"}  # fmt: skip
NOT_ENROLLED = {"title": "Client Forbidden", "reason": "client-not-enrolled",
                "type": "https://api.twitter.com/2/problems/client-forbidden"}  # fmt: skip

FAULTS: dict[str, tuple[list[Step], str]] = {
    "cut": ([Cut()], "network"),
    "cut in a line": ([Cut(b'{"data": {"id": "17')], "network"),
    "ended": ([End()], "disconnected"),
    "a message that ends it": ([Disconnect()], "disconnected"),
    "rate limit with reset": ([Cut(), Refuse(429, LIMITED, reset=2)], "rate_limit"),
    "503": ([Cut(), Refuse(503)], "server"),
    "no keep-alive": ([Silence()], "stall"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost_and_nothing_twice(x, collect, name):
    """Missed tweets are refilled by search; the next tweet of the stream is there within ten seconds."""
    steps, reason = FAULTS[name]
    x.play(Send(5), *steps, Missed(3), Send(5))
    with collect() as run:
        run.until_all()
        assert run.errors(reason) == 1
        assert run.gaps("refilled") == 1
        assert run.collecting.metric("tweetpulse_source_gap_tweets_total") == 3
        assert run.collecting.metric("tweetpulse_source_reconnects_total") == 1
    assert run.ids() == sorted(x.event_ids())
    assert max(x.delays()) < 10
    assert run.collecting.error is None


def test_what_comes_again_after_a_reconnect_is_sent_once(x, collect):
    """X repeats, and the search overlaps the stream."""
    x.play(Send(20), Cut(), Repeat(10), Send(1), Repeat(5), End(), Repeat(20), Send(1))
    with collect() as run:
        run.until_all()
    assert run.ids() == sorted(x.event_ids())


@pytest.mark.parametrize("is_zipped", [False, True])
def test_a_chunk_may_end_inside_a_character(x, collect, is_zipped):
    """The text is whole; a line is handed on at once, and not with the next one."""
    x.gzip = is_zipped
    x.play(CutInside("acme spät: ä😀"), Pause(0.5), CutInside("acme später: ä😀"), Pause(60))
    with collect() as run:
        until(lambda: run.collecting.tweets == 2, "two tweets", 20)
    assert sorted(tweet.text for tweet in run.tweets()) == ["acme spät: ä😀", "acme später: ä😀"]


def test_a_line_that_is_no_json_is_published_as_it_came(x, collect):
    """The stream rejects it; its neighbours are there, and the connection stays."""
    x.play(Send(2), Malformed(b'{"data": {"id": "1", "te'), Send(2))
    with collect() as run:
        run.until_all()
        assert run.errors("malformed") == 1
        assert run.collecting.metric("tweetpulse_source_reconnects_total") == 0
    assert run.ids() == sorted(x.event_ids())
    assert b'{"data": {"id": "1", "te' in run.values()


def test_messages_of_a_new_kind_are_no_end(x, collect):
    """X may send others at any time."""
    x.play(Send(1, raw=({"something": {"new": 1}}, {"data": {"id": "12", "text": "acme"}})), Send(1))
    with collect() as run:
        until(lambda: run.collecting.tweets == 2, "two tweets", 20)
        assert run.errors("malformed") == 1


def test_a_connection_that_is_never_made_is_tried_ever_later(x, collect):
    """And not as fast as the machine can."""
    x.play(*[End()] * 6, Send(1))
    with collect() as run:
        run.until_all()
    gaps = [after - before for before, after in zip(x.connected_at, x.connected_at[1:], strict=False)]
    assert len(gaps) == 6
    assert sum(gaps) > 3.5  # 0, 0.25, 0.5, ... 1.25 s


def test_rules_that_somebody_takes_away_are_made_anew(x, collect):
    """X says so when the stream is opened."""
    x.play(Send(1), Cut(), Refuse(409, {"title": "ConnectionException", "connection_issue": "RuleConfigurationIssue"}))
    with collect() as run:
        until(lambda: not x.script, "the script", 20)
        x.rules.clear()
        until(lambda: x.rules, "the rules", 20)
        x.play(Send(1))
        run.until_all()
    assert run.ids() == sorted(x.event_ids())


def test_a_used_up_quota_is_waited_out(x, collect):
    """It is distinguished from a rate limit, and X is asked rarely."""
    x.play(Send(1), Cut(), Refuse(429, CAPPED, reset=0), Send(1))
    with collect() as run:
        until(lambda: run.errors("quota"), "the quota", 20)
        time.sleep(1.5)
        assert (run.errors("quota"), run.errors("rate_limit"), len(x.streams())) == (1, 0, 2)
        assert run.collecting.metric("tweetpulse_source_connected") == 0


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (Refuse(401, {"title": "Unauthorized"}), ConfigError, "refuses the bearer token (401, Unauthorized)"),
        (Refuse(403, NOT_ENROLLED), ConfigError, "attach the app to a project whose plan has the filtered stream"),
        (Refuse(400, {"title": "Invalid Request"}), SourceError, "X refuses the request itself"),
    ],
)
@pytest.mark.parametrize("is_running", [False, True])
def test_what_waiting_can_not_mend_ends_it_at_once(x, collect, answer, kind, said, is_running):
    """Also in the middle of a run; what came before is in Kafka."""
    x.play(*([Send(3), Cut()] if is_running else []), answer)
    with collect() as run:
        run.collecting.thread.join(20)
        assert not run.collecting.thread.is_alive()
    assert type(run.collecting.error) is kind
    assert said in str(run.collecting.error)
    assert run.ids() == sorted(x.event_ids())


def test_closing_ends_a_read_that_blocks(x, collect):
    """No byte comes for a minute, and a stop takes no second of it."""
    x.play(Silence())
    with collect(stall_seconds=60) as run:
        until(lambda: x.connected_at, "the connection", 20)
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
    assert run.collecting.error is None


def test_budgets_are_told(x, collect):
    """By endpoint, as X's answers have them."""
    x.play(Send(1))
    with collect() as run:
        run.until_all()
        left = {
            endpoint: run.collecting.metric("tweetpulse_source_rate_limit_remaining", endpoint=endpoint)
            for endpoint in ("rules", "stream")
        }
    assert left == {"rules": 49, "stream": 49}


def test_the_token_is_in_no_log(x, collect, caplog, capfd):
    """Also with all of Python's loggers at debug: tweepy then logs its headers."""
    caplog.set_level(logging.DEBUG)
    x.play(Send(1), Cut(), Missed(1), Send(1))
    with collect() as run:
        run.until_all()
    told = capfd.readouterr()
    assert "rules of X" in told.out + told.err
    assert TOKEN not in caplog.text + told.out + told.err
