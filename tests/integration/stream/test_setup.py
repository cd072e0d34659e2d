"""A stream that rejects tweets because of a changed mapping continues after set-up."""

from __future__ import annotations

from contextlib import closing

import pytest
from pyspark.sql import SparkSession

from pipeline.domain.tweet import Tweet
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.setup import set_up
from tests import streams
from tests.records import messages
from tests.streams import count, drain, publish, raw, roll_over, scored_stream


def test_a_stream_that_rejected_goes_on(
    settings: Settings, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tweets refused for the mapping are kept as rejected; after set-up they are indexed when they come again."""
    spoil(settings)
    tweets = [Tweet(id=f"test:{n}", text=f"tweet {n} is great", source="test") for n in range(20)]
    publish(settings, tweets)
    with monkeypatch.context() as patched:
        patched.setattr(streams, "set_up", lambda *_: None)
        assert drain(spark, settings).metric("tweetpulse_records_rejected_total", reason="mapping") == 20
    with closing(connect(settings.elasticsearch)) as client:
        assert f"rolled {scored_stream(settings)} over" in set_up(client, settings.elasticsearch).changes
    publish(settings, raw(*messages(settings.kafka, settings.kafka.rejected_topic).values()))
    assert drain(spark, settings).counts()["indexed"] == 20
    assert count(settings) == 20


def spoil(settings: Settings) -> None:
    """Roll over to an index that a template by hand made, which takes no tweet."""
    stream = scored_stream(settings)
    with closing(connect(settings.elasticsearch)) as client:
        set_up(client, settings.elasticsearch)
        client.indices.put_index_template(
            name="by-hand",
            index_patterns=[stream],
            priority=900,
            data_stream={},
            template={"mappings": {"properties": {"message": {"type": "long"}}}},
        )
        roll_over(settings)
        client.indices.delete_index_template(name="by-hand")
