"""The files that Grafana reads at its start."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.grafana import config
from dashboards.kibana.saved_searches import SEARCHES
from tests.boards.grafana import ALERTS, BOARDS, INDICES, boards, panels_of, queries_of, queries_of_alerts
from tests.paths import ROOT
from tests.rules.debian import program
from tests.unit.dashboards.grafana import contract

FOLDER = ROOT / "dashboards" / "grafana"
FILES = sorted((FOLDER / "provisioning").glob("*/*.yaml"))
DEFAULTS = dict(
    line.split("=", 1)
    for line in (FOLDER / "defaults.env").read_text().splitlines()
    if line and not line.startswith("#")
)
SOURCES = yaml.safe_load((FOLDER / "provisioning/datasources/tweetpulse.yaml").read_text())["datasources"]
RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def alerting(name: str) -> dict[str, Any]:
    """One of the files on alerts."""
    content: dict[str, Any] = yaml.safe_load((ALERTS.parent / f"{name}.yaml").read_text())
    return content


POINTS = alerting("contact-points")["contactPoints"]
WORDS = "".join(template["template"] for template in alerting("templates")["templates"])

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["uid"])


def by_ref(rule: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {query["refId"]: query for query in rule["data"]}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name + "-" + path.stem)
def test_variables_have_a_default(path: Path) -> None:
    """Grafana knows no `${VAR:-default}`: each $VAR is in defaults.env."""
    code = "\n".join(line for line in path.read_text().splitlines() if not line.lstrip().startswith("#"))
    assert set(re.findall(r"\$\{?(TWEETPULSE_\w+)", code)) <= DEFAULTS.keys()
    assert "${" not in code


def test_defaults_are_all_used_and_on_loopback() -> None:
    """A default that no file reads is a name that has changed."""
    everything = "".join(path.read_text() for path in FILES)
    assert {name for name in DEFAULTS if f"${name}" not in everything} == set()
    assert {url.split(":")[1] for url in DEFAULTS.values() if url.startswith("http")} == {"//127.0.0.1"}


def test_data_sources_have_the_uids_that_boards_name() -> None:
    """And the names that the boards' choice of data source is fixed to."""
    named = {question.source for board in boards() for question in queries_of(board, entity="Acme")}
    choices = {
        v["regex"].strip("/^$") for board in boards() for v in board["templating"]["list"] if v["type"] == "datasource"
    }
    assert named == {source["uid"] for source in SOURCES}
    assert choices <= {source["name"] for source in SOURCES}


def test_data_sources_search_what_tests_search() -> None:
    """The alias of tweets, and the data streams of events."""
    indices = {s["uid"]: s["jsonData"]["index"] for s in SOURCES if s["type"] == "elasticsearch"}
    assert indices == INDICES
    assert not [s["uid"] for s in SOURCES if "interval" in s["jsonData"]]


def test_secrets_are_kept_as_secrets() -> None:
    """Passwords come from the environment, and only into what Grafana encrypts."""
    for source in SOURCES:
        plain = {key: value for key, value in source.items() if key != "secureJsonData"}
        assert "password" not in str(plain).lower()
        assert all(re.fullmatch(r"\$\w+", secret) for secret in source.get("secureJsonData", {}).values())


def test_prometheus_is_read_at_its_own_pace() -> None:
    """Or `$__rate_interval` would be too short for a rate."""
    scrape = yaml.safe_load((ROOT / "dashboards/prometheus/prometheus.yml").read_text())["global"]["scrape_interval"]
    assert [s["jsonData"]["timeInterval"] for s in SOURCES if s["type"] == "prometheus"] == [scrape]


def test_boards_come_from_files_alone() -> None:
    """No edit in the browser is overwritten by surprise; bind mounts are seen, since files are polled."""
    (provider,) = yaml.safe_load((FOLDER / "provisioning/dashboards/tweetpulse.yaml").read_text())["providers"]
    assert (provider["type"], provider["allowUiUpdates"]) == ("file", False)
    assert provider["updateIntervalSeconds"] > 10
    assert provider["folder"] == config.FOLDER
    assert "folderUid" not in provider
    assert BOARDS.is_dir()


