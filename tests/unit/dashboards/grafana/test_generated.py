"""From the code to the committed files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards.grafana import __main__ as generate
from dashboards.grafana.boards import boards
from dashboards.grafana.boards.layout import Board, dashboard
from dashboards.grafana.encode import decode, encode, text
from tests.boards.grafana import boards as committed

each = pytest.mark.parametrize("board", boards(), ids=lambda board: board.uid)


def lost(wrote: Any, kept: Any, path: str = "") -> list[str]:
    """Where something that was written is not in the result any more, or is something else."""
    if isinstance(wrote, dict) and isinstance(kept, dict):
        gone = [f"{path}.{key}" for key in wrote.keys() - kept.keys() if wrote[key] is not None]
        return gone + [
            fault for key in wrote.keys() & kept.keys() for fault in lost(wrote[key], kept[key], f"{path}.{key}")
        ]
    if isinstance(wrote, list) and isinstance(kept, list) and len(wrote) == len(kept):
        return [fault for i, (a, b) in enumerate(zip(wrote, kept, strict=True)) for fault in lost(a, b, f"{path}[{i}]")]
    return [] if wrote == kept else [path]


def test_the_committed_files_are_what_the_code_makes() -> None:
    """`make check` says so too; run `python -m dashboards.grafana` and commit."""
    assert generate.stale() == []


def test_a_changed_a_missing_and_a_strange_file_are_noticed(tmp_path: Path) -> None:
    """By name; writing mends all three."""
    generate.write(tmp_path)
    first, second, *_ = sorted(path.name for path in tmp_path.iterdir())
    (tmp_path / first).write_text("{}")
    (tmp_path / second).unlink()
    (tmp_path / "tweetpulse-gone.json").write_text("{}")
    assert generate.stale(tmp_path) == sorted([first, second, "tweetpulse-gone.json"])
    generate.write(tmp_path)
    assert generate.stale(tmp_path) == []


def test_the_command_takes_nothing_but_check(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit codes: 0 up to date, 2 a wrong call."""
    assert generate.main(["--check"]) == 0
    assert generate.main(["--chekc"]) == 2
    assert capsys.readouterr().err == "usage: python -m dashboards.grafana [--check]\n"


@pytest.mark.parametrize("model", committed(), ids=lambda model: model["uid"])
def test_a_second_pass_through_the_sdk_changes_nothing(model: dict[str, Any]) -> None:
    """Whatever the SDK's types do not know would be dropped: the committed file has their shape, whole."""
    assert text(encode(decode(model))) == text(model)


@each
def test_nothing_that_the_code_says_is_lost_in_the_sdk(board: Board) -> None:
    """An option misspelt would be gone without a word."""
    wrote = json.loads(json.dumps(dashboard(board), cls=JSONEncoder))
    faults = lost(wrote, encode(dashboard(board)))
    assert [fault for fault in faults if not fault.endswith(".placement")] == []
