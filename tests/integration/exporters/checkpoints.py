"""Checkpoint folders as Spark writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

METADATA = '{"batchWatermarkMs":0,"batchTimestampMs":1767323045678,"conf":{}}'


def write_batch(folder: Path, number: int, offsets: Mapping[str, Mapping[int, int]], *, committed: bool = True) -> None:
    """Write `offsets/N` and, if it is committed, `commits/N`."""
    _write(folder / "offsets" / str(number), f"v1\n{METADATA}\n{_json(offsets)}")
    if committed:
        _write(folder / "commits" / str(number), 'v1\n{"nextBatchWatermarkMs":0}')


def write_start(folder: Path, offsets: Mapping[str, Mapping[int, int]]) -> None:
    """Write `sources/0/0`."""
    _write(folder / "sources" / "0" / "0", f"\0v1\n{_json(offsets)}")


def _json(offsets: Mapping[str, Mapping[int, int]]) -> str:
    return json.dumps(offsets, separators=(",", ":"))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
