"""What boards and rules may name: the metrics that are exported, and the fields of documents."""

from __future__ import annotations

import json
from typing import Any

from tests.paths import ROOT

METRICS = {
    "tweetpulse_source_tweets_total": "counter",
    "tweetpulse_source_errors_total": "counter",
    "tweetpulse_source_last_tweet_timestamp_seconds": "gauge",
    "tweetpulse_records_read_total": "counter",
    "tweetpulse_records_rejected_total": "counter",
    "tweetpulse_tweets_scored_total": "counter",
    "tweetpulse_entity_tweets_total": "counter",
    "tweetpulse_documents_indexed_total": "counter",
    "tweetpulse_documents_duplicate_total": "counter",
    "tweetpulse_documents_failed_total": "counter",
    "tweetpulse_bulk_retries_total": "counter",
    "tweetpulse_bulk_request_duration_seconds_bucket": "counter",
    "tweetpulse_batch_duration_seconds_bucket": "counter",
    "tweetpulse_batch_phase_seconds": "gauge",
    "tweetpulse_ingest_delay_seconds_bucket": "counter",
    "tweetpulse_event_newest_timestamp_seconds": "gauge",
    "tweetpulse_query_last_seen_timestamp_seconds": "gauge",
    "tweetpulse_query_active": "gauge",
    "tweetpulse_sink_waiting": "gauge",
    "tweetpulse_trigger_interval_seconds": "gauge",
    "tweetpulse_scoring_duration_seconds_bucket": "counter",
    "tweetpulse_process_memory_bytes": "gauge",
    "tweetpulse_stream_lag_records": "gauge",
    "tweetpulse_stream_lag_seconds": "gauge",
    "tweetpulse_stream_expired_records": "gauge",
    "tweetpulse_data_stream_documents": "gauge",
    "tweetpulse_data_stream_size_bytes": "gauge",
    "tweetpulse_data_stream_newest_ingested_timestamp_seconds": "gauge",
    "tweetpulse_elasticsearch_disk_free_ratio": "gauge",
    "tweetpulse_exporter_scrape_duration_seconds": "gauge",
    "tweetpulse_exporter_scrape_success": "gauge",
}
"""Series by type; a histogram by its buckets."""


def fields() -> dict[str, str]:
    """Name → type of every field that the index templates map."""
    folder = ROOT / "pipeline" / "sinks" / "elasticsearch" / "resources"
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.json")):
        template = json.loads(path.read_text()).get("template", {})
        found |= _flat(template.get("mappings", {}).get("properties", {}))
    return found


def _flat(properties: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, field in properties.items():
        inner = field.get("properties")
        found |= _flat(inner, f"{prefix}{name}.") if inner else {prefix + name: field["type"]}
    return found
