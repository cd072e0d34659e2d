"""`models`: the versions, the champion, and the conditions of a promotion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.cli import models
from pipeline.cli.app import main
from pipeline.domain.prediction import Task
from pipeline.registry.registry import Registry
from tests.unit.training.test_promotion import KNOWS_ALL, KNOWS_TWO, publish

pytestmark = pytest.mark.usefixtures("logging_restored")
SENTIMENT = Task.SENTIMENT


class Ran:
    """A command that has ended."""

    def __init__(self, code: int, output: str, errors: str) -> None:
        self.code, self.output, self.errors = code, output, errors

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.output)
        return found


Run = Callable[..., Ran]


@pytest.fixture
def registry(bare: Path) -> Registry:
    return Registry(str(bare / "state" / "models"))


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The notes for the boards."""
    noted: list[tuple[str, str]] = []
    monkeypatch.setattr(models, "note", lambda settings, action, message: noted.append((action, message)))
    return noted


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, bare: Path, capsys: pytest.CaptureFixture[str], notes: object) -> Run:
    """Runs `tweetpulse models ...`."""

    def command(*arguments: str) -> Ran:
        monkeypatch.setattr("sys.argv", ["tweetpulse", "--state-dir", str(bare / "state"), "models", *arguments])
        try:
            code: int = main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Ran(code, *capsys.readouterr())

    return command


def two(registry: Registry) -> tuple[str, str]:
    """A champion, and a version that is better."""
    champion, challenger = publish(registry, KNOWS_TWO, macro_recall=0.667), publish(registry, KNOWS_ALL)
    registry.promote(SENTIMENT, champion, "first")
    return champion, challenger


def test_no_models(run: Run) -> None:
    """Said, with what makes one; as JSON it is nothing."""
    assert "no model in" in run("list").output
    assert run("list", "--json").output == ""


def test_listing(run: Run, registry: Registry) -> None:
    """Each version, and which one is in use; --task and --json for programs."""
    champion, challenger = two(registry)
    table = run("list").output.splitlines()
    assert [line.split()[:3] for line in table[1:] if champion in line] == [["sentiment", champion, "champion"]]
    found = [orjson.loads(line) for line in run("list", "--task", "sentiment", "--json").output.splitlines()]
    assert {one["version"]: one["champion"] for one in found} == {champion: True, challenger: False}
    assert run("list", "--task", "reason", "--json").output == ""


def test_showing(run: Run, registry: Registry) -> None:
    """What is known of a version, with its promotions; the task need not be said."""
    champion, _ = two(registry)
    shown = run("show", champion)
    assert "macro_recall 0.667" in shown.output
    assert "first" in shown.output
    found = run("show", champion, "--json").json
    assert (found["task"], found["labels"], found["promotions"][0]["why"]) == (
        "sentiment",
        ["negative", "neutral", "positive"],
        "first",
    )


def test_promoting(run: Run, registry: Registry, notes: list[tuple[str, str]]) -> None:
    """A better version takes the place; the figures are in the history, and boards hear of it."""
    _, challenger = two(registry)
    done = run("promote", challenger)
    assert (done.code, registry.champion(SENTIMENT)) == (0, challenger)
    why = registry.history(SENTIMENT)[-1].why
    assert why.startswith("better by more than chance: macro_recall 1.000 against 0.667")
    assert done.output == f"{challenger} is the champion of sentiment: {why}\n"
    assert notes == [("model-promoted", f"model of sentiment: {challenger}, {why}")]


def worse(registry: Registry) -> tuple[str, str]:
    champion, challenger = publish(registry, KNOWS_ALL), publish(registry, KNOWS_TWO)
    registry.promote(SENTIMENT, champion, "first")
    return champion, challenger


def test_a_promotion_that_is_refused(run: Run, registry: Registry, notes: list[tuple[str, str]]) -> None:
    """The champion stays; exit code 7 and a line that says why not. --json says it too."""
    champion, challenger = worse(registry)
    refused = run("promote", challenger)
    assert (refused.code, refused.output, registry.champion(SENTIMENT), notes) == (7, "", champion, [])
    assert refused.errors.startswith(f"tweetpulse: {challenger} is not promoted: not better by more than chance: macro")
    found = run("promote", challenger, "--json")
    assert (found.code, found.json["promote"], found.json["comparison"]["rows"]) == (7, False, 300)


def test_a_promotion_by_force(run: Run, registry: Registry, notes: list[tuple[str, str]]) -> None:
    """Whatever the figures say, but never without a reason, which stays in the history."""
    _, challenger = worse(registry)
    assert run("promote", challenger, "--force").code == 2
    assert run("promote", challenger, "--force", "--why", "labels were wrong").code == 0
    assert registry.champion(SENTIMENT) == challenger
    assert registry.history(SENTIMENT)[-1].why == "forced: labels were wrong"
    assert len(notes) == 1


def test_a_reason_beside_the_figures(run: Run, registry: Registry) -> None:
    """--why is kept without --force too."""
    _, challenger = two(registry)
    run("promote", challenger, "--why", "for the campaign")
    assert registry.history(SENTIMENT)[-1].why.endswith(": for the campaign")


def test_rolling_back(run: Run, registry: Registry, notes: list[tuple[str, str]]) -> None:
    """The previous champion is restored and boards get an event; without one the command says so."""
    champion, challenger = two(registry)
    registry.promote(SENTIMENT, challenger, "better")
    done = run("rollback", "--task", "sentiment")
    assert (done.code, registry.champion(SENTIMENT)) == (0, champion)
    assert notes == [("model-promoted", f"model of sentiment: {champion}, rollback of {challenger}")]
    again = run("rollback", "--task", "sentiment")
    assert (again.code, again.errors) == (5, f"tweetpulse: sentiment has no champion before {champion}\n")


def test_comparing(run: Run, registry: Registry) -> None:
    """Side by side, with the interval of the difference; nothing is promoted."""
    champion, challenger = two(registry)
    found = run("compare", champion, challenger, "--json").json
    assert (found["measure"], found["rows"], found["champion"], found["challenger"]) == (
        "macro_recall",
        300,
        pytest.approx(2 / 3),
        1.0,
    )
    text = run("compare", champion, challenger).output
    assert "macro_recall" in text
    assert "the difference is between +0." in text
    assert registry.champion(SENTIMENT) == champion


@pytest.mark.parametrize("command", ["show", "promote"])
@pytest.mark.parametrize("version", ["20260101T000000Z-abcdef", "../x"])
def test_a_version_that_is_not_there(run: Run, command: str, version: str) -> None:
    """One line, exit code 5."""
    done = run(command, version)
    assert done.code == 5
    assert "`tweetpulse models list` shows them" in done.errors
