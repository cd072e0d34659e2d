from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from dashboards.kibana import alerts
from dashboards.kibana.boards import BOARDS
from dashboards.kibana.bundle import ndjson
from dashboards.kibana.grafana import GRAFANA
from pipeline.cli.app import app
from pipeline.embedded.ports import free_port
from pipeline.errors import ConfigError, PipelineError, SetupError
from pipeline.settings import KibanaSettings
from pipeline.sinks.kibana import Kibana
from tests.unit.dashboards.kibana.fake_kibana import READY, Answer, FakeKibana, running

STATUS = "GET /api/status"
IMPORT = "POST /api/saved_objects/_import?overwrite=true"
CONNECTOR = f"/api/actions/connector/{alerts.CONNECTOR}"
RULE = f"/api/alerting/rule/{alerts.LOUD_CRITIC}"
WORKS: dict[str, list[Answer]] = {
    STATUS: [READY],
    IMPORT: [(200, {"success": True, "successCount": 13})],
    f"POST {CONNECTOR}": [(200, {})],
    f"POST {RULE}": [(200, {})],
}


def kibana(fake: FakeKibana, **settings: Any) -> Kibana:
    return Kibana(KibanaSettings(url=fake.url, **settings))


def no_sleep(_: float) -> None:
    return None


def provision(fake: FakeKibana, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TWEETPULSE_KIBANA__URL", fake.url)
    return CliRunner().invoke(app, ["provision", "kibana"])


def test_provisioning_imports_everything_and_makes_connector_and_rule(monkeypatch) -> None:
    """The command waits, imports the committed bundle, makes the connector, then the rule, and says where to look."""
    with running(WORKS) as fake:
        result = provision(fake, monkeypatch)
    assert (result.exit_code, result.stdout) == (
        0,
        f"Kibana 8.19.7 has 13 saved objects and 1 rule: {fake.url}/app/dashboards#/view/tweetpulse-live\n",
    )
    assert fake.asked() == [STATUS, IMPORT, f"GET {CONNECTOR}", f"POST {CONNECTOR}", f"GET {RULE}", f"POST {RULE}"]
    assert ndjson().encode() in fake.requests[1].body
    assert b'name="file"; filename="tweetpulse.ndjson"' in fake.requests[1].body
    assert {request.headers["kbn-xsrf"] for request in fake.requests} == {"tweetpulse"}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://grafana.example.org/g/", "https://grafana.example.org/g"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ('http://x/"', "http://x/%22"),
    ],
)
def test_links_to_grafana_lead_where_the_setting_says(monkeypatch, address: str, shown: str) -> None:
    """In dashboards, formats and the alert rule; what is sent is still JSON."""
    monkeypatch.setenv("TWEETPULSE_KIBANA__GRAFANA_URL", address)
    with running(WORKS) as fake:
        assert provision(fake, monkeypatch).exit_code == 0
    for request, links in ((fake.requests[1], ndjson().count(GRAFANA)), (fake.requests[5], 1)):
        assert GRAFANA.encode() not in request.body
        assert request.body.count(f"{shown}/d/tweetpulse-".encode()) == links
    sent = [json.loads(line) for line in fake.requests[1].body.splitlines() if line.startswith(b"{")]
    boards = [json.loads(line["attributes"]["panelsJSON"]) for line in sent if line["type"] == "dashboard"]
    assert len(boards) == len(BOARDS)


def test_generated_links_lead_to_the_grafana_of_the_setting() -> None:
    """The address that provisioning replaces is the setting's default, and every link begins with it."""
    assert KibanaSettings().grafana_url == GRAFANA
    assert ndjson().count("/d/tweetpulse-") == ndjson().count(f"{GRAFANA}/d/tweetpulse-") == len(BOARDS) + 2


def test_what_is_there_is_brought_up_to_date(monkeypatch) -> None:
    """A second run puts connector and rule with only what a PUT takes."""
    there: dict[str, list[Answer]] = {
        f"{method} {path}": [(200, {})] for method in ("GET", "PUT") for path in (CONNECTOR, RULE)
    }
    with running(WORKS | there) as fake:
        result = provision(fake, monkeypatch)
    assert result.exit_code == 0
    assert fake.asked()[2:] == [f"GET {CONNECTOR}", f"PUT {CONNECTOR}", f"GET {RULE}", f"PUT {RULE}"]
    connector, rule = (set(json.loads(fake.requests[i].body)) for i in (3, 5))
    assert connector == {"name", "config", "secrets"}
    assert rule == {"name", "tags", "schedule", "params", "actions"}


def test_it_waits_until_kibana_is_ready() -> None:
    """503, a plain-text 503 and `unavailable` are waited for, a second each."""
    pauses: list[float] = []
    unavailable = (200, {"status": {"overall": {"level": "unavailable"}}})
    script = {STATUS: [(503, "Kibana server is not ready yet"), (503, {"message": "x"}), unavailable, READY]}
    with running(script) as fake:
        assert kibana(fake).await_ready(sleep=pauses.append) == "8.19.7"
    assert pauses == [1.0, 1.0, 1.0]


