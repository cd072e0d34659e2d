"""`tweetpulse forget`, against the real Elasticsearch and the real broker."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from elasticsearch import Elasticsearch
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.domain.alias import ALIAS
from pipeline.domain.document import Coordinates, rejected_document, scored_document
from pipeline.domain.prediction import Task
from pipeline.domain.record import Reason, Rejection, encode
from pipeline.domain.tweet import Author, Tweet
from pipeline.erasure.documents import Wanted
from pipeline.erasure.forget import Forgetting
from pipeline.erasure.indices import indices_of
from pipeline.errors import ConfigError, SetupError, SinkUnavailable, SourceError
from pipeline.kafka.client import kafka_options
from pipeline.kafka.topics import ensure_topics
from pipeline.privacy.forgotten import Forgotten, ForgottenList, entries_in, entry
from pipeline.privacy.key import secret_key
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.registry.manifest import HELD_OUT
from pipeline.registry.registry import Registry
from pipeline.settings import PrivacySettings, Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.setup import set_up
from pipeline.training.labels import Labels, said
from tests.builders import AT, INGESTED, analysis, linear_model, published, tweet
from tests.integration.archive.topic import archive, publish, rows
from tests.paths import Data
from tests.processes import environment, until
from tests.records import messages
from tests.streams import documents, rejected_stream, scored_stream

REJECTION = Rejection(Reason.BAD_TIME, "created_at has no offset")
Run = Callable[..., Any]


@pytest.fixture
def client(settings: Settings) -> Iterator[Elasticsearch]:
    """A server that holds nothing yet; what was labelled on it goes again."""
    ensure_topics(settings.kafka)
    with closing(connect(settings.elasticsearch)) as client:
        set_up(client, settings.elasticsearch)
        yield client
        client.indices.delete(index=settings.elasticsearch.labels_index, ignore_unavailable=True)


@pytest.fixture
def run(client: Elasticsearch, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `tweetpulse forget --json`, and gives its report."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)

    def forget(*arguments: str | Path) -> Any:
        done = CliRunner().invoke(app, ["forget", *map(str, arguments), "--json"])
        if done.exception is not None:
            raise done.exception
        return json.loads(done.stdout)

    return forget


def index(client: Elasticsearch, settings: Settings, tweets: Iterable[Tweet]) -> None:
    namespace, lines = settings.elasticsearch.namespace, list[Any]()
    for one in tweets:
        lines += [{"create": {"_id": one.id}}, scored_document(one, analysis(), AT, INGESTED, namespace)]
    assert not client.bulk(index=scored_stream(settings), operations=lines, refresh=True)["errors"]


def reject(client: Elasticsearch, settings: Settings, *values: bytes) -> list[str]:
    namespace, ids = settings.elasticsearch.namespace, []
    for number, value in enumerate(values):
        at = Coordinates("tweets", 0, number, datetime.now(UTC))
        document = rejected_document(REJECTION, value, at, INGESTED, namespace)
        client.create(index=rejected_stream(settings), id=at.key, document=document, refresh=True)
        ids.append(at.key)
    return ids


def roll(client: Elasticsearch, stream: str) -> str:
    """Roll a data stream over; the index that is closed to writing by that."""
    return str(client.indices.rollover(alias=stream)["old_index"])


def of(author: str, id_: str) -> Tweet:
    return tweet(id=id_, author=Author(id=author, name=f"name_{author}"))


def test_from_all_backing_indices(client: Elasticsearch, settings: Settings, run: Run) -> None:
    """Rolled over, blocked for writing, closed: it is removed from each, and each is left as it was found."""
    stream = scored_stream(settings)
    index(client, settings, [of("7", "x:1"), of("8", "x:2")])
    first = roll(client, stream)
    index(client, settings, [of("7", "x:3"), of("8", "x:4"), of("7", "x:3#2")])
    second = roll(client, stream)
    index(client, settings, [of("7", "x:5"), of("8", "x:6"), of("9", "x:7")])
    client.indices.add_block(index=first, block="write")
    client.indices.close(index=second)

    report = run("--user", "7", "--tweet", "x:6")
    found = {name: counts for name, counts in report["indices"].items() if counts["found"]}
    assert [counts for _, counts in sorted(found.items())] == [
        {"found": 1, "removed": 1},
        {"found": 2, "removed": 2},
        {"found": 2, "removed": 2},
    ]
    assert client.indices.get_settings(index=first)[first]["settings"]["index"]["blocks"] == {"write": "true"}
    assert {one.name: one.closed for one in indices_of(client, stream)}[second]
    client.indices.open(index=second, wait_for_active_shards=1)
    assert documents(settings, stream).keys() == {"x:2", "x:4", "x:7"}


def test_twice_is_fine(client: Elasticsearch, settings: Settings, run: Run) -> None:
    """The second time there is nothing to find, and nothing new on the list."""
    index(client, settings, [of("7", "x:1")])
    first, second = run("--tweet", "x:1"), run("--tweet", "1")
    assert (first["listed"], second["listed"]) == ({"new": 1, "total": 1}, {"new": 0, "total": 1})
    assert sum(counts["removed"] for counts in first["indices"].values()) == 1
    assert sum(counts["found"] for counts in second["indices"].values()) == 0


def test_from_the_archive(client: Elasticsearch, settings: Settings, run: Run) -> None:
    """Also what no index has; a tweet found there by its author is listed, and a replay does not bring it back."""
    publish(settings, [encode(of("7", "x:1")), encode(of("8", "x:2")), b'{"id": "x:1", broken'])
    archive(settings)
    index(client, settings, [of("8", "x:2")])
    report = run("--user", "7")
    assert report["indices"]["archive"] == {"found": 2, "removed": 2}
    assert report["tweets"] == 1
    publish(settings, [encode(tweet(id="x:1"))])
    archive(settings)
    assert [row["event_id"] for row in rows(settings, "event_id")] == ["x:2"]


def test_a_users_name_whatever_its_case(client: Elasticsearch, settings: Settings, run: Run) -> None:
    """Files name their authors without an id."""
    index(client, settings, [tweet(id="x:1", author=Author(name="Ann")), tweet(id="x:2", author=Author(name="Anna"))])
    run("--user", "@aNN")
    assert documents(settings, scored_stream(settings)).keys() == {"x:2"}


def test_hashed_authors_are_found_by_what_they_were(client: Elasticsearch, settings: Settings, run: Run) -> None:
    """The id is given without its hash; documents with and without the hash are found."""
    hashed = Pseudonyms(secret_key(settings))
    author = Author(id=hashed.user_id("7"), name=hashed.name("ann"))
    index(client, settings, [tweet(id="x:1", author=author), of("7", "x:2"), of("8", "x:3")])
    run("--user", "7")
    assert documents(settings, scored_stream(settings)).keys() == {"x:3"}
    index(client, settings, [tweet(id="x:4", author=author)])
    run("--user", "@Ann")
    assert documents(settings, scored_stream(settings)).keys() == {"x:3"}


def test_rejected_records_that_name_it(client: Elasticsearch, settings: Settings, run: Run) -> None:
    """By what their original bytes hold, as any source writes it, whole or cut; others stay."""
    index(client, settings, [of("4711007", "x:900000002")])
    ids = reject(
        client,
        settings,
        encode(of("8", "x:900000001")).replace(b'"text"', b'"txt"'),
        b'{"id":"900000001","text":"X writes it so',
        b"900000001,negative,1.0,a row of a file",
        b'{"id_str": "900000002", "oh": 1',
        encode(of("4711007", "x:5")) + b"}",
        b'{"id":"x:9000000011","text":1}',
        b"[900000003]",
    )
    late = roll(client, rejected_stream(settings))
    run("--tweet", "x:900000001", "--user", "4711007")
    assert documents(settings, rejected_stream(settings)).keys() == set(ids[5:])
    assert client.count(index=late)["count"] == 2


def test_labels(client: Elasticsearch, settings: Settings, run: Run) -> None:
    """Those of the tweet, and of all that its author wrote: they have the text."""
    index(client, settings, [of("7", "x:1"), of("8", "x:2"), of("8", "x:3")])
    set_up(client, settings.elasticsearch, switch=True)
    labels = Labels(client, settings.elasticsearch.labels_index)
    for id_ in ("x:1", "x:2", "x:3"):
        labels.put(id_, said("complaint", "late_flight"))
    client.indices.delete_alias(index=scored_stream(settings), name=ALIAS)
    report = run("--tweet", "x:1", "--user", "8")
    assert report["indices"][settings.elasticsearch.labels_index] == {"found": 6, "removed": 6}
    assert labels.newest(10) == (0, [])


def test_examples_of_topics(client: Elasticsearch, settings: Settings, run: Run) -> None:
    """Those of the tweet, and of all that its author wrote; topics themselves stay."""
    index(client, settings, [of("7", "x:1"), of("8", "x:2"), of("8", "x:3"), of("9", "x:4")])
    topics = settings.elasticsearch.topics_index
    examples = [{"kind": "example", "tweet": f"x:{number}"} for number in range(1, 5)]
    for number, topic in enumerate([*examples, {"kind": "topic", "name": "bag, lost"}]):
        fields = {"@timestamp": INGESTED, "event": {"id": f"run:{number}"}, "topic": topic}
        client.index(index=topics, id=f"run:{number}", document=fields, refresh=True)
    report = run("--tweet", "x:1", "--user", "8")
    assert report["indices"][topics] == {"found": 3, "removed": 3}
    left = client.search(index=topics)["hits"]["hits"]
    assert {hit["_id"] for hit in left} == {"run:3", "run:4"}


def test_all_namespaces(client: Elasticsearch, settings: Settings, run: Run) -> None:
    """Only where it is asked for."""
    other = settings.model_copy(
        update={
            "elasticsearch": settings.elasticsearch.model_copy(
                update={"namespace": f"{settings.elasticsearch.namespace}other"}
            )
        }
    )
    mark = settings.elasticsearch.namespace
    set_up(client, other.elasticsearch)
    index(client, settings, [of("7", f"x:{mark}")])
    index(client, other, [of("7", f"x:{mark}")])
    run("--tweet", f"x:{mark}")
    assert documents(other, scored_stream(other)).keys() == {f"x:{mark}"}
    run("--tweet", f"x:{mark}", "--all-namespaces")
    assert documents(other, scored_stream(other)) == {}


def test_a_batch_in_flight_is_waited_for(client: Elasticsearch, settings: Settings) -> None:
    """It may not know the list yet: the deletion begins after it, and covers what it indexed."""
    told: list[str] = []
    forgetting = Forgetting(
        settings, client, Registry(settings.registry), settings.elasticsearch.namespace, told.append
    )
    index(client, settings, [of("7", "x:1")])
    thread = threading.Thread(target=lambda: forgetting.run(Wanted(users=frozenset({"7"}))))
    with ForgottenList(settings.privacy_folder).batch():
        thread.start()
        until(lambda: told, "waiting", timeout=60)
        assert told == ["waiting for the stream's batch in flight"]
        assert entry(secret_key(settings), Forgotten.USER, "7") in entries_in(
            ForgottenList(settings.privacy_folder).read(), secret_key(settings)
        )
        assert documents(settings, scored_stream(settings)).keys() == {"x:1"}
        index(client, settings, [of("7", "x:2")])
    thread.join(timeout=60)
    assert documents(settings, scored_stream(settings)) == {}


def test_what_comes_back_from_elsewhere(client: Elasticsearch, settings: Settings) -> None:
    """A program that ignores the list indexes it again and again: the command reports that."""
    index(client, settings, [of("7", "x:1")])

    class Stubborn(Forgetting):
        def _remove(self, *arguments: Any) -> int:
            found = super()._remove(*arguments)
            if found:
                index(client, settings, [of("7", "x:1")])
            return found

    forgetting = Stubborn(settings, client, Registry(settings.registry), settings.elasticsearch.namespace, print)
    with pytest.raises(SinkUnavailable, match="comes back"):
        forgetting.run(Wanted(tweets=frozenset({"x:1"})))


def test_what_stays_is_said(client: Elasticsearch, settings: Settings, run: Run) -> None:
    """Until when, by each topic's own retention; where a topic is compacted, a tombstone takes it away."""
    kafka = settings.kafka
    with closing(KafkaAdminClient(**kafka_options(kafka))) as admin:
        for name, config in (
            (kafka.scored_topic, {"cleanup.policy": "compact"}),
            (kafka.assistance_topic, {"retention.ms": "-1"}),
        ):
            admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=config)])
    index(client, settings, [of("7", "x:1")])
    topics = {topic["name"]: topic for topic in run("--user", "7")["topics"]}
    days = (datetime.fromisoformat(topics[kafka.tweets_topic]["until"]) - datetime.now(UTC)).days
    assert days in (13, 14)  # A week of retention, and a week until a segment is closed.
    assert "without end" in topics[kafka.assistance_topic]["why"]
    assert (topics[kafka.scored_topic]["tombstones"], topics[kafka.tweets_topic]["tombstones"]) == (1, 0)
    assert messages(kafka, kafka.scored_topic) == {b"x:1": None}


