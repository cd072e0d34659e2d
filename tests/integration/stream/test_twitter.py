"""X from end to end: what is in Elasticsearch is what was written, once, whatever happened on the way."""

from __future__ import annotations

from pipeline.sources.twitter.settings import TwitterSettings
from pipeline.sources.twitter.source import TwitterSource
from tests.collecting import Collecting
from tests.fake_x import (
    Cut,
    CutInside,
    Disconnect,
    Malformed,
    Missed,
    Refuse,
    Repeat,
    Send,
    Silence,
    serving,
)
from tests.fake_x.server import TOKEN
from tests.processes import until
from tests.streams import documents, drain, rejected_stream, scored_stream

LIMITED = {"title": "Too Many Requests", "status": 429}
STEPS = (
    Send(10), Cut(b'{"data": {"id"'), Missed(4), Send(3), Disconnect(), Refuse(503), Missed(2), Repeat(5), Send(2),
    Malformed(), CutInside(), Cut(), Refuse(429, LIMITED, reset=1), Missed(3), Send(2), Silence(), Send(1),
)  # fmt: skip


def test_what_is_indexed_is_what_was_written(settings, spark, tmp_path):
    """Through disconnections of every kind and a restarted collector, which sends some twice, each is there once."""
    with serving(STEPS) as x:
        twitter = TwitterSettings(
            bearer_token=TOKEN, track=("Acme:acme",), api_url=x.url, settle_seconds=0.6, stall_seconds=1.0
        )

        mine = settings.model_copy(update={"state_dir": tmp_path / "state"})

        def make(events, clock):
            return TwitterSource(twitter, events, clock)

        def is_complete(collecting):
            resume = collecting.collection.runtime.resume
            return int(resume.newest("tweets").id) >= max(x.archive.ids()) and not resume.gaps()

        with Collecting(mine, "twitter", make) as collecting:
            until(lambda: not x.script, "the script", 60)
            until(lambda: is_complete(collecting), "all tweets", 60)
        for _ in range(5):
            x.archive.write("acme while nobody listens")
        with Collecting(mine, "twitter", make) as collecting:
            until(lambda: is_complete(collecting), "what was missed", 60)
        drained = drain(spark, settings)
        found = documents(settings, scored_stream(settings))
        assert set(found) == x.event_ids()
        assert drained.counts()["indexed"] == len(x.event_ids())
        assert len(documents(settings, rejected_stream(settings))) == 1
        assert max(x.delays()) < 10
    assert {document["tweet"]["source"] for document in found.values()} == {"twitter"}
    assert {tuple(document["tweet"]["entity"]) for document in found.values()} == {("Acme",)}
    assert {document["user"]["name"] for document in found.values()} == {"someone"}
