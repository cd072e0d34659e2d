"""The page of the exit codes: from the tree of errors."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline import errors
from pipeline.errors import PipelineError

TITLE = "Exit codes"

_HEAD = """\
An error ends a command with one line that says what is wrong and what to do, and with the exit code of its kind.
`tweetpulse --debug …` shows the traceback.
"""
_OTHERS = {
    0: ("", "Done."),
    1: ("", "An unexpected error: a bug, please report it."),
    130: ("", "Ctrl-C before there was anything to finish."),
}


def page() -> str:
    """A row for each code; of an error the first line of its docstring."""
    found = dict(_OTHERS)
    for kind in _kinds(PipelineError):
        # A kind that shares the code of another is a special case of it.
        found.setdefault(kind.exit_code, (f"`{kind.__name__}`", (kind.__doc__ or "").split("\n")[0]))
    rows = [f"| {code} | {text} | {name} |" for code, (name, text) in sorted(found.items())]
    return "\n".join([_HEAD, f"| exit code | meaning | error in `{errors.__name__}` |", "| -: | - | - |", *rows, ""])


def _kinds(kind: type[PipelineError]) -> Iterator[type[PipelineError]]:
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield below
            yield from _kinds(below)
