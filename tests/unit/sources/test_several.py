"""Several files as one, and folders: what fits is read, and what does not is named."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.domain.tweet import Tweet
from pipeline.errors import ConfigError, SourceError
from pipeline.sources.files import file_source
from pipeline.sources.pacing import Clock
from pipeline.sources.replay import ReplayOptions, replay, scan
from pipeline.sources.several import SeveralFiles, in_folder, span_of
from pipeline.sources.source import Unreadable

V2 = '{"id": "1377650090978992134", "text": "of the API", "author_id": "7", "created_at": "2021-04-01T15:52:31Z"}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in {
        "b.csv": "id,text,date\n1,second,2015-02-18\n2\n",
        "a.csv": "id,text,date\n1,first,2015-02-17\n",
        "c.jsonl": V2,
        "d.csv": "what,when\nx,y\n",
        "e.json": '{"data": {"id": "1", "username": "someone"}}\n',
        "empty.csv": "",
        "f.csv": "id,text\n",
        ".hidden.csv": "id,text\n1,hidden\n",
    }.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "g.csv.gz").write_bytes(gzip.compress(b"id,text\n" + b"1,packed\n" * 9_000)[:60])
    (tmp_path / "inner").mkdir()
    return tmp_path


def test_a_folder_is_its_files_in_order_of_names(folder: Path) -> None:
    """Each in its own layout; an unreadable row is found by its file and line."""
    items = list(SeveralFiles(in_folder(folder).files))
    assert [item.text for item in items if isinstance(item, Tweet)] == ["first", "second", "of the API"]
    assert [(item.where, item.why) for item in items if isinstance(item, Unreadable)] == [
        ("b.csv, line 3", "columns: 1 instead of 3")
    ]


def test_what_is_left_out_of_a_folder_says_why(folder: Path) -> None:
    """Nothing is passed over in silence."""
    left_out = in_folder(folder).left_out
    assert list(left_out) == [".hidden.csv", "d.csv", "e.json", "empty.csv", "f.csv", "g.csv.gz", "inner"]
    assert left_out["d.csv"].startswith("no layout fits")
    assert [left_out[name] for name in left_out if name != "d.csv"] == [
        "is hidden",
        "nothing in it is a tweet (line 1: users, not tweets)",
        "is empty",
        "holds no tweets, a header at most",
        "is damaged: its gzip data can't be read to the end",
        "is a folder: name it itself",
    ]


def test_a_folder_in_one_layout(folder: Path) -> None:
    """What does not have it is left out, as what lacks a column that is named."""
    assert [file.file.path.name for file in in_folder(folder, columns="text=what").files] == ["d.csv"]
    found = in_folder(folder, layout="twitter-v2")
    assert [file.file.path.name for file in found.files] == ["c.jsonl"]
    assert "leave --layout out" in found.left_out["a.csv"]
    with pytest.raises(ConfigError):
        in_folder(folder, layout="facebook")


def test_a_folder_without_tweets(tmp_path: Path) -> None:
    """It is an error, with the first reason."""
    with pytest.raises(SourceError, match=r"no file in .* holds tweets: it is empty"):
        in_folder(tmp_path)
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(SourceError, match=r"holds tweets, such as a\.csv: is empty"):
        in_folder(tmp_path)


def test_the_times_of_several_files_are_one_span(folder: Path) -> None:
    """As if they were one file: so the newest of all is moved to now, and the original pace is that of all."""
    a, b = (file_source(folder / name) for name in ("a.csv", "b.csv"))
    forth, back = SeveralFiles([a, b]), SeveralFiles([b, a])
    for source in (forth, back):
        assert span_of(source) == scan(source)
    assert span_of(forth).in_order is True
    assert span_of(back).in_order is False
    assert (span_of(forth).first, span_of(forth).newest) == (
        datetime(2015, 2, 17, tzinfo=UTC), datetime(2015, 2, 18, tzinfo=UTC),
    )  # fmt: skip


def test_a_named_file_without_tweets_is_an_error(folder: Path) -> None:
    """Before anything is published, as where it is the only one; unless the limit ends before it."""
    source = SeveralFiles([file_source(folder / "a.csv"), file_source(folder / "e.json")])
    with pytest.raises(SourceError, match=r"nothing in .*e\.json is a tweet"):
        span_of(source)
    assert span_of(source, limit=1).items == 1


def test_several_files_are_replayed_as_one(folder: Path) -> None:
    """Limit and loops are of all of them together."""
    source = SeveralFiles([file_source(folder / name) for name in ("a.csv", "b.csv")])
    plan = ReplayOptions(limit=2, loops=2, rebase="keep")
    items = list(replay(source, plan, span_of(source, plan.limit), clock=Clock()))
    assert [item.text for item in items if isinstance(item, Tweet)] == ["first", "second"] * 2
    assert len({item.id for item in items if isinstance(item, Tweet)}) == 4
