"""Each alert as people get it: fired by a real Prometheus, and sent on by a real Alertmanager."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from dashboards.grafana import config
from tests.boards.grafana import boards, targets_of
from tests.processes import until
from tests.rules.alerting import TOKEN, Alerting, alerting
from tests.rules.history import Firing, firing
from tests.rules.inbox import answering
from tests.rules.test_rules import ALERTS

pytestmark = pytest.mark.timeout(300)

GRAFANA = "http://127.0.0.1:3000"
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"

each_rule = pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alerting]:
    """All alerts fire, and everybody has been told of all of them, in every way."""
    with alerting(tmp_path_factory.mktemp("alerting")) as found:
        groups = {(alert.name, alert.severity) for alert in firing(found.instances)}
        until(lambda: {_key(alert) for alert in _hooked(found)} >= groups, "the webhook", timeout=90)
        until(lambda: {_head(title) for title in _slack(found)} >= groups, "Slack", timeout=60)
        until(lambda: {_head(subject) for subject in _mail(found)} >= groups, "the mails", timeout=60)
        yield replace(found, told_at=time.time())


@each_rule
def test_an_alert_fires_and_says_what(told: Alerting, rule: dict[str, Any]) -> None:
    """With the labels that its series have, and its words filled in: nothing is left of a template."""
    expected = _expected(told, rule)
    found = [alert for alert in _hooked(told) if _key(alert) == (rule["alert"], rule["labels"]["severity"])]
    assert expected
    for alert in expected:
        labels = alert.labels | {"alertname": alert.name, "severity": alert.severity}
        (notes,) = {tuple(sorted(one["annotations"].items())) for one in found if one["labels"] == labels}
        words = dict(notes)
        assert words.keys() == rule["annotations"].keys()
        assert re.fullmatch(alert.summary, words["summary"])
        assert not re.search(r"\{\{|<no value>|%!|<error", " ".join(words.values()))


@each_rule
def test_slack_is_told_of_it(told: Alerting, rule: dict[str, Any]) -> None:
    """Severity and summary in the title, description, time, board and runbook below; red for what can't wait."""
    (message,) = _latest(_slack(told), rule)
    for alert in _expected(told, rule):
        assert re.search(rf"^\*{alert.summary}\*$", message["text"], re.MULTILINE)
    assert message["color"] == {"critical": "danger", "warning": "warning"}[rule["labels"]["severity"]]
    assert message["fallback"] == message["title"]
    assert re.search(rf"^Firing since {TIME}$", message["text"], re.MULTILINE)
    assert f"|Board> · Runbook: {rule['annotations']['runbook_url']}\n" in message["text"]
    assert _board(message["title_link"]) == _board(message["text"]) == _about(rule)


@each_rule
def test_a_mail_tells_of_it(told: Alerting, rule: dict[str, Any]) -> None:
    """The same in plain text, with whole addresses."""
    (text,) = _latest(_mail(told), rule)
    for alert in _expected(told, rule):
        assert re.search(rf"^{alert.summary}$", text, re.MULTILINE)
    assert f"\nRunbook: {rule['annotations']['runbook_url']}\n" in text
    assert _board(text) == _about(rule)


def test_the_board_lists_all_that_fire(told: Alerting) -> None:
    """By name, with what each is about; and a lane for each."""
    (board,) = [board for board in boards() if board["uid"] == config.PIPELINE]
    asked = {title: targets[0]["expr"] for title, targets in targets_of(board).items() if "expr" in targets[0]}
    listed, lanes = (
        told.prometheus.ever(asked[title], told.told_at, told.told_at)
        for title in ("Alerts that fire", "When alerts fired")
    )
    fires = {(alert.name, alert.severity) for alert in firing(told.instances)}
    assert {(row["alertname"], row["severity"]) for row in listed} == fires
    assert [row["about"].split() for row in listed if row["alertname"] == "TweetpulseRecordsExpired"] == [
        ["score", "tweets"]
    ]
    assert {lane["alertname"] for lane in lanes} == {name for name, _ in fires}


def test_alerts_of_one_kind_are_one_message(told: Alerting) -> None:
    """A title that counts them, and each with its own words."""
    title = "[warning] TweetpulseDiskFilling: 2 firing"
    until(lambda: title in _slack(told), title, timeout=60)
    message = _slack(told)[title]
    (description,) = (one["annotations"]["description"] for one in ALERTS if one["alert"] == "TweetpulseDiskFilling")
    alerts = [
        rf"\*{node} has {free}% of its disk left\*\n{re.escape(description)}\nFiring since {TIME}\n"
        rf"<{GRAFANA}/d/tweetpulse-pipeline\?from=\d+&to=now\|Board> · Runbook: docs/runbook.md#tweetpulsediskfilling"
        for node, free in (("one", 12), ("two", 5))
    ]
    assert re.fullmatch(r"\n\n".join(alerts) + r"\n*", message["text"])