@each_rule
def test_a_rule_is_complete(rule: dict[str, Any]) -> None:
    """A uid that fits, a condition that is there, and what to do; in the boards' own folder."""
    assert re.fullmatch(r"[a-z-]{1,40}", rule["uid"])
    assert rule["condition"] in by_ref(rule)
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert {"summary", "description"} <= rule["annotations"].keys()
    assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['uid']}"
    assert (rule["noDataState"], rule["execErrState"]) == ("OK", "Error")


def test_rules_are_in_the_boards_folder() -> None:
    """A second folder of the same name would be confusing."""
    assert {group["folder"] for group in yaml.safe_load(ALERTS.read_text())["groups"]} == {config.FOLDER}


@each_rule
def test_a_rules_expressions_name_queries_that_are_there(rule: dict[str, Any]) -> None:
    """What names a refId that is not there passes provisioning and fails at evaluation."""
    refs = by_ref(rule)
    for ref, query in refs.items():
        assert query["model"]["refId"] == ref
        text = query["model"].get("expression", "")
        named = set(re.findall(r"\$(\w+)", text)) if query["model"].get("type") == "math" else {text} - {""}
        assert named <= refs.keys() - {ref}
    shown = set(re.findall(r"\$values\.(\w+)\.", " ".join(rule["annotations"].values())))
    assert shown <= refs.keys()


@each_rule
def test_a_rule_leads_to_a_panel_about_the_same(rule: dict[str, Any]) -> None:
    """The panel is there, and asks for a field that the rule asks for."""
    (board,) = [board for board in boards() if board["uid"] == rule["annotations"]["__dashboardUid__"]]
    (panel,) = [panel for panel in panels_of(board) if str(panel["id"]) == rule["annotations"]["__panelId__"]]
    assert "tweet.entity" in str(panel["targets"])


def test_rules_ask_for_series_of_fields_that_exist() -> None:
    """The last bucket is a time, and no variable is left: nobody chooses anything for a rule."""
    for question in queries_of_alerts():
        assert question.source == config.TWEETS
        assert question.fields <= contract.fields().keys(), question.where
        assert question.target["bucketAggs"][-1]["type"] == "date_histogram", question.where
        assert "$" not in question.target["query"], question.where


@pytest.mark.parametrize(
    ("half_hour", "day_and_half_hour", "expected"),
    [
        pytest.param((40, 100), (240, 1100), 20.0, id="20 % yesterday, 40 % now"),
        pytest.param((100, 500), (112, 560), 0.0, id="a storm as negative as yesterday"),
        pytest.param((300, 500), (312, 560), 40.0, id="a storm on a quiet brand: the storm itself is no yesterday"),
        pytest.param((49, 49), (249, 1049), 0.0, id="49 tweets are too few"),
        pytest.param((100, 100), (100, 149), 0.0, id="yesterday was too quiet"),
        pytest.param((100, 100), (100, 100), 0.0, id="nothing yesterday"),
        pytest.param((50, 100), (50, 1100), 50.0, id="nothing negative yesterday"),
    ],
)
def test_the_jump_is_against_the_own_last_day(
    half_hour: tuple[int, int], day_and_half_hour: tuple[int, int], expected: float
) -> None:
    """Percentage points of (negative, scored) in the last half hour above those of the day before it."""
    (rule,) = [rule for rule in RULES if rule["uid"] == "tweetpulse-negative-share-jumps"]
    refs = by_ref(rule)
    (e, f), (g, h) = half_hour, day_and_half_hour
    numbers: dict[str, float] = {"E": e, "F": f, "G": g, "H": h}
    for ref in ("S", "P", "J"):
        numbers[ref] = eval(refs[ref]["model"]["expression"].replace("$", ""), {}, numbers)
    assert numbers["J"] == pytest.approx(expected)


