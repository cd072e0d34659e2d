"""The whole flow, brought into every state that a board can show."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from pipeline.domain.document import EVENTS, SCORED, data_stream
from pipeline.domain.prediction import Task
from pipeline.domain.sentiment import Label
from pipeline.domain.tweet import Author, Kind, Tweet
from pipeline.embedded.ports import HOST, free_port
from pipeline.embedded.stack import start
from pipeline.kafka.topics import ensure_topics
from pipeline.registry.manifest import MODEL
from pipeline.registry.registry import Registry
from pipeline.report.period import Period
from pipeline.settings import ArchiveSettings, KafkaSettings, ScoringSettings, Settings, TelemetrySettings
from pipeline.sinks.elasticsearch import plain_index
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.events import record_event
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from pipeline.sinks.elasticsearch.setup import set_up
from pipeline.sources.phrases import BRANDS
from pipeline.topics.store import store
from tests import champions
from tests.builders import published
from tests.e2e.prometheus import Prometheus, scraping
from tests.fake_mastodon import FakeMastodon, Refusal
from tests.processes import running, until
from tests.stacks import stack_settings
from tests.streams import publish, raw
from tests.topical import some

ENTITY = BRANDS[0].name
HISTORY = 4_000
_REFUSING = "tweetpulse-test-refuses"


@dataclass(frozen=True)
class Flow:
    """A flow that runs, and the span in which it was brought into all its states (seconds of the epoch)."""

    settings: Settings
    prometheus: Prometheus
    client: Elasticsearch
    begun: float
    ended: float

    def pages(self) -> dict[str, str]:
        """The addresses of each process's /metrics."""
        return {job: f"http://{address}/metrics" for job, address in targets(self.settings).items()}


@contextmanager
def flowing(state_dir: Path, logs: Path) -> Iterator[Flow]:
    """A stack, the exporter, a Prometheus and the stream, which has had something of everything."""
    settings, begun = _settings(state_dir), time.time()
    start(settings, ["kafka"])
    with ExitStack() as running_:
        running_.enter_context(running(settings, "-m", "exporters", log=logs / "exporter.log"))
        prometheus = running_.enter_context(scraping(targets(settings)))
        _a_collector_fails(prometheus)
        start(settings)
        client = running_.enter_context(connect(settings.elasticsearch))
        set_up(client, settings.elasticsearch, switch=True)
        _records_expire(settings, prometheus, logs)
        _models_are_promoted(settings)
        command = ("-m", "pipeline", "run", "--accept-data-loss")
        running_.enter_context(running(settings, *command, log=logs / "stream.log"))
        running_.enter_context(running(settings, "-m", "pipeline", "windows", log=logs / "windows.log"))
        running_.enter_context(running(settings, "-m", "pipeline", "archive", "run", log=logs / "archive.log"))
        _tweets_come(settings, prometheus, logs)
        _a_source_delivers(settings, prometheus, logs, running_)
        _a_tweet_comes_again(settings, prometheus)
        _a_record_is_too_large(settings, prometheus)
        _a_document_is_refused(settings, client, prometheus)
        _the_sink_waits(settings, client, prometheus)
        _the_archive_waits(settings, prometheus)
        _people_note_down(settings, client)
        _topics_are_found(settings, client)
        _another_model_is_promoted(settings, prometheus, logs)
        _a_champion_cannot_be_loaded(settings, prometheus, logs)
        _seen(prometheus, "sum(tweetpulse_stream_lag_records) == 0")
        _seen(prometheus, "sum(tweetpulse_windows_lag_records) == 0 and max(tweetpulse_windows_lag_seconds) == 0")
        _seen(prometheus, "tweetpulse_windows_watermark_timestamp_seconds > 0")
        _seen(prometheus, "sum(tweetpulse_archive_lag_records) == 0 and sum(tweetpulse_archive_records_total) > 0")
        time.sleep(3)  # so that the newest values are in the rules and in the index too
        yield Flow(settings, prometheus, client, begun, time.time())


