"""The row on time and memory."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels import fields
from dashboards.grafana.panels.charts import AREAS, THIN, chart, chunk_time
from dashboards.grafana.queries.flow import over_time

EXPIRED = "sum by (query, topic, partition) (tweetpulse_stream_expired_records{$scope})"


def phases() -> sdk.Panel:
    return chart(
        "Phases of a batch",
        "How long each phase of the newest batch took, one above the other.",
        [over_time("max by (phase) (tweetpulse_batch_phase_seconds{$scope})", "{{phase}}")],
        unit="s",
        style=AREAS,
        legend=("mean",),
    )


def scoring() -> sdk.Panel:
    return chunk_time("Time of a chunk, 95 %", "What a chunk of records took in a task, by step; 95 % took less.")


def partitions() -> sdk.Panel:
    expression = "sum by (query, topic, partition) (tweetpulse_stream_lag_records{$scope})"
    return chart(
        "Unread records by partition",
        "One line far above the others: a hot key or a stuck task. In red what Kafka deleted before it was read.",
        [
            over_time(expression, "{{query}} {{topic}}-{{partition}}", "A"),
            over_time(f"{EXPIRED} > 0", "lost: {{query}} {{topic}}-{{partition}}", "B"),
        ],
        unit="short",
        style=THIN,
        overrides=[fields.matching("/^lost/", {"color": fields.fixed(config.BAD)})],
    )


def memory() -> sdk.Panel:
    return chart(
        "Memory of the stream",
        "Resident memory of the stream's processes.",
        [over_time("sum by (process) (tweetpulse_process_memory_bytes{$scope})", "{{process}}")],
        unit="bytes",
        colours={"driver": config.VOLUME, "jvm": config.WARNING, "workers": config.EVENT},
        legend=("lastNotNull",),
    )


def exporter() -> sdk.Panel:
    failed = {
        "custom.drawStyle": "points",
        "custom.showPoints": "always",
        "color": fields.fixed(config.BAD),
    }
    return chart(
        "Exporter",
        "How long each collector took; a red point is a failure.",
        [
            over_time("tweetpulse_exporter_scrape_duration_seconds{$scope}", "{{collector}}", "A"),
            over_time("tweetpulse_exporter_scrape_success{$scope} == 0", "failed: {{collector}}", "B"),
        ],
        unit="s",
        colours={"data_streams": config.VOLUME, "stream_lag": config.EVENT},
        overrides=[fields.matching("/^failed/", failed)],
    )
