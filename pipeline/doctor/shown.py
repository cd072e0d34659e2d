"""Kibana and Prometheus, where they are set up."""

from __future__ import annotations

from pipeline.doctor.finding import Finding, fault, ok
from pipeline.embedded import info, prometheus
from pipeline.settings import KibanaSettings, Settings
from pipeline.sinks.kibana import Kibana

_TIMEOUT = 3.0


def has_kibana(settings: Settings) -> bool:
    """True if somebody said where it is."""
    return "url" in settings.kibana.model_fields_set


def kibana(settings: KibanaSettings) -> list[Finding]:
    """Check that Kibana is ready, and recent enough.

    Raises:
        SetupError: it is not.
        ConfigError: it refuses the user, or its certificate is not trusted.
    """
    patience = {"start_timeout": _TIMEOUT, "request_timeout": min(_TIMEOUT, settings.request_timeout)}
    version = Kibana(settings.model_copy(update=patience)).await_ready()
    return [ok("kibana", f"Kibana {version} is ready at {settings.url}")]


def has_prometheus(settings: Settings) -> bool:
    """True if `tweetpulse up --dashboards` started one."""
    known = info.load(settings.state_dir)
    return known is not None and known.find("prometheus") is not None


def prometheus_(settings: Settings) -> list[Finding]:
    """Check that the Prometheus of the embedded stack answers."""
    known = info.load(settings.state_dir)
    server = known.find("prometheus") if known else None
    if server is None:
        return []
    version = prometheus.version(server.port)
    if version:
        return [ok("prometheus", f"Prometheus {version} answers at {server.address}")]
    return [fault("prometheus", f"Prometheus at {server.address} does not answer", "tweetpulse up --dashboards")]
