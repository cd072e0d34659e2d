"""Access to Kafka and the rights of each user, on a real broker with compose's configuration."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import ScramMechanism, UserScramCredentialUpsertion
from kafka.errors import KafkaError
from pydantic import SecretStr

from pipeline.bootstrap import topic_of_tweets
from pipeline.errors import ConfigError
from pipeline.kafka.client import as_pipeline_error, connect, kafka_options
from pipeline.kafka.publisher import Publisher
from pipeline.kafka.topics import ensure_topics
from pipeline.settings import ArchiveSettings, KafkaSettings, PrivacySettings, Settings
from pipeline.stream.kafka_io import options_of
from tests.certificates import authority, encrypted, of_old
from tests.integration.archive.topic import archive as archived
from tests.integration.security.broker import Broker, accounts
from tests.processes import until
from tests.streams import raw

NAMES = {
    "tweets_topic": "tweets-rights",
    "scored_topic": "scored-rights",
    "rejected_topic": "rejected-rights",
    "assistance_topic": "assistance-rights",
}
TWEETS, SCORED, REJECTED, ASSISTANCE = NAMES.values()
MAY = {
    "setup": set(),
    "source": {("write", TWEETS)},
    "stream": {("read", TWEETS), ("write", SCORED), ("write", REJECTED), ("write", ASSISTANCE)},
    "exporter": {("read", TWEETS), ("read", SCORED)},
    "windows": {("read", SCORED)},
    "archive": {("read", TWEETS)},
    "replay": {("read", REJECTED), ("write", REJECTED), ("read", TWEETS), ("write", TWEETS)},
    "reader": {("read", SCORED), ("read", ASSISTANCE), ("commit", "tweetpulse-reader-1")},
}
"""User → what it may do, of all that is tried here."""


@pytest.fixture(scope="module")
def rights(broker: Broker) -> Broker:
    """The broker with the users, and topics that the one for the set-up has made."""
    broker.give_rights(KafkaSettings(**NAMES))
    ensure_topics(broker.by_password("setup", partitions=1, **NAMES))
    for topic in NAMES.values():
        write(broker.as_admin(), topic)
    return broker


def refused(step: Callable[[], object]) -> bool:
    """True if the broker refuses it, or shows nothing."""
    try:
        return step() is False
    except KafkaError as error:
        return "does not let this user" in as_pipeline_error(error, KafkaSettings()).message
    except ConfigError as error:
        return "does not let this user" in error.message


def write(settings: KafkaSettings, topic: str) -> None:
    producer = connect(KafkaProducer, settings, delivery_timeout_ms=20_000, request_timeout_ms=10_000)
    try:
        producer.send(topic, b"{}").get(timeout=20)
    finally:
        with suppress(KafkaError):
            producer.close(2)


def read(settings: KafkaSettings, topic: str) -> bool:
    with closing(connect(KafkaConsumer, settings)) as consumer:
        # A topic that a user may not even see does not exist for it: a poll would wait for it in silence.
        if topic not in consumer.topics():
            return False
        consumer.assign([TopicPartition(topic, 0)])
        consumer.seek(TopicPartition(topic, 0), 0)
        found: dict[Any, Any] = {}
        until(lambda: found.update(consumer.poll(1_000)) or found, f"a record of {topic}")
        return True


def commit(settings: KafkaSettings, group: str) -> None:
    with closing(connect(KafkaConsumer, settings, group_id=group, enable_auto_commit=False)) as consumer:
        consumer.assign([TopicPartition(SCORED, 0)])
        consumer.commit({TopicPartition(SCORED, 0): OffsetAndMetadata(0, "", -1)})


@pytest.mark.parametrize("user", MAY)
def test_each_part_may_do_what_it_needs_and_nothing_else(rights: Broker, user: str) -> None:
    """Every topic written to and read, every group committed to: what is let is what the table says."""
    settings = rights.by_password(user)
    tried = [
        *((write, "write", topic) for topic in NAMES.values()),
        *((read, "read", topic) for topic in NAMES.values()),
        *((commit, "commit", group) for group in ("tweetpulse-reader-1", "another")),
    ]
    let = {(name, what) for step, name, what in tried if not refused(partial(step, settings, what))}
    assert let == MAY[user]


def test_a_source_starts_with_its_own_rights(rights: Broker) -> None:
    """It looks for its topic, which it may neither make nor see the settings of, and for no other."""
    found = topic_of_tweets(Settings(kafka=rights.by_password("source", retention_hours=5, **NAMES)))
    assert (found.made, found.altered, found.warnings) == ((), (), ())


def test_the_archive_needs_no_more_than_its_rights(rights: Broker, tmp_path: Path) -> None:
    """It reads the topic, its id and its ends, as a user that may only read it, and without a group."""
    archive = ArchiveSettings(uri=str(tmp_path / "archive"))
    privacy = PrivacySettings(folder=tmp_path / "privacy")
    settings = Settings(kafka=rights.by_password("archive", **NAMES), archive=archive, privacy=privacy)
    seen = archived(settings)
    assert (seen.counts["records"] > 0, dict(seen.waits)) == (True, {})


@pytest.mark.parametrize("user", MAY)
def test_nobody_changes_topics_users_or_rights(rights: Broker, user: str) -> None:
    """Only the set-up makes topics, and only its own; nobody deletes one, or gives rights."""
    with closing(connect(KafkaAdminClient, rights.by_password(user))) as client:
        assert refused(lambda: client.create_topics({"another": {"num_partitions": 1, "replication_factor": 1}}))
        assert refused(lambda: client.delete_topics([TWEETS]))
        assert refused(lambda: not client.create_acls([next(iter(_acls(user)))])["failed"])
        change = UserScramCredentialUpsertion("admin", ScramMechanism.SCRAM_SHA_512, "mine now", iterations=4096)
        assert "needs ALTER permission" in client.alter_user_scram_credentials([change])["admin"]


def test_the_set_up_alters_its_topics_and_nobody_else_does(rights: Broker) -> None:
    """A user that may read a topic's configuration but not change it gets a message with the right to grant."""
    shorter = {"partitions": 1, "retention_hours": 5, **NAMES}
    look = [
        {"resource": "topic", "name": name, "operations": ["describe", "describe_configs"]} for name in NAMES.values()
    ]
    with closing(KafkaAdminClient(**kafka_options(rights.as_admin()))) as client:
        client.create_acls(list(accounts().acls(json.dumps({"source": look}))))
    with pytest.raises(ConfigError, match=r"does not let this user alter the topic .*grant ALTER_CONFIGS"):
        ensure_topics(rights.by_password("source", **shorter), alter=True)
    assert len(ensure_topics(rights.by_password("setup", **shorter), alter=True).altered) == 4
    rights.give_rights(KafkaSettings(**NAMES))


