"""The addresses of the embedded stack, for commands without an address in their settings."""

from __future__ import annotations

from pipeline.embedded.info import ServerName, load
from pipeline.embedded.processes import is_alive
from pipeline.settings import Settings

_ADDRESSES: dict[ServerName, str] = {"kafka": "bootstrap_servers", "elasticsearch": "url"}


def brought(settings: Settings) -> tuple[ServerName, ...]:
    """The servers that somebody runs on their own, by setting their address."""
    named: list[ServerName] = []
    if "bootstrap_servers" in settings.kafka.model_fields_set:
        named.append("kafka")
    if "url" in settings.elasticsearch.model_fields_set:
        named.append("elasticsearch")
    return tuple(named)


def with_embedded(settings: Settings) -> Settings:
    """The settings with the embedded servers' addresses, where they run and no other address is set."""
    known = load(settings.state_dir)
    own = brought(settings)
    for server in known.servers if known else ():
        if server.name in _ADDRESSES and server.name not in own and is_alive(server.pid, server.started):
            settings = _pointed(settings, server.name, server.address)
    return settings


def exporter_url(settings: Settings) -> str | None:
    """The /metrics of the stack's own exporter, if it runs."""
    known = load(settings.state_dir)
    found = known.find("exporter") if known else None
    return found.address if found and is_alive(found.pid, found.started) else None


def _pointed(settings: Settings, name: ServerName, address: str) -> Settings:
    section = getattr(settings, name).model_copy(update={_ADDRESSES[name]: address})
    return settings.model_copy(update={name: section})
