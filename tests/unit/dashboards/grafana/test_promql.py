"""The expressions of the Pipeline board and of Prometheus' rules."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.boards.grafana import boards, expressions_of_rules, metrics_of, queries_of
from tests.rules.debian import program
from tests.unit.dashboards.grafana.contract import METRICS, ad_hoc

EXPRESSIONS = {q.where: q.expression for board in boards() for q in queries_of(board) if q.expression is not None}
ALL = [*EXPRESSIONS.values(), *expressions_of_rules().values()]
PROMETHEUS_OWN = {"up", "ALERTS", "ALERTS_FOR_STATE", "process_start_time_seconds"}


def test_expressions_parse(tmp_path: Path) -> None:
    """promtool reads each of the boards' expressions, as if it were a rule."""
    rules = [{"record": f"board:q{number}:parsed", "expr": text} for number, text in enumerate(EXPRESSIONS.values())]
    file = tmp_path / "boards.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "boards", "rules": rules}]}))
    done = subprocess.run([program("promtool"), "check", "rules", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("panel", ["Alerts that fire", "When alerts fired"])
@pytest.mark.parametrize(
    ("series", "shown"),
    [
        pytest.param(["up{job='tweetpulse-stream'}"], {"nothing fires": 0}, id="nothing fires"),
        pytest.param(["up{job='other'}"], {}, id="nothing is scraped, so nobody knows"),
        pytest.param(
            ["up{job='tweetpulse-stream'}", "ALERTS{alertname='TweetpulseX', alertstate='pending', sink='s'}"],
            {"nothing fires": 0},
            id="an alert is pending",
        ),
        pytest.param(
            [
                "up{job='tweetpulse-stream'}",
                "ALERTS{alertname='TweetpulseX', alertstate='firing', sink='s'}",
                "ALERTS_FOR_STATE{alertname='TweetpulseX', sink='s'}",
                "ALERTS_FOR_STATE{alertname='TweetpulsePending', sink='s'}",
            ],
            {"TweetpulseX": 1},
            id="an alert fires",
        ),
    ],
)
def test_the_alerts_row_says_that_nothing_fires(
    tmp_path: Path, panel: str, series: list[str], shown: dict[str, int]
) -> None:
    """In words and in green, where it is known; never beside an alert. A time is in milliseconds."""
    expression = f"sum by (alertname) ({EXPRESSIONS[f'tweetpulse-pipeline / {panel} / A']})"
    factor = 1000 if panel == "Alerts that fire" else 1
    samples = [{"labels": f'{{alertname="{name}"}}', "value": value * factor} for name, value in shown.items()]
    case = {
        "interval": "1m",
        "input_series": [{"series": one.replace("'", '"'), "values": "1"} for one in series],
        "promql_expr_test": [{"expr": expression, "eval_time": "0s", "exp_samples": samples}],
    }
    file = tmp_path / "alerts.test.yml"
    file.write_text(yaml.safe_dump({"tests": [case]}))
    done = subprocess.run([program("promtool"), "test", "rules", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_expressions_name_metrics_that_are_exported() -> None:
    """No panel and no rule waits for a metric that nobody exports."""
    assert metrics_of(ALL) <= METRICS.keys()


def test_every_metric_is_looked_at() -> None:
    """What is exported is on a board or in a rule, or the list of metrics says that it is for ad-hoc use, not both."""
    # The archive has alerts, and no board.
    ours = {name for name in METRICS if not name.startswith("tweetpulse_archive_")}
    assert ours - metrics_of(ALL) == ad_hoc()


def test_recorded_series_that_rules_name_are_recorded() -> None:
    """A level:metric:operation that nothing records is an alert that never fires."""
    recorded = expressions_of_rules().keys()
    level = r"\b(?:job|query|source|task_version):tweetpulse_\w+:\w+"
    named = {name for text in ALL for name in re.findall(level, text)}
    assert named <= recorded


def test_counters_are_looked_at_by_their_rate() -> None:
    """But for the accounting, which adds up only as raw counters of one scrape."""
    raw = [
        (where, name)
        for where, text in EXPRESSIONS.items()
        for name in metrics_of([text])
        if METRICS[name] == "counter" and not re.search(rf"(rate|increase)\({name}\b", text)
    ]
    assert {where.split(" / ")[1] for where, _ in raw} == {"The accounting since the start"}


def test_every_panel_follows_the_choice_of_job_and_instance() -> None:
    """Only alerts and `up`, which are about all, do not."""
    for board in boards():
        for panel in (p for p in board["panels"] for p in (p, *p.get("panels", ()))):
            for target in panel.get("targets", ()):
                for name in metrics_of([target.get("expr", "")]):
                    assert f'{name}{{job=~"$job",instance=~"$instance"' in target["expr"], (panel["title"], name)


def test_nothing_but_prometheus_own_is_named_besides() -> None:
    """A selector on anything else would be a typing error."""
    found = {name for text in ALL for name in re.findall(r"(?<![\w:])([a-zA-Z_]\w*)(?=\{)", text)}
    assert {name for name in found if not name.startswith("tweetpulse_")} <= PROMETHEUS_OWN
