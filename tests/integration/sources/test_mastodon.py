"""Mastodon over real HTTP into a real broker: whatever happens, what was posted is there, once."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tenacity.wait import wait_exponential

from pipeline.domain.faults import Fault
from pipeline.domain.record import decode
from pipeline.domain.tweet import Tweet
from pipeline.errors import ConfigError, PipelineError, SourceError
from pipeline.settings import Settings
from pipeline.sources.live.feed import Waits
from pipeline.sources.mastodon import feed
from pipeline.sources.mastodon.settings import MastodonSettings
from pipeline.sources.mastodon.source import MastodonSource
from tests.collecting import Collecting
from tests.fake_mastodon import FIRST_ID, STEP, FakeMastodon, Refusal, status_of
from tests.processes import running, until
from tests.records import records


@pytest.fixture
def fake() -> Iterator[FakeMastodon]:
    with FakeMastodon().serving() as serving:
        yield serving


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = Waits({Fault.OTHER: wait_exponential(multiplier=0.1, max=60)}, {}, longest_told=900.0)
    monkeypatch.setattr(MastodonSource, "waits", waits)


def collecting(settings: Settings, fake: FakeMastodon, folder: Path, **fields) -> Collecting:
    section = MastodonSettings(**{"url": fake.url, "stall_seconds": 5.0} | fields)
    mine = settings.model_copy(update={"state_dir": folder})
    return Collecting(mine, "mastodon", lambda events, clock: MastodonSource(section, events, clock))


def tweets(settings: Settings) -> list[Tweet]:
    said = [decode(record.value) for record in records(settings.kafka)]
    return [tweet for tweet in said if isinstance(tweet, Tweet)]


def texts(settings: Settings) -> list[str]:
    return sorted(tweet.text for tweet in tweets(settings) if isinstance(tweet, Tweet))


def connected(collector: Collecting, fake: FakeMastodon, streams: int = 1) -> None:
    until(lambda: fake.listening == streams, "the streams", timeout=30)
    until(lambda: collector.metric("tweetpulse_source_connected") == 1, "the connection", timeout=30)


def post(fake: FakeMastodon, *texts: str) -> None:
    for text in texts:
        fake.post(text)


def refused(status: int, **headers: str):
    def happen(fake: FakeMastodon) -> None:
        fake.refusals += [Refusal(status, headers)] * 2
        fake.drop()

    return happen


def limited(fake: FakeMastodon) -> None:
    headers = {
        "X-RateLimit-Limit": "300",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": (datetime.now(UTC) + timedelta(seconds=1)).isoformat(),
    }
    fake.refusals.append(Refusal(429, headers))
    fake.drop()


def silent(fake: FakeMastodon) -> None:
    fake.thump = None
    time.sleep(1.0)


FAULTS = {
    "disconnected": FakeMastodon.drop,
    "server": refused(503),
    "rate_limit": limited,
    "stall": silent,
}


@pytest.mark.parametrize("reason", FAULTS)
def test_what_was_posted_is_there_once(settings: Settings, fake: FakeMastodon, tmp_path: Path, reason: str) -> None:
    """Before, during and after a fault; the first one after it within ten seconds, and its reason is counted."""
    with collecting(settings, fake, tmp_path, stall_seconds=0.6 if reason == "stall" else 5.0) as collector:
        connected(collector, fake)
        post(fake, "a", "b")
        until(lambda: collector.tweets == 2, "what came before", timeout=30)
        FAULTS[reason](fake)
        post(fake, "c", "d")
        took = until(lambda: collector.tweets == 4, "what came meanwhile", timeout=30)
        fake.thump = 0.2
        connected(collector, fake)
        post(fake, "e")
        until(lambda: collector.tweets == 5, "what came after", timeout=30)
        assert collector.metric("tweetpulse_source_errors_total", reason=reason) >= 1
        assert collector.metric("tweetpulse_source_reconnects_total") >= 1
        assert collector.metric("tweetpulse_source_gaps_total", outcome="refilled") >= 1
        if reason == "rate_limit":
            assert collector.metric("tweetpulse_source_rate_limit", endpoint="timelines") == 300
    assert collector.error is None
    assert took < 10
    assert texts(settings) == ["a", "b", "c", "d", "e"]


def test_a_stream_cut_anywhere_is_read_whole(settings: Settings, fake: FakeMastodon, tmp_path: Path) -> None:
    """Chunks of three bytes, which cut characters of four; repeats and what is no status in between."""
    fake.cut = 3
    with collecting(settings, fake, tmp_path) as collector:
        connected(collector, fake)
        status = fake.post("🥕 größer")
        fake.tell(b"event: update\ndata: {broken\n\nevent: update\ndata: {}\n\nevent: delete\ndata: 7\n\n")
        fake.tell(b"event: status.update\ndata: {}\n\n")
        fake.post("again", id=status["id"], uri=status["uri"])
        fake.post("last")
        until(lambda: collector.tweets == 2, "both", timeout=30)
        assert collector.metric("tweetpulse_source_errors_total", reason="malformed") == 2
        assert collector.metric("tweetpulse_source_passed_over_total") == 1
    assert texts(settings) == ["last", "🥕 größer"]
    assert sorted(record.value for record in records(settings.kafka) if record.key is None) == [b"{broken", b"{}"]


def test_a_gap_between_two_runs_is_refilled(settings: Settings, fake: FakeMastodon, tmp_path: Path) -> None:
    """From a little before where Kafka had it, over several pages; the first run ever has no gap."""
    with collecting(settings, fake, tmp_path) as collector:
        post(fake, "before anybody listens")
        connected(collector, fake)
        post(fake, "first")
        until(lambda: collector.tweets == 1, "the first", timeout=30)
        assert collector.metric("tweetpulse_source_gaps_total", outcome="refilled") == 0
    until(lambda: fake.listening == 0, "the end")
    post(fake, *[f"missed {number:02}" for number in range(90)])
    with collecting(settings, fake, tmp_path) as collector:
        connected(collector, fake)
        post(fake, "last")
        until(lambda: collector.tweets >= 91, "what was missed", timeout=30)
        assert collector.metric("tweetpulse_source_gaps_total", outcome="refilled") == 1
    missed = {f"missed {number:02}" for number in range(90)}
    assert set(texts(settings)) - {"before anybody listens"} == {"first", *missed, "last"}


def test_what_comes_late_to_a_server_is_refilled_too(settings: Settings, fake: FakeMastodon, tmp_path: Path) -> None:
    """A status of another server has an id by when it was written, which may be before what was read already."""
    with collecting(settings, fake, tmp_path) as collector:
        connected(collector, fake)
        post(fake, "a", "b")
        until(lambda: collector.tweets == 2, "both", timeout=30)
        fake.refusals.append(Refusal(503))
        fake.drop()
        fake.post("late", id=str(FIRST_ID - STEP), uri="https://far.example/users/eve/statuses/7")
        until(lambda: collector.tweets == 3, "the late one", timeout=30)
        assert collector.metric("tweetpulse_source_gap_tweets_total") == 1
    assert texts(settings) == ["a", "b", "late"]


def test_a_gap_that_is_too_long_is_refilled_in_part(
    settings: Settings, fake: FakeMastodon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The posts that the server lists are there, and the rest is reported as lost."""
    monkeypatch.setattr(feed, "MAX_PAGES", 2)
    with collecting(settings, fake, tmp_path) as collector:
        connected(collector, fake)
        post(fake, "a")
        until(lambda: collector.tweets == 1, "the first", timeout=30)
        fake.refusals.append(Refusal(503))
        fake.drop()
        post(fake, *[f"missed {number:03}" for number in range(100)])
        until(lambda: collector.metric("tweetpulse_source_gaps_total", outcome="lost") == 1, "the loss", timeout=30)
        assert collector.metric("tweetpulse_source_gaps_total", outcome="refilled") == 0
        # One of the eighty is the one that was there before.
        assert collector.metric("tweetpulse_source_gap_tweets_total") == 79
    assert texts(settings) == ["a", *[f"missed {number:03}" for number in range(79)]]


