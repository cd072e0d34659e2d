"""From facts to findings, without a server."""

from __future__ import annotations

import socket
import stat
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pipeline.doctor import clock, configuration, machine, progress, store, topics
from pipeline.doctor.finding import Finding
from pipeline.domain.alias import AliasState
from pipeline.domain.disks import Disk
from pipeline.domain.progress import TOPICS_FILE
from pipeline.settings import KafkaSettings, Settings, TelemetrySettings
from pipeline.sinks.elasticsearch.differences import Difference
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings

KAFKA = KafkaSettings()
FOLDER = Path("/data/score")
DIR = stat.S_IFDIR | 0o700
GOOD = {"message.timestamp.type": "LogAppendTime", "retention.ms": "604800000", "max.message.bytes": "1048588"}
ALL = ("READ", "WRITE", "DESCRIBE")


def topic(**changes: Any) -> topics.Topic:
    said: dict[str, Any] = {"name": "tweets", "operations": ("READ",), "id": "one", "partitions": 4, **changes}
    return topics.Topic(**said)


def told(found: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.level, finding.text) for finding in found]


@pytest.mark.parametrize(
    ("free", "writable", "level"),
    [(10, True, "fault"), (150, True, "warning"), (500, True, "ok"), (500, False, "fault")],
)
def test_disk(free: int, writable: bool, level: str) -> None:
    """Less than what `up` asks for is a fault, less than twice of it is worth a word."""
    (found,) = machine.judge_disk(FOLDER, free, 100, writable=writable)
    assert found.level == level
    assert bool(found.cure) is (level != "ok")