def test_without_kafka(client: Elasticsearch, settings: Settings, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything but Kafka is handled, and the report says what could not be asked."""
    index(client, settings, [of("7", "x:1")])
    monkeypatch.setenv("TWEETPULSE_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:9")
    (error,) = run("--tweet", "x:1")["not_asked"]
    assert "127.0.0.1:9 does not answer" in error
    assert documents(settings, scored_stream(settings)) == {}


def test_models_that_keep_its_text(settings: Settings, run: Run) -> None:
    """Rows that a version was measured on are in the registry, whose versions are never changed: it is named."""
    import io

    import pyarrow as pa
    from pyarrow import parquet

    file = io.BytesIO()
    parquet.write_table(pa.table({"key": ["x:1", "x:2"], "text": ["a", "b"]}), file)
    model = linear_model(Task.SENTIMENT, {})
    version = published(Registry(settings.registry), model, files={HELD_OUT: file.getvalue()})
    assert run("--tweet", "x:1")["models"] == {f"sentiment {version}": 1}
    assert run("--tweet", "x:3")["models"] == {}


def test_the_list_names_nobody(settings: Settings, run: Run, client: Elasticsearch) -> None:
    """Neither the list nor the report holds an id; the folder and its files are their owner's alone."""
    index(client, settings, [of("4711007", "x:900000001")])
    report = run("--user", "4711007", "--tweet", "x:900000009")
    folder = settings.privacy_folder
    for content in ((folder / "forgotten").read_bytes(), orjson.dumps(report)):
        assert not [secret for secret in (b"4711007", b"900000001", b"900000009") if secret in content]
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "key": 0o600,
        "forgotten": 0o600,
        "forgotten.batches": 0o600,
    }
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("kind", ["tweets", "users"])
def test_compliance_files(client: Elasticsearch, settings: Settings, run: Run, data: Data, kind: str) -> None:
    """Tweets and users that X lists are deleted; all others stay."""
    files = {name: data(f"twitter_v2/{name}_compliance.jsonl") for name in ("tweets", "users")}
    ids = {name: {orjson.loads(line)["id"] for line in file.read_bytes().split()} for name, file in files.items()}
    listed = {
        "tweets": [of("5", f"x:{id_}") for id_ in ids["tweets"]],
        "users": [of(id_, f"x:77{place}") for place, id_ in enumerate(ids["users"])],
    }
    index(client, settings, [*listed["tweets"], *listed["users"], of("6", "x:78")])
    report = run("--file", files[kind])
    stay = listed["users" if kind == "tweets" else "tweets"]
    assert documents(settings, scored_stream(settings)).keys() == {"x:78", *(one.id for one in stay)}
    assert report["asked"] == {"tweets": 0, "users": 0} | {kind: {"tweets": 2, "users": 1}[kind]}