def test_it_gives_up_when_the_time_is_over() -> None:
    """One line that names the address, the time and the setting."""
    with running({STATUS: [(503, "Kibana server is not ready yet")]}) as fake:
        ticking = count(step=60)
        with pytest.raises(SetupError) as caught:
            kibana(fake, start_timeout=120).await_ready(no_sleep, lambda: next(ticking))
    assert caught.value.message == (
        f"Kibana at {fake.url} was not ready within 120 s: start it and look at its log, or set TWEETPULSE_KIBANA__URL"
    )


def test_a_kibana_that_is_not_there_is_waited_for_and_then_named() -> None:
    """A refused connection may be a Kibana that starts; in the end it is an error of one line."""
    ticking = count(step=60)
    with pytest.raises(SetupError, match="was not ready within 30 s"):
        Kibana(KibanaSettings(url=f"http://127.0.0.1:{free_port()}", start_timeout=30)).await_ready(
            no_sleep, lambda: next(ticking)
        )


def test_an_import_that_fails_in_part_names_what_failed() -> None:
    """Type, title and reason of each saved object that was not taken."""
    errors = [
        {
            "type": "dashboard",
            "id": "tweetpulse-live",
            "meta": {"title": "Sentiment live"},
            "error": {
                "type": "missing_references",
                "references": [{"type": "index-pattern", "id": "tweetpulse-tweets"}],
            },
        },
        {"type": "map", "id": "tweetpulse-map", "error": {"type": "unsupported_type"}},
    ]
    with (
        running({IMPORT: [(200, {"success": False, "successCount": 11, "errors": errors})]}) as fake,
        pytest.raises(SetupError) as caught,
    ):
        kibana(fake).import_objects(b"{}")
    assert caught.value.message == (
        "Kibana took 11 saved objects, but not dashboard “Sentiment live” "
        "(missing_references: index-pattern tweetpulse-tweets); map “tweetpulse-map” (unsupported_type)"
    )


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (
            (401, {"message": "Unauthorized"}),
            ConfigError,
            "refuses the user or the password: set TWEETPULSE_KIBANA__USERNAME",
        ),
        (
            (403, {"message": "Unable to bulk_create dashboard"}),
            ConfigError,
            "does not let this user do that: Unable to",
        ),
        ((422, {"message": "belongs to a more recent version"}), SetupError, "answered 422: belongs to a more recent"),
        ((302, ""), SetupError, "answered 302: no JSON, so it may not be Kibana"),
        ((200, "<html>"), SetupError, "answered 200: no JSON, so it may not be Kibana"),
    ],
    ids=lambda value: str(value[0]) if isinstance(value, tuple) else "",
)
def test_refusals_are_told_in_one_line(answer: Answer, kind: type[PipelineError], words: str) -> None:
    """A wrong password, a missing privilege, a bundle that is too new, and something that is not Kibana."""
    with running({IMPORT: [answer]}) as fake, pytest.raises(kind) as caught:
        kibana(fake).import_objects(b"{}")
    assert words in caught.value.message
    assert "\n" not in caught.value.message


def test_a_rule_that_kibana_refuses_is_an_error_with_its_reason() -> None:
    """Without an encryption key Kibana makes no rules, and says so."""
    reason = "Unable to create: set xpack.encryptedSavedObjects.encryptionKey"
    with running({f"POST {RULE}": [(500, {"message": reason})]}) as fake, pytest.raises(SetupError) as caught:
        kibana(fake).put_rule(alerts.rules()[0])
    assert caught.value.message == f"Kibana at {fake.url} answered 500: {reason}"


def test_an_old_kibana_is_refused_before_anything_is_sent(monkeypatch) -> None:
    """Its version and the oldest that will do are named, and nothing is imported."""
    old = (200, {"status": {"overall": {"level": "available"}}, "version": {"number": "8.5.3"}})
    with running(WORKS | {STATUS: [old]}) as fake:
        result = provision(fake, monkeypatch)
    assert isinstance(result.exception, SetupError)
    assert result.exception.message == "Kibana 8.5.3 is too old for these dashboards: use 8.11 or newer"
    assert fake.asked() == [STATUS]


def test_the_password_goes_into_the_header_and_nowhere_else() -> None:
    """Basic authentication in UTF-8; an error does not repeat it."""
    with running({IMPORT: [(401, {})]}) as fake, pytest.raises(ConfigError) as caught:
        kibana(fake, username="elastic", password=SecretStr("pässword")).import_objects(b"{}")
    assert fake.requests[0].headers["authorization"] == "Basic ZWxhc3RpYzpww6Rzc3dvcmQ="
    assert "ssword" not in repr(caught.value).replace("__PASSWORD", "").replace("the password", "")


@pytest.mark.parametrize("url", ["http://", "not a url"])
def test_an_address_that_is_none_is_a_wrong_setting(url: str) -> None:
    """No traceback, and no waiting."""
    with pytest.raises(ConfigError, match="TWEETPULSE_KIBANA__URL"):
        Kibana(KibanaSettings(url=url, start_timeout=0.01)).await_ready(no_sleep)


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "No such file or directory"), ("no PEM", "holds no certificate")]
)
def test_an_unusable_certificate_authority_is_a_wrong_setting(tmp_path, content: str | None, reason: str) -> None:
    """The file, the reason and the setting are named before anything is sent."""
    file = tmp_path / "ca.pem"
    if content:
        file.write_text(content)
    with pytest.raises(ConfigError, match=f"{reason}.*TWEETPULSE_KIBANA__CA_FILE"):
        Kibana(KibanaSettings(ca_file=file))