def targets(settings: Settings) -> dict[str, str]:
    """Job → address, as in Prometheus' targets."""
    telemetry = settings.telemetry
    return {
        "tweetpulse-stream": f"{HOST}:{telemetry.stream_port}",
        "tweetpulse-exporter": f"{HOST}:{telemetry.exporter_port}",
        "tweetpulse-source": f"{HOST}:{telemetry.source_port}",
        "tweetpulse-windows": f"{HOST}:{telemetry.windows_port}",
        "tweetpulse-archive": f"{HOST}:{telemetry.archive_port}",
    }


def _settings(state_dir: Path) -> Settings:
    """The usual names, on ports that are known before anything listens there."""
    settings, kafka, elasticsearch = stack_settings(state_dir), free_port(), free_port()
    ports = {"kafka_port": kafka, "elasticsearch_port": elasticsearch}
    return settings.model_copy(
        update={
            "embedded": settings.embedded.model_copy(update=ports),
            "kafka": KafkaSettings(bootstrap_servers=f"{HOST}:{kafka}"),
            "elasticsearch": ElasticsearchSettings(url=f"http://{HOST}:{elasticsearch}", request_timeout=60),
            "scoring": ScoringSettings(entities={brand.name: (brand.name,) for brand in BRANDS}),
            "archive": ArchiveSettings(commit_seconds=1),
            "telemetry": TelemetrySettings(
                **{f"{name}_port": free_port() for name in ("stream", "exporter", "source", "windows", "archive")}
            ),
        }
    )


def _seen(prometheus: Prometheus, expression: str, timeout: float = 240) -> None:
    """Wait until Prometheus itself has seen it."""
    until(lambda: prometheus.now(expression), expression, timeout)


def _a_collector_fails(prometheus: Prometheus) -> None:
    """There is no Elasticsearch yet."""
    _seen(prometheus, 'tweetpulse_exporter_scrape_success{collector="data_streams"} == 0')


def _records_expire(settings: Settings, prometheus: Prometheus, logs: Path) -> None:
    """Kafka deletes what the stream has not read: the stream was there before, and is down now."""
    ensure_topics(settings.kafka)
    publish(settings, _tweets("first", 10))
    with running(settings, "-m", "pipeline", "run", "--once", log=logs / "once.log") as once:
        assert once.wait(timeout=240) == 0, (logs / "once.log").read_text()
    publish(settings, _tweets("lost", 100))
    _delete_records(settings.kafka)
    _seen(prometheus, "sum(tweetpulse_stream_expired_records) > 0")
    _seen(prometheus, 'ALERTS{alertname="TweetpulseRecordsExpired", alertstate="firing"}')


def _tweets_come(settings: Settings, prometheus: Prometheus, logs: Path) -> None:
    """Six hours of invented tweets, with bad records among them; and some that have a link."""
    _seen(prometheus, 'tweetpulse_query_active{query="score"} == 1')
    _seen(prometheus, 'tweetpulse_query_active{query="windows"} == 1')
    command = ("generate", "--count", str(HISTORY), "--history", "6h", "--history-tweets", str(HISTORY))
    with running(settings, "-m", "pipeline", *command, log=logs / "generate.log") as generate:
        assert generate.wait(timeout=120) == 0, (logs / "generate.log").read_text()
    publish(settings, _tweets("linked", 20))
    _seen(prometheus, f"sum(tweetpulse_records_read_total) >= {HISTORY + 20}")


def _a_record_is_too_large(settings: Settings, prometheus: Prometheus) -> None:
    """Only its head goes to the topic of rejected records."""
    publish(settings, raw(b"x" * 300_000))
    _seen(prometheus, "sum(tweetpulse_messages_truncated_total) > 0")


