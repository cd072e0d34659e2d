"""The doctor's findings on real servers, and that each cure works."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from pipeline import bootstrap
from pipeline.doctor.checks import checks
from pipeline.doctor.examination import Check, examine
from pipeline.doctor.finding import Finding
from pipeline.domain.alias import ALIAS
from pipeline.domain.prediction import Task
from pipeline.domain.progress import TOPICS_FILE
from pipeline.kafka.client import connect as connect_kafka
from pipeline.kafka.client import kafka_options
from pipeline.kafka.topics import ensure_topics
from pipeline.registry.registry import Registry
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch import setup
from pipeline.sinks.elasticsearch.client import connect
from pipeline.stream.checkpoint import mend
from tests.builders import linear_model, published
from tests.integration.exporters.checkpoints import write_batch
from tests.streams import publish, raw, scored_stream

SETUP = "tweetpulse setup"


@pytest.fixture
def ready(settings: Settings) -> Settings:
    """Settings of servers on which all is well."""
    bootstrap.set_up(settings, switch=True)
    settings.checkpoint.mkdir(mode=0o700)
    return settings


@pytest.fixture
def client(ready: Settings) -> Iterator[Elasticsearch]:
    with connect(ready.elasticsearch) as connected:
        yield connected


@pytest.fixture
def admin(ready: Settings) -> Iterator[Any]:
    with closing(connect_kafka(KafkaAdminClient, ready.kafka)) as connected:
        yield connected


def seen(settings: Settings, subject: str) -> list[Finding]:
    """The findings of one check that are not ok."""
    found = examine([lonely(check) for check in checks(settings) if check.subject == subject])
    return [finding for finding in found if finding.level != "ok"]


def lonely(check: Check) -> Check:
    """The check without those that it needs."""
    return replace(check, needs="")


def cure(settings: Settings, finding: Finding, admin: Any = None) -> None:
    """Apply the printed cure, as a person would."""
    command = finding.cure.split(", then")[0].split(": the")[0]
    if command.startswith("kafka-configs.sh"):
        name, _, value = command.split("--add-config ")[1].partition("=")
        topic = command.split("--entity-name ")[1].split()[0]
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {name: value})])
    elif command.startswith(SETUP):
        bootstrap.set_up(settings, switch="--switch" in command, alter_topics="--alter-topics" in command)
    else:
        subprocess.run(shlex.split(command), check=True)


def until_cured(settings: Settings, subject: str) -> None:
    """A broker takes a moment to let it be seen."""
    until = time.monotonic() + 30
    while found := seen(settings, subject):
        assert time.monotonic() < until, found
        time.sleep(0.5)


def test_all_is_well(ready: Settings) -> None:
    """After set-up nothing is found, and every check has a say."""
    found = bootstrap.examine(ready)
    assert [finding for finding in found if finding.level != "ok"] == []
    assert {check.subject for check in checks(ready)} == {finding.subject for finding in found}


def test_before_set_up(settings: Settings) -> None:
    """The topics and data streams that are not there, one cure for all, and then all is well."""
    told = [*seen(settings, "topics"), *seen(settings, "templates")]
    assert [finding.cure for finding in told] == [SETUP] * 5
    assert settings.kafka.tweets_topic in told[0].what
    cure(settings, told[0])
    assert [*seen(settings, "topics"), *seen(settings, "templates")] == []


def test_looking_makes_no_topic(settings: Settings) -> None:
    """It leaves no trace."""
    for subject in ("topics", "lag", "kafka clock"):
        seen(settings, subject)
    with closing(connect_kafka(KafkaAdminClient, settings.kafka)) as admin:
        assert settings.kafka.tweets_topic not in admin.list_topics()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("message.timestamp.type", "CreateTime"),
        ("retention.ms", "3600000"),
        ("retention.ms", "-1"),
        ("max.message.bytes", "2000"),
        ("cleanup.policy", "compact"),
    ],
)
def test_a_topic_that_was_changed(ready: Settings, admin: Any, name: str, value: str) -> None:
    """The command that it names puts it back."""
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, ready.kafka.tweets_topic, {name: value})])
    until = time.monotonic() + 30
    while not (found := seen(ready, "topics")) and time.monotonic() < until:
        time.sleep(0.5)
    (finding,) = found
    cure(ready, finding, admin)
    until_cured(ready, "topics")


def test_a_topic_that_was_made_anew(ready: Settings, admin: Any) -> None:
    """Its id is not the one that is kept with the checkpoint."""
    topic = ready.kafka.tweets_topic
    (described,) = admin.describe_topics([topic])
    (ready.checkpoint / TOPICS_FILE).write_text(json.dumps({topic: described["topic_id"]}))
    assert seen(ready, "topics") == []
    admin.delete_topics([topic])
    until = time.monotonic() + 30
    while topic in admin.list_topics() and time.monotonic() < until:
        time.sleep(0.2)
    ensure_topics(ready.kafka)
    (finding,) = seen(ready, "topics")
    assert f"{topic} was created again" in finding.what
    cure(ready, finding)
    assert seen(ready, "topics") == []


def test_a_record_of_the_future(ready: Settings, admin: Any) -> None:
    """The broker's clock, or a producer's where the topic keeps that one, is ahead of this machine's."""
    topic = ready.kafka.tweets_topic
    publish(ready, raw(b"now"))
    assert seen(ready, "kafka clock") == []
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"message.timestamp.type": "CreateTime"})])
    until = time.monotonic() + 30
    while not (found := seen(ready, "kafka clock")) and time.monotonic() < until:
        with closing(KafkaProducer(**kafka_options(ready.kafka))) as producer:
            producer.send(topic, b"later", timestamp_ms=int((time.time() + 1_200) * 1000)).get(10)
    assert [finding.level for finding in found] == ["fault"]
    assert "in the future by this machine's clock" in found[0].what