def test_a_gap_that_can_not_be_refilled_is_lost_and_said(
    settings: Settings, fake: FakeMastodon, tmp_path: Path
) -> None:
    """The stream continues although the server does not list its posts."""
    with collecting(settings, fake, tmp_path) as collector:
        connected(collector, fake)
        post(fake, "a")
        until(lambda: collector.tweets == 1, "the first", timeout=30)
        fake.list_refusals.append(Refusal(422))
        fake.drop()
        until(lambda: collector.metric("tweetpulse_source_gaps_total", outcome="lost") == 1, "the loss", timeout=30)
        connected(collector, fake)
        post(fake, "b")
        until(lambda: collector.tweets == 2, "the next", timeout=30)
    assert collector.error is None


def test_a_status_under_two_tags_is_one_tweet_about_both(
    settings: Settings, fake: FakeMastodon, tmp_path: Path
) -> None:
    """Two streams give it, it is published once, and what has neither tag is not."""
    with collecting(settings, fake, tmp_path, tags=("Acme:acme", "Rival:#rival", "fail")) as collector:
        connected(collector, fake, streams=3)
        fake.post("both", "Acme", "rival")
        fake.post("none", "else")
        fake.post("plain", "fail")
        until(lambda: collector.tweets == 2, "both", timeout=30)
    assert {tweet.text: tweet.entities for tweet in tweets(settings)} == {
        "both": ("Acme", "Rival"),
        "plain": ("fail",),
    }
    assert len(tweets(settings)) == 2


