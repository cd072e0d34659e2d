"""The example of a source of one's own, run as its documentation says."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from pipeline.domain.record import decode
from pipeline.settings import Settings
from tests.paths import ROOT
from tests.processes import environment, until
from tests.records import records

EXAMPLE = ROOT / "docs" / "examples" / "own_source.py"


def test_the_example_collects(settings: Settings, tmp_path: Path) -> None:
    """Each line is a tweet, also those that come later; the record says which source it is from; Ctrl-C ends it."""
    (tmp_path / "own_source.py").write_text(EXAMPLE.read_text())
    (tmp_path / "guestbook.txt").write_text("lovely place\n")
    command = [str(Path(sys.executable).with_name("tweetpulse")), "collect", "--source", "own_source:Guestbook"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment(settings), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        until(lambda: len(records(settings.kafka)) == 1, "the first line", timeout=60)
        with (tmp_path / "guestbook.txt").open("a") as book:
            book.write("late again\n")
        until(lambda: len(records(settings.kafka)) == 2, "the second line", timeout=60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    found = [decode(record.value) for record in records(settings.kafka)]
    assert {(tweet.text, tweet.source) for tweet in found} == {
        ("lovely place", "guestbook"),
        ("late again", "guestbook"),
    }
    assert process.returncode == 0, err
    assert "published 2 tweets" in out
    assert "publishing what was read" in err


def test_what_is_wrong_is_one_line(settings: Settings, tmp_path: Path) -> None:
    """The exit code is the error's, and nothing is started."""
    for arguments, said in (
        (("--source", "nothing"), "is not module:Class"),
        (("--source", "nothing:At"), "there is no module nothing"),
        (("--source", "a:B", "mastodon"), "are two sources"),
        (("mastodon", "--url", "mastodon.social"), "--url is no server's address"),
        (("mastodon", "--tag", "two words"), "is no hashtag"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", "collect", *arguments],
            cwd=tmp_path, env=environment(settings) | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