def test_the_board_is_opened_an_hour_before_the_alert(told: Alerting) -> None:
    """Until now, as long as it fires."""
    for message in (one for title, one in _slack(told).items() if not title.startswith("[resolved]")):
        since = _found(rf"Firing since ({TIME})", message["text"])
        opened = parse_qs(urlsplit(message["title_link"]).query)
        assert opened["to"] == ["now"]
        assert int(opened["from"][0]) // 1000 == int((_time(since[1]) - timedelta(hours=1)).timestamp())


def test_a_web_hook_gets_its_token_from_a_file(told: Alerting) -> None:
    """Secrets are in no configuration."""
    assert {secret for path, secret, _ in told.inbox.posts if path == "/hook"} == {f"Bearer {TOKEN}"}


def test_an_alert_that_ends_is_told_of_too(told: Alerting) -> None:
    """When, after how long, and the board of that time."""
    _, port = told.instances["tweetpulse-source"].split(":")
    title = "[resolved] TweetpulseSourceAbsent: A collecting process does not answer"
    with answering(int(port)):
        until(lambda: title in _slack(told) and title in _mail(told), "the end of an alert", timeout=60)
    message = _slack(told)[title]
    found = _found(rf"^Resolved at ({TIME}), after ([\dms]+)$", message["text"])
    end = int(parse_qs(urlsplit(message["title_link"]).query)["to"][0])
    assert message["color"] == "good"
    assert end // 1000 == int((_time(found[1]) + timedelta(minutes=15)).timestamp())
    assert re.search(rf"^Resolved at {TIME}, after {found[2]}$", _mail(told)[title], re.MULTILINE)


def test_an_alert_of_grafanas_leads_to_the_brand_and_its_tweets(told: Alerting) -> None:
    """Its board, and Kibana's Discover on its tweets; whatever the brand is called."""
    brand = "Kelly's & Sons+ 100%"
    kql = f'tweet.entity: "{brand}" and not (tweet.kind: "retweet")'
    notes = {"summary": f"{brand}: 45% negative", "runbook_url": "docs/runbook.md#x", "entity": brand, "tweets": kql}
    told.hand({"labels": {"alertname": "Negative share", "severity": "warning"}, "annotations": notes})
    title = f"[warning] Negative share: {brand}: 45% negative"
    until(lambda: title in _mail(told), "Grafana's alert", timeout=60)
    text = _mail(told)[title]
    board, tweets = (urlsplit(_found(rf"^{name}: (\S+)$", text)[1]) for name in ("Board", "Tweets"))
    assert board.path == "/d/tweetpulse-entity"
    assert parse_qs(board.query)["var-entity"] == [brand]
    assert "+" not in board.query + tweets.fragment
    view, _, state = tweets.fragment.partition("?")
    assert (tweets.netloc, tweets.path, view) == ("127.0.0.1:5601", "/app/discover", "/view/tweetpulse-all-tweets")
    span, asked = (unquote(part) for part in state.split("&"))
    assert re.fullmatch(r"_g=\(time:\(from:'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ',to:now\)\)", span)
    assert asked == "_a=(query:(language:kuery,query:'{}'))".format(kql.replace("'", "!'"))


def _hooked(told: Alerting) -> list[dict[str, Any]]:
    return [alert for body in told.inbox.bodies("/hook") for alert in body["alerts"]]


def _slack(told: Alerting) -> dict[str, dict[str, Any]]:
    """Title → message; the newest of each."""
    return {one["title"]: one for body in told.inbox.bodies("/slack") for one in body["attachments"]}


def _mail(told: Alerting) -> dict[str, str]:
    """Subject → text; the newest of each."""
    mails = list(told.inbox.mails)
    return {str(mail["Subject"]).strip(): mail.get_body(("plain",)).get_content() for mail in mails}


def _key(alert: dict[str, Any]) -> tuple[str, str]:
    return alert["labels"]["alertname"], alert["labels"]["severity"]


def _head(title: str) -> tuple[str, str]:
    found = re.match(r"\[(\w+)\] (\w+)", title)
    return (found[2], found[1]) if found else ("", "")


def _latest(messages: dict[str, Any], rule: dict[str, Any]) -> list[Any]:
    """The message that told of all that fire of a rule; the first may have told of some."""
    return [
        message for title, message in messages.items() if _head(title) == (rule["alert"], rule["labels"]["severity"])
    ][-1:]


def _expected(told: Alerting, rule: dict[str, Any]) -> list[Firing]:
    wanted = (rule["alert"], rule["labels"]["severity"])
    return [alert for alert in firing(told.instances) if (alert.name, alert.severity) == wanted]


def _board(text: str) -> str:
    found = re.search(rf"{GRAFANA}/d/([\w-]+)\?from=\d+&to=now", text)
    return found[1] if found else ""


def _about(rule: dict[str, Any]) -> str:
    return "tweetpulse-models" if rule["alert"].startswith("TweetpulseModel") else "tweetpulse-pipeline"


def _found(pattern: str, text: str) -> re.Match[str]:
    found = re.search(pattern, text, re.MULTILINE)
    assert found, f"{pattern} is not in {text}"
    return found


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
