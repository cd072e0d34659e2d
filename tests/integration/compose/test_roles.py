"""The rights of each user of compose, and their limits, on a real Elasticsearch with security on."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from elasticsearch import AuthorizationException, Elasticsearch
from pydantic import SecretStr

from exporters.alias import Alias
from exporters.data_streams import DataStreams
from exporters.disk import Disks
from exporters.store import Store
from pipeline.doctor import store
from pipeline.doctor.examination import Check, examine
from pipeline.domain.delivery import Entry, Fate
from pipeline.domain.prediction import Task
from pipeline.erasure.indices import delete, indices_of, opened
from pipeline.errors import ConfigError
from pipeline.report.period import Period
from pipeline.sinks.elasticsearch import plain_index
from pipeline.sinks.elasticsearch.backing import Backing, resolve, writable
from pipeline.sinks.elasticsearch.client import connect, elasticsearch_errors
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from pipeline.sinks.elasticsearch.setup import set_up
from pipeline.sinks.elasticsearch.window_indices import delete_expired
from pipeline.sinks.elasticsearch.window_store import FULLER, WRITTEN, Window, WindowStore
from pipeline.sinks.elasticsearch.writer import DocumentWriter
from pipeline.topics import store as topics
from pipeline.topics.found import Question
from pipeline.training.labels import Labels, said
from tests.integration.compose.secured import password, secured
from tests.paths import ROOT
from tests.topical import DAY, some

SCORED = "logs-tweets.scored-secured"
As = Callable[[str], tuple[Elasticsearch, ElasticsearchSettings]]


@pytest.fixture(scope="module")
def server() -> Iterator[ElasticsearchSettings]:
    """The server, with data streams and the alias, made by a bulk, as this server needs."""
    folder = Path(tempfile.mkdtemp(prefix="tweetpulse-test-"))
    folder.chmod(0o755)
    try:
        with secured(folder) as settings:
            with connect(user(settings, "setup_by_bulk")) as client:
                set_up(client, settings)
            yield settings
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def as_user(server: ElasticsearchSettings) -> Iterator[As]:
    """A client of a user, and the settings with which it was made."""
    with ExitStack() as clients:

        def make(name: str) -> tuple[Elasticsearch, ElasticsearchSettings]:
            settings = user(server, name)
            return clients.enter_context(connect(settings)), settings

        yield make


def user(settings: ElasticsearchSettings, name: str) -> ElasticsearchSettings:
    return settings.model_copy(update={"username": name, "password": SecretStr(password(name))})


def entry(number: int) -> Entry:
    document = {"@timestamp": datetime.now(UTC), "message": "m", "tweet": {"sentiment": {"label": "neutral"}}}
    return Entry(f"x:{number}", orjson.dumps(document))


def test_the_writer_indexes_once_over_a_rollover(as_user: As) -> None:
    """It creates documents, gets conflicts in the write index, finds repeats in older ones, and deletes copies."""
    client, settings = as_user("only_writer")
    sink = DocumentWriter(client, settings)
    before = resolve(client, SCORED, since=0)
    report = sink.index(SCORED, [entry(1), entry(2)], before)
    again = sink.index(SCORED, [entry(1)], before)
    assert (report.count(Fate.INDEXED), again.count(Fate.ALREADY_THERE)) == (2, 1)
    as_user("only_setup")[0].indices.rollover(alias=SCORED)
    client.cluster.health(wait_for_status="yellow")
    raced = sink.index(SCORED, [entry(1)], before)
    after = resolve(client, SCORED, since=0)
    client.indices.refresh(index=after.older)
    asked = sink.index(SCORED, [entry(2), entry(3)], after)
    assert (raced.count(Fate.ALREADY_THERE), asked.count(Fate.ALREADY_THERE), asked.count(Fate.INDEXED)) == (1, 1, 1)
    client.indices.refresh(index=SCORED)
    assert client.count(index=SCORED, query={"ids": {"values": ["x:1", "x:2", "x:3"]}})["count"] == 3


def test_the_writer_seals_what_is_closed_and_lifts_the_seal(as_user: As) -> None:
    """It reads settings, refreshes and searches a closed index, blocks writing to it, and takes a copy out of it."""
    client, settings = as_user("only_writer")
    DocumentWriter(client, settings).index(SCORED, [entry(500)], resolve(client, SCORED, since=0))
    as_user("only_setup")[0].indices.rollover(alias=SCORED)
    client.cluster.health(wait_for_status="yellow")
    closed = resolve(client, SCORED, since=0).older[-1]
    assert client.indices.add_block(index=closed, block="write")["acknowledged"]
    found = client.indices.get_settings(index=SCORED, expand_wildcards="all")
    assert found[closed]["settings"]["index"]["blocks"]["write"] == "true"
    client.indices.refresh(index=closed)
    assert client.search(index=closed, query={"ids": {"values": ["x:500"]}})["hits"]["total"]["value"] == 1
    deletion = [{"delete": {"_index": closed, "_id": "x:500"}}]
    assert client.bulk(operations=deletion)["items"][0]["delete"]["status"] == 403
    client.indices.put_settings(index=closed, settings={"index.blocks.write": None})
    assert client.bulk(operations=deletion)["items"][0]["delete"]["status"] == 200


def test_the_writer_changes_nothing_else(as_user: As) -> None:
    """No document is changed, no index made, closed, rolled over, merged or given another mapping."""
    client, settings = as_user("only_writer")
    DocumentWriter(client, settings).index(SCORED, [entry(600)], Backing(SCORED))
    write = resolve(client, SCORED, since=0).write
    for attempt in (
        lambda: client.update(index=write, id="x:600", doc={"message": "another"}),
        lambda: client.indices.create(index="logs-tweets.other"),
        lambda: client.indices.close(index=write),
        lambda: client.indices.rollover(alias=SCORED),
        lambda: client.indices.forcemerge(index=write),
        lambda: client.indices.flush(index=write),
        lambda: client.indices.put_mapping(index=write, properties={"x": {"type": "keyword"}}),
        lambda: client.cluster.put_settings(persistent={"action.auto_create_index": "false"}),
        lambda: client.security.get_role(),
    ):
        with pytest.raises(AuthorizationException):
            attempt()
    made = client.bulk(index="logs-tweets.scored-new", operations=[{"create": {}}, {"@timestamp": 0}])
    assert made["items"][0]["create"]["status"] == 403


@pytest.mark.parametrize("name", ["tweetpulse_grafana", "analyst", "tweetpulse_exporter"])
def test_nobody_else_seals_or_lifts(as_user: As, name: str) -> None:
    """Those who read can neither stop the writing nor let anybody write again."""
    client, _ = as_user(name)
    write = resolve(as_user("only_writer")[0], SCORED, since=0).write
    for attempt in (
        lambda: client.indices.add_block(index=write, block="write"),
        lambda: client.indices.put_settings(index=write, settings={"index.blocks.write": None}),
    ):
        with pytest.raises(AuthorizationException):
            attempt()


def test_the_set_up_runs_again_and_switches_the_alias(as_user: As) -> None:
    """Its role is enough for templates, data streams and the alias, once they are there."""
    client, settings = as_user("tweetpulse_setup")
    assert set_up(client, settings, switch=True).changes == ()


def test_the_exporter_reads_what_it_shows(as_user: As) -> None:
    """Documents, bytes, disks and the alias."""
    _, settings = as_user("tweetpulse_exporter")
    streams, disk = DataStreams(settings.namespace, lambda: Store(settings)), Disks(lambda: Store(settings))
    alias = Alias(settings.namespace, lambda: Store(settings))
    try:
        right = [s.value for family in alias.collect() for s in family.samples]
        documents = {s.labels["data_stream"] for family in streams.collect() for s in family.samples}
        nodes = {s.labels["node"] for family in disk.collect() for s in family.samples}
    finally:
        streams.close()
        disk.close()
        alias.close()
    assert right == [1.0]
    assert SCORED in documents
    assert len(nodes) == 1


@pytest.mark.parametrize("name", ["tweetpulse_grafana", "analyst"])
def test_readers_search_through_the_alias(as_user: As, name: str) -> None:
    """Grafana and people read tweets, events and rejected records."""
    client, _ = as_user(name)
    for index in ("tweetpulse-tweets", "logs-tweets.events-*", "logs-tweets.rejected-*"):
        assert client.search(index=index)["timed_out"] is False
        assert client.field_caps(index=index, fields="@timestamp")["fields"]


def test_an_analyst_says_what_tweets_are_and_takes_it_back(as_user: As) -> None:
    """Of a tweet that is there; the stream's user, by which models are trained, reads it."""
    writer, settings = as_user("only_writer")
    DocumentWriter(writer, settings).index(SCORED, [entry(77)], Backing(SCORED))
    as_user("tweetpulse_setup")[0].indices.refresh(index=SCORED)
    labels = Labels(as_user("analyst")[0], settings.labels_index)
    labels.put("x:77", said("complaint", "late_flight"))
    labels.put("x:77", said("no_complaint"))
    read = Labels(writer, settings.labels_index)
    assert [label.name for task in Task for label in read.all(task)] == ["no_complaint"]


