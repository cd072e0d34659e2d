"""Write the pages in `reference/` from the code: `python docs/reference.py`, or `--check` that they are up to date."""

from __future__ import annotations

import sys
from pathlib import Path

import reference_commands
import reference_exit_codes
import reference_fields
import reference_rejections
import reference_settings
import reference_topics
from generated import linked, settle

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


if __name__ == "__main__":
    sys.exit(settle(pages(), COMMAND, FOLDER.glob("*.md")))