def test_ports(tmp_path: Path) -> None:
    """A port that something else has is named with who has it, and with the setting that chooses another."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = Settings(
            state_dir=tmp_path,
            telemetry=TelemetrySettings(stream_port=port, exporter_port=0, source_port=0, archive_port=0),
        )
        first = machine.ports(settings)[0]
    assert first.level == "warning"
    assert f"port {port}, which the stream's metrics needs, is taken" in first.what
    assert "TWEETPULSE_TELEMETRY__STREAM_PORT" in first.what


@pytest.mark.parametrize(
    ("command", "ours"),
    [
        ("/v/bin/python /v/bin/tweetpulse run", True),
        ("/v/bin/python -Xtweetpulse.state=/s -m exporters", True),
        ("/v/bin/python -m pipeline collect twitter", True),
        ("/srv/tweetpulse/.venv/bin/python -m http.server", False),
        ("/usr/sbin/nginx", False),
        ("", False),
    ],
)
def test_whose_process_it_is(command: str, ours: bool) -> None:
    """By the program that was started, not by its folder."""
    assert machine.is_our_command(command.split()) is ours


def test_a_port_of_an_embedded_server_that_is_taken_is_a_fault() -> None:
    """It would not start."""
    taken = machine.Port(9200, "elasticsearch", "--elasticsearch-port", "taken", "port 9200 is taken: choose another")
    free = machine.Port(9108, "the stream's metrics", "X", "free")
    assert [finding.level for finding in machine.judge_ports([free], [taken])] == ["fault"]


@pytest.mark.parametrize(
    ("theirs", "level"), [(105.0, "ok"), (99.0, "ok"), (120.0, "warning"), (80.0, "warning"), (500.0, "fault")]
)
def test_clock(theirs: float, level: str) -> None:
    """The duration of a request is no skew; seconds are a warning, minutes a fault."""
    assert clock.judge_clock("clock", "node", theirs, before=100.0, after=103.0).level == level


@pytest.mark.parametrize(
    ("appended", "level"), [(None, "ok"), (90.0, "ok"), (104.0, "ok"), (110.0, "warning"), (700.0, "fault")]
)
def test_a_record_of_the_future(appended: float | None, level: str) -> None:
    """An old record says nothing; one that is still to come does."""
    assert clock.judge_newest("clock", "tweets", appended, now=100.0).level == level


@pytest.mark.parametrize(
    ("changes", "level", "cure"),
    [
        ({}, "ok", ""),
        ({"error": 3}, "fault", "tweetpulse setup"),
        ({"error": 29}, "fault", "kafka-acls.sh --bootstrap-server 127.0.0.1:9092 --add"),
        ({"error": 5}, "fault", "broker's log"),
        ({"id": "two"}, "fault", "mv /data/score /data/score.old"),
        ({"id": ""}, "ok", ""),
        ({"allowed": ("DESCRIBE",)}, "fault", "--operation Read --topic tweets"),
        ({"allowed": ALL}, "ok", ""),
        ({"partitions": 2}, "warning", "TWEETPULSE_KAFKA__PARTITIONS=2"),
        ({"partitions": 9}, "ok", ""),
        ({"configs": GOOD}, "ok", ""),
        ({"configs": GOOD | {"message.timestamp.type": "CreateTime"}}, "warning", "setup --alter-topics"),
        ({"configs": GOOD | {"retention.ms": "1000"}}, "warning", "setup --alter-topics"),
        ({"configs": GOOD | {"retention.ms": "-1"}}, "warning", "setup --alter-topics"),
        ({"configs": GOOD | {"max.message.bytes": "1000"}}, "fault", "max.message.bytes=1048588"),
        ({"configs": GOOD | {"cleanup.policy": "compact,delete"}}, "warning", "cleanup.policy=delete"),
    ],
)
def test_topics(changes: dict[str, Any], level: str, cure: str) -> None:
    """Each thing that can be wrong with one, alone."""
    (found,) = topics.judge_topic(topic(**changes), KAFKA, {"tweets": "one"}, FOLDER)
    assert (found.level, cure in found.cure) == (level, True)


@pytest.mark.parametrize("kept", [b"", b"[]", b"nonsense \x00", b'{"tweets": "one"}'])
def test_topic_ids_that_are_absent_or_spoilt_say_nothing(tmp_path: Path, kept: bytes) -> None:
    """Only a file that can be read is held against the topics."""
    assert topics.kept_ids(tmp_path) == {}
    (tmp_path / TOPICS_FILE).write_bytes(kept)
    assert topics.kept_ids(tmp_path) == ({"tweets": "one"} if kept.startswith(b"{") else {})


@pytest.mark.parametrize(
    ("versions", "level"),
    [(["8.19.21"], "ok"), (["9.2.0-SNAPSHOT"], "ok"), (["7.17.0", "8.19.0"], "fault"), (["10.0.1"], "warning")],
)
def test_versions_of_elasticsearch(versions: list[str], level: str) -> None:
    """The oldest node counts, and a major version that nobody has tried is worth a word."""
    assert store.judge_version("http://x", versions).level == level


def test_versions_of_kafka() -> None:
    """Old ones work, but give topics no ids."""
    assert [topics.judge_version("x", version).level for version in ((2, 1), (4, 1))] == ["warning", "ok"]


def test_disks_of_elasticsearch() -> None:
    """A node below its low watermark is a warning, an index that takes no documents a fault."""
    full, empty = Disk("full", 5, 100, {"low": 6}), Disk("empty", 90, 100, {"low": 6})
    assert [one.level for one in store.judge_disks([full, empty], [])] == ["warning"]
    assert [one.level for one in store.judge_disks([empty], ["a", "b"])] == ["fault"]
    assert [one.level for one in store.judge_disks([empty], [])] == ["ok"]


def test_templates() -> None:
    """All absent templates are one line, each difference is one, and a missing right to look is no fault."""
    many = [Difference(f"f{n}", "keyword", "text") for n in range(9)]
    gone = [Difference("template", "there", "nothing")]
    found = store.judge_templates({"a": gone, "b": gone, "c": many, "d": [], "e": None})
    assert told(found) == [
        (
            "fault",
            "c is not as it should be: f0 should be keyword and is text; f1 should be keyword and is text; "
            "f2 should be keyword and is text; 6 more; cure: tweetpulse setup",
        ),
        ("fault", "not there: a, b; cure: tweetpulse setup"),
        ("warning", "this user may not look at e; cure: run `tweetpulse doctor` as the user of set-up"),
    ]
    assert [one.level for one in store.judge_templates({"a": []})] == ["ok"]


@pytest.mark.parametrize(
    ("holders", "index", "level", "cure"),
    [
        (("logs-tweets.scored-default",), False, "ok", ""),
        ((), False, "fault", "tweetpulse setup"),
        ((), True, "fault", "DELETE /tweetpulse-tweets"),
        (("logs-tweets.scored-b",), False, "warning", "tweetpulse setup --switch"),
        (("logs-tweets.scored-b", "logs-tweets.scored-default"), False, "fault", "tweetpulse setup"),
        (("logs-tweets.scored-b", "logs-tweets.scored-c"), False, "fault", "tweetpulse setup --switch"),
    ],
)
def test_alias(holders: tuple[str, ...], index: bool, level: str, cure: str) -> None:
    """The cure is the command that mends it from this namespace."""
    found = store.judge_alias(AliasState(holders), "default", index=index)
    assert (found.level, cure in found.cure) == (level, True)


def test_no_security() -> None:
    """On loopback it is as meant; elsewhere it is worth a word."""
    assert [store.judge_roles(None, local=local)[0].level for local in (True, False)] == ["ok", "warning"]


@pytest.mark.parametrize(
    ("facts", "level", "cure"),
    [
        (progress.Facts(FOLDER), "ok", ""),
        (progress.Facts(FOLDER, DIR, batch=7), "ok", ""),
        (progress.Facts(FOLDER, stat.S_IFDIR | 0o755), "warning", "chmod -R go= /data/score"),
        (progress.Facts(FOLDER, stat.S_IFREG | 0o644, fault="it is no folder"), "fault", "to a folder"),
        (progress.Facts(FOLDER, DIR, usable=False), "fault", "as the user who owns it"),
        (progress.Facts(FOLDER, DIR, fault="it is broken"), "fault", "mv /data/score /data/score.damaged"),
        (progress.Facts(FOLDER, DIR, damaged=FOLDER / "offsets/3"), "warning", "tweetpulse run"),
    ],
)
def test_checkpoint(facts: progress.Facts, level: str, cure: str) -> None:
    """Each thing that can be wrong with it, alone."""
    (found,) = progress.judge(facts)
    assert (found.level, cure in found.cure) == (level, True)


def test_a_checkpoint_that_is_a_file(tmp_path: Path) -> None:
    """The cure does not touch the file, which belongs to somebody else."""
    (tmp_path / "file").write_text("mine")
    (found,) = progress.look(tmp_path / "file")
    assert (found.level, found.cure) == ("fault", "set TWEETPULSE_STREAM__CHECKPOINT to a folder")


def test_a_file_of_zeros_is_found(tmp_path: Path) -> None:
    """As a power cut leaves it; of a batch that is committed, reading the checkpoint itself says so."""
    for name in ("offsets", "commits"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0").write_text('v1\n{}\n{"tweets":{"0":5}}' if name == "offsets" else "v1\n{}")
    (tmp_path / "offsets/1").write_bytes(bytes(100))
    tmp_path.chmod(0o700)
    (found,) = progress.look(tmp_path)
    assert (found.level, found.what) == ("warning", f"{tmp_path}/offsets/1, of a batch that did not finish, is damaged")
    (tmp_path / "commits/1").write_text("v1\n{}")
    (found,) = progress.look(tmp_path)
    assert found.level == "fault"
    assert found.text.isprintable()


@pytest.mark.parametrize(
    ("committed", "held", "level", "said"),
    [
        ({("tweets", 0): 5}, {("tweets", 0): (0, 9)}, "ok", "4 records of tweets are still to be read"),
        ({("tweets", 0): 5}, {("tweets", 0): (7, 9)}, "fault", "Kafka deleted 2 records"),
        ({("tweets", 0): 5}, {("tweets", 0): (0, 3)}, "fault", "tweets was created again"),
        ({("tweets", 0): 5}, {}, "fault", "tweets was created again"),
        ({("others", 0): 5}, {("tweets", 0): (0, 9)}, "fault", "the checkpoint is of others"),
    ],
)
def test_lag(committed: dict[Any, int], held: dict[Any, tuple[int, int]], level: str, said: str) -> None:
    """Lag is no fault; lost records, or a checkpoint of another topic, are one."""
    (found,) = progress.judge_lag(committed, held, "tweets", FOLDER)
    assert (found.level, said in found.what) == (level, True)


SECRET = SecretStr("open sesame")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kafka": KafkaSettings(username="u")}, "nobody is told it with PLAINTEXT"),
        ({"kafka": KafkaSettings(bootstrap_servers="kafka.example:9092")}, "Kafka at kafka.example is reached"),
        ({"kafka": KafkaSettings(bootstrap_servers="kafka.example")}, "Kafka at kafka.example is reached"),
        ({"kafka": KafkaSettings(scored_topic="tweets")}, "have the same name"),
        ({"elasticsearch": ElasticsearchSettings(username="u")}, "its password is not"),
        ({"elasticsearch": ElasticsearchSettings(username="u", password=SECRET, api_key=SECRET)}, "both set"),
        ({"elasticsearch": ElasticsearchSettings(url="http://search.example", api_key=SECRET)}, "sent without TLS"),
        ({"elasticsearch": ElasticsearchSettings(ca_file=Path("/ca"))}, "http:// has no certificate"),
        ({"telemetry": TelemetrySettings(host="0.0.0.0")}, "other machines can read it"),
    ],
)
def test_settings_that_look_wrong(changes: dict[str, Any], said: str) -> None:
    """Each alone, as a warning with a cure, and without a secret."""
    (found,) = configuration.configuration(Settings().model_copy(update=changes))
    assert (found.level, said in found.what, bool(found.cure)) == ("warning", True, True)
    assert "sesame" not in found.text


def test_settings_that_are_well() -> None:
    """The defaults, and TLS all over."""
    tls = {
        "kafka": KafkaSettings(bootstrap_servers="[::1]:9092,kafka.example:9093", security_protocol="SASL_SSL"),
        "elasticsearch": ElasticsearchSettings(url="https://search.example", username="u", password=SECRET),
    }
    for settings in (Settings(), Settings().model_copy(update=tls)):
        assert [finding.level for finding in configuration.configuration(settings)] == ["ok"]


def test_a_token_that_others_can_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cure closes it; one that is not there is its user's to tell."""
    token = tmp_path / "token"
    monkeypatch.setenv("TWEETPULSE_TWITTER__BEARER_TOKEN_FILE", str(token))
    settings = Settings()
    assert [finding.level for finding in configuration.configuration(settings)] == ["ok"]
    token.write_text("sesame")
    token.chmod(0o644)
    (found,) = configuration.configuration(settings)
    assert (found.level, found.cure) == ("warning", f"chmod 600 {token}")
    token.chmod(0o600)
    assert [finding.level for finding in configuration.configuration(settings)] == ["ok"]