@pytest.mark.parametrize("name", ["only_writer", "tweetpulse_grafana", "tweetpulse_exporter", "tweetpulse_setup"])
def test_nobody_else_says_what_tweets_are(as_user: As, name: str) -> None:
    """Not even the stream: what models learn from is in people's hands."""
    client, settings = as_user(name)
    with pytest.raises(ConfigError), elasticsearch_errors(settings):
        client.index(index=settings.labels_index, id="sentiment:x:1", document={"label": {"name": "positive"}})


@pytest.mark.parametrize("name", ["tweetpulse_grafana", "analyst", "tweetpulse_exporter", "tweetpulse_setup"])
def test_only_the_stream_writes(as_user: As, name: str) -> None:
    """Everybody else is refused, by a fault of configuration rather than by waiting."""
    client, settings = as_user(name)
    with pytest.raises(ConfigError):
        DocumentWriter(client, settings).index(SCORED, [entry(9)], Backing(SCORED))


@pytest.mark.parametrize("name", ["only_writer", "tweetpulse_grafana", "analyst", "tweetpulse_exporter"])
def test_only_the_set_up_changes_templates_or_deletes_indices(as_user: As, name: str) -> None:
    """Neither templates nor the alias nor a whole index are in anybody else's hands."""
    client, _ = as_user(name)
    for attempt in (
        lambda: client.indices.put_index_template(name="t", index_patterns=["t-*"]),
        lambda: client.indices.put_alias(index=SCORED, name="tweetpulse-other"),
        lambda: client.indices.delete(index=resolve(client, SCORED, since=0).write),
    ):
        with pytest.raises(AuthorizationException):
            attempt()


