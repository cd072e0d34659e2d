"""Live tweets, from the collector through the stream into Elasticsearch."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession

from pipeline.settings import Settings
from pipeline.sources.mastodon.settings import MastodonSettings
from pipeline.sources.mastodon.source import MastodonSource
from tests.collecting import Collecting
from tests.fake_mastodon import FakeMastodon
from tests.processes import until
from tests.streams import documents, drain, scored_stream


def test_a_status_is_a_document_that_says_where_it_is_from(
    settings: Settings, spark: SparkSession, tmp_path: Path
) -> None:
    """With its source, its server, its language, its brand and its tags; the same status of two servers is one."""
    mine = settings.model_copy(update={"state_dir": tmp_path})
    with FakeMastodon().serving() as fake:
        section = MastodonSettings(url=fake.url, tags=("Acme:acme",))
        with Collecting(mine, "mastodon", lambda events, clock: MastodonSource(section, events, clock)) as collector:
            until(lambda: fake.listening == 1, "the stream", timeout=30)
            status = fake.post('<a href="/tags/acme">#<span>acme</span></a> is<br>terrible', "acme")
            until(lambda: collector.tweets == 1, "the tweet", timeout=30)
        again = MastodonSettings(url=fake.url.replace("127.0.0.1", "localhost"), tags=("acme",))
        with Collecting(mine, "mastodon", lambda events, clock: MastodonSource(again, events, clock)) as collector:
            until(lambda: fake.listening == 1, "the stream", timeout=30)
            told = b"event: update\ndata: " + fake.encoded(status) + b"\n\n"
            # Until it is heard: who listened before may still be counted as listening.
            until(lambda: fake.tell(told) or collector.tweets == 1, "the same again", timeout=30)
    drained = drain(spark, settings)
    ((id_, found),) = documents(settings, scored_stream(settings)).items()
    assert drained.counts() == {"read": 2, "indexed": 1, "already there": 1, "rejected": 0}
    assert id_ == f"home.example:{status['id']}"
    assert found["message"] == "#acme is\nterrible"
    assert found["tweet"]["source"] == "mastodon"
    assert found["tweet"]["lang"] == "en"
    assert found["tweet"]["hashtags"] == ["acme"]
    assert found["user"]["name"] == "ann@home.example"
    assert found["url"]["full"] == status["url"]
