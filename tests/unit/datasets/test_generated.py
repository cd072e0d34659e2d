"""The generated data sets: always the same, of the real ones' shapes, and none of their texts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from tests.datasets import generated, responses, tables
from tests.paths import NAMED, ROOT, real_data

READ = re.compile(
    r"(data(\[\])?\.)?((id|text|created_at|lang|author_id|in_reply_to_user_id|edit_history_tweet_ids\[\]):.*"
    r"|(geo|public_metrics|withheld)\..*|referenced_tweets\[\]\.(id|type|text):.*)"
    r"|author\.(id|username|public_metrics\.followers_count):.*|includes\.places.*|matching_rules.*"
    r"|includes\.users\[\]\.(id|username):.*|includes\.tweets\[\]\.(id|text):.*"
)
"""Fields that our readers read, and those that tell kinds of objects apart."""


def test_they_are_always_the_same(tmp_path: Path, generated_folder: Path) -> None:
    """The same bytes in the same files."""
    generated.write(tmp_path)
    assert _contents(tmp_path) == _contents(generated_folder)


def test_answers_have_the_shapes_of_the_real_ones(generated_folder: Path) -> None:
    """The same fields in each file, as far as they are read, and no field that the API does not have."""
    real = {path.name: _fields(path) for path in real_data(responses.FOLDER).iterdir()}
    ours = {name: _fields(generated_folder / responses.FOLDER / name) for name in real}
    known = set[str]().union(*real.values())
    for name in real:
        assert ours[name] <= known, name
        lacking = {field for field in real[name] - ours[name] if READ.fullmatch(field)}
        assert lacking == set(), name


def test_tables_have_the_headers_of_the_real_ones_and_none_of_their_texts(generated_folder: Path) -> None:
    """Their first line is the same, and nothing else that is longer than a word."""
    for name, header in tables.HEADERS.items():
        assert real_data(name).read_text(encoding="utf-8").startswith(f"{header}\n")
        real, ours = (
            {value for row in tables.rows_of(path) for value in row if " " in value and not value.startswith("20")}
            for path in (real_data(name), generated_folder / name)
        )
        assert real & ours <= {*tables.REASONS}, name


def test_layouts_are_tested_without_real_tweets(tmp_path: Path) -> None:
    """With an empty folder no test of a layout is skipped; one of figures is, and it names the command."""
    files = ["tests/unit/sources/test_whole_files.py", "tests/unit/training/test_labelled.py"]
    figures = "tests/unit/scoring/test_detection.py::test_real_tweets_in_seven_languages"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *files, figures],
        cwd=ROOT, env=os.environ | {NAMED: str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    passed, skipped = re.search(r"(\d+) passed, (\d+) skipped", done.stdout).groups()
    assert (int(passed) > 60, skipped) == (True, "1")
    assert re.search(r"SKIPPED \[1\] .*needs xlmt_umsab/\S+ of the real tweets: `make data` fetches it", done.stdout)


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _fields(path: Path) -> set[str]:
    found = set[str]()
    for line in path.read_bytes().splitlines():
        try:
            found |= {*_paths(orjson.loads(line))}
        except orjson.JSONDecodeError:
            continue
    return found


def _paths(value: Any, before: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _paths(inner, f"{before}.{name}".removeprefix(".") if before else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner, f"{before}[]")
    else:
        yield f"{before}:{type(value).__name__}"
