"""The real servers for a benchmark, on free ports and in a folder of their own, ended with it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from pipeline.embedded.discover import with_embedded
from pipeline.embedded.guard import guarded
from pipeline.embedded.info import StackInfo
from pipeline.embedded.stack import start
from pipeline.settings import KafkaSettings, Settings, load
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from pipeline.tell import Tell


@contextmanager
def running(tell: Tell) -> Iterator[tuple[StackInfo, Settings]]:
    """A broker and an Elasticsearch, and settings that point at them; what else is set stays set."""
    folder = Path(tempfile.mkdtemp(prefix="tweetpulse-bench-"))
    # Only its owner may enter a temporary folder; the servers that root starts run as `nobody`.
    folder.chmod(0o755)
    try:
        with guarded(folder, delete_data=True):
            settings = _settings(folder)
            yield start(settings, tell=tell), with_embedded(settings)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def named(settings: Settings, name: str) -> Settings:
    """The same servers, with data streams of that name."""
    return settings.model_copy(update={"elasticsearch": settings.elasticsearch.model_copy(update={"namespace": name})})


def environment(settings: Settings) -> dict[str, str]:
    """The variables that give another process these settings."""
    found = {}
    for section, fields in settings:
        for name, value in fields if hasattr(fields, "model_fields_set") else [("", fields)]:
            if value is not None and not isinstance(value, SecretStr):
                found["TWEETPULSE_" + f"{section}__{name}".removesuffix("__").upper()] = _text(value)
    return found


def _settings(folder: Path) -> Settings:
    loaded = load(state_dir=folder)
    # Benchmarks write much: never to a server that somebody has set an address of.
    kafka = loaded.kafka.model_dump(exclude_unset=True, exclude={"bootstrap_servers"})
    elasticsearch = loaded.elasticsearch.model_dump(exclude_unset=True, exclude={"url"})
    stream = loaded.stream.model_copy(update={"checkpoint": None})
    return loaded.model_copy(
        update={
            "kafka": KafkaSettings(**kafka),
            "elasticsearch": ElasticsearchSettings(**elasticsearch),
            "stream": stream,
            "embedded": loaded.embedded.model_copy(update={"kafka_port": 0, "elasticsearch_port": 0}),
            "telemetry": loaded.telemetry.model_copy(update={"stream_port": 0}),
        }
    )


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | tuple | bool) else str(value)