def test_who_may_not_make_accounts_is_told_so(rights: Broker) -> None:
    """The script does not go on as if users and rights were there."""
    module = accounts()
    with (
        closing(connect(KafkaAdminClient, rights.by_password("setup"))) as client,
        pytest.raises(KafkaError, match="needs ALTER permission"),
    ):
        module.make_accounts(client, {"setup": "mine now"})


def test_rights_that_are_no_longer_in_the_file_are_taken_away(rights: Broker) -> None:
    """One given by hand is gone after the next start; those in the file stay, and are not given twice."""
    module = accounts()
    with closing(KafkaAdminClient(**kafka_options(rights.as_admin()))) as client:
        too_much = '{"source": [{"resource": "topic", "name": "*", "operations": ["read"]}]}'
        client.create_acls(list(module.acls(too_much)))
        before = set(client.describe_acls(module._everything())[0])
    rights.give_rights(KafkaSettings(**NAMES))
    with closing(KafkaAdminClient(**kafka_options(rights.as_admin()))) as client:
        after = set(client.describe_acls(module._everything())[0])
    assert len(before - after) == 1
    assert not after - before
    assert refused(lambda: read(rights.by_password("source"), SCORED))


def test_what_is_not_allowed_is_one_line(rights: Broker) -> None:
    """A source that may not write says whose fault it is."""
    settings = rights.by_password("exporter", **NAMES)
    with pytest.raises(ConfigError, match="does not let this user do that"), Publisher(settings) as publisher:
        publisher.publish(raw(b"x"))


