"""What fires, and since when: the alerts of Prometheus' own rules."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config
from dashboards.grafana.panels.charts import states
from dashboards.grafana.panels.tables import alerts
from dashboards.grafana.queries.flow import as_table, over_time

FIRING = 'ALERTS{alertname=~"Tweetpulse.*", alertstate="firing"}'
NOTHING = "nothing fires"
_ABOUT = ", ".join(
    f'"{label}"' for label in ("query", "topic", "sink", "source", "task", "version", "node", "collector")
)
# Not where nothing is scraped at all: then nobody knows.
_CALM = f'label_replace(0 * count(up{{job=~"tweetpulse.*"}}), "alertname", "{NOTHING}", "", "") unless on () {FIRING}'


def panels() -> list[tuple[int, sdk.Panel]]:
    return [(12, _now()), (12, _earlier())]


def _now() -> sdk.Panel:
    since = f'ALERTS_FOR_STATE{{alertname=~"Tweetpulse.*"}} * 1000 and ignoring (alertstate) {FIRING}'
    return alerts(
        "Alerts that fire",
        "Each alert that fires in Prometheus, what it is about, and since when its condition has held. What it means "
        "and what to do is in docs/runbook.md, under its name.",
        [as_table(f'label_join({since}, "about", " ", {_ABOUT})\nor\n({_CALM})')],
        nothing=NOTHING,
    )


def _earlier() -> sdk.Panel:
    expression = f"max by (alertname) ({FIRING})\nor\n({_CALM})"
    return states(
        "When alerts fired",
        "A lane for each alert that fired in the time range, red while it did.",
        [over_time(expression, "{{alertname}}")],
        {"0": (NOTHING, config.GOOD), "1": ("fires", config.BAD)},
    )
