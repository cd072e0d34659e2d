from datetime import UTC, datetime, timedelta

import pytest

from pipeline.errors import SetupError
from pipeline.sources.resume import Mark, Marks, order

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def mark(native_id, minutes=0):
    return Mark(native_id, NOON + timedelta(minutes=minutes))


def test_marks_are_there_at_the_next_start(tmp_path):
    """By timeline, with their times; a timeline that was never acknowledged has none."""
    path = tmp_path / "sources" / "x.json"
    marks = Marks(path)
    marks.advance("a", mark("1"))
    marks.advance("b", mark("2", 5))
    marks.flush()
    again = Marks(path)
    assert (again.get("a"), again.get("b"), again.get("c")) == (mark("1"), mark("2", 5), None)


def test_a_mark_only_goes_forward(tmp_path):
    """Ids grow as numbers do, though they are texts: a shorter one is older."""
    marks = Marks(tmp_path / "x.json")
    for native_id in ("99", "100", "9"):
        marks.advance("a", mark(native_id))
    assert marks.get("a") == mark("100")
    assert sorted(["100", "9", "99", "101"], key=order) == ["9", "99", "100", "101"]


def test_it_is_written_once_a_second(tmp_path):
    """And at the end."""
    now, path = [0.0], tmp_path / "x.json"
    marks = Marks(path, clock=lambda: now[0])
    marks.advance("a", mark("1"))
    marks.advance("a", mark("2"))
    assert Marks(path).get("a") == mark("1")
    now[0] = 1.0
    marks.advance("a", mark("3"))
    assert Marks(path).get("a") == mark("3")
    marks.advance("a", mark("4"))
    marks.flush()
    assert Marks(path).get("a") == mark("4")
    assert [file.name for file in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": 1}', b'{"a": {"id": "1", "at": "noon"}}', b"\xff"])
def test_a_damaged_file_begins_anew(tmp_path, content):
    """A source that never starts again would be worse than a gap."""
    (tmp_path / "x.json").write_bytes(content)
    marks = Marks(tmp_path / "x.json")
    marks.advance("a", mark("7"))
    assert Marks(tmp_path / "x.json").get("a") == mark("7")


def test_what_can_not_be_written_is_one_line(tmp_path):
    """It names the file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match=r"file/x\.json can't be"):
        Marks(tmp_path / "file" / "x.json").advance("a", mark("1"))