def test_the_windows_of_the_jump_end_together() -> None:
    """Half an hour, and the day before with that half hour; the same queries twice."""
    (rule,) = [rule for rule in RULES if rule["uid"] == "tweetpulse-negative-share-jumps"]
    refs = by_ref(rule)
    ranges = {ref: refs[ref]["relativeTimeRange"] for ref in "ABCD"}
    queries = {ref: refs[ref]["model"]["query"] for ref in "ABCD"}
    short, long = {"from": 1800, "to": 0}, {"from": 86400 + 1800, "to": 0}
    assert ranges == {"A": short, "B": short, "C": long, "D": long}
    assert (queries["A"], queries["B"]) == (queries["C"], queries["D"])
    assert [refs[ref]["model"]["expression"] for ref in "EFGH"] == list("ABCD")


def test_one_contact_point_is_told_of_everything() -> None:
    """The Alertmanager's, which decides who is told; the others are examples that no policy names."""
    (policy,) = alerting("policies")["policies"]
    told = [point for point in POINTS if point["name"] == policy["receiver"]]
    assert "routes" not in policy
    assert [receiver["type"] for point in told for receiver in point["receivers"]] == ["prometheus-alertmanager"]


def test_there_is_an_example_of_each_kind_with_our_words() -> None:
    """Slack, e-mail and webhook, each with title and text from the templates, and an address from the environment."""
    receivers = {receiver["type"]: receiver["settings"] for point in POINTS for receiver in point["receivers"]}
    del receivers["prometheus-alertmanager"]
    assert receivers.keys() == {"slack", "email", "webhook"}
    for settings in receivers.values():
        named = {name for text in settings.values() for name in re.findall(r'template "([\w.]+)"', str(text))}
        assert named == {"tweetpulse.title", "tweetpulse.text"}
        assert re.fullmatch(r"\$TWEETPULSE_GRAFANA_\w+", settings.get("url") or settings["addresses"])
        assert not re.search("password|token|credentials", " ".join(settings))


def test_contact_points_are_told_apart() -> None:
    """By names and uids."""
    uids = [receiver["uid"] for point in POINTS for receiver in point["receivers"]]
    assert len({point["name"] for point in POINTS}) == len(POINTS)
    assert len(set(uids)) == len(uids)


def test_the_words_name_only_what_a_rule_has() -> None:
    """Annotations of every rule, and fields that Grafana's data for templates have."""
    fields = {"Status", "StartsAt", "EndsAt", "Labels", "Annotations", "DashboardURL"}
    group = {"Alerts", "CommonLabels", "CommonAnnotations"}
    assert set(re.findall(r"(?<![\w)])\.([A-Z]\w+)", WORDS)) <= fields | group
    for rule in RULES:
        assert set(re.findall(r"Annotations\.(\w+)", WORDS)) <= rule["annotations"].keys()
        assert set(re.findall(r"Labels\.(\w+)", WORDS)) <= rule["labels"].keys() | {"alertname"}


def test_the_words_lead_to_a_search_that_exists() -> None:
    """One of the Kibana bundle."""
    found = set(re.findall(r"discover#/view/([\w-]+)", WORDS))
    assert found
    assert found <= {search.id for search in SEARCHES}


def test_the_words_are_all_defined_and_hold_no_variable() -> None:
    """A name that nothing defines fails only when an alert is sent; what begins with $, Grafana may replace."""
    points = (FOLDER / "provisioning/alerting/contact-points.yaml").read_text()
    defined = re.findall(r'define "([\w.]+)"', WORDS)
    assert sorted(defined) == sorted(set(re.findall(r'template "([\w.]+)"', WORDS + points)))
    assert "$" not in WORDS


