"""`evaluate`: a version's figures on any file; and what `train` refuses before it starts Spark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from pipeline.cli.app import main
from pipeline.domain.prediction import Task
from pipeline.registry.manifest import SEEN
from pipeline.registry.registry import Registry
from pipeline.training import seen
from tests.builders import linear_model, published

pytestmark = pytest.mark.usefixtures("bare", "logging_restored")
Run = Callable[..., tuple[int, bytes, str]]

LABELS = ("negative", "neutral", "positive")
WORDS = {"awful": {"negative": 9.0}, "lovely": {"positive": 9.0}}
ROWS = "id,text,mood\n100000001,awful,negative\n100000002,lovely seats,positive\n100000003,a seat,negative\n"
COLUMNS = ("--columns", "id=id,text=text,label=mood")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Runs a command; its exit code, standard output and standard error."""

    def run_it(*arguments: str) -> tuple[int, bytes, str]:
        monkeypatch.setattr("sys.argv", ["tweetpulse", *arguments])
        try:
            code = main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        captured = capsysbinary.readouterr()
        return code, captured.out, captured.err.decode()

    return run_it


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS)
    return path


@pytest.fixture
def version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A version that was trained on the first of the rows, and is the champion."""
    registry = Registry(str(tmp_path / "models"))
    monkeypatch.setenv("TWEETPULSE_MODELS__REGISTRY", str(tmp_path / "models"))
    model = linear_model(Task.SENTIMENT, {"neutral": 1.0}, WORDS, LABELS)
    files = {SEEN: seen.dumps(seen.seen_of(["x:100000001"], ["Awful!"]))}
    name = published(registry, model, files=files)
    registry.promote(Task.SENTIMENT, name, "a test")
    return name


def test_rows_that_it_was_trained_on_are_left_out(run: Run, rows: Path, version: str) -> None:
    """And counted, on standard error too; VADER is measured on the same rows."""
    code, out, err = run("evaluate", "sentiment", "--data", str(rows), *COLUMNS, "--json")
    found = orjson.loads(out)

    assert code == 0
    assert found["version"] == version
    assert found["rows"] == {"measured on": 2, "left out: it was trained on them": 1}
    assert found["model"]["accuracy"] == found["model"]["macro_recall"] == 0.5
    assert found["baselines"]["vader"]["rows"] == 2
    assert f"{version} was trained on 1 of these rows: left out" in err


def test_they_are_measured_on_when_asked_for(run: Run, rows: Path, version: str) -> None:
    """Named as what it is: memory."""
    arguments = "evaluate", "sentiment", "--version", version, "--data", str(rows), *COLUMNS

    code, out, _ = run(*arguments, "--include-seen", "--json")
    shown = run(*arguments, "--include-seen")[1].decode()

    assert code == 0
    assert orjson.loads(out)["rows"] == {"measured on": 3, "among them: it was trained on them": 1}
    assert orjson.loads(out)["model"]["accuracy"] == pytest.approx(2 / 3)
    assert "this model" in shown
    assert "macro-recall" in shown


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("evaluate", "reason"), 2, "reason has no champion"),
        (("evaluate", "sentiment", "--version", "20260101T000000Z-abcdef"), 5, "no model of sentiment has"),
        (("evaluate", "sentiment", "--layout", "odd"), 2, "there is no layout 'odd'"),
        (("train", "sentiment", "--split", "time"), 2, "only 0 of 3 rows have a time"),
    ],
)
def test_what_can_not_be_done_is_said(
    run: Run, rows: Path, version: str, arguments: tuple[str, ...], code: int, message: str
) -> None:
    """In one line, before anything is started."""
    columns = () if "--layout" in arguments else ("--columns", "text=text,label=mood")

    ended, _, err = run(*arguments, "--data", str(rows), *columns)

    assert ended == code
    assert message in " ".join(err.split())
