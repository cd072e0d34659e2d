"""Settings that are valid each, and wrong together or where they are."""

from __future__ import annotations

import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.doctor.finding import Finding, ok, warning
from pipeline.settings import KafkaSettings, Settings, load_section
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from pipeline.sources.table import LIVE_SOURCES

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_loopback(host: str) -> bool:
    """True if only this machine reaches it."""
    return host in _LOOPBACK


def configuration(settings: Settings) -> list[Finding]:
    """Settings that look wrong. Unknown names and impossible values are refused when settings are read."""
    told = [
        *_kafka(settings.kafka),
        *_elasticsearch(settings.elasticsearch),
        *_telemetry(settings),
        *_files(),
    ]
    return [warning("settings", what, cure) for what, cure in told] or [ok("settings", "nothing looks wrong")]


def _kafka(kafka: KafkaSettings) -> Iterator[tuple[str, str]]:
    # Without the slashes, the host would be taken for a scheme.
    hosts = [urlsplit(f"//{server.strip()}").hostname or "" for server in kafka.bootstrap_servers.split(",")]
    away = [host for host in hosts if not is_loopback(host)]
    if kafka.username is not None and not kafka.security_protocol.startswith("SASL"):
        yield (
            f"kafka.username is set, and nobody is told it with {kafka.security_protocol}",
            "set TWEETPULSE_KAFKA__SECURITY_PROTOCOL=SASL_SSL",
        )
    if away and kafka.security_protocol in ("PLAINTEXT", "SASL_PLAINTEXT"):
        yield (
            f"Kafka at {away[0]} is reached without TLS: whoever is between reads and changes tweets",
            "set TWEETPULSE_KAFKA__SECURITY_PROTOCOL=SASL_SSL",
        )
    names = [kafka.tweets_topic, kafka.scored_topic, kafka.rejected_topic, kafka.assistance_topic]
    if len(set(names)) < len(names):
        yield "two of kafka's topics have the same name: the stream would read what it writes", "give each its own name"


def _elasticsearch(search: ElasticsearchSettings) -> Iterator[tuple[str, str]]:
    address = urlsplit(search.url)
    if search.api_key is not None and search.username is not None:
        yield (
            "elasticsearch.api_key and .username are both set, and the key is taken",
            "unset TWEETPULSE_ELASTICSEARCH__USERNAME and __PASSWORD, or __API_KEY",
        )
    if search.username is not None and search.password is None:
        yield "elasticsearch.username is set and its password is not", "set TWEETPULSE_ELASTICSEARCH__PASSWORD"
    secret = search.api_key is not None or search.username is not None
    if secret and address.scheme == "http" and not is_loopback(address.hostname or ""):
        yield (
            f"the credentials for Elasticsearch at {address.hostname} are sent without TLS",
            "set TWEETPULSE_ELASTICSEARCH__URL to an https:// address",
        )
    if search.ca_file is not None and address.scheme == "http":
        yield (
            "elasticsearch.ca_file is set, and http:// has no certificate",
            "set TWEETPULSE_ELASTICSEARCH__URL to https://",
        )


def _telemetry(settings: Settings) -> Iterator[tuple[str, str]]:
    host = settings.telemetry.host
    if not is_loopback(host):
        yield (
            f"/metrics listens on {host}: other machines can read it",
            "set TWEETPULSE_TELEMETRY__HOST=127.0.0.1, unless Prometheus runs elsewhere",
        )


def _files() -> Iterator[tuple[str, str]]:
    for source in LIVE_SOURCES:
        section = load_section(source.name, source.section)
        for name, path in section:
            if name.endswith("_file") and isinstance(path, Path) and _others_read(path):
                yield f"others can read {path}, which is {source.name}.{name}", f"chmod 600 {shlex.quote(str(path))}"


def _others_read(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        # The command that needs the file reports that it can't be read.
        return False
