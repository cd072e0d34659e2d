"""A Kafka broker with TLS, SCRAM, mTLS and rights: compose's own configuration, but for folders and ports."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient
from pydantic import SecretStr

from pipeline.embedded import kafka
from pipeline.embedded.folders import give
from pipeline.embedded.guard import guarded
from pipeline.embedded.ports import free_port
from pipeline.embedded.processes import Account, let_live, mark, spawn, unprivileged
from pipeline.jvm import jars
from pipeline.jvm.java import Java, find_java
from pipeline.kafka.client import kafka_options
from pipeline.settings import KafkaSettings
from tests.certificates import Authority, authority
from tests.paths import ROOT
from tests.processes import until
from tests.stacks import stack_settings, state_folder

ADMIN_PASSWORD = 'the admin\'s; "quoted"'
TOPICS = ("tweets_topic", "scored_topic", "rejected_topic", "assistance_topic")


@dataclass(frozen=True)
class Broker:
    """One that runs.

    Attributes:
        ca: who signed its certificate, and signs those of clients.
        scram, mtls, elsewhere: its addresses; the last one is under a name that its certificate does not have.
    """

    ca: Authority
    scram: str
    mtls: str
    elsewhere: str

    def by_password(self, user: str, **fields: Any) -> KafkaSettings:
        """Settings of a user with SCRAM over TLS."""
        own: dict[str, Any] = {
            "bootstrap_servers": self.scram,
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "SCRAM-SHA-512",
            "username": user,
            "password": SecretStr(password(user)),
            "ca_file": self.ca.file,
        }
        return KafkaSettings(**(own | fields))

    def by_certificate(self, user: str, **fields: Any) -> KafkaSettings:
        """Settings of a user with a certificate of its own."""
        pair = self.ca.sign(user)
        own: dict[str, Any] = {
            "bootstrap_servers": self.mtls,
            "security_protocol": "SSL",
            "ca_file": self.ca.file,
            "client_certificate_file": pair.certificate,
            "client_key_file": pair.key,
        }
        return KafkaSettings(**(own | fields))

    def as_admin(self) -> KafkaSettings:
        """Settings of the one who makes users."""
        return self.by_password("admin", sasl_mechanism="PLAIN", password=SecretStr(ADMIN_PASSWORD))

    def give_rights(self, settings: KafkaSettings) -> None:
        """Make compose's users with compose's rights, on the topics of these settings."""
        module = accounts()
        defaults = KafkaSettings()
        names = {getattr(defaults, topic): getattr(settings, topic) for topic in TOPICS}
        with closing(KafkaAdminClient(**kafka_options(self.as_admin()))) as client:
            module.make_accounts(client, {user: password(user) for user in module.PASSWORDS}, names)


def accounts() -> Any:
    """The script that compose runs, imported."""
    spec = importlib.util.spec_from_file_location("kafka_accounts", ROOT / "compose/kafka/accounts.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def password(user: str) -> str:
    """Each user's own."""
    return f'password of "{user}"; \\'


@contextmanager
def secured_broker() -> Iterator[Broker]:
    """The broker, for as long as the block runs."""
    with ExitStack() as open_:
        state_dir = open_.enter_context(state_folder())
        open_.enter_context(guarded(state_dir, delete_data=True))
        ca = authority(state_dir / "authority")
        ports = {name: free_port() for name in ("CLIENT", "CONTROLLER", "BROKER", "MTLS")}
        _start(state_dir, ca, ports)
        client, mtls = ports["CLIENT"], ports["MTLS"]
        yield Broker(ca, f"localhost:{client}", f"localhost:{mtls}", f"127.0.0.1:{client}")


def _start(state_dir: Path, ca: Authority, ports: dict[str, int]) -> None:
    folder, account, java = state_dir / "kafka", unprivileged(), find_java()
    files = jars.resolve(stack_settings(state_dir), ["kafka"])["kafka"]
    kafka.prepare(folder, ports["BROKER"], ports["CONTROLLER"], None)
    pair = ca.sign("kafka", hosts=("localhost",))
    (folder / "kafka.pem").write_bytes(pair.key.read_bytes() + pair.certificate.read_bytes())
    (folder / "ca.crt").write_bytes(ca.file.read_bytes())
    (folder / "server.properties").write_text(_properties(folder, ports))
    give(folder, account)
    assert kafka.format_storage(folder, files, java, account).wait() == 0, kafka.log_file(folder).read_text()[-2000:]
    process = _run(folder, files, java, account)
    let_live(process)
    until(lambda: kafka.answers(ports["BROKER"]), "the broker", timeout=120)


def _run(folder: Path, files: Path, java: Java, account: Account | None) -> Any:
    command = [str(java.executable), "-Xmx384m", "-XX:+UseSerialGC", mark(folder.parent), "-cp", f"{files}/*"]
    return spawn(
        [*command, "kafka.Kafka", str(folder / "server.properties")],
        folder=folder,
        log=kafka.log_file(folder),
        environment={"KAFKA_ADMIN_PASSWORD": ADMIN_PASSWORD.replace('"', '\\"')},
        account=account,
    )


def _properties(folder: Path, ports: dict[str, int]) -> str:
    """Compose's file, with what is said below in its place: of a property that comes twice the last one counts."""
    own = f"""
controller.quorum.voters=1@127.0.0.1:{ports["CONTROLLER"]}
listeners={_listeners(ports, "127.0.0.1")}
advertised.listeners={_listeners({name: port for name, port in ports.items() if name != "CONTROLLER"}, "localhost")}
listener.security.protocol.map=CLIENT:SASL_SSL,CONTROLLER:PLAINTEXT,BROKER:PLAINTEXT,MTLS:SSL
listener.name.mtls.ssl.client.auth=required
listener.name.mtls.ssl.truststore.type=PEM
listener.name.mtls.ssl.truststore.location={folder}/ca.crt
listener.name.mtls.ssl.principal.mapping.rules=RULE:^CN=([^,]+).*$/$1/,DEFAULT
ssl.keystore.location={folder}/kafka.pem
log.dirs={folder}/data
offsets.topic.num.partitions=1
log.cleaner.dedupe.buffer.size=33554432
"""
    return (ROOT / "compose/kafka/server.properties").read_text(encoding="utf-8") + own


def _listeners(ports: dict[str, int], host: str) -> str:
    return ",".join(f"{name}://{host}:{port}" for name, port in ports.items())
