"""The files in `docs/examples` that people copy."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.errors import AlreadyRunning, NothingNew, NotPromoted
from tests.paths import ROOT

EXAMPLES = ROOT / "docs" / "examples"
SERVICE = (EXAMPLES / "tweetpulse-retrain.service").read_text()
(CRON,) = [line for line in (EXAMPLES / "tweetpulse-retrain.cron").read_text().splitlines() if re.match(r"\d", line)]
QUIET = [str(error.exit_code) for error in (NotPromoted, NothingNew, AlreadyRunning)]


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """systemd-analyze finds nothing to say of them, with a program that is there."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    for unit in EXAMPLES.glob("*.service"):
        (tmp_path / unit.name).write_text(unit.read_text().replace("/usr/local/bin/tweetpulse", sys.executable))
    for unit in EXAMPLES.glob("*.timer"):
        shutil.copy(unit, tmp_path)
    units = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "tweetpulse" in line] == []


def test_the_timer_says_when() -> None:
    """A time that systemd understands."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    when = re.findall(r"^OnCalendar=(.+)$", (EXAMPLES / "tweetpulse-retrain.timer").read_text(), re.MULTILINE)
    done = subprocess.run(["systemd-analyze", "calendar", *when], capture_output=True, text=True, check=False)
    assert (done.returncode, len(when)) == (0, 1), done.stderr


@pytest.mark.parametrize("text", [SERVICE, CRON], ids=["service", "cron"])
def test_the_command_is_one_of_ours(text: str) -> None:
    """As it stands there, with `--help` instead of doing it."""
    (arguments,) = re.findall(r"(?:ExecStart=\S*/|\$\()tweetpulse ([^>&\n]+?)\s*(?:2>|$)", text, re.MULTILINE)
    done = CliRunner().invoke(app, [*shlex.split(arguments), "--help"])
    assert (done.exit_code, "promote" in done.stdout) == (0, True)


def test_what_is_no_fault_wakes_nobody() -> None:
    """A champion that stays, nothing new, and another one that is at it."""
    assert re.findall(r"^SuccessExitStatus=(.+)$", SERVICE, re.MULTILINE) == [" ".join(QUIET)]
    assert f"case $? in {'|'.join(QUIET)})" in CRON


@pytest.mark.parametrize(("code", "printed"), [*((int(code), "") for code in QUIET), (0, "said\n"), (4, "said\n")])
def test_cron_prints_what_somebody_should_read(tmp_path: Path, code: int, printed: str) -> None:
    """The line as cron runs it, with a program that ends so."""
    program = tmp_path / "tweetpulse"
    program.write_text(f"#!/bin/sh\necho said >&2\nexit {code}\n")
    program.chmod(0o755)
    command = CRON.split(None, 6)[6].replace("/etc/tweetpulse", str(tmp_path))
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == (printed, "")