@each_rule
def test_a_rule_names_the_brand_and_its_tweets(rule: dict[str, Any]) -> None:
    """KQL on fields that exist, of original tweets as the rule's own queries."""
    brand = '{{ index $labels "tweet.entity" }}'
    kql = rule["annotations"]["tweets"]
    assert rule["annotations"]["entity"] == brand
    assert kql.startswith(f'tweet.entity: "{brand}" and ')
    assert set(re.findall(r"([\w.]+): ", kql)) <= contract.fields().keys()
    lucene = rule["data"][0]["model"]["query"]
    ours = re.search(r'and ([\w.]+): "(\w+)" and not \(tweet\.kind: "retweet"\)$', kql)
    assert ours
    assert lucene == f"NOT tweet.kind:retweet AND {ours[1]}:{ours[2]}"


def test_a_message_says_who_what_and_where(tmp_path: Path) -> None:
    """As amtool renders Grafana's words, with a field of its own for the one that it does not know."""
    brand = "Kelly's & Sons"
    alert = {
        "status": "firing",
        "labels": {"severity": "warning", "alertname": "Complaints wait"},
        "annotations": {
            "summary": f"{brand}: 31 complaints in the last hour",
            "description": "More than people answer in an hour.",
            "runbook_url": "docs/runbook.md#tweetpulse-complaints-waiting",
            "entity": brand,
            "tweets": f'tweet.entity: "{brand}"',
        },
        "startsAt": "2026-05-01T12:00:00Z",
        "generatorURL": "http://grafana/d/tweetpulse-entity?from=1&to=2",
    }
    ended = alert | {"status": "resolved", "endsAt": "2026-05-01T12:34:56Z"}
    group = {
        "status": "firing",
        "alerts": [alert, ended],
        "commonLabels": alert["labels"],
        "commonAnnotations": alert["annotations"],
    }
    title = rendered('{{ template "tweetpulse.title" . }}', group, tmp_path)
    text = rendered('{{ template "tweetpulse.text" . }}', group, tmp_path)
    words = f"{brand}: 31 complaints in the last hour\nMore than people answer in an hour.\n"
    board = "Board: http://grafana/d/tweetpulse-entity?from=1&to=2&var-entity=Kelly%27s%20%26%20Sons"
    query = "&_a=%28query%3A%28language%3Akuery%2Cquery%3A%27tweet.entity%3A%20%22Kelly%21%27s%20%26%20Sons%22%27%29%29"
    tweets = "Tweets: http://127.0.0.1:5601/app/discover#/view/tweetpulse-all-tweets?_g=%28time%3A%28from%3A%27"
    runbook = "Runbook: docs/runbook.md#tweetpulse-complaints-waiting"
    assert title == "[warning] Complaints wait: 1 firing, 1 resolved"
    assert text == (
        f"{words}Firing since 2026-05-01 12:00:00 UTC\n{board}\n"
        f"{tweets}2026-05-01T11:00:00Z%27%2Cto%3Anow%29%29{query}\n{runbook}\n\n"
        f"{words}Resolved at 2026-05-01 12:34:56 UTC, after 34m56s\n{board}\n"
        f"{tweets}2026-05-01T11:00:00Z%27%2Cto%3A%272026-05-01T12:49:56Z%27%29%29{query}\n{runbook}"
    )


def rendered(text: str, group: dict[str, Any], scratch: Path) -> str:
    """What Grafana's words make of a group of alerts; the board's link is a field that only Grafana has."""
    for template in alerting("templates")["templates"]:
        (scratch / f"{template['name']}.tmpl").write_text(template["template"].replace("DashboardURL", "GeneratorURL"))
    (scratch / "data.json").write_text(json.dumps(group))
    amtool = program("amtool", "prometheus-alertmanager")
    data = f"--template.data={scratch}/data.json"
    options = [f"--template.glob={scratch}/*.tmpl", f"--template.text={text}", data]
    done = subprocess.run([amtool, "template", "render", *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
