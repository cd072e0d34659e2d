"""A Kafka broker of one node, which is its own controller (KRaft)."""

from __future__ import annotations

import logging
import shutil
import subprocess
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from pipeline.embedded.folders import give
from pipeline.embedded.ports import HOST, is_open
from pipeline.embedded.processes import Account, mark, spawn
from pipeline.jvm.java import Java

_CLUSTER_ID = "dHdlZXRwdWxzZS1zdGFjaw"
_FLAGS = ("-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true")
_LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
)
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=BROKER://{host}:{port},CONTROLLER://{host}:{controller_port}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
log.dirs={data}

# Topics are made with their partitions and retention by whoever needs them.
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0

# The disk that a partition may take, whatever its retention in hours is.
log.segment.bytes=67108864
log.retention.bytes=1073741824
log.cleaner.dedupe.buffer.size=33554432
"""


def log_file(folder: Path) -> Path:
    """The file of the broker's output."""
    return folder / "kafka.log"


def prepare(folder: Path, port: int, controller_port: int, account: Account | None) -> None:
    """Write the broker's configuration; its data stay."""
    clear(folder)
    data = folder / "data"
    for path in (data, folder / "tmp"):
        path.mkdir(parents=True, exist_ok=True)
    text = _PROPERTIES.format(host=HOST, port=port, controller_port=controller_port, data=data)
    _configuration(folder).write_text(text, encoding="utf-8")
    give(folder, account)


def clear(folder: Path) -> None:
    """Remove the temporary files of a broker that has ended or was killed."""
    shutil.rmtree(folder / "tmp", ignore_errors=True)


def is_formatted(folder: Path) -> bool:
    """True if the data folder is a broker's already."""
    return (folder / "data" / "meta.properties").exists()


def format_storage(folder: Path, jars: Path, java: Java, account: Account | None) -> subprocess.Popen[bytes]:
    """Start making the data folder a broker's."""
    flags = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    arguments = ["kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", str(_configuration(folder))]
    return _java(folder, jars, java, account, flags, arguments)


def start(folder: Path, jars: Path, java: Java, account: Account | None, heap: str) -> subprocess.Popen[bytes]:
    """Start the broker."""
    return _java(folder, jars, java, account, [f"-Xmx{heap}", *_FLAGS], ["kafka.Kafka", str(_configuration(folder))])


def answers(port: int, timeout: float = 2.0) -> bool:
    """True if the broker answers a metadata request and names itself."""
    # A client takes much longer to find out that nothing listens there.
    if not is_open(port):
        return False
    # It logs every failed attempt as a warning, which is what is expected here.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    milliseconds = int(timeout * 1000)
    try:
        client = KafkaAdminClient(
            bootstrap_servers=f"{HOST}:{port}", request_timeout_ms=milliseconds, bootstrap_timeout_ms=milliseconds
        )
    except (KafkaError, OSError):
        return False
    try:
        return bool(client.describe_cluster()["brokers"])
    except (KafkaError, OSError):
        return False
    finally:
        client.close()


def _java(
    folder: Path, jars: Path, java: Java, account: Account | None, flags: list[str], arguments: list[str]
) -> subprocess.Popen[bytes]:
    flags = [*flags, f"-Djava.io.tmpdir={folder / 'tmp'}", *_LOGGING, mark(folder.parent)]
    command = [str(java.executable), *flags, "-cp", f"{jars}/*", *arguments]
    return spawn(command, folder=folder, log=log_file(folder), environment={}, account=account)


def _configuration(folder: Path) -> Path:
    return folder / "server.properties"