class Wrong:
    """A mistake in a client's settings, by name, and the message that it must cause."""

    @staticmethod
    def ca(broker: Broker, folder: Path) -> tuple[KafkaSettings, str]:
        return broker.by_password("stream", ca_file=authority(folder).file), "is not trusted .*CA_FILE"

    @staticmethod
    def host(broker: Broker, folder: Path) -> tuple[KafkaSettings, str]:
        settings = broker.by_password("stream", bootstrap_servers=broker.elsewhere)
        return settings, "is not trusted .*not valid for '127.0.0.1'.*BOOTSTRAP_SERVERS"

    @staticmethod
    def password(broker: Broker, folder: Path) -> tuple[KafkaSettings, str]:
        return broker.by_password("stream", password=SecretStr("hush")), "refuses the user or the password"

    @staticmethod
    def user(broker: Broker, folder: Path) -> tuple[KafkaSettings, str]:
        return broker.by_password("nobody"), "refuses the user or the password"

    @staticmethod
    def no_certificate(broker: Broker, folder: Path) -> tuple[KafkaSettings, str]:
        fields: dict[str, Any] = {"client_certificate_file": None, "client_key_file": None}
        return broker.by_certificate("stream", **fields), "refuses this client's certificate"

    @staticmethod
    def certificate(broker: Broker, folder: Path) -> tuple[KafkaSettings, str]:
        pair = authority(folder).sign("stream")
        fields = {"client_certificate_file": pair.certificate, "client_key_file": pair.key}
        return broker.by_certificate("stream", **fields), "refuses this client's certificate"


@pytest.mark.parametrize("wrong", [name for name in vars(Wrong) if not name.startswith("_")])
def test_a_wrong_credential_is_one_line_that_says_which(
    rights: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    """Each time, also where there is little time: a broker hangs up right after it has refused."""
    monkeypatch.setattr("pipeline.kafka.client.BOOTSTRAP_TIMEOUT", 2.0)
    settings, told = getattr(Wrong, wrong)(rights, tmp_path / "ca")
    with pytest.raises(ConfigError, match=told) as raised:
        connect(KafkaConsumer, settings)
    assert "\n" not in raised.value.message
    assert "hush" not in raised.value.message


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda pair, ca: {"client_key_file": ca.file}, "do not fit together"),
        (lambda pair, ca: {"client_key_file": ca.sign("other").key}, "do not fit together"),
        (lambda pair, ca: {"client_key_file": encrypted(pair.key, "pw")}, "needs another password"),
        (lambda pair, ca: {"client_certificate_file": None}, "without its certificate"),
        (lambda pair, ca: {"client_certificate_file": pair.key.with_name("absent")}, "No such file"),
        (lambda pair, ca: {"ca_file": ca.folder / "kafka.ext"}, "is not a PEM file"),
        (lambda pair, ca: {"client_key_file": of_old(pair.key)}, "not PKCS#8"),
        (
            lambda pair, ca: {"client_key_file": encrypted(pair.key, "pw"), "client_key_password": SecretStr("pw")},
            "encrypted with PBES2",
        ),
    ],
)
def test_files_that_can_t_be_used_are_named_before_anybody_is_asked(
    broker: Broker, spoil: Callable[..., dict[str, Any]], told: str
) -> None:
    """By both kinds of client, where both can't use them; no password is asked for at the terminal."""
    settings = broker.by_certificate("stream")
    assert settings.client_key_file
    assert settings.client_certificate_file
    pair = broker.ca.sign("spoilt")
    settings = settings.model_copy(
        update={"client_certificate_file": pair.certificate, "client_key_file": pair.key} | spoil(pair, broker.ca)
    )
    with pytest.raises(ConfigError, match=told):
        options_of(settings)


def _acls(user: str) -> Iterator[Any]:
    return accounts().acls(f'{{"{user}": [{{"resource": "topic", "name": "*", "operations": ["all"]}}]}}')
