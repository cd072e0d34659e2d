"""`classify`: what the pipeline would say of a text."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.cli.app import main
from pipeline.domain.prediction import Task
from pipeline.registry.registry import Registry
from tests.builders import linear_model, promoted

pytestmark = pytest.mark.usefixtures("bare", "logging_restored")
Captured = pytest.CaptureFixture[bytes]
Classify = Callable[..., bytes]
FIELDS = {"text", "lang", "label", "compound", "positive", "neutral", "negative", "words"}


@pytest.fixture
def classify(monkeypatch: pytest.MonkeyPatch, capsysbinary: Captured) -> Classify:
    """Runs the command with these arguments and that standard input, and gives its standard output."""

    def run(*arguments: str, lines: bytes = b"") -> bytes:
        monkeypatch.setattr("sys.argv", ["tweetpulse", "classify", *arguments])
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines), "ascii"))
        with pytest.raises(SystemExit) as ended:
            main()
        assert (ended.value.code or 0) == 0
        return capsysbinary.readouterr().out

    return run


def objects(output: bytes) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in output.splitlines()]


def test_a_text_a_line(classify: Classify) -> None:
    """One JSON object for each line, in their order, with the label, the four numbers and the words."""
    found = objects(classify("-", lines=b"I love it\nI hate it\nit is a table\n"))
    assert [one["label"] for one in found] == ["positive", "negative", "neutral"]
    assert [set(one) for one in found] == [FIELDS] * 3


def test_any_lines(classify: Classify) -> None:
    """Empty lines, Windows' line ends, no line end, no UTF-8 and a NUL each have their object."""
    assert len(objects(classify("-", lines=b"\n\r\n\xff\xfe love\n\x00\nI love it"))) == 5


def test_emoji_in_any_locale(classify: Classify) -> None:
    """Input is UTF-8, whatever the terminal says."""
    assert objects(classify("-", lines="😍".encode()))[0]["label"] == "positive"


def test_no_lines(classify: Classify) -> None:
    """Nothing in, nothing out."""
    assert classify("-") == b""


def test_names_are_left_out_unless_verbatim(classify: Classify) -> None:
    """`@united` is a name, not a feeling; --verbatim scores it too."""
    text = "@united landed"
    labels = [objects(classify(text, "--json", *more))[0]["label"] for more in ([], ["--verbatim"])]
    assert labels == ["neutral", "positive"]


def test_one_text_as_json(classify: Classify) -> None:
    """--json prints what the line mode prints."""
    assert classify("I love it", "--json") == classify("-", lines=b"I love it\n")


def test_a_language_that_nobody_speaks(classify: Classify) -> None:
    """It is unsupported, not neutral, for people and for programs; a word alone has no language, and is scored."""
    text = "Das ist wirklich schrecklich, nie wieder"
    assert classify(text).decode().startswith("unsupported  the language seems to be de")
    (one,) = objects(classify(text, "--json"))
    assert (one["lang"], one["label"], one["compound"]) == ("de", "unsupported", None)
    (one,) = objects(classify("lol", "--json"))
    assert (one["lang"], one["label"]) == (None, "positive")


def test_for_a_person(classify: Classify) -> None:
    """The label, the compound score with its sign, a bar for each share, and the words that count."""
    lines = classify("I hate it").decode().splitlines()
    assert lines[0].split() == ["negative", "compound", "-0.5719"]
    assert [line.split()[0] for line in lines[1:]] == ["negative", "neutral", "positive", "words"]
    assert lines[-1].split()[1:] == ["hate", "-2.7"]


def test_words_of_vader(classify: Classify) -> None:
    """Each word that has a feeling, with its valence where it stands: after "not", before "but"."""
    (one,) = objects(classify("a good day but not a bad table", "--json"))
    assert one["words"] == [["good", pytest.approx(0.95)], ["bad", pytest.approx(2.775)]]


def test_without_champions(bare: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """VADER alone, and it is said, but not among the results."""
    monkeypatch.setattr("sys.argv", ["tweetpulse", "--state-dir", str(bare), "classify", "I hate it"])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err.startswith("no model is in use: VADER alone")


@pytest.fixture
def registry(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("TWEETPULSE_MODELS__REGISTRY", str(bare / "models"))
    return Registry(str(bare / "models"))


def with_champions(registry: Registry) -> None:
    late = {"late": {"complaint": 4.0}, "plane": {"no_complaint": 0.5}}
    promoted(registry, linear_model(Task.SENTIMENT, {"neutral": 1.0}, {"late": {"negative": 4.0}}))
    promoted(registry, linear_model(Task.COMPLAINT, {"no_complaint": 1.0}, late), Task.COMPLAINT)
    promoted(registry, linear_model(Task.REASON, {"late_flight": 3.0}), Task.REASON)


def test_champions_beside_vader(classify: Classify, registry: Registry) -> None:
    """Label, probability and version of each, with the words that weighed most; VADER's fields stay what they were."""
    with_champions(registry)
    late, fine = objects(classify("-", lines=b"my plane is late\nI love it\n"))
    assert set(late) == FIELDS | {"model", "complaint", "reason"}
    assert (late["label"], late["model"]["label"], late["complaint"]["label"]) == ("neutral", "negative", "complaint")
    assert late["model"]["version"] == registry.champion(Task.SENTIMENT)
    assert [word for word, _ in late["complaint"]["words"]] == ["late", "plane"]
    assert late["reason"]["label"] == "late_flight"
    assert (fine["label"], fine["complaint"]["label"], "reason" in fine) == ("positive", "no_complaint", False)


def test_champions_for_a_person(classify: Classify, registry: Registry) -> None:
    """Below VADER's numbers, with the words."""
    with_champions(registry)
    lines = classify("my plane is late").decode().splitlines()
    assert [line.split()[:2] for line in lines if ": " in line] == [
        ["model:", "negative"],
        ["complaint:", "complaint"],
        ["reason:", "late_flight"],
    ]
    assert [line.split()[1] for line in lines if line.startswith("  words")] == ["late", "late"]


def test_a_champion_that_can_not_be_loaded(
    classify: Classify, registry: Registry, capsysbinary: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is reported and left out, as in the stream; the other champions predict."""
    with_champions(registry)
    promoted(registry, b"broken")
    monkeypatch.setattr("sys.argv", ["tweetpulse", "classify", "late", "--json"])
    with pytest.raises(SystemExit):
        main()
    told = capsysbinary.readouterr()
    assert told.err.startswith(b"without the model of sentiment: this is no trained model")
    assert set(objects(told.out)[0]) == FIELDS | {"complaint", "reason"}


def test_a_text_does_nothing_to_the_terminal(classify: Classify) -> None:
    """Of its words only what can be printed is shown."""
    assert b"\x1b" not in classify("love\x1b[2J hate\x1b it")


def test_a_text_that_looks_like_an_option(classify: Classify) -> None:
    """After `--` it is a text."""
    assert objects(classify("--json", "--", "-love"))[0]["label"] == "positive"


def test_several_texts(classify: Classify) -> None:
    """Each with its text before it; as JSON, each has its text in it."""
    told = classify("I love it", "I hate it").decode().splitlines()
    assert [line for line in told if line.startswith("I ")] == ["I love it", "I hate it"]
    both = objects(classify("I love it", "I hate it", "--json"))
    assert [(one["text"], one["label"]) for one in both] == [("I love it", "positive"), ("I hate it", "negative")]


def test_a_pipe_needs_no_dash(classify: Classify) -> None:
    """What comes in is classified line by line."""
    assert [one["text"] for one in objects(classify(lines=b"I love it\nI hate it\n"))] == ["I love it", "I hate it"]
