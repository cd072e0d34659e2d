"""Write the pages in `reference/` from the code: `python docs/reference.py`, or `--check` that they are up to date."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import reference_commands
import reference_exit_codes
import reference_fields
import reference_rejections
import reference_settings
import reference_topics

FOLDER = Path(__file__).with_name("reference")
COMMAND = "python docs/reference.py"

PAGES = {
    "settings": reference_settings,
    "commands": reference_commands,
    "fields": reference_fields,
    "topics": reference_topics,
    "rejections": reference_rejections,
    "exit-codes": reference_exit_codes,
}


def pages() -> dict[Path, str]:
    """Each page as Markdown, by its file."""
    told = f"Generated from the code by `{COMMAND}`; a test compares this page with the code."
    return {FOLDER / f"{name}.md": f"# {one.TITLE}\n\n{told}\n\n{linked(one.page())}" for name, one in PAGES.items()}


def linked(text: str) -> str:
    """The text with links to the pages that docstrings name by their path."""
    return re.sub(r"(?<![`\w/])docs/(\w+)\.md", r"[\1](../\1.md)", text)


def out_of_date(wanted: Mapping[Path, str]) -> list[str]:
    """The pages that are absent, differ, or are no longer written."""
    there = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    return sorted(path.name for path in there.keys() | wanted.keys() if there.get(path) != wanted.get(path))


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them; 1 if one is out of date."""
    wanted = pages()
    if arguments == ["--check"]:
        if stale := out_of_date(wanted):
            sys.stderr.write(f"out of date: {', '.join(stale)}: run `{COMMAND}`\n")
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.md"):
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
