"""The printing of findings, and the exit code."""

from __future__ import annotations

import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

from pipeline import bootstrap
from pipeline.cli import doctor
from pipeline.cli.app import app
from pipeline.doctor.finding import Finding, fault, ok, warning

pytestmark = pytest.mark.usefixtures("bare", "logging_restored")

FINDINGS = [
    ok("java", "Java 17 is there"),
    warning("checkpoint", "others can read [bold]it", "chmod -R go= it"),
    fault("alias", "it points at nothing", "tweetpulse setup"),
]


def found(monkeypatch: pytest.MonkeyPatch, findings: list[Finding]) -> None:
    monkeypatch.setattr(bootstrap, "examine", lambda settings: findings)


@pytest.mark.parametrize(("findings", "code"), [(FINDINGS, 3), (FINDINGS[:2], 0)])
def test_only_a_fault_is_an_error(monkeypatch: pytest.MonkeyPatch, findings: list[Finding], code: int) -> None:
    """A warning is worth reading, and stops no script."""
    found(monkeypatch, findings)
    assert CliRunner().invoke(app, ["doctor"]).exit_code == code


def test_as_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is no terminal: one each, whole, however long, and nothing taken for markup."""
    found(monkeypatch, [*FINDINGS, ok("models", "x" * 300)])
    lines = CliRunner().invoke(app, ["doctor"]).stdout.splitlines()
    assert lines == [
        "ok       java                Java 17 is there",
        "warning  checkpoint          others can read [bold]it; cure: chmod -R go= it",
        "fault    alias               it points at nothing; cure: tweetpulse setup",
        f"ok       models              {'x' * 300}",
        "faults: 1, warnings: 1, ok: 2",
    ]


def test_as_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """At a terminal a long line wraps below its column."""
    monkeypatch.setattr(doctor, "out", Console(force_terminal=True, width=60, highlight=False, color_system=None))
    doctor._show(FINDINGS)
    shown = capsys.readouterr().out.splitlines()
    assert [line.rstrip() for line in shown[:3]] == [
        "ok       java        Java 17 is there",
        "warning  checkpoint  others can read [bold]it; cure: chmod",
        "                     -R go= it",
    ]


def test_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that a script wants."""
    found(monkeypatch, FINDINGS)
    told = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)
    assert told["counts"] == {"fault": 1, "warning": 1, "ok": 1}
    assert told["findings"][2] == {
        "level": "fault",
        "subject": "alias",
        "what": "it points at nothing",
        "cure": "tweetpulse setup",
    }
