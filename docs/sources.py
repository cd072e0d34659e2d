"""Write the table of `sources.md` from `pipeline/sources/table.py`: `python docs/sources.py`, or `--check` it."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.cli.collect_live import flag_of, options_of
from pipeline.sources.table import LIVE_SOURCES, Entry

PAGE = Path(__file__).with_name("sources.md")
COMMAND = "python docs/sources.py"
BEGIN, END = f"<!-- {COMMAND} writes this table -->\n", "<!-- end -->\n"


def table() -> str:
    """A row for each source."""
    head = "| command | publishes | options | settings |\n| - | - | - | - |\n"
    return head + "".join(f"{_row(source)}\n" for source in LIVE_SOURCES)


def page(text: str) -> str:
    """The page with the table as it is now."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


def _row(source: Entry) -> str:
    flags = [flag_of(name, option) for name, _, option in options_of(source.section)]
    flags += ["--dry-run"] if source.preview else []
    options = ", ".join(f"`{flag}`" for flag in flags)
    settings = ", ".join(f"`{name}`" for name in source.section.model_fields)
    return f"| `collect {source.name}` | {source.reads} | {options} | `[{source.name}]` {settings} |"


def main() -> int:
    """Write the page, or say that it is not up to date."""
    found = PAGE.read_text(encoding="utf-8")
    if "--check" not in sys.argv:
        PAGE.write_text(page(found), encoding="utf-8")
    elif found != page(found):
        print(f"docs/sources.md is not up to date: {COMMAND}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
