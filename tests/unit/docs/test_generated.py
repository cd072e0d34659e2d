"""The pages that are generated from the code, and what their scripts share."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.paths import ROOT

DOCS = ROOT / "docs"
SCRIPTS = ("components", "metrics", "reference", "sources")


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_pages_are_up_to_date(script: str) -> None:
    """They are what the code says."""
    command = [sys.executable, str(DOCS / f"{script}.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_each_script_that_writes_pages_is_checked() -> None:
    """Also the next one."""
    writing = {path.stem for path in DOCS.glob("*.py") if "settle(" in path.read_text()}
    assert writing - {"generated"} == {*SCRIPTS}


@pytest.fixture
def shared() -> dict[str, Any]:
    return runpy.run_path(str(DOCS / "generated.py"))


def settled(shared: dict[str, Any], monkeypatch: pytest.MonkeyPatch, wanted: dict[Path, str], *words: str) -> int:
    """Of a script that owns the folder of its first page."""
    monkeypatch.setattr(sys, "argv", ["script.py", *words])
    code: int = shared["settle"](wanted, "python script.py", next(iter(wanted)).parent.glob("*.md"))
    return code


def test_pages_are_written_and_those_of_the_past_deleted(
    shared: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In a folder that is made; no other file is touched."""
    folder = tmp_path / "pages"
    assert settled(shared, monkeypatch, {folder / "a.md": "1", folder / "b.md": "1"}) == 0
    (folder / "c.txt").write_text("mine")
    assert settled(shared, monkeypatch, {folder / "a.md": "2"}) == 0
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"a.md": "2", "c.txt": "mine"}


def test_what_is_out_of_date_is_named_and_stays(
    shared: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What differs, what is absent, what nobody wants any more; `--check` changes nothing."""
    files = {"differs.md": "old", "extra.md": "1", "same.md": "1"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    wanted = {tmp_path / name: text for name, text in {"differs.md": "new", "absent.md": "1", "same.md": "1"}.items()}
    assert settled(shared, monkeypatch, wanted, "--check") == 1
    assert capsys.readouterr().err == "out of date: absent.md, differs.md, extra.md: run `python script.py`\n"
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == files


def test_only_the_generated_part_of_a_page_changes(shared: dict[str, Any]) -> None:
    """What people wrote around it stays; a page without the place for it is a mistake."""
    page = "# Title\n\n<!-- python x.py writes this part -->\nold\n<!-- end -->\n\nmine\n"
    assert shared["part"](page, "python x.py", "new\n") == page.replace("old", "new")
    with pytest.raises(LookupError, match=r"python x\.py writes this part"):
        shared["part"]("# Title\n", "python x.py", "new\n")
