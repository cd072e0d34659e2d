"""`doctor`: is everything as the stream needs it, and if not, what cures it?"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from pipeline import bootstrap
from pipeline.cli.app import app, out
from pipeline.cli.app import settings as current_settings
from pipeline.doctor.examination import hanging
from pipeline.doctor.finding import Finding
from pipeline.embedded.discover import with_embedded
from pipeline.errors import SetupError

_STYLES = {"ok": "green", "warning": "yellow", "fault": "bold red"}


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check everything that the stream needs, and print a cure for each fault; exit code 3 if there is one."""
    # A fault is reported as a finding, and the clients would log it again.
    for name in ("elastic_transport", "kafka"):
        logging.getLogger(name).propagate = False
        logging.getLogger(name).addHandler(logging.NullHandler())
    found = bootstrap.examine(with_embedded(current_settings()))
    if as_json:
        out.print_json(json.dumps({"findings": [asdict(finding) for finding in found], "counts": _counts(found)}))
    else:
        _show(found)
    _end(SetupError.exit_code if any(finding.level == "fault" for finding in found) else 0)


def _end(code: int) -> None:
    if hanging():
        # At exit a library may wait minutes for what hangs, as pyarrow does for an S3 that does not answer.
        sys.stdout.flush()
        os._exit(code)
    raise typer.Exit(code)


def _show(found: Sequence[Finding]) -> None:
    if out.is_terminal:
        table = Table.grid(padding=(0, 2))
        for finding in found:
            table.add_row(Text(finding.level, _STYLES[finding.level]), finding.subject, Text(finding.text))
        out.print(table)
    else:
        for finding in found:
            line = f"{finding.level:<8} {finding.subject:<19} {finding.text}"
            out.print(line, markup=False, soft_wrap=True)
    counts = _counts(found)
    out.print(f"faults: {counts['fault']}, warnings: {counts['warning']}, ok: {counts['ok']}")


def _counts(found: Sequence[Finding]) -> dict[str, int]:
    counted = Counter(finding.level for finding in found)
    return {level: counted[level] for level in ("fault", "warning", "ok")}
