"""What the scripts of this folder share: each writes its pages, or with `--check` compares them with the code."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path


def settle(wanted: Mapping[Path, str], command: str, owned: Iterable[Path] = ()) -> int:
    """Write the pages that differ; with `--check` name them instead. The exit code: 1 if `--check` names any.

    Args:
        wanted: each page's text, by its file.
        command: what writes the pages; whoever has to run it is told so.
        owned: files that `command` alone writes. One that is no longer wanted is deleted.
    """
    stale = [path for path, text in wanted.items() if _text(path) != text]
    stale += [path for path in owned if path not in wanted]
    if "--check" in sys.argv[1:]:
        if stale:
            sys.stderr.write(f"out of date: {', '.join(sorted(path.name for path in stale))}: run `{command}`\n")
        return 1 if stale else 0
    for path in stale:
        if path in wanted:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    return 0


def part(text: str, command: str, written: str) -> str:
    """The text of a page with its generated part as it is now; the rest is a person's.

    Raises:
        LookupError: the page does not say where the part is.
    """
    begin, end = f"<!-- {command} writes this part -->\n", "<!-- end -->\n"
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise LookupError(f"a page needs the lines {begin.strip()} and {end.strip()}")
    return before + begin + written + end + after


def linked(text: str) -> str:
    """The text with links to the pages that docstrings name by their path."""
    return re.sub(r"(?<![`\w/])docs/(\w+)\.md", r"[\1](../\1.md)", text)


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
