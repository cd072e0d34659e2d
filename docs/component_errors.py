"""The errors of a component: the messages in its code, with the exit codes of their kinds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline import errors
from pipeline.errors import PipelineError, SinkUnavailable

_KINDS = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, PipelineError)
}
_WORDS = 3
"""A message with fewer words of its own is put together elsewhere."""
_WAITED = " (waits)"
_VARIABLE = re.compile(r"(?<![`\w…])(?:TWEETPULSE)?_{1,2}[A-Z][A-Z_]*[*…]?")


def section(modules: Iterable[Path]) -> str:
    """A table of the messages; "" where there is none."""
    found = sorted({row for module in modules for row in _messages(module)})
    if not found:
        return ""
    waits = any(code.endswith(_WAITED) for code, _ in found)
    told = "An error is one line; … stands for what differs. The number is the [exit code](../reference/exit-codes.md)."
    told += " *Waits*: the stream waits until it is over; other commands end with this code." if waits else ""
    rows = (f"| {code} | {text} |" for code, text in found)
    return "\n".join(["## Errors", "", told, "", "| | message |", "| - | - |", *rows])


def _messages(module: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[message, *_]) if name in _KINDS:
                text = _text(message)
                if len(re.findall(r"\w+", text)) >= _WORDS:
                    kind = _KINDS[name]
                    yield f"{kind.exit_code}{_WAITED if issubclass(kind, SinkUnavailable) else ''}", _cell(text)


def _text(node: ast.expr) -> str:
    """The text of an expression, with … for each value."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return re.sub("…{2,}", "…", "".join(map(_text, parts)))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left) + _text(right)
    return "…"


def _cell(text: str) -> str:
    """Markdown that shows the text as it is, variables as code."""
    plain = re.sub(r"([|<])", r"\\\1", text)
    return _VARIABLE.sub(lambda found: f"`{found[0]}`", plain)
