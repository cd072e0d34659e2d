"""Whatever Elasticsearch, or what stands before it, answers: nothing lost, nothing twice, and the books are true."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipeline.domain.tweet import Tweet
from pipeline.elasticsearch_client import connect
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.setup import set_up
from tests.fault_proxy import Answer, Fault, applied_then, applied_then_changed, applied_then_cut, before, late, says
from tests.streams import count, distinct_ids, drain, publish, scored_stream

TWEETS = 60


def _items_of_500(answer: dict[str, Any]) -> None:
    for item in answer["items"][::2]:
        item["create"] = {"status": 500, "error": {"type": "illegal_state_exception", "reason": "no"}}


def _without_the_last(answer: dict[str, Any]) -> None:
    answer["items"].pop()


ERROR = {"error": {"type": "some_exception", "reason": "no"}, "status": 500}

FAULTS: dict[str, Fault] = {
    "500 of its own": says(500, ERROR),
    "500 of a proxy": says(500, b"<html>no</html>", html=True),
    "404 of a proxy": says(404, b"<html>no</html>", html=True),
    "200 of something else": says(200, b"<html>hello</html>", html=True),
    "408": says(408, ERROR),
    "429": says(429, ERROR),
    "502": says(502, b"<html>no</html>", html=True),
    "503": says(503, ERROR),
    "507": says(507, ERROR),
    "{} after it was applied": applied_then(Answer(200, b"{}")),
    "no JSON after it was applied": applied_then(Answer(200, b'{"items": [')),
    "500 after it was applied": applied_then(Answer(500, b"{}")),
    "items of 500 after it was applied": applied_then_changed(_items_of_500),
    "an item too few": applied_then_changed(_without_the_last),
    "cut before the body": applied_then_cut(0.0),
    "cut in the body": applied_then_cut(0.5),
    "later than is waited for": late(8.0),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_bulk_answers(settings: Settings, spark: SparkSession, fault: Fault) -> None:
    """Each is waited out; what was indexed without an answer counts as indexed, and as nothing else."""
    with closing(connect(settings.elasticsearch)) as client:
        set_up(client, settings.elasticsearch)
    publish(settings, [Tweet(id=f"test:{n}", text=f"tweet {n} is great", source="test") for n in range(TWEETS)])
    with before(settings.elasticsearch.url) as proxy:
        elasticsearch = settings.elasticsearch.model_copy(update={"url": proxy.url, "request_timeout": 5.0})
        through = settings.model_copy(update={"elasticsearch": elasticsearch})
        proxy.misbehave(fault, times=4, path=f"{scored_stream(settings)}/_bulk")
        drained = drain(spark, through)
        assert proxy.met == 4
    assert drained.counts() == {"read": TWEETS, "indexed": TWEETS, "already there": 0, "rejected": 0}
    assert count(settings) == distinct_ids(settings) == TWEETS
