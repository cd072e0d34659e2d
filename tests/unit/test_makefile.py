"""The environment that `make` makes: what the demo runs with first, the rest when tests ask for it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.extras import PACKAGES
from tests.paths import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-build.lock", "pyproject.toml")
ASKED = """#!/bin/sh
echo "certs=$UV_SYSTEM_CERTS $*" >> "$0.asked"
"""
Make = Callable[..., list[str]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Runs `make` in a folder that has an environment with nothing in it; what a program of it was asked for."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in LOCKS:
        (tmp_path / name).touch()
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "tweetpulse", "ruff", "uv"):
        (programs / name).write_text(ASKED)
        (programs / name).chmod(0o755)

    def run(*arguments: str, program: str = "uv") -> list[str]:
        asked = programs / f"{program}.asked"
        asked.unlink(missing_ok=True)
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "UV_"))}
        # A shell may export the width of its terminal.
        environment = plain | {"COLUMNS": "80"}
        subprocess.run(["make", *arguments], cwd=tmp_path, env=environment, check=True, capture_output=True)
        return asked.read_text().splitlines() if asked.exists() else []

    return run


def test_the_demo_takes_what_it_runs_with(make: Make) -> None:
    """The runtime lock is added, and the project itself; by this machine's certificates. Nothing the second time."""
    (added, itself) = make("demo")
    assert added.startswith("certs=1 pip install ")
    assert added.endswith(" --requirement requirements.lock")
    assert itself.endswith(" --editable .")
    assert make("demo") == []


def test_the_demo_can_do_nearly_everything() -> None:
    """`tweetpulse report` after a demo asks for nothing; what finds topics is as large as a fifth of all the rest."""
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert {*PACKAGES["stream"], *PACKAGES["plots"]} <= {*locked}


def test_tests_and_tools_take_the_rest(make: Make) -> None:
    """After a demo the development lock is synced; after that a demo asks for nothing, so that it removes nothing."""
    make("demo")
    assert make("lint")[0].endswith(" requirements-dev.lock")
    assert make("demo") == make("env") == []


def test_a_new_lock_is_installed(make: Make, tmp_path: Path) -> None:
    """A demo with a newer lock adds from it; it never syncs, which would take the tools away."""
    make("env")
    newer = (tmp_path / ".venv" / ".runs").stat().st_mtime + 5
    os.utime(tmp_path / "requirements.lock", (newer, newer))
    assert " pip install " in make("demo")[0]


def test_the_site_is_built_and_a_warning_is_an_error(make: Make) -> None:
    """With MkDocs of the environment, which `make docs` makes first."""
    (built,) = make("docs", program="python")
    assert built.split()[1:5] == ["-m", "mkdocs", "build", "--strict"]
    assert make("docs") == []


def test_data_are_fetched_by_the_tests_own_command(make: Make) -> None:
    """With Python of the environment."""
    (fetched,) = make("data", program="python")
    assert fetched.endswith(" -m tests.datasets")


def test_pictures_are_drawn(make: Make) -> None:
    """By the tests' own servers; each time, since a picture does not know of the boards that it shows."""
    assert (
        make("pictures", program="python") == make("pictures", program="python") == ["certs=1 -m tests.boards.pictures"]
    )


def test_columns_are_those_of_the_command(make: Make) -> None:
    """What describes a file is written behind `make demo`; the width of the terminal has the same name."""
    assert make("demo", program="tweetpulse") == ["certs=1 demo"]
    assert make("demo", "COLUMNS=text=body", program="tweetpulse") == ["certs=1 demo --columns text=body"]
