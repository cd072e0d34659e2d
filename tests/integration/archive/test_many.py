"""The archive's promise at length; `test_reader.py` has its short form."""

from __future__ import annotations

import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from pipeline.kafka.topics import ensure_topics
from pipeline.settings import Settings
from tests.faults.folders import read_only
from tests.integration.archive.topic import archive, publish, rows, tweets
from tests.processes import running, until

MANY = 200_000
AWAY_SECONDS = 60


@pytest.mark.faults
def test_each_record_once(settings: Settings, tmp_path: Path) -> None:
    """200,000 records, while the reader is killed three times and its store is away for a minute."""
    few = settings.archive.model_copy(update={"batch_records": 5_000})
    settings = settings.model_copy(update={"archive": few})
    ensure_topics(settings.kafka)
    values = tweets(MANY)
    log = tmp_path / "log"
    for part in range(4):
        publish(settings, values[part * MANY // 4 : (part + 1) * MANY // 4])
        if part == 3:
            break
        with running(settings, "-m", "pipeline", "archive", "run", log=log):
            until(partial(_more_than, settings, part * MANY // 4), "it archives", 120)
            if part == 1:
                with read_only(Path(settings.archive_uri)):
                    until(lambda: b"archive-waits" in log.read_bytes(), "it waits", 60)
                    time.sleep(AWAY_SECONDS)
                until(partial(_more_than, settings, _count(settings)), "it goes on", 120)
    before, started = _count(settings), time.monotonic()
    archive(settings)
    seconds = time.monotonic() - started
    sys.stderr.write(f"{MANY - before:,} records in {seconds:.1f} s: {(MANY - before) / seconds:,.0f} a second\n")
    assert Counter(row["value"] for row in rows(settings, "value")) == Counter(values)


def _count(settings: Settings) -> int:
    return len(rows(settings, "offset")) if (Path(settings.archive_uri) / "_delta_log").is_dir() else 0


def _more_than(settings: Settings, least: int) -> bool:
    return _count(settings) > least