def _a_source_delivers(settings: Settings, prometheus: Prometheus, logs: Path, running_: ExitStack) -> None:
    """It loses its connection, is refused for a moment, and refills the gap; one status has no word."""
    fake = running_.enter_context(FakeMastodon().serving())
    command = ("-m", "pipeline", "collect", "mastodon", "--url", fake.url)
    running_.enter_context(running(settings, *command, log=logs / "collect.log"))
    _seen(prometheus, "max(tweetpulse_source_connected) == 1")
    now = datetime.now(UTC).isoformat()
    fake.post(f"What a lovely day with {ENTITY}", created_at=now)
    fake.post("", content="", created_at=now)
    _seen(prometheus, "sum(tweetpulse_source_tweets_total) > 0")
    fake.refusals.append(Refusal(503))
    fake.drop()
    fake.post(f"What a missed day with {ENTITY}", created_at=now)
    _seen(prometheus, "sum(tweetpulse_source_gap_tweets_total) > 0")


def _models_are_promoted(settings: Settings) -> None:
    """One of each task."""
    registry = Registry(settings.registry)
    for model in (champions.sentiment(), champions.complaints(), champions.reasons()):
        champions.crowned(registry, model)


def _another_model_is_promoted(settings: Settings, prometheus: Prometheus, logs: Path) -> None:
    """It finds positive what VADER finds negative; and some tweets complain, of each reason."""
    _seen(prometheus, "tweetpulse_model_info offset 2m")  # a promotion, and not the first model of all
    model = champions.sentiment(positive=["terrible"])
    version = published(Registry(settings.registry), model, metrics=champions.METRICS)
    _models(settings, logs, "promote", version, "--force", "--why", "for all to see")
    publish(settings, _complaints())
    _seen(prometheus, f'tweetpulse_model_info{{version="{version}"}}')
    publish(settings, _tweets("opposite", 60))
    _seen(prometheus, f'task_version:tweetpulse_scorer_compared:increase5m{{version="{version}"}} > 0')


def _a_champion_cannot_be_loaded(settings: Settings, prometheus: Prometheus, logs: Path) -> None:
    """Its file is damaged; then the previous champion is restored."""
    registry = Registry(settings.registry)
    version = published(registry, champions.complaints(), Task.COMPLAINT, parameters={"second": True})
    registry.promote(Task.COMPLAINT, version, "made by hand")
    (Path(settings.registry) / Task.COMPLAINT / "versions" / version / MODEL).write_bytes(b"no model")
    publish(settings, _tweets("unloaded", 5))
    _seen(prometheus, "tweetpulse_model_load_failed == 1")
    _seen(prometheus, "increase(tweetpulse_model_load_errors_total[1m]) > 0")
    _models(settings, logs, "rollback", "--task", Task.COMPLAINT)
    publish(settings, _tweets("loaded", 5))
    _seen(prometheus, "max(tweetpulse_model_load_failed) == 0")


def _models(settings: Settings, logs: Path, *command: str) -> None:
    log = logs / f"models-{command[0]}.log"
    with running(settings, "-m", "pipeline", "models", *command, log=log) as models:
        assert models.wait(timeout=120) == 0, log.read_text()


def _a_tweet_comes_again(settings: Settings, prometheus: Prometheus) -> None:
    publish(settings, _tweets("linked", 20))
    _seen(prometheus, "sum(tweetpulse_documents_duplicate_total) > 0")


def _a_document_is_refused(settings: Settings, client: Elasticsearch, prometheus: Prometheus) -> None:
    """The data stream's newest index has another mapping than the stream writes for."""
    stream = _stream(settings)
    template = client.indices.get_index_template(name="logs-tweets.scored")["index_templates"][0]["index_template"]
    wrong = {"mappings": {"properties": {"tweet": {"properties": {"source": {"type": "long"}}}}}}
    client.indices.put_index_template(
        name=_REFUSING,
        index_patterns=[stream],
        priority=900,
        data_stream={},
        composed_of=template["composed_of"],
        template=wrong,
    )
    index = client.indices.rollover(alias=stream)["new_index"]
    publish(settings, _tweets("refused", 5))
    _seen(prometheus, 'sum(tweetpulse_documents_failed_total{reason="mapping"}) > 0')
    client.indices.delete_index_template(name=_REFUSING)
    client.indices.rollover(alias=stream)
    client.indices.delete(index=index)


