"""The files in `deploy/schedules` that people copy: units of systemd, lines of cron, DAGs of Airflow."""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
import subprocess
import sys
from contextlib import nullcontext
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.errors import AlreadyRunning, NothingNew, NotPromoted, TooFew
from tests.manifests import DEPLOY
from tests.unit.docs.test_commands import unknown

SCHEDULES = DEPLOY / "schedules"
SERVICES = {path.stem.removeprefix("tweetpulse-"): path.read_text() for path in SCHEDULES.glob("*.service")}
LINES = [line for line in (SCHEDULES / "tweetpulse.cron").read_text().splitlines() if re.match(r"\d", line)]
# What each command may end with although nothing is wrong.
FINE = {
    "retrain": [str(error.exit_code) for error in (NotPromoted, NothingNew, AlreadyRunning)],
    "topics": [str(TooFew.exit_code)],
    "report": [],
    "archive": [],
}


def cron_words(line: str) -> list[str]:
    """The words of the commands of ours in a line, one after the other."""
    (found,) = re.findall(r"\$\((.+?) 2>&1\)", line)
    return shlex.split(found.strip(" {};"))


def one_by_one(words: list[str]) -> list[list[str]]:
    """The commands that `&&` connects."""
    return [list(part) for is_and, part in groupby(words, lambda word: word == "&&") if not is_and]


CRON = {cron_words(line)[1]: line for line in LINES}


@pytest.fixture
def analyze() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the file of DAGs asks of Airflow, for each task. `make test-airflow` runs it in a real one."""
    found: list[dict[str, Any]] = []
    modules: dict[str, dict[str, Any]] = {
        "airflow": {},
        "airflow.sdk": {"DAG": lambda *_, **__: nullcontext()},
        "airflow.providers": {},
        "airflow.providers.standard": {},
        "airflow.providers.standard.operators": {},
        "airflow.providers.standard.operators.bash": {"BashOperator": lambda **options: found.append(options)},
    }
    for name, content in modules.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    runpy.run_path(str(SCHEDULES / "tweetpulse_dags.py"))
    return found


@pytest.mark.usefixtures("analyze")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """systemd-analyze finds nothing to say of them, with a program that is there."""
    for unit in SCHEDULES.glob("*.service"):
        (tmp_path / unit.name).write_text(unit.read_text().replace("/usr/local/bin/tweetpulse", sys.executable))
    for unit in SCHEDULES.glob("*.timer"):
        shutil.copy(unit, tmp_path)
    units = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "tweetpulse" in line] == []


@pytest.mark.usefixtures("analyze")
@pytest.mark.parametrize("job", SERVICES)
def test_a_timer_says_when(job: str) -> None:
    """A time that systemd understands."""
    timer = (SCHEDULES / f"tweetpulse-{job}.timer").read_text()
    when = re.findall(r"^OnCalendar=(.+)$", timer, re.MULTILINE)
    done = subprocess.run(["systemd-analyze", "calendar", *when], capture_output=True, text=True, check=False)
    assert (done.returncode, len(when)) == (0, 1), done.stderr


def test_systemd_and_cron_do_the_same() -> None:
    """No job is in one of them alone."""
    assert SERVICES.keys() == CRON.keys()


@pytest.mark.parametrize("job", SERVICES)
def test_the_commands_are_ours(job: str) -> None:
    """With options that they have; systemd and cron have the same ones."""
    unit = re.findall(r"^ExecStart=/usr/local/bin/(tweetpulse .+)$", SERVICES[job], re.MULTILINE)
    commands = one_by_one(shlex.split(" && ".join(unit)))
    assert [words[:3] for words in commands] == [words[:3] for words in one_by_one(cron_words(CRON[job]))]
    for words in (*commands, *one_by_one(cron_words(CRON[job]))):
        assert (words[1], unknown(words)) == (job, [])


def test_the_tasks_of_airflow_are_ours(tasks: list[dict[str, Any]]) -> None:
    """With options that the commands have; a command with nothing to do is skipped."""
    commands = [shlex.split(task["bash_command"]) for task in tasks]
    assert [unknown(one) for words in commands for one in one_by_one(words) if unknown(one)] == []
    assert {words[1]: task["skip_on_exit_code"] for words, task in zip(commands, tasks, strict=True)} == {
        job: tuple(map(int, codes)) for job, codes in FINE.items()
    }


@pytest.mark.parametrize("job", SERVICES)
def test_what_is_no_fault_wakes_nobody(job: str) -> None:
    """Nothing new, too few tweets, and so on: neither systemd nor cron calls that a failure."""
    fine = [" ".join(FINE[job])] if FINE[job] else []
    assert re.findall(r"^SuccessExitStatus=(.+)$", SERVICES[job], re.MULTILINE) == fine
    assert f"case $? in {'|'.join(FINE[job]) or 0})" in CRON[job]


@pytest.mark.parametrize("job", CRON)
@pytest.mark.parametrize("code", [0, 4, 7, 8, 9, 10])
def test_cron_prints_what_somebody_should_read(tmp_path: Path, job: str, code: int) -> None:
    """The line as cron runs it, with a program that ends so."""
    program = tmp_path / "tweetpulse"
    program.write_text(f"#!/bin/sh\necho said >&2\nexit {code}\n")
    program.chmod(0o755)
    command = CRON[job].split(None, 6)[6].replace("/etc/tweetpulse", str(tmp_path))
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    is_quiet = str(code) in FINE[job] or (job == "archive" and code == 0)
    printed = "" if is_quiet else "said\n"
    assert (done.stdout, done.stderr) == (printed, "")
