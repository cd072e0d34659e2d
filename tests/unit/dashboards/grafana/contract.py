"""What boards and rules may name: the metrics that are exported, and the fields of documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric

from exporters.server import scrape_of
from pipeline.archive.faults import WAITS as ARCHIVE_WAITS
from pipeline.components import sinks_of
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import WAITS
from pipeline.sinks.elasticsearch.window_store import RESULTS
from pipeline.telemetry.archive import ArchiveMetrics
from pipeline.telemetry.metrics import StreamMetrics
from pipeline.telemetry.process import MemoryCollector
from pipeline.telemetry.sources import SourceMetrics
from pipeline.telemetry.windows import WindowsMetrics
from tests.paths import ROOT

_SUFFIXES = {"counter": ("_total", "counter"), "histogram": ("_bucket", "counter")}


def metrics() -> dict[str, str]:
    """Series by type, out of the registries themselves; a histogram by its buckets."""
    stream = CollectorRegistry()
    StreamMetrics(stream, Settings(), sinks_of(Settings()))
    stream.register(MemoryCollector())
    windows = CollectorRegistry()
    WindowsMetrics(windows, WAITS, RESULTS)
    archive = CollectorRegistry()
    ArchiveMetrics(archive, ARCHIVE_WAITS)
    source = CollectorRegistry()
    SourceMetrics(source, ["twitter"])
    pages = (stream.collect(), windows.collect(), archive.collect(), _of_the_exporter(), source.collect())
    return dict(_series(family) for family in chain.from_iterable(pages))


def ad_hoc() -> set[str]:
    """What `docs/metrics.md` says is for ad-hoc use: on no board and in no rule."""
    _, _, listed = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8").partition("## For ad-hoc use")
    return {line.split("`")[1] for line in listed.splitlines() if line.startswith("- `")}


def fields() -> dict[str, str]:
    """Name → type of every field that the index templates and the plain indices map."""
    folder = ROOT / "pipeline" / "sinks" / "elasticsearch" / "resources"
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.json")):
        body = json.loads(path.read_text())
        # A plain index has no template.
        found |= _flat(body.get("template", body).get("mappings", {}).get("properties", {}))
    return found


def _of_the_exporter() -> Iterator[Metric]:
    # Without a sample: nothing is asked, so nothing has to be there.
    return scrape_of(Settings()).describe()


def _series(family: Metric) -> tuple[str, str]:
    suffix, kind = _SUFFIXES.get(family.type, ("", family.type))
    return family.name + suffix, kind


def _flat(properties: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, field in properties.items():
        inner = field.get("properties")
        found |= _flat(inner, f"{prefix}{name}.") if inner else {prefix + name: field["type"]}
    return found


METRICS = metrics()
