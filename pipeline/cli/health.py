"""`health`: does a process of tweetpulse answer here? Containers are asked by it every few seconds."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from enum import StrEnum
from http.client import HTTPException
from typing import Annotated

import typer

from pipeline.cli.app import app, out
from pipeline.cli.app import settings as current_settings
from pipeline.errors import ConfigError, SetupError
from pipeline.settings import TelemetrySettings

TIMEOUT = 5.0
"""Seconds that an answer may take."""

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - they are asked, and do not listen


class Part(StrEnum):
    """A process that serves /metrics."""

    STREAM = "stream"
    EXPORTER = "exporter"
    SOURCE = "source"
    WINDOWS = "windows"
    ARCHIVE = "archive"


@app.command()
def health(
    part: Annotated[
        Part | None,
        typer.Argument(show_choices=False, help=f"One of {', '.join(Part)}; without it, whichever of them runs."),
    ] = None,
) -> None:
    """Report whether a process that serves /metrics answers here; the exit code is 0 if so, else 3."""
    urls = urls_of(current_settings().telemetry, part)
    answering = next(filter(answers, urls), None)
    if answering is None:
        raise SetupError(f"nothing answers at {', '.join(urls)}: start it, or see its log, which says why it ended")
    out.print(f"healthy: {answering}", soft_wrap=True)


def urls_of(telemetry: TelemetrySettings, part: Part | None = None) -> list[str]:
    """The address of a process's /metrics, or of every process's.

    Raises:
        ConfigError: the settings leave the port to chance.
    """
    ports = {one: getattr(telemetry, f"{one.value}_port") for one in ([part] if part else Part)}
    known = [port for port in ports.values() if port]
    if not known:
        names = " or ".join(f"TWEETPULSE_TELEMETRY__{one.value.upper()}_PORT" for one in ports)
        raise ConfigError(f"/metrics listens on a free port that nobody knows: set {names} to another than 0")
    scheme, host = "https" if telemetry.certificate_file else "http", _EVERYWHERE.get(telemetry.host, telemetry.host)
    return [f"{scheme}://{host}:{port}/metrics" for port in known]


def answers(url: str) -> bool:
    """True if the process answers, be it that it wants a password.

    Its page is not computed: the exporter's waits for the servers that it asks. Nothing secret is sent, so that the
    certificate, which is for the name that others know the process by, need not be verified.
    """
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    # A proxy of the environment can't reach this machine's loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))
    try:
        request = urllib.request.Request(url, method="OPTIONS")  # noqa: S310 - of the settings, and http or https
        with opener.open(request, timeout=TIMEOUT) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        return error.code == 401
    except (OSError, HTTPException, ValueError):
        return False
