"""X's compliance files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError, SourceError
from pipeline.privacy.compliance import Compliance, Holds, read

ROW = b'{"id":"%d","action":"delete","created_at":"2019-09-06T17:25:54.667Z","reason":"%s"}\n'


def written(folder: Path, content: bytes, name: str = "tweets_compliance.jsonl") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def test_tweets_and_users(tmp_path: Path) -> None:
    """By the file's name, or as it is said; whatever the reason, what is to be deleted is deleted."""
    reasons = (b"deleted", b"protected", b"suspended", b"deactivated", b"scrub_geo", b"bounced")
    rows = b"\n".join(ROW % (number, reason) for number, reason in enumerate(reasons, 1))
    tweets = read(written(tmp_path, rows))
    assert tweets == Compliance(tweets={f"x:{number}" for number in range(1, 7)})
    users = {str(number) for number in range(1, 7)}
    assert read(written(tmp_path, rows, "users_compliance.jsonl")) == Compliance(users=users)
    assert read(written(tmp_path, rows), Holds.USERS) == Compliance(users=users)


def test_one_list(tmp_path: Path) -> None:
    """The same rows as one JSON list, with numbers for ids."""
    content = b'[{"id": 1, "action": "delete"},\n {"id": "2", "action": "delete"}]'
    assert read(written(tmp_path, content)).tweets == {"x:1", "x:2"}


def test_events_of_the_streams(tmp_path: Path) -> None:
    """They say themselves what they are of; what asks for no deletion is counted by its kind."""
    content = b"""
{"data":{"delete":{"tweet":{"id":"1","author_id":"9"},"event_at":"2022-12-23T12:34:56.789Z"}}}
{"data":{"drop":{"tweet":{"id":"2"}}}}
{"data":{"user_delete":{"user":{"id":"3"}}}}
{"data":{"user_protect":{"user":{"id":"4"}}}}
{"data":{"user_suspend":{"user":{"id":"5"}}}}
{"data":{"user_undelete":{"user":{"id":"6"}}}}
{"data":{"withheld":{"tweet":{"id":"7"},"withheld_in_countries":["XY"]}}}
{"data":{"undrop":{"tweet":{"id":"8"}}}}
{"data":{"undrop":{"tweet":{"id":"9"}}}}
"""
    assert read(written(tmp_path, content, "events.jsonl")) == Compliance(
        {"x:1", "x:2"}, {"3", "4", "5"}, Counter(user_undelete=1, withheld=1, undrop=2)
    )


def test_whose_ids_is_not_said(tmp_path: Path) -> None:
    """A guess could forget the wrong ones."""
    for name in ("compliance.jsonl", "tweets_and_users.jsonl"):
        with pytest.raises(ConfigError, match="--holds"):
            read(written(tmp_path, ROW % (1, b"deleted"), name))


def test_lines_that_are_none(tmp_path: Path) -> None:
    """They are counted, and all others are honoured."""
    bad = [b"{", b"7", b'{"id":"1"}', b'{"id":"x","action":"delete"}', b'{"data":{"delete":{"tweet":{}}}}', b"\xff"]
    found = read(written(tmp_path, b"\n".join(bad) + b"\n\n" + ROW % (1, b"deleted")))
    assert found == Compliance({"x:1"}, unreadable=len(bad))


def test_no_file(tmp_path: Path) -> None:
    """It is said which."""
    with pytest.raises(SourceError, match=r"absent\.jsonl can't be read"):
        read(tmp_path / "absent.jsonl")


@given(st.binary(max_size=200))
def test_nothing_is_raised_for_what_is_in_it(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever the bytes."""
    read(written(tmp_path_factory.mktemp("any"), content))