def test_a_damaged_compliance_file(client: Elasticsearch, settings: Settings, run: Run, tmp_path: Path) -> None:
    """Readable lines are applied; the command counts the others and ends with an exit code of its own."""
    file = tmp_path / "tweets_compliance.jsonl"
    file.write_bytes(b'{"id":"1","action":"delete","reason":"deleted"}\n{"id":"2","acti')
    index(client, settings, [of("7", "x:1"), of("7", "x:2")])
    with pytest.raises(SourceError, match="1 lines"):
        run("--file", file)
    assert documents(settings, scored_stream(settings)).keys() == {"x:2"}


def test_a_hundred_thousand_ids(client: Elasticsearch, settings: Settings, run: Run, tmp_path: Path) -> None:
    """In a bounded number of requests: the time-out is for a hang, and for a request for each id."""
    file = tmp_path / "tweets_compliance.jsonl"
    file.write_bytes(
        b"".join(
            b'{"id":"%d","action":"delete","created_at":"2019-09-06T17:25:54.667Z","reason":"deleted"}\n' % number
            for number in range(100_000)
        )
    )
    for start in range(0, 10_000, 2_500):
        index(client, settings, [of("7", f"x:{number}") for number in range(start, start + 2_500)])
    roll(client, scored_stream(settings))
    index(client, settings, [of("7", f"x:{number}") for number in range(200_000, 201_000)])
    started = time.monotonic()
    report = run("--file", file)
    seconds = time.monotonic() - started
    assert report["asked"] == {"tweets": 100_000, "users": 0}
    assert sum(counts["removed"] for counts in report["indices"].values()) == 10_000
    assert client.count(index=scored_stream(settings))["count"] == 1_000
    assert seconds < 120, f"{seconds:.0f} s"


def test_what_must_be_said(settings: Settings, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing named is an error, and so is a folder that can't be used, before anything is deleted."""
    with pytest.raises(ConfigError, match="say what"):
        run()
    blocked = settings.privacy_folder.with_name("a-file")
    blocked.write_text("in the way")
    monkeypatch.setenv("TWEETPULSE_PRIVACY__FOLDER", str(blocked))
    with pytest.raises(SetupError, match="can't be used"):
        run("--tweet", "x:1")


def test_in_words(client: Elasticsearch, settings: Settings, run: Run) -> None:
    """The report for people says what was removed where, what stays until when, and what is not ours to remove."""
    index(client, settings, [of("7", "x:1")])
    told = CliRunner().invoke(app, ["forget", "--tweet", "x:1"]).stdout
    assert "asked for 1 tweets and 0 users; the list has 1 entries" in told
    assert f"topic {settings.kafka.tweets_topic}: until 20" in told
    assert "backups" in told
    assert scored_stream(settings) in told
    assert PrivacySettings().authors == "keep"