def test_the_eraser_forgets(as_user: As) -> None:
    """From older indices too, blocked and closed ones, and from the labels; it writes no tweet."""
    writer, settings = as_user("only_writer")
    DocumentWriter(writer, settings).index(SCORED, [entry(88)], Backing(SCORED))
    setup = as_user("only_setup")[0]
    blocked = setup.indices.rollover(alias=SCORED)["old_index"]
    setup.indices.add_block(index=blocked, block="write")
    client, settings = as_user("only_eraser")
    for index in indices_of(client, SCORED):
        client.indices.close(index=index.name) if index.name == blocked else None
    for index in (*indices_of(client, SCORED), *indices_of(client, settings.labels_index)):
        with opened(client, index), writable(client, index.name):
            client.indices.refresh(index=index.name)
            assert delete(client, index.name, ["x:88"]) == (index.name == blocked)
    client.indices.open(index=blocked)
    with pytest.raises(ConfigError):
        DocumentWriter(client, settings).index(SCORED, [entry(9)], Backing(SCORED))


def test_nobody_reads_other_indices(as_user: As) -> None:
    """Not even the stream sees what is not ours."""
    client, _ = as_user("tweetpulse_stream")
    with pytest.raises(AuthorizationException):
        client.search(index="other")


ENOUGH = "may do what the stream needs; set-up is another user's (`run --no-setup`)"


