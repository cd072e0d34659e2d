"""The package as people install it: built, put into empty environments outside the checkout, and used from there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from pipeline import __version__
from tests.paths import ROOT
from tests.stacks import state_folder
from tests.wheels import build, uv

EXTRA = "pip install 'tweetpulse[stream]'"


class Installed:
    """An environment that holds the package, and a folder outside the checkout to call its commands in."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "venv" / "bin"
        self._cwd = folder
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TWEETPULSE_", "PYTHON", "VIRTUAL_ENV"))
        }

    def run(self, program: str, *arguments: str, timeout: float = 500) -> subprocess.CompletedProcess[str]:
        """A program of the environment's own."""
        return subprocess.run(
            [self.bin / program, *arguments],
            cwd=self._cwd,
            env=self.environment | {"COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as a release would be."""
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def plain(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The package without extras, with what its lock names."""
    folder = tmp_path_factory.mktemp("plain")
    python = _environment(folder)
    uv("pip", "install", "--python", python, "--constraints", str(ROOT / "requirements.lock"), str(wheel))
    return Installed(folder)


@pytest.fixture(scope="module")
def whole(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The package with all that the lock names."""
    folder = tmp_path_factory.mktemp("whole")
    python = _environment(folder)
    uv("pip", "sync", "--require-hashes", "--python", python, str(ROOT / "requirements.lock"))
    uv("pip", "install", "--no-deps", "--python", python, str(wheel))
    return Installed(folder)


def test_the_boards_are_inside_and_what_generates_them_is_not(wheel: Path) -> None:
    """Every generated file is; of Python there are only the folders that files are found by."""
    inside = set(zipfile.ZipFile(wheel).namelist())
    boards = {str(path.relative_to(ROOT)) for path in (ROOT / "dashboards").rglob("*.*") if path.suffix != ".pyc"}
    assert {name for name in boards if not name.endswith(".py")} <= inside
    assert {name for name in inside if name.startswith("dashboards/") and name.endswith(".py")} == {
        "dashboards/__init__.py",
        "dashboards/grafana/__init__.py",
        "dashboards/kibana/__init__.py",
    }
    assert {"tweetpulse/py.typed", "pipeline/py.typed", "exporters/py.typed"} <= inside
    assert {"pipeline/report/page.html.j2", "pipeline/report/page.css", "pipeline/topics/page.html.j2"} <= inside
    assert not [name for name in inside if name.startswith(("tests/", "bench/", "docs/"))]


def test_there_is_one_version(wheel: Path, plain: Installed) -> None:
    """The wheel's, the commands' and the module's are the same."""
    said = [plain.run(program, "--version").stdout.split()[-1] for program in ("tweetpulse", "tweetpulse-exporter")]
    module = plain.run("python", "-c", "import tweetpulse; print(tweetpulse.__version__)").stdout.strip()
    assert {*said, module, wheel.name.split("-")[1]} == {__version__}


@pytest.mark.parametrize(
    ("program", "arguments", "said"),
    [
        ("tweetpulse", ("--help",), "collect"),
        ("tweetpulse", ("collect", "twitter", "--help"), "--track"),
        ("tweetpulse", ("classify", "not bad at all"), "positive"),
        ("tweetpulse", ("models", "list"), "no model in"),
        ("tweetpulse-exporter", ("--help",), "lag"),
        ("python", ("-c", "import tweetpulse; print(tweetpulse.classify('not bad at all').label)"), "positive"),
    ],
)
def test_what_works_without_spark(plain: Installed, program: str, arguments: tuple[str, ...], said: str) -> None:
    """Commands, the exporter and the public module do, where no extra is installed."""
    done = plain.run(program, *arguments)
    assert (done.returncode, said in done.stdout) == (0, True), done.stdout + done.stderr


def test_only_the_extra_brings_spark(plain: Installed) -> None:
    """Neither Spark nor Arrow is there, and what is imported is the wheel's."""
    found = plain.run("python", "-c", "import pipeline; print(pipeline.__file__)").stdout
    assert found.startswith(str(plain.bin.parent))
    assert plain.run("python", "-c", "import pyspark").returncode == 1
    assert plain.run("python", "-c", "import pyarrow").returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--once"),
        ("demo",),
        ("train", "sentiment", "--data", "labels.csv"),
    ],
    ids=lambda arguments: str(arguments[0]),
)
def test_what_needs_spark_says_how_to_get_it(plain: Installed, arguments: tuple[str, ...]) -> None:
    """In one line, with the exit code of a machine that lacks something."""
    (plain.bin.parent.parent / "labels.csv").write_text(
        "text,label\n" + "".join(f"so good {n},positive\nso bad {n},negative\n" for n in range(300))
    )
    more = ("--columns", "text=text,label=label") if arguments[0] == "train" else ()
    done = plain.run("tweetpulse", *arguments, *more)
    assert (done.returncode, done.stderr.count("\n"), EXTRA in done.stderr) == (3, 1, True), done.stderr


def test_what_needs_charts_says_how_to_get_them(plain: Installed) -> None:
    """In one line, with the exit code of a machine that lacks something."""
    done = plain.run("tweetpulse", "report")
    cure = "run `pip install 'tweetpulse[plots]'`, or `make env` in a clone"
    assert (done.returncode, done.stderr) == (3, f"tweetpulse: matplotlib, jinja2 not installed: {cure}\n")


@pytest.mark.timeout(1_800)
def test_the_demo_runs_from_the_wheel(whole: Installed) -> None:
    """Real servers, tweets scored and indexed, and an accounting that balances, without the checkout.

    A second one with `--keep` goes on with the tweets of the first until it is interrupted; `down` deletes them.
    """
    with state_folder() as folder:
        tweetpulse = ("tweetpulse", "--state-dir", str(folder))
        done = whole.run(*tweetpulse, "demo", "--tweets", "300", timeout=1_000)
        assert done.returncode == 0, done.stdout + done.stderr
        rows = [line.split() for line in done.stdout.splitlines()]
        assert ["records", "read", "300"] in rows
        (indexed,) = (row[2] for row in rows if row[:2] == ["tweets", "indexed"])
        again = _interrupted(whole, *tweetpulse, "demo", "--keep", once="Ctrl-C ends it all")
        assert f"goes on with the {indexed} tweets of the last demo" in again
        assert whole.run(*tweetpulse, "down", "--delete-data").returncode == 0
        assert not (folder / "demo" / "kafka").exists()


def _interrupted(whole: Installed, program: str, *arguments: str, once: str) -> str:
    """What a command prints that gets Ctrl-C once it has printed some words."""
    command = [str(whole.bin / program), *arguments]
    with subprocess.Popen(
        command, cwd=whole.bin.parent.parent, env=whole.environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        said = ""
        for line in process.stdout:
            said += line
            if once in line:
                process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) == 0, said
    return said


def test_what_the_extra_brings_is_known(whole: Installed) -> None:
    """The package that each requirement of the extra installs is one that is looked for before it is used."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = sorted(requirement.split(">")[0] for requirement in project["optional-dependencies"]["stream"])
    code = "from pipeline.extras import PACKAGES, missing; print(*sorted(PACKAGES['stream']), missing('stream'))"
    assert whole.run("python", "-c", code).stdout.strip() == f"{' '.join(wanted)} []"


def _environment(folder: Path) -> str:
    uv("venv", "--python", sys.executable, str(folder / "venv"))
    return str(folder / "venv" / "bin" / "python")
