"""The table of commands says what the commands themselves say, and whoever asks for help imports none of them."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys

import pytest

from pipeline.cli.app import with_imported
from pipeline.cli.commands import COMMANDS

HEAVY = {"pyspark", "pandas", "pyarrow", "numpy", "elasticsearch", "kafka", "tweepy", "prometheus_client"}

_MODULES = """
import json, sys
sys.argv = ["tweetpulse", *sys.argv[1:]]
from pipeline.__main__ import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
print(json.dumps(sorted(sys.modules)))
"""


def imported(*arguments: str) -> set[str]:
    """The modules that a process has imported when the command ends."""
    told = subprocess.run([sys.executable, "-c", _MODULES, *arguments], capture_output=True, text=True, check=True)
    return set(json.loads(told.stdout.splitlines()[-1]))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_has_the_help_of_the_command(name: str) -> None:
    command = with_imported(name).commands[name]
    told = inspect.cleandoc(command.help or "").split("\n\n")[0]
    assert " ".join(told.split()) == COMMANDS[name].help


def test_the_table_has_all_commands() -> None:
    assert set(with_imported(*COMMANDS).commands) == set(COMMANDS)


def test_help_imports_no_command_and_no_library_that_it_does_not_need() -> None:
    modules = imported("--help")
    assert not modules & (HEAVY | {"pydantic", "requests", "structlog"})
    assert {name for name in modules if name.startswith("pipeline.cli.")} == {
        "pipeline.cli.app",
        "pipeline.cli.commands",
    }
    assert len(modules) < 400


def test_classify_without_a_champion_imports_what_vader_needs() -> None:
    modules = imported("classify", "what a great day")
    assert not modules & HEAVY
    assert len(modules) < 800