def test_a_server_that_wants_a_token_says_so_in_one_line(
    settings: Settings, fake: FakeMastodon, tmp_path: Path
) -> None:
    """Without one and with a wrong one; the token itself is in neither line. The right one from a file is taken."""
    fake.token = "right"
    for token, said in ((None, "only with an access token"), ("wrong", "refuses the access token")):
        with collecting(settings, fake, tmp_path, access_token=token) as collector:
            collector.thread.join(30)
        assert isinstance(collector.error, ConfigError)
        assert said in collector.error.message
        assert "TWEETPULSE_MASTODON__ACCESS_TOKEN" in collector.error.message
        assert "wrong" not in collector.error.message
    (tmp_path / "token").write_text("right\n")
    with collecting(settings, fake, tmp_path, access_token_file=tmp_path / "token") as collector:
        connected(collector, fake)
        post(fake, "a")
        until(lambda: collector.tweets == 1, "the tweet", timeout=30)


@pytest.mark.parametrize(("status", "error"), [(404, ConfigError), (400, SourceError)])
def test_a_server_that_can_not_do_it_ends_it(
    settings: Settings, fake: FakeMastodon, tmp_path: Path, status: int, error: type[PipelineError]
) -> None:
    """In one line: asking again would not help."""
    fake.refusals.append(Refusal(status))
    with collecting(settings, fake, tmp_path) as collector:
        collector.thread.join(30)
    assert isinstance(collector.error, error)
    assert f"HTTP {status}" in collector.error.message


def test_nobody_there_is_waited_for(settings: Settings, fake: FakeMastodon, tmp_path: Path) -> None:
    """A server that refuses connections is asked again, and a stop ends that at once."""
    with collecting(settings, fake, tmp_path, url="http://127.0.0.1:1") as collector:
        until(
            lambda: collector.metric("tweetpulse_source_errors_total", reason="network") >= 2,
            "two attempts",
            timeout=30,
        )
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
    assert collector.error is None


def test_a_stop_does_not_wait_for_a_silent_stream(settings: Settings, fake: FakeMastodon, tmp_path: Path) -> None:
    """The read that blocks is ended."""
    fake.thump = None
    with collecting(settings, fake, tmp_path, stall_seconds=60.0) as collector:
        connected(collector, fake)
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
    assert not collector.thread.is_alive()


def test_killed_and_started_again_nothing_is_lost(settings: Settings, fake: FakeMastodon, tmp_path: Path) -> None:
    """`tweetpulse collect mastodon`, killed with -9 in the middle; then SIGTERM, a summary, and exit code 0."""
    settings = settings.model_copy(update={"state_dir": tmp_path})
    command = ("-m", "pipeline", "collect", "mastodon", "--url", fake.url, "--tag", "Acme:acme")
    with running(settings, *command, log=tmp_path / "log") as process:
        until(lambda: fake.listening == 1, "the stream", timeout=60)
        for number in range(20):
            fake.post(f"{number}", "acme")
        until(lambda: (tmp_path / "sources").exists() and len(texts(settings)) == 20, "the first tweets", timeout=60)
        process.kill()
        process.wait()
    for number in range(20, 40):
        fake.post(f"{number}", "acme")
    with running(settings, *command, log=tmp_path / "log") as process:
        until(lambda: set(texts(settings)) == {str(number) for number in range(40)}, "all of them", timeout=60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    said = (tmp_path / "log").read_text()
    assert "collecting from mastodon; metrics at http://127.0.0.1:" in said
    assert "tweets (0.0 MB) to the topic" in said
    assert {tweet.entities for tweet in tweets(settings)} == {("Acme",)}


def test_pictures_alone_are_passed_over(settings: Settings, fake: FakeMastodon, tmp_path: Path) -> None:
    """They are no rejected records."""
    with collecting(settings, fake, tmp_path) as collector:
        connected(collector, fake)
        fake.post("", content="")
        post(fake, "a")
        until(lambda: collector.tweets == 1, "the tweet", timeout=30)
        assert collector.metric("tweetpulse_source_passed_over_total") == 1
    assert len(records(settings.kafka)) == 1
    assert status_of(0, "a")["content"] == "<p>a</p>"
