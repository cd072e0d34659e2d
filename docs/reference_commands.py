"""The page of all commands, as typer knows them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from rich.text import Text

from exporters.__main__ import _parser as exporter_parser
from pipeline.cli.app import with_imported
from pipeline.cli.commands import COMMANDS

TITLE = "Commands"

_HEAD = """\
`tweetpulse --help` lists the commands, `tweetpulse COMMAND --help` the options of one. The options of `tweetpulse`
itself are written before the command: `tweetpulse --state-dir /srv/tweetpulse up`. All commands share the
[exit codes](exit-codes.md).
"""
_KINDS = {"str": "text", "int": "number", "float": "number", "Path": "path"}
_COMMON = ("--help", "--install-completion", "--show-completion")


def page() -> str:
    """All commands, in the order and under the headings of `--help`."""
    root = with_imported(*COMMANDS)
    found = [_HEAD, "\n".join(_command(root, None, "tweetpulse", "##"))]
    panel = ""
    for name, one in COMMANDS.items():
        if one.panel != panel:
            panel = one.panel
            found.append(f"## {panel}")
        found += _family(root.commands[name], _context(root, None, "tweetpulse"), name)
    return "\n\n".join([*(part.strip() for part in found), *_exporter()]) + "\n"


def meanings() -> dict[str, str]:
    """Each command (`models promote`) → the first paragraph of its help."""
    root = with_imported(*COMMANDS)
    return {path: told for name in COMMANDS for path, told in _meanings(root.commands[name], name)}


def _meanings(command: Any, path: str) -> Iterator[tuple[str, str]]:
    yield path, " ".join(inspect.cleandoc(command.help or "").split("\n\n")[0].split())
    for below, one in getattr(command, "commands", {}).items():
        yield from _meanings(one, f"{path} {below}")


def _family(command: Any, parent: Any, name: str) -> Iterator[str]:
    yield "\n".join(_command(command, parent, name, "###"))
    for below, one in getattr(command, "commands", {}).items():
        yield from _family(one, _context(command, parent, name), below)


def _command(command: Any, parent: Any, name: str, level: str) -> Iterator[str]:
    context = _context(command, parent, name)
    yield f"{level} {context.command_path}\n"
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        yield f"{' '.join(paragraph.split())}\n"
    yield f"```text\n{' '.join(command.get_usage(context).removeprefix('Usage: ').split())}\n```"
    rows = [record for one in command.get_params(context) if (record := one.get_help_record(context))]
    rows = [(shown, told) for shown, told in rows if not shown.startswith(_COMMON)]
    if rows:
        yield "\n| option | meaning |\n| - | - |"
    for shown, told in rows:
        yield f"| `{_value(shown)}` | {_meaning(told)} |".replace("\\[", "[")


def _context(command: Any, parent: Any, name: str) -> Any:
    return command.context_class(command, info_name=name, parent=parent, terminal_width=1_000, max_content_width=1_000)


def _value(shown: str) -> str:
    """The option as it is written; of its value what a person wants to know."""
    plain = re.sub(r"<list\[(.*)\]>", r"<\1>", shown).replace(" range>", ">")
    return re.sub(r"<(\w+)>", lambda found: f"<{_KINDS.get(found[1], found[1])}>", plain).replace("|", "\\|")


def _meaning(told: str) -> str:
    plain = " ".join(Text.from_markup(told.replace("  [", "  \\[")).plain.split())
    plain = re.sub(r"\s+\[(.*)\]$", r" (\1)", plain)
    return re.sub(r"(\S+)<=x<=(\S+)\)", r"\1 to \2)", plain).replace("x>=", "from ").replace("|", "\\|")


def _exporter() -> Iterator[str]:
    parser = exporter_parser()
    yield "## tweetpulse-exporter"
    yield parser.description or ""
    rows = [(one.option_strings[-1], one.help) for one in parser._actions if "--help" not in one.option_strings]
    yield "| option | meaning |\n| - | - |\n" + "\n".join(f"| `{shown}` | {told} |" for shown, told in rows)
