"""The command itself: its output, its changes, its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.fake_x import Cut, Missed, Refuse, Send
from tests.fake_x.server import TOKEN
from tests.processes import until
from tests.records import records


@pytest.fixture
def command(x, tmp_path):
    """Runs `tweetpulse collect twitter` in an empty folder."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("TWEETPULSE_")}
    own = {
        "TWEETPULSE_STATE_DIR": str(tmp_path / "state"),
        "TWEETPULSE_TWITTER__API_URL": x.url,
        "TWEETPULSE_TWITTER__BEARER_TOKEN": TOKEN,
        "TWEETPULSE_TELEMETRY__SOURCE_PORT": "0",
        "TWEETPULSE_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1",
    }
    started = []

    def run(*arguments, **variables):
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "collect", "twitter", *arguments],
            env={name: value for name, value in (bare | own | variables).items() if value is not None},
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def ended(process):
    out, err = process.communicate(timeout=60)
    assert TOKEN not in out + err
    return process.returncode, out, err


def test_a_dry_run_says_what_a_start_would_do(x, command):
    """Nothing is changed there, nothing is read, and no broker is needed."""
    x.add_rule("gone", "tweetpulse/Gone")
    x.add_rule("kept", "tweetpulse/kept")
    x.add_rule("theirs", "")
    before = dict(x.rules)
    arguments = ("--track", "kept", "--track", "Acme:@acme OR #acme", "--retweets", "mark", "--dry-run")
    code, out, err = ended(command(*arguments))
    assert (code, err) == (0, "")
    assert out.splitlines()[:5] == [
        "the token and the rules are good; nothing was changed (mode stream, retweets mark, no backfill)",
        "  create   @acme OR #acme   as Acme",
        "  delete   gone   (tweetpulse/Gone)",
        "  keep     kept   as kept",
        "  foreign  theirs   left as it is; X counts its tweets too",
    ]
    assert "never ran here: begins now, nothing to refill" in out
    assert (x.rules, x.streams(), x.searches()) == (before, [], [])


def test_a_dry_run_of_the_search_counts(x, command):
    """The number of tweets that each rule matches, which is its cost, is printed; no tweet is read."""
    x.archive.write("acme", age=60)
    code, out, _ = ended(command("--track", "acme", "--mode", "search", "--dry-run"))
    assert (code, x.searches()) == (0, [])
    assert "  search   acme   as acme   1 in the last seven days" in out


def test_a_dry_run_tells_what_would_be_refilled(x, command, tmp_path):
    """From where Kafka has everything, and the gaps that are open."""
    folder = tmp_path / "state" / "sources"
    folder.mkdir(parents=True)
    state = {"version": 1, "newest": 1377650090978992134, "gaps": [{"after": 1377640090978992134, "until": None}]}
    (folder / "twitter.json").write_text(json.dumps(state))
    _, out, _ = ended(command("--track", "acme", "--dry-run"))
    assert "Kafka has all up to 1377650090978992134 (2021-04-01 15:52:31 UTC)" in out
    assert "the open gap from 2021-04-01 15:12:47 to now UTC" in out
    assert json.loads((folder / "twitter.json").read_text()) == state


@pytest.mark.parametrize(
    ("arguments", "variables", "code", "said"),
    [
        ((), {}, 2, "nothing to track"),
        (("--track", "form:acme"), {}, 2, "the rule 'form:acme' is invalid: did you mean from:?"),
        (("--track", "acme"), {"TWEETPULSE_TWITTER__BEARER_TOKEN": None}, 2,
         "X needs a bearer token: get one at https://developer.x.com/"),
        (("--track", "acme"), {"TWEETPULSE_TWITTER__BEARER_TOKEN": None,
                               "TWEETPULSE_TWITTER__BEARER_TOKEN_FILE": "/gone"}, 2, "the bearer token's file /gone"),
        (("--track", "acme"), {"TWEETPULSE_TWITTER__BEARER_TOKEN": "not one\nof them"}, 2,
         "TWEETPULSE_TWITTER__BEARER_TOKEN is no bearer token"),
        (("--track", "acme", "--dry-run"), {"TWEETPULSE_TWITTER__BEARER_TOKEN": "wrong-secret"}, 2,
         "X refuses the bearer token (401, Unauthorized): make a new one at https://developer.x.com/"),
        (("--track", "unthinkable", "--dry-run"), {}, 2, "X does not take the rule 'unthinkable': no viable"),
        (("--track", "acme", "--dry-run"), {"TWEETPULSE_TWITTER__API_URL": "http://127.0.0.1:1"}, 6,
         "127.0.0.1:1 can't be reached"),
        (("--track", "acme"), {}, 3, "Kafka at 127.0.0.1:1 does not answer"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(command, arguments, variables, code, said):
    """The exit code tells the kind; no traceback, and never a secret."""
    returned, out, err = ended(command(*arguments, **variables))
    last = err.splitlines()[-1]
    assert (returned, last.startswith(f"tweetpulse: {said}")) == (code, True), err
    assert "Traceback" not in out + err
    assert "wrong-secret" not in out + err


def test_a_run_from_the_settings_file(x, command, settings, tmp_path):
    """Rules from tweetpulse.toml, the token from a file; faults on the way, a clean end, and no token anywhere."""
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "tweetpulse.toml").write_text(
        "[twitter]\n"
        f"bearer_token_file = '{tmp_path / 'token'}'\n"
        "track = ['Acme:acme']\n"
        "settle_seconds = 0.6\n"
        "[kafka]\n"
        f"bootstrap_servers = '{settings.kafka.bootstrap_servers}'\n"
        f"tweets_topic = '{settings.kafka.tweets_topic}'\n"
        f"scored_topic = '{settings.kafka.scored_topic}'\n"
        f"rejected_topic = '{settings.kafka.rejected_topic}'\n"
        "[log]\n"
        "level = 'debug'\n"
    )
    x.play(Send(3), Cut(), Missed(2), Refuse(503), Send(2))
    process = command(TWEETPULSE_TWITTER__BEARER_TOKEN=None, TWEETPULSE_KAFKA__BOOTSTRAP_SERVERS=None)

    def keys():
        return sorted(record.key.decode() for record in records(settings.kafka))

    until(lambda: not x.script and keys() == sorted(x.event_ids()), "all tweets", 60)
    process.send_signal(signal.SIGTERM)
    code, out, err = ended(process)
    assert (code, "Traceback" in err) == (0, False)
    assert "published 7 tweets" in out
    assert '"event":{"action":"source-interrupted"}' in err
