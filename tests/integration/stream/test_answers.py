"""After any answer of Elasticsearch or a proxy nothing is lost, nothing is twice, and the accounting balances."""

from __future__ import annotations

from contextlib import closing

import pytest
from pyspark.sql import SparkSession

from pipeline.domain.tweet import Tweet
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.setup import set_up
from tests.bulk_answers import ANSWERS, TIME_OUT
from tests.fault_proxy import Fault, before
from tests.streams import count, distinct_ids, drain, publish, scored_stream

TWEETS = 60


@pytest.mark.parametrize("fault", ANSWERS.values(), ids=ANSWERS.keys())
def test_bulk_answers(settings: Settings, spark: SparkSession, fault: Fault) -> None:
    """Each is waited out; what was indexed without an answer counts as indexed, and as nothing else."""
    with closing(connect(settings.elasticsearch)) as client:
        set_up(client, settings.elasticsearch)
    publish(settings, [Tweet(id=f"test:{n}", text=f"tweet {n} is great", source="test") for n in range(TWEETS)])
    with before(settings.elasticsearch.url) as proxy:
        elasticsearch = settings.elasticsearch.model_copy(update={"url": proxy.url, "request_timeout": TIME_OUT})
        through = settings.model_copy(update={"elasticsearch": elasticsearch})
        proxy.misbehave(fault, times=4, path=f"{scored_stream(settings)}/_bulk")
        drained = drain(spark, through)
        assert proxy.met == 4
    assert drained.counts() == {"read": TWEETS, "indexed": TWEETS, "already there": 0, "rejected": 0}
    assert count(settings) == distinct_ids(settings) == TWEETS
