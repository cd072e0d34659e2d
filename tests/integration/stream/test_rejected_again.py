"""Rejected records through the real stream, sent again, and rejected again."""

from __future__ import annotations

from pyspark.sql import SparkSession

from pipeline.domain.record import encode
from pipeline.domain.replay import Replay
from pipeline.domain.tweet import Tweet
from pipeline.kafka.dead_letters import DeadLetter, open_dead_letters
from pipeline.settings import Settings
from tests.integration.kafka.letters import reject, replay, resent
from tests.streams import count, drain, publish, raw


def _letters(settings: Settings) -> list[DeadLetter]:
    with open_dead_letters(settings.kafka) as letters:
        return list(letters.read())


def test_what_is_rejected_again_is_not_sent_again(settings: Settings, spark: SparkSession) -> None:
    """It comes back with its first coordinates and its number; only --again sends it, once, as the next attempt."""
    publish(settings, raw(b"no json", b'{"id": "x:1"}', b"nor this"))
    assert drain(spark, settings).counts()["rejected"] == 3
    first = {one.value: one.key for one in _letters(settings)}
    assert len(first) == 3

    assert replay(settings)[1].startswith("sent 3 ")
    assert drain(spark, settings).counts()["rejected"] == 3
    back = [one for one in _letters(settings) if one.attempt.number]
    assert {one.value: one.attempt for one in back} == {value: Replay(key, 1) for value, key in first.items()}

    for options in ([], ["--reason", "not_json"]):
        assert replay(settings, *options)[1].startswith("sent 0 ")
    assert replay(settings, "--reason", "not_json", "--again")[1].startswith("sent 2 ")
    drain(spark, settings)
    assert sorted(one.attempt.number for one in _letters(settings)) == [0, 0, 0, 1, 1, 1, 2, 2]
    assert replay(settings, "--again")[1].startswith("sent 3 ")
    assert len(resent(settings)) == 3 + 2 + 3


def test_after_a_fix_it_is_indexed_once(settings: Settings, spark: SparkSession) -> None:
    """A record that the stream takes now, sent again twice, is one document."""
    tweet = encode(Tweet(id="test:1", text="all is well", source="test"))
    reject(settings, ("tweets-0-5-1700000000000", tweet))
    replay(settings)
    replay(settings, "--again")
    drained = drain(spark, settings).counts()
    assert drained == {"read": 2, "indexed": 1, "already there": 1, "rejected": 0}
    assert count(settings) == 1


def test_a_key_of_anybody_does_no_harm(settings: Settings, spark: SparkSession) -> None:
    """Keys that only look like those of records sent again are read as none."""
    publish(
        settings, [Tweet(id="replay/1/", text="hello", source="test"), Tweet(id="replay/x", text="hi", source="test")]
    )
    assert drain(spark, settings).counts() == {"read": 2, "indexed": 2, "already there": 0, "rejected": 0}
