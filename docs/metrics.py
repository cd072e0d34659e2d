"""Write `metrics.md` from the registries: `python docs/metrics.py`, or `--check` that it is up to date."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generated import settle
from prometheus_client import CollectorRegistry

from exporters.server import scrape_of
from pipeline.archive.faults import WAITS as ARCHIVE_WAITS
from pipeline.components import sinks_of
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import WAITS as ELASTICSEARCH_WAITS
from pipeline.sinks.elasticsearch.window_store import RESULTS
from pipeline.telemetry.archive import ArchiveMetrics
from pipeline.telemetry.metrics import StreamMetrics
from pipeline.telemetry.process import MemoryCollector
from pipeline.telemetry.sources import SourceMetrics
from pipeline.telemetry.windows import WindowsMetrics

PAGE = Path(__file__).with_name("metrics.md")
COMMAND = "python docs/metrics.py"

_HEAD = f"""\
# Metrics

Generated from the code by `{COMMAND}`; a test compares this page with the code. Times are in seconds, sizes in bytes,
ratios from 0 to 1. The series of closed lists exist from the start, at 0.
"""
_SECTIONS = {
    "stream": "The stream, `:9108/metrics`\n\nIn addition, the standard `process_*` metrics of the driver.",
    "windows": "The windows, `:9111/metrics`\n\nIn addition, `process_*` and `tweetpulse_process_memory_bytes`.",
    "source": "A collector, `:9110/metrics`\n\nIn addition, `process_*`. Tweets are counted once acknowledged.",
    "archive": "The archive, `:9112/metrics`\n\nIn addition, `process_*`. Records are counted once committed.",
    "exporter": "The exporter, `:9109/metrics`\n\nThese metrics are correct also while the stream is down.",
}


@dataclass(frozen=True, slots=True)
class Described:
    """A metric as the page lists it; `name` is the one that queries use."""

    name: str
    kind: str
    labels: tuple[str, ...]
    text: str


def described() -> dict[str, list[Described]]:
    """All metrics, by where they are exposed."""
    settings = Settings()
    stream = CollectorRegistry()
    StreamMetrics(stream, settings, sinks_of(settings))
    stream.register(MemoryCollector())
    source = CollectorRegistry()
    SourceMetrics(source, ["twitter"])
    windows = CollectorRegistry()
    WindowsMetrics(windows, ELASTICSEARCH_WAITS, RESULTS)
    archive = CollectorRegistry()
    ArchiveMetrics(archive, ARCHIVE_WAITS)
    exporter = CollectorRegistry()
    exporter.register(scrape_of(settings))
    found = {"stream": stream, "windows": windows, "source": source, "archive": archive, "exporter": exporter}
    return {where: list(_of(registry)) for where, registry in found.items()}


def page(metrics: dict[str, list[Described]]) -> str:
    """The page as Markdown."""
    return "\n".join([_HEAD, *(_section(_SECTIONS[where], found) for where, found in metrics.items())])


def table(metrics: Iterable[Described]) -> str:
    """A row for each metric."""
    rows = [f"| `{m.name}` | {m.kind} | {', '.join(m.labels)} | {m.text} |" for m in metrics]
    return "\n".join(["| metric | type | labels | |", "| - | - | - | - |", *rows])


def _section(title: str, metrics: Iterable[Described]) -> str:
    return "\n".join([f"## {title}", "", table(metrics), ""])


def _of(registry: CollectorRegistry) -> Iterator[Described]:
    # A registry lists no labels: those of a family without series are known to its collector alone.
    for collector in registry._collector_to_names:
        families: Any = collector.describe() if hasattr(collector, "describe") else collector.collect()
        for family in families:
            labels = getattr(collector, "_labelnames", None) or getattr(family, "_labelnames", ())
            name = f"{family.name}_total" if family.type == "counter" else family.name
            yield Described(name, family.type, tuple(labels), family.documentation)


if __name__ == "__main__":
    sys.exit(settle({PAGE: page(described())}, COMMAND))
