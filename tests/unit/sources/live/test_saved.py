"""The resume file, as it is written and as it was written before."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from structlog.testing import capture_logs

from pipeline.sources.live.feed import Gap, Position
from pipeline.sources.live.saved import Remembered, load, save
from tests.paths import ROOT

FORMER = ROOT / "tests" / "fixtures" / "sources"
"""Files as they were written by the collectors of X and of Mastodon before the runtime had one format."""

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    """Feeds, places with and without a time, gaps with and without an end."""
    feeds = {
        "tweets": Remembered(Position("12", NOON), (Gap(Position("3", NOON), Position("5")), Gap(Position("7")))),
        "hashtag/été": Remembered(),
    }
    save(tmp_path / "sources" / "x.json", feeds)
    assert load(tmp_path / "sources" / "x.json") == feeds
    assert orjson.loads((tmp_path / "sources" / "x.json").read_bytes())["version"] == 2
    assert load(tmp_path / "none.json") == {}


def test_a_file_of_x_of_before_is_read() -> None:
    """Its numbers have become texts; the end of a gap, which was no part of it, has become its last place."""
    found = load(FORMER / "twitter-1.json")
    assert list(found) == ["tweets"]
    assert found["tweets"].newest == Position("1377650090978992134", datetime(2021, 4, 1, 15, 52, 31, 847_000, UTC))
    closed, open_ = found["tweets"].gaps
    assert (closed.after.id, closed.until and closed.until.id) == ("1377640090978992134", "1377640290978992133")
    assert (open_.after.id, open_.until) == ("1377645090978992134", None)


def test_a_file_of_mastodon_of_before_is_read() -> None:
    """A place for each timeline, and no gaps."""
    assert load(FORMER / "mastodon-1.json") == {
        "hashtag/acme": Remembered(Position("113000000052428800", NOON)),
        "hashtag/été": Remembered(Position("113000000052428801", NOON)),
    }


@pytest.mark.parametrize("name", ["twitter-1.json", "mastodon-1.json"])
def test_it_is_written_in_the_new_form_then(tmp_path: Path, name: str) -> None:
    """And says the same."""
    feeds = load(FORMER / name)
    save(tmp_path / name, feeds)
    assert load(tmp_path / name) == feeds
    assert orjson.loads((tmp_path / name).read_bytes())["version"] == 2


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"7", b"\xff", b'{"a": 1}',
        b'{"a": {"id": "1", "at": "noon"}}', b'{"a": {"id": 1, "at": null}}',
        b'{"version": "3", "feeds": {}}', b'{"version": 2}', b'{"version": 2, "feeds": {"a": 7}}',
        b'{"version": 2, "feeds": {"a": {"newest": null, "gaps": [{"after": null, "until": null}]}}}',
        b'{"version": 1, "gaps": [{}]}', b'{"version": 1, "newest": "x", "gaps": []}',
    ],
)  # fmt: skip
def test_a_damaged_file_begins_anew(tmp_path: Path, content: bytes) -> None:
    """Better a gap that is not known of than a source that never starts again; it is said."""
    (tmp_path / "x.json").write_bytes(content)
    with capture_logs() as lines:
        assert load(tmp_path / "x.json") == {}
    assert [line["event.action"] for line in lines] == ["source-resume-damaged"]
