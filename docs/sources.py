"""Write the table of `sources.md` from `pipeline/sources/table.py`: `python docs/sources.py`, or `--check` it."""

from __future__ import annotations

import sys
from pathlib import Path

from generated import part, settle

from pipeline.cli.collect_live import flag_of, options_of
from pipeline.sources.table import LIVE_SOURCES, Entry

PAGE = Path(__file__).with_name("sources.md")
COMMAND = "python docs/sources.py"


def table() -> str:
    """A row for each source."""
    head = "| command | publishes | options | settings |\n| - | - | - | - |\n"
    return head + "".join(f"{_row(source)}\n" for source in LIVE_SOURCES)


def _row(source: Entry) -> str:
    flags = [flag_of(name, option) for name, _, option in options_of(source.section)]
    flags += ["--dry-run"] if source.preview else []
    options = ", ".join(f"`{flag}`" for flag in flags)
    settings = ", ".join(f"`{name}`" for name in source.section.model_fields)
    return f"| `collect {source.name}` | {source.reads} | {options} | `[{source.name}]` {settings} |"


if __name__ == "__main__":
    sys.exit(settle({PAGE: part(PAGE.read_text(encoding="utf-8"), COMMAND, table())}, COMMAND))
