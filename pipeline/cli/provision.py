"""`provision kibana`: bring the dashboards to where they are looked at."""

from __future__ import annotations

import json
from importlib.resources import files

import typer

from pipeline.cli.app import app, err, out, settings
from pipeline.sinks.kibana import Kibana

provision = typer.Typer(help="Import dashboards.", no_args_is_help=True)
app.add_typer(provision, name="provision")

_FIRST = "/app/dashboards#/view/tweetpulse-live"


@provision.callback()
def _group() -> None:
    """Import dashboards."""


@provision.command("kibana")
def provision_kibana() -> None:
    """Wait for Kibana, then import the dashboards and the alert rules; existing ones are updated."""
    kibana_settings = settings().kibana
    kibana = Kibana(kibana_settings)
    err.print(f"waiting for Kibana at {kibana_settings.url}", markup=False, soft_wrap=True)
    version = kibana.await_ready()
    count = kibana.import_objects(_generated("tweetpulse.ndjson"))
    alerting = json.loads(_generated("alerting.json"))
    kibana.put_connector(alerting["connector"])
    for rule in alerting["rules"]:
        kibana.put_rule(rule)
    out.print(
        f"Kibana {version} has {count} saved objects and {len(alerting['rules'])} rule: "
        f"{kibana_settings.url.rstrip('/')}{_FIRST}",
        soft_wrap=True,
    )


def _generated(name: str) -> bytes:
    return files("dashboards.kibana").joinpath("generated", name).read_bytes()
