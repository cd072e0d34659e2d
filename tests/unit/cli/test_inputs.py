"""What commands take for input: files, folders, standard input."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.cli import inputs
from pipeline.domain.tweet import Tweet
from pipeline.errors import ConfigError, SourceError
from pipeline.settings import Settings

DASH = Path("-")
Given = Callable[[bytes], None]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path / "state")


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Given:
    """Sets what comes on standard input."""
    return lambda data: monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))


def copies(settings: Settings) -> list[Path]:
    return [path for path in (settings.state_dir / "tmp").iterdir() if path.is_dir()]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_standard_input_is_read_as_often_as_a_file(
    settings: Settings, given: Given, pack: Callable[[bytes], bytes]
) -> None:
    """Its copy is its owner's alone, and is gone afterwards."""
    given(pack(b'[{"t": "hello"}, {"t": "bye"}]'))
    with inputs.opened([DASH], "auto", "text=t", settings) as source:
        for _ in range(2):
            assert [item.text for item in source if isinstance(item, Tweet)] == ["hello", "bye"]
        assert source.title == "standard input"
        (folder,) = copies(settings)
        assert folder.stat().st_mode & 0o077 == 0
    assert copies(settings) == []


@pytest.mark.parametrize(
    ("data", "told"), [(b"", "standard input is empty"), (b"a\nb\n", "standard input: no layout fits")]
)
def test_standard_input_is_named_in_errors(settings: Settings, given: Given, data: bytes, told: str) -> None:
    """And not the copy of it."""
    given(data)
    with pytest.raises(SourceError) as error, inputs.opened([DASH], "auto", None, settings):
        pass
    assert error.value.message.startswith(told)


def test_standard_input_between_files(settings: Settings, given: Given, tmp_path: Path) -> None:
    """In the order in which they are named; once."""
    path = tmp_path / "a.csv"
    path.write_text("text\nfrom a file\n")
    given(b"text\nfrom standard input\nspoilt,\n")
    with inputs.opened([path, DASH, path], "auto", None, settings) as source:
        found = [item.text if isinstance(item, Tweet) else item.where for item in source]
    assert found == ["from a file", "from standard input", "standard input, line 3", "from a file"]
    with pytest.raises(ConfigError, match="name it once"), inputs.opened([DASH, DASH], "auto", None, settings):
        pass


def test_a_folder_says_what_it_leaves_out(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On standard error; the first of many, and how many more."""
    monkeypatch.setattr(inputs, "NAMED_FILES", 1)
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, content in {"a.csv": "text\nhello\n", "b.csv": "", "c.csv": ""}.items():
        (folder / name).write_text(content)
    with inputs.opened([folder], "auto", None, settings) as source:
        assert [item.text for item in source if isinstance(item, Tweet)] == ["hello"]
    assert capsys.readouterr().err.splitlines() == ["left out: b.csv: is empty", "and 1 more left out"]
