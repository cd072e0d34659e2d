"""`provision kibana`: bring the dashboards to where they are looked at."""

from __future__ import annotations

import json
from importlib.resources import files
from urllib.parse import quote

import typer

from pipeline.cli.app import app, err, out, settings
from pipeline.settings import KibanaSettings
from pipeline.sinks.kibana import Kibana

provision = typer.Typer(help="Import dashboards.", no_args_is_help=True)
app.add_typer(provision, name="provision")

_GRAFANA = KibanaSettings.model_fields["grafana_url"].default
"""Where the links of the generated files lead."""
_FIRST = "/app/dashboards#/view/tweetpulse-live"


@provision.callback()
def _group() -> None:
    """Import dashboards."""


@provision.command("kibana")
def provision_kibana() -> None:
    """Wait for Kibana, then import the dashboards and the alert rules; existing ones are updated."""
    kibana_settings = settings().kibana
    grafana = kibana_settings.grafana_url
    kibana = Kibana(kibana_settings)
    err.print(f"waiting for Kibana at {kibana_settings.url}", markup=False, soft_wrap=True)
    version = kibana.await_ready()
    count = kibana.import_objects(_generated("tweetpulse.ndjson", grafana))
    alerting = json.loads(_generated("alerting.json", grafana))
    kibana.put_connector(alerting["connector"])
    for rule in alerting["rules"]:
        kibana.put_rule(rule)
    out.print(
        f"Kibana {version} has {count} saved objects and {len(alerting['rules'])} rule: "
        f"{kibana_settings.url.rstrip('/')}{_FIRST}",
        soft_wrap=True,
    )


def _generated(name: str, grafana: str) -> bytes:
    found = files("dashboards.kibana").joinpath("generated", name).read_bytes()
    # What JSON, and the URL itself, would take for something else is escaped.
    address = quote(grafana.rstrip("/"), safe=":/?#[]@!$&'()*+,;=%~")
    return found.replace(_GRAFANA.encode(), address.encode())
