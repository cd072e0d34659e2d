"""The project's own commands as processes of their own, which tests may kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from pipeline.settings import Settings
from tests.paths import ROOT


def environment(settings: Settings) -> dict[str, str]:
    """This process's environment, with the settings that a test's process needs."""
    kafka, elasticsearch, stream = settings.kafka, settings.elasticsearch, settings.stream
    own = {
        "STATE_DIR": settings.state_dir,
        "CACHE_DIR": settings.cache_dir,
        "KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "KAFKA__TWEETS_TOPIC": kafka.tweets_topic,
        "KAFKA__SCORED_TOPIC": kafka.scored_topic,
        "KAFKA__REJECTED_TOPIC": kafka.rejected_topic,
        "KAFKA__ASSISTANCE_TOPIC": kafka.assistance_topic,
        "ELASTICSEARCH__URL": elasticsearch.url,
        "ELASTICSEARCH__NAMESPACE": elasticsearch.namespace,
        "ELASTICSEARCH__REQUEST_TIMEOUT": elasticsearch.request_timeout,
        "ELASTICSEARCH__LABELS_INDEX": elasticsearch.labels_index,
        "ELASTICSEARCH__TOPICS_INDEX": elasticsearch.topics_index,
        "STREAM__CHECKPOINT": settings.checkpoint,
        "STREAM__MAX_OFFSETS_PER_TRIGGER": stream.max_offsets_per_trigger,
        "WINDOWS__CHECKPOINT": settings.windows_checkpoint,
        "WINDOWS__LENGTHS": json.dumps(settings.windows.lengths),
        "WINDOWS__WATERMARK": settings.windows.watermark,
        "WINDOWS__MAX_OFFSETS_PER_TRIGGER": settings.windows.max_offsets_per_trigger,
        "MODELS__REGISTRY": settings.registry,
        "PRIVACY__FOLDER": settings.privacy_folder,
        "PRIVACY__AUTHORS": settings.privacy.authors,
        "PRIVACY__REDACT": json.dumps(settings.privacy.redact),
        "SCORING__ENTITIES": json.dumps(settings.scoring.entities),
        "TELEMETRY__STREAM_PORT": settings.telemetry.stream_port,
        "TELEMETRY__EXPORTER_PORT": settings.telemetry.exporter_port,
        "TELEMETRY__SOURCE_PORT": settings.telemetry.source_port,
        "TELEMETRY__WINDOWS_PORT": settings.telemetry.windows_port,
        "TELEMETRY__ARCHIVE_PORT": settings.telemetry.archive_port,
        "ARCHIVE__URI": settings.archive_uri,
        "ARCHIVE__COMMIT_SECONDS": settings.archive.commit_seconds,
        "ARCHIVE__BATCH_RECORDS": settings.archive.batch_records,
    }
    return os.environ | {f"TWEETPULSE_{name}": str(value) for name, value in own.items()}


@contextmanager
def running(settings: Settings, *command: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of Python's; it and all that it started are ended with the block."""
    with started([sys.executable, *command], log, environment(settings)) as process:
        yield process


@contextmanager
def started(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose output goes to `log`; it and all that it started are ended with the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        _end(process)


def descendants(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """All that a running process has started."""
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def until(condition: Callable[[], object], what: str, timeout: float = 120.0) -> float:
    """Wait for a condition; the seconds it took. The time-out is for a hang, not for a slow machine."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > timeout:
            pytest.fail(f"{what}: not within {timeout:.0f} s")
        time.sleep(0.1)
    return time.monotonic() - started


def _end(process: subprocess.Popen[bytes]) -> None:
    everything = descendants(process)
    if process.poll() is None:
        process.kill()
    process.wait()
    for child in everything:
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(everything, timeout=10)