def _spoil_template(client: Elasticsearch, settings: Settings) -> None:
    body = setup.component_template("tweets@events", settings.elasticsearch)
    body["template"]["mappings"]["properties"]["tweet"]["properties"]["entity"] = {"type": "long"}
    client.cluster.put_component_template(name="tweets@events", body=body)


def _spoil_index(client: Elasticsearch, settings: Settings) -> None:
    client.indices.put_mapping(index=scored_stream(settings), properties={"more": {"type": "text"}})


def _remove_alias(client: Elasticsearch, settings: Settings) -> None:
    client.indices.delete_alias(index=scored_stream(settings), name=ALIAS)


def _move_alias(client: Elasticsearch, settings: Settings) -> None:
    other = settings.elasticsearch.model_copy(update={"namespace": f"{settings.elasticsearch.namespace}b"})
    setup.set_up(client, other, switch=True)


def _filter_alias(client: Elasticsearch, settings: Settings) -> None:
    client.indices.put_alias(index=scored_stream(settings), name=ALIAS, filter={"term": {"tags": "some"}})


@pytest.mark.parametrize(
    ("spoil", "subject", "said"),
    [
        (_spoil_template, "templates", "tweets@events is not as it should be: tweet.entity should be keyword"),
        (_spoil_index, "templates", "more should be nothing and is text"),
        (_remove_alias, "alias", "points at nothing"),
        (_move_alias, "alias", "and not at this namespace"),
        (_filter_alias, "alias", "has a filter"),
    ],
)
def test_elasticsearch_changed_by_hand(
    ready: Settings, client: Elasticsearch, spoil: Callable[[Elasticsearch, Settings], None], subject: str, said: str
) -> None:
    """Set-up cures it."""
    spoil(client, ready)
    (finding,) = seen(ready, subject)
    assert said in finding.what
    cure(ready, finding)
    assert seen(ready, subject) == []


def test_an_index_that_takes_no_documents(ready: Settings, client: Elasticsearch) -> None:
    """As after a full disk, or a change by hand."""
    client.indices.put_settings(index=scored_stream(ready), settings={"index.blocks.write": True})
    (finding,) = seen(ready, "elasticsearch disk")
    assert (finding.level, scored_stream(ready) in finding.what) == ("fault", True)
    client.indices.put_settings(index=scored_stream(ready), settings={"index.blocks.write": None})
    assert seen(ready, "elasticsearch disk") == []


def test_a_disk_that_elasticsearch_finds_too_full(ready: Settings, client: Elasticsearch) -> None:
    """By the server's own watermark, however full the disk of this machine is."""
    (node,) = client.nodes.stats(metric="fs")["nodes"].values()
    mark, free = "cluster.routing.allocation.disk.watermark", node["fs"]["total"]["available_in_bytes"]
    above = {f"{mark}.low": f"{free + 2**34}b", f"{mark}.high": f"{free // 4}b", f"{mark}.flood_stage": f"{free // 8}b"}
    client.cluster.put_settings(transient=above)
    try:
        (finding,) = seen(ready, "elasticsearch disk")
    finally:
        client.cluster.put_settings(transient=dict.fromkeys(above))
    assert (finding.level, "GB free" in finding.what) == ("warning", True)
    assert seen(ready, "elasticsearch disk") == []


def test_a_checkpoint_that_others_can_read(ready: Settings) -> None:
    """The cure closes all of it."""
    write_batch(ready.checkpoint, 0, {ready.kafka.tweets_topic: {0: 0}})
    ready.checkpoint.chmod(0o755)
    (finding,) = seen(ready, "checkpoint")
    cure(ready, finding)
    assert seen(ready, "checkpoint") == []


def test_a_batch_that_a_power_cut_damaged(ready: Settings) -> None:
    """The stream drops it at its start and reads its records again; none of them was committed."""
    write_batch(ready.checkpoint, 0, {ready.kafka.tweets_topic: {0: 0}})
    (ready.checkpoint / "offsets/1").write_bytes(bytes(80))
    (ready.checkpoint / "offsets/.1.crc").write_bytes(b"crc")
    (finding,) = seen(ready, "checkpoint")
    assert "tweetpulse run" in finding.cure
    mend(ready.checkpoint)
    assert seen(ready, "checkpoint") == []


def test_a_stream_that_is_behind(ready: Settings) -> None:
    """Lag alone is no fault; a checkpoint beyond the end of the topic is one."""
    topic = ready.kafka.tweets_topic
    publish(ready, raw(*(b"%d" % n for n in range(20))))
    write_batch(ready.checkpoint, 0, {topic: dict.fromkeys(range(4), 0)})
    (told,) = examine([check for check in map(lonely, checks(ready)) if check.subject == "lag"])
    assert (told.level, told.what) == ("ok", f"20 records of {topic} are still to be read")
    write_batch(ready.checkpoint, 1, {topic: dict.fromkeys(range(4), 500)})
    (finding,) = seen(ready, "lag")
    assert f"{topic} was created again, or cut" in finding.what
    cure(ready, finding)
    assert seen(ready, "lag") == []


def test_a_champion_that_is_damaged(ready: Settings) -> None:
    """It is loaded as the stream loads it; another version cures it."""
    registry, task = Registry(ready.registry), Task.SENTIMENT
    model = linear_model(task, {"neutral": 1.0}, {"late": {"negative": 4.0}})
    first = published(registry, model, task)
    registry.promote(task, first, "test")
    assert seen(ready, "models") == []
    for path in (ready.checkpoint.parent / "models").rglob("model.bin"):
        path.write_bytes(b"nonsense")
    (finding,) = seen(ready, "models")
    assert f"the champion of {task} can't be used" in finding.what
