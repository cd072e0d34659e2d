import os
import signal
import subprocess
import sys
import time

import pytest

from pipeline.domain.record import decode
from pipeline.domain.tweet import PublicMetrics, Tweet
from tests.records import records


@pytest.fixture
def command(settings, tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TWEETPULSE_")} | {
        "TWEETPULSE_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "TWEETPULSE_KAFKA__TWEETS_TOPIC": settings.kafka.tweets_topic,
        "TWEETPULSE_KAFKA__SCORED_TOPIC": settings.kafka.scored_topic,
        "TWEETPULSE_KAFKA__REJECTED_TOPIC": settings.kafka.rejected_topic,
        "TWEETPULSE_KAFKA__ASSISTANCE_TOPIC": settings.kafka.assistance_topic,
        "TWEETPULSE_STATE_DIR": str(tmp_path / "state"),
        "TWEETPULSE_ELASTICSEARCH__URL": "http://127.0.0.1:1",  # nobody is there: nothing is said of that
    }

    started = []

    def start(*arguments, given=None):
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline", *map(str, arguments)],
            env=environment, cwd=tmp_path, text=True,
            stdin=given or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def ended(process):
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def tweets(settings):
    return [decode(record.value) for record in records(settings.kafka)]


def test_a_stream_with_a_cut_line_is_replayed_to_its_end(data, command, settings):
    """The line is named, its bytes are published, and the exit code is 0."""
    code, out, err = ended(command("replay", data("twitter_v2/streaming_output_with_error.jsonl")))
    assert (code, err) == (0, "")
    assert "published 8 records (7 tweets, " in out
    assert "line 8: not JSON: character 44 of 44" in out
    assert sum(isinstance(found, Tweet) for found in tweets(settings)) == 7
    assert len(tweets(settings)) == 8


def test_options_reach_the_replay(command, settings, tmp_path):
    """Columns, limit, loops, entity and kept times."""
    (tmp_path / "own.csv").write_text("n,body,at\n" + "".join(f"{n},text {n},2020-01-0{n}\n" for n in range(1, 6)))
    options = ("--columns", "id=n,text=body,time=at", "--limit", 2, "--loop", 2, "--entity", "Acme", "--rebase", "keep")
    code, out, _ = ended(command("replay", "own.csv", *options))
    found = tweets(settings)
    assert (code, "published 4 tweets" in out) == (0, True)
    assert sorted((t.text, t.written_at.day, t.entities) for t in found) == [
        ("text 1", 1, ("Acme",)), ("text 1", 1, ("Acme",)), ("text 2", 2, ("Acme",)), ("text 2", 2, ("Acme",)),
    ]  # fmt: skip
    assert sum(t.id.endswith("#2") for t in found) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("replay", "gone.csv"), 6, "gone.csv can't be read: no such file"),
        (("replay", "gone.csv", "--layout", "other"), 2, "there is no layout 'other'"),
        (("replay", "gone.csv", "--speed", "fast"), 2, "--speed 'fast' is not 1x, 60x or max"),
        (("replay", "gone.csv", "--loop", "0"), 2, "--loop '0'"),
        (("generate", "--history", "soon"), 2, "--history 'soon'"),
    ],
)
def test_what_is_wrong_is_one_line(command, arguments, code, message):
    """The exit code tells the kind; nothing is published, and no traceback is shown."""
    returned, out, err = ended(command(*arguments))
    assert (returned, out) == (code, "")
    assert err.startswith(f"tweetpulse: {message}")
    assert err.count("\n") == 1


def test_a_file_without_a_tweet_ends_with_an_error(command, settings, tmp_path):
    """Its first line is named, and nothing is published."""
    (tmp_path / "users.jsonl").write_text('{"data": [{"id": "1", "username": "a"}]}\n' * 12)
    code, out, err = ended(command("replay", "users.jsonl"))
    said = "nothing in users.jsonl is a tweet, so nothing was published (line 1: users, not tweets)"
    assert (code, out, err) == (6, "", f"tweetpulse: {said}\n")
    assert tweets(settings) == []


def test_rows_that_can_not_be_read_are_named(command, settings, tmp_path):
    """The first ten, and how many more; they are published beside the tweets."""
    (tmp_path / "some.jsonl").write_text(
        '{"id": "1", "text": "a"}\n' + '{"data": [{"id": "1", "username": "a"}]}\n' * 12
    )
    code, out, err = ended(command("replay", "some.jsonl"))
    assert (code, err) == (0, "")
    assert "line 11: users, not tweets\n  and 2 more" in out
    assert len(tweets(settings)) == 13


def test_a_folder_a_file_and_standard_input_are_replayed_together(command, settings, tmp_path):
    """What is left out is named beside the summary; a row that can't be read is found by its file."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "b.json").write_text('[{"id": "1", "text": "an array", "author_id": "7"}, {"id": "2"}]')
    (tmp_path / "folder" / "a.csv").write_text("id,text,likes,label\n1,a table,3,positive\n")
    (tmp_path / "folder" / "notes.txt").write_text("remember the milk\n")
    (tmp_path / "given").write_text('{"body": {"text": "standard input"}}\n')
    columns = ("--columns", "text=body.text")
    with (tmp_path / "given").open() as given:
        first = ended(command("replay", "folder"))
        second = ended(command("replay", "-", *columns, given=given))
    assert [(code, "published 3 records (2 tweets" in out) for code, out, _ in (first, second)] == [
        (0, True),
        (0, False),
    ]
    assert first[2].startswith("left out: notes.txt: no layout fits")
    assert "b.json, item 2: neither a tweet nor a page of tweets" in first[1]
    found = {t.text: t for t in tweets(settings) if isinstance(t, Tweet)}
    assert sorted(found) == ["a table", "an array", "standard input"]
    assert found["a table"].public_metrics == PublicMetrics(like_count=3)


def test_an_interrupted_replay_says_what_it_did(command, settings, tmp_path):
    """How many rows of how many are published, and nothing of the rest."""
    (tmp_path / "own.csv").write_text("id,text\n" + "".join(f"{n},text {n}\n" for n in range(5_000)))
    process = command("replay", "own.csv", "--rate", 50)
    while not tweets(settings):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    code, out, _ = ended(process)
    found = len(tweets(settings))
    assert (code, found < 5_000) == (0, True)
    assert f"interrupted after {found:,} of 5,000 rows; the rest was not published" in out
    assert "already indexed" not in out


def test_generate_makes_as_many_as_asked(command, settings):
    """A history at full speed, then the rest at the rate."""
    begun = time.monotonic()
    code, _, _ = ended(
        command("generate", "--count", 3_100, "--history", "6h", "--history-tweets", 3_000, "--rate", 100)
    )
    assert (code, time.monotonic() - begun > 1.0) == (0, True)
    assert len(tweets(settings)) == 3_100


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_a_summary(command, settings, number):
    """Tweets generated before the signal are acknowledged, and the count is exact."""
    process = command("generate", "--rate", 200)
    while not tweets(settings):
        assert process.poll() is None
    process.send_signal(number)
    code, out, err = ended(process)
    found = tweets(settings)
    accepted = sum(isinstance(one, Tweet) for one in found)
    assert (code, err) == (0, "")
    assert f"{accepted:,} tweets" in out