@pytest.mark.parametrize(
    ("name", "level", "told"),
    [
        ("only_writer", "ok", f"only_writer {ENOUGH}"),
        ("setup_by_bulk", "ok", "setup_by_bulk may do what the stream and set-up need"),
        ("analyst", "fault", "analyst lacks what the stream needs: create_doc on logs-tweets.*, delete on"),
    ],
)
def test_the_doctor_knows_what_a_user_may_do(as_user: As, name: str, level: str, told: str) -> None:
    """The server itself says so; a right that can't be looked up is a warning, not a fault."""
    _, settings = as_user(name)
    (found,) = store.roles(settings)
    assert found.level == level
    assert found.what.startswith(told)
    seen = [*store.server(settings), *store.disks(settings), *store.templates(settings), *store.alias(settings)]
    assert [finding for finding in seen if finding.level == "fault"] == []


def test_the_doctor_asks_for_the_writers_role() -> None:
    """The doctor asks for exactly the rights that compose grants to the stream."""
    role = json.loads((ROOT / "compose/roles/tweetpulse_writer.json").read_text())
    assert role["indices"][0] == {"names": ["logs-tweets.*"], "privileges": list(store.WRITER)}


def test_the_doctor_says_that_a_password_is_wrong(server: ElasticsearchSettings) -> None:
    """In one line, without the password."""
    wrong = user(server, "only_writer").model_copy(update={"password": SecretStr("open sesame")})
    (found,) = examine([Check("elasticsearch", lambda: store.server(wrong))])
    assert (found.level, "refuses the user or the password" in found.text) == ("fault", True)
    assert "sesame" not in found.text


def test_windows_are_written_replaced_and_deleted_and_nothing_else_is(as_user: As) -> None:
    """A month's index is made by the first window, also with a reason that is a new field; other indices are closed."""
    client, settings = as_user("only_windows")
    index, body = "tweetpulse-windows-secured-1m-2020.01", b'{"window":{"reasons":{"late_flight":1}}}'
    store = WindowStore(client, settings)
    assert store.write([Window(index, "one", 2, body)]) == {WRITTEN: 1}
    assert store.write([Window(index, "one", 1, body), Window(index, "one", 2, body)]) == {FULLER: 1, WRITTEN: 1}
    assert delete_expired(client, "secured", {"1m": timedelta(days=1)}, datetime.now(UTC)) == [index]
    for attempt in (
        lambda: client.search(index=SCORED),
        lambda: client.indices.delete(index="tweetpulse-labels"),
        lambda: client.index(index="tweetpulse-labels", document={}),
        lambda: client.indices.delete_index_template(name="tweetpulse-windows"),
        lambda: client.indices.rollover(alias=SCORED),
    ):
        with pytest.raises(AuthorizationException):
            attempt()


def test_topics_are_written_and_no_longer_the_newest_and_read_by_boards(as_user: As) -> None:
    """Two questions of one user, of which the older loses a name; who reads boards finds the newest, and windows."""
    client, settings = as_user("only_topics")
    plain_index.ensure(as_user("only_setup")[0], settings.topics_index, plain_index.TOPICS)
    for days in (0, 1):
        period = Period(DAY.since + timedelta(days=days), DAY.until + timedelta(days=days))
        found = replace(some(), question=Question(period, k=2))
        topics.store(client, settings.topics_index, found, "secured", DAY.until)
    for name in ("tweetpulse_grafana", "analyst"):
        reader = as_user(name)[0]
        newest = reader.search(index=settings.topics_index, query={"term": {"run.names": "newest"}}, size=100)
        assert {hit["_source"]["event"]["start"] for hit in newest["hits"]["hits"]} == {period.since.isoformat()}
        assert reader.search(index="tweetpulse-windows-*")["timed_out"] is False
    with pytest.raises(AuthorizationException):
        as_user("tweetpulse_grafana")[0].index(index=settings.topics_index, document={})
