"""The rules of privacy that the driver sends to tasks, and their effect on records."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.domain.record import Reason, Rejection, decode, encode
from pipeline.domain.tweet import Author, Tweet
from pipeline.errors import ConfigError
from pipeline.privacy.forgotten import Forgotten, ForgottenList, entry
from pipeline.privacy.guard import OPEN, Guard
from pipeline.privacy.key import secret_key
from pipeline.scoring.analysis import Analyzer
from pipeline.settings import PrivacySettings, ScoringSettings, Settings
from pipeline.stream.chunk import Record, RejectedRecord, refuse, refused_documents, score_chunk
from pipeline.stream.privacy import Privacy, Told
from tests.builders import AT, INGESTED, full_tweet, tweet

KEY = b"a key of some length"


def guard(*listed: tuple[Forgotten, str], **settings: Any) -> Guard:
    entries = frozenset(entry(KEY, kind, value) for kind, value in listed)
    return Guard(PrivacySettings(**settings), KEY, entries, ScoringSettings())


def reason(held_to: Guard, one: Tweet | bytes) -> Reason | None:
    value = encode(one) if isinstance(one, Tweet) else one
    judged = held_to.judged(decode(value), value)
    return judged.reason if isinstance(judged, Rejection) else None


def test_by_tweet_by_author_and_by_name() -> None:
    """Also in a later loop of a replay; a tweet of somebody else is none."""
    held = guard((Forgotten.TWEET, "x:1"), (Forgotten.USER, "7"), (Forgotten.NAME, "ann"))
    forgotten = [
        tweet(id="x:1"),
        tweet(id="x:1#12"),
        tweet(id="x:2", author=Author(id="7")),
        tweet(id="x:2", author=Author(name="ANN")),
    ]
    assert {reason(held, one) for one in forgotten} == {Reason.FORGOTTEN}
    assert {
        reason(held, one) for one in (tweet(id="x:11"), tweet(id="7"), full_tweet(id="x:3", author=Author("8")))
    } == {None}


def test_records_that_are_no_tweets() -> None:
    """They are kept with their bytes, so they are asked too; others keep their reason."""
    held = guard((Forgotten.TWEET, "x:900000001"), (Forgotten.USER, "7"))
    assert reason(held, b'{"id":"x:900000001","text":""}') is Reason.FORGOTTEN
    assert reason(held, b'{"user":{"id":"7"}} and more') is Reason.FORGOTTEN
    assert reason(held, b"\xff900000001,") is Reason.FORGOTTEN
    assert reason(held, b'{"id":"x:2","text":""}') is Reason.EMPTY_TEXT
    assert held.judged(decode(None), None) == Rejection(Reason.NO_VALUE, "the record has no value")


def test_a_chunk() -> None:
    """A forgotten tweet is counted, has no scored document, and none of its content is kept."""
    values = [encode(full_tweet(id=id_)) for id_ in ("x:1", "x:2")]
    held = guard((Forgotten.TWEET, "x:1"))
    chunk = score_chunk(
        [Record(value, AT) for value in values], Analyzer(ScoringSettings()), namespace="default", guard=held
    )
    assert [id_ for id_, _ in chunk.documents] == ["x:2"]
    assert (chunk.outcome.rejected, chunk.outcome.read.total()) == (Counter(forgotten=1), 2)
    ((id_, body),) = refused_documents(chunk.refused, INGESTED, "default")
    document = orjson.loads(body)
    assert id_ == AT.key
    assert document["event"]["original"] == ""
    assert document["error"] == {"type": "forgotten", "message": "it was asked to be forgotten"}
    assert b"late" not in body
    assert b"x:1" not in body


def test_by_default_documents_are_as_before() -> None:
    """Byte for byte, with a guard and without one."""
    records = [Record(encode(full_tweet(text="@ann ann@example.com +49 30 1234567")), AT), Record(b"{", AT)]
    chunks = [
        score_chunk(records, Analyzer(ScoringSettings()), namespace="default", guard=held, now=lambda: INGESTED)
        for held in (OPEN, guard(), guard((Forgotten.TWEET, "x:9")))
    ]
    assert chunks[0].documents == chunks[1].documents == chunks[2].documents
    assert b"@ann ann@example.com +49 30 1234567" in chunks[0].documents[0][1]


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({}, True),
        ({"authors": "hash"}, False),
        ({"redact": ("email",)}, False),
        ({"authors": "drop", "keep_original": True}, True),
        ({"keep_original": False}, False),
    ],
)
def test_the_bytes_of_rejected_records(settings: dict[str, Any], shown: bool) -> None:
    """Their documents show them where nothing is hidden, or where it is said; the topic has them in any case."""
    assert PrivacySettings(**settings).shows_original is shown
    chunk = score_chunk([], Analyzer(ScoringSettings()), namespace="default")
    refuse(chunk, RejectedRecord(Rejection(Reason.NOT_JSON, "not JSON"), Record(b"secret", AT)))
    ((_, body),) = refused_documents(chunk.refused, INGESTED, "default", original=shown)
    assert (b"secret" in body) is shown
    assert chunk.refused[0].record.value == b"secret"


class Broadcasts:
    """Spark's context, as far as the driver broadcasts by it."""

    def __init__(self) -> None:
        self.made: list[bytes] = []
        self.destroyed: list[bytes] = []

    def broadcast(self, value: bytes) -> Any:
        self.made.append(value)
        return Broadcast(self, value)


