"""`classify`: what the pipeline would say of a text."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from pipeline.cli.app import main

pytestmark = pytest.mark.usefixtures("bare", "logging_restored")
Captured = pytest.CaptureFixture[bytes]
Classify = Callable[..., bytes]
FIELDS = {"label", "compound", "positive", "neutral", "negative"}


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
    """One JSON object for each line, in their order, with exactly the label and the four numbers."""
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


def test_for_a_person(classify: Classify) -> None:
    """The label, the compound score with its sign, and a bar for each share."""
    lines = classify("I hate it").decode().splitlines()
    assert lines[0].split() == ["negative", "compound", "-0.5719"]
    assert [line.split()[0] for line in lines[1:]] == ["negative", "neutral", "positive"]


def test_the_text_is_not_repeated(classify: Classify) -> None:
    """What a text would do to a terminal is not done: the text is not shown."""
    assert b"\x1b[2J" not in classify("love\x1b[2J")


def test_a_text_that_looks_like_an_option(classify: Classify) -> None:
    """After `--` it is a text."""
    assert objects(classify("--json", "--", "-love"))[0]["label"] == "positive"