def _the_sink_waits(settings: Settings, client: Elasticsearch, prometheus: Prometheus) -> None:
    """Elasticsearch takes no documents for a while."""
    stream = _stream(settings)
    client.indices.put_settings(index=stream, settings={"index.blocks.write": True})
    publish(settings, _tweets("waited", 20))
    _seen(prometheus, "max(tweetpulse_sink_waiting) == 1")
    _seen(prometheus, "sum(tweetpulse_bulk_retries_total) > 1")
    client.indices.put_settings(index=stream, settings={"index.blocks.write": None})
    _seen(prometheus, "max(tweetpulse_sink_waiting) == 0")


def _the_archive_waits(settings: Settings, prometheus: Prometheus) -> None:
    """Its folder is away for a while, as a disk that is not mounted."""
    folder = Path(settings.archive_uri)
    elsewhere = folder.rename(folder.with_name("elsewhere"))
    publish(settings, _tweets("kept", 20))
    _seen(prometheus, "max(tweetpulse_archive_waiting) == 1")
    _seen(prometheus, "sum(tweetpulse_archive_faults_total) > 1")
    elsewhere.rename(folder)
    _seen(prometheus, "max(tweetpulse_archive_waiting) == 0")


def _people_note_down(settings: Settings, client: Elasticsearch) -> None:
    now, namespace = datetime.now(UTC), settings.elasticsearch.namespace
    record_event(client, namespace, "annotate", "spring campaign", end=now, entities=[ENTITY], tags=["campaign"])
    client.indices.refresh(index=data_stream(EVENTS, namespace))


def _topics_are_found(settings: Settings, client: Elasticsearch) -> None:
    """Of the last hours; one is new, and one has vanished."""
    now, elastic = datetime.now(UTC).replace(microsecond=0), settings.elasticsearch
    plain_index.ensure(client, elastic.topics_index, plain_index.TOPICS)
    store(client, elastic.topics_index, some(Period(now - timedelta(hours=6), now)), elastic.namespace, now)


def _tweets(name: str, number: int) -> list[Tweet]:
    now = datetime.now(UTC)
    return [
        Tweet(
            id=f"x:{name}-{n}",
            text=f"What a terrible, awful day with {ENTITY} #fail",
            source="test",
            written_at=now,
            lang="en",
            kind=Kind.ORIGINAL,
            author=Author(id=str(n), name=f"author_{n}", followers=200_000),
            entities=(ENTITY,),
            url=f"https://x.com/i/status/{n}",
            given_label=Label.POSITIVE if n % 2 else Label.NEGATIVE,
        )
        for n in range(number)
    ]


def _complaints() -> list[Tweet]:
    """One of each reason, all of the same moment."""
    return [
        replace(tweet, text=f"@{ENTITY} {word}")
        for tweet, word in zip(_tweets("complains", 10), champions.REASON_WORDS.values(), strict=True)
    ]


def _delete_records(settings: KafkaSettings) -> None:
    consumer = KafkaConsumer(bootstrap_servers=settings.bootstrap_servers)
    partitions = [TopicPartition(settings.tweets_topic, n) for n in range(settings.partitions)]
    ends: Mapping[Any, int] = consumer.end_offsets(partitions)
    consumer.close()
    admin = KafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    admin.delete_records(dict(ends))
    admin.close()


def _stream(settings: Settings) -> str:
    return data_stream(SCORED, settings.elasticsearch.namespace)