class Broadcast:
    def __init__(self, context: Broadcasts, value: bytes) -> None:
        self.context, self.value = context, value

    def destroy(self) -> None:
        self.context.destroyed.append(self.value)


def driver(folder: Path, **fields: Any) -> tuple[Privacy, Settings]:
    settings = Settings.model_construct(
        privacy=PrivacySettings(folder=folder, **fields), scoring=ScoringSettings(entities={"Acme": ("@acme",)})
    )
    return Privacy(settings), settings


def told(privacy: Privacy, context: Broadcasts) -> Told:
    with privacy.in_force(context) as found:
        return found


def test_the_list_is_read_when_it_changed(tmp_path: Path) -> None:
    """Without a list nothing is broadcast and no key is made; then once for each change, and the former one goes."""
    privacy, settings = driver(tmp_path)
    context, folder = Broadcasts(), ForgottenList(tmp_path)
    assert (told(privacy, context).entries, told(privacy, context).key) == (None, b"")
    assert [path.name for path in tmp_path.iterdir()] == ["forgotten.batches"]
    key = secret_key(settings)
    folder.add(key, [entry(key, Forgotten.TWEET, "x:1")])
    first, second = told(privacy, context), told(privacy, context)
    assert first is second
    assert reason(first.guard(), tweet(id="x:1")) is Reason.FORGOTTEN
    assert first.guard() is first.guard()
    folder.add(key, [entry(key, Forgotten.TWEET, "x:2")])
    third = told(privacy, context)
    assert reason(third.guard(), tweet(id="x:2")) is Reason.FORGOTTEN
    assert (len(context.made), context.destroyed) == (2, context.made[:1])


def test_a_key_where_authors_are_hashed(tmp_path: Path) -> None:
    """Made at first use, and not shown."""
    privacy, settings = driver(tmp_path, authors="hash")
    found = told(privacy, Broadcasts())
    assert found.key == secret_key(settings)
    assert repr(found.key) not in repr(found)
    shown, _ = found.guard().shown(full_tweet(text="@acme @ann"), Analyzer(ScoringSettings()).analyze(full_tweet()))
    assert shown.text.startswith("@acme @")
    assert "ann" not in shown.text
    assert pickle.loads(pickle.dumps(found)).key == found.key


def test_a_list_of_another_key(tmp_path: Path) -> None:
    """It ends the batch: what is forgotten would be indexed."""
    privacy, _ = driver(tmp_path)
    ForgottenList(tmp_path).add(KEY, [entry(KEY, Forgotten.TWEET, "x:1")])
    with pytest.raises(ConfigError, match="another key"):
        told(privacy, Broadcasts())
