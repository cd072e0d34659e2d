"""How a command ends: its exit code, and one line for what went wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from pipeline import __version__
from pipeline.cli.app import app, main
from pipeline.cli.app import settings as current_settings
from pipeline.errors import (
    ConfigError,
    PipelineError,
    ScoringError,
    SetupError,
    SinkAway,
    SinkUnavailable,
    SourceError,
)

pytestmark = pytest.mark.usefixtures("bare", "logging_restored")
Captured = pytest.CaptureFixture[str]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of a command line, run in this process."""
    monkeypatch.setattr("sys.argv", ["tweetpulse", *arguments])
    try:
        return main()
    except SystemExit as ended:
        return int(ended.code or 0)


def test_version(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """On standard output, with exit code 0."""
    assert (run(monkeypatch, "--version"), capsys.readouterr().out) == (0, f"tweetpulse {__version__}\n")


def test_the_version_at_once() -> None:
    """Nothing of the command line is imported for it, and what it says is the same."""
    code = "import sys; sys.argv[1:] = ['--version']; from pipeline.__main__ import main; main(); "
    code += "sys.exit('pipeline.cli' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == f"tweetpulse {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands(shell: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """As the script does that --install-completion installs."""
    monkeypatch.setenv("_TWEETPULSE_COMPLETE", f"complete_{shell}")
    for name, value in {"COMP_WORDS": "tweetpulse unl", "COMP_CWORD": "1"}.items():
        monkeypatch.setenv(name, value)
    for name, value in {"_TYPER_COMPLETE_ARGS": "tweetpulse unl", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}.items():
        monkeypatch.setenv(name, value)
    run(monkeypatch)
    assert "unlabel" in capsys.readouterr().out


def test_an_unknown_command(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """The command line's own mistakes end with 2, as wrong settings do."""
    assert run(monkeypatch, "clasify", "x") == 2
    assert "clasify" in capsys.readouterr().err


def test_a_wrong_setting(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """One line on standard error, no traceback, nothing on standard output."""
    monkeypatch.setenv("TWEETPULSE_KAFKA__PARTITIONS", "many")
    code, told = run(monkeypatch, "classify", "x"), capsys.readouterr()
    assert (code, told.out, told.err.count("\n")) == (2, "", 1)
    assert told.err.startswith("tweetpulse: kafka.partitions is wrong: ")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PipelineError("x"), 1),
        (ConfigError("x"), 2),
        (SetupError("x"), 3),
        (SinkUnavailable("x", reason="read_only"), 4),
        (SinkAway("x", reason="timeout"), 3),
        (ScoringError("x"), 5),
        (SourceError("x"), 6),
    ],
    ids=lambda value: type(value).__name__,
)
def test_exit_codes(error: PipelineError, code: int, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """Each error ends a command with its own code."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("pipeline.cli.classify.current_settings", fail)
    assert (run(monkeypatch, "classify", "x"), capsys.readouterr().err) == (code, "tweetpulse: x\n")


def test_markup_and_long_lines(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """A message is shown as it is: brackets are no colours, and it is not broken into lines."""
    message = "[red]wrong[/red] " + "x" * 300

    def fail() -> None:
        raise ConfigError(message)

    monkeypatch.setattr("pipeline.cli.classify.current_settings", fail)
    run(monkeypatch, "classify", "x")
    assert capsys.readouterr().err == f"tweetpulse: {message}\n"


def test_debug_shows_where(monkeypatch: pytest.MonkeyPatch) -> None:
    """With --debug the error comes with its traceback."""
    monkeypatch.setenv("TWEETPULSE_KAFKA__PARTITIONS", "many")
    with pytest.raises(ConfigError):
        run(monkeypatch, "--debug", "classify", "x")


def test_state_dir(monkeypatch: pytest.MonkeyPatch, bare: Path) -> None:
    """--state-dir wins over the environment, of this call alone."""
    monkeypatch.setenv("TWEETPULSE_STATE_DIR", str(bare / "environment"))
    run(monkeypatch, "--state-dir", "argument", "status")
    assert current_settings().state_dir == bare / "argument"
    run(monkeypatch, "status")
    assert current_settings().state_dir == bare / "environment"


def _paths(command: Any, *before: str) -> Iterator[tuple[str, ...]]:
    yield before
    for name, one in getattr(command, "commands", {}).items():
        yield from _paths(one, *before, name)


@pytest.mark.parametrize("path", [*_paths(get_command(app))], ids=" ".join)
def test_help_fits_a_narrow_terminal(path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """At 80 columns nothing is cut, and no type of an option is broken in the middle (a list of words may be)."""
    monkeypatch.setenv("COLUMNS", "80")
    run(monkeypatch, *path, "--help")
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if re.search(r"\S… *│$|<(?!list)[a-z][^>]*$", line) or len(line) > 80] == []


def test_commands_are_documented(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """--help lists every command, each with a line of its own."""
    monkeypatch.setenv("COLUMNS", "200")
    assert run(monkeypatch, "--help") == 0
    listed = re.findall(r"^[│ ]+([a-z]+) {2,}(\S.*?)[│ ]*$", capsys.readouterr().out, re.MULTILINE)
    assert {"up", "down", "status", "replay", "generate", "run", "setup", "classify", "rejected", "demo"} <= {
        name for name, _ in listed
    }
