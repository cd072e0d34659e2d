"""An Elasticsearch of one node, started by its own launcher."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.embedded.ask import get
from pipeline.embedded.folders import give
from pipeline.embedded.ports import HOST
from pipeline.embedded.processes import Account, mark, remove_door, spawn
from pipeline.jvm.java import Java

_CONFIGURATION = """\
cluster.name: tweetpulse
node.name: tweetpulse
path.data: {folder}/data
path.logs: {folder}/logs
network.host: {host}
http.port: {port}
transport.port: 0
discovery.type: single-node
xpack.security.enabled: false
action.auto_create_index: true
# Nothing here enforces retention: it stops writing while the disk has room left for everybody else.
cluster.routing.allocation.disk.watermark.low: 1500mb
cluster.routing.allocation.disk.watermark.high: 1200mb
cluster.routing.allocation.disk.watermark.flood_stage: 1gb
cluster.info.update.interval: 10s
"""
_JVM = """\
-Xms{initial}
-Xmx{heap}
-XX:+UseG1GC
-XX:-AlwaysPreTouch
-XX:+ExitOnOutOfMemoryError
-Djava.io.tmpdir={folder}/tmp
-XX:ErrorFile={folder}/logs/hs_err_pid%p.log
-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1
20-:--add-modules=jdk.incubator.vector
{mark}
"""
_UNDER_WAY = ("initializing_shards", "number_of_in_flight_fetch", "number_of_pending_tasks")
_LOGGING = """\
status = error
appender.rolling.type = RollingFile
appender.rolling.name = rolling
appender.rolling.fileName = ${sys:es.logs.base_path}/elasticsearch.log
appender.rolling.filePattern = ${sys:es.logs.base_path}/elasticsearch.%i.log
appender.rolling.layout.type = PatternLayout
appender.rolling.layout.pattern = %d{ISO8601} %-5p [%c{1.}] %m%n
appender.rolling.policies.type = Policies
appender.rolling.policies.size.type = SizeBasedTriggeringPolicy
appender.rolling.policies.size.size = 10MB
appender.rolling.strategy.type = DefaultRolloverStrategy
appender.rolling.strategy.max = 2
rootLogger.level = info
rootLogger.appenderRef.rolling.ref = rolling
"""


def log_files(folder: Path) -> tuple[Path, Path]:
    """The files of the launcher's output and of the server's log."""
    return folder / "launcher.log", folder / "logs" / "elasticsearch.log"


def prepare(folder: Path, port: int, heap: str, account: Account | None) -> None:
    """Write the server's configuration; its data stays, all else starts anew.

    A start that was killed leaves files in `config` which the next one would trip over.
    """
    clear(folder)
    for name in ("config", "logs"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("config", "data", "logs", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    values = {
        "folder": folder,
        "host": HOST,
        "port": port,
        "heap": heap,
        "initial": "256m",
        "mark": mark(folder.parent),
    }
    for name, text in (
        ("elasticsearch.yml", _CONFIGURATION.format(**values)),
        ("jvm.options", _JVM.format(**values)),
        ("log4j2.properties", _LOGGING),
    ):
        (folder / "config" / name).write_text(text, encoding="utf-8")
    give(folder, account)


def start(folder: Path, unpacked: Path, java: Java, account: Account | None) -> subprocess.Popen[bytes]:
    """Start the launcher: it ends with 0 once the server listens, which then runs on without it."""
    home = next(unpacked.glob("elasticsearch-*"))
    environment = {"ES_JAVA_HOME": str(java.home), "ES_PATH_CONF": f"{folder}/config", "ES_TMPDIR": f"{folder}/tmp"}  # noqa: S108
    command = [
        str(java.executable),
        *("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", mark(folder.parent)),
        # The launcher asks a JVM for its flags, and leaves temporary files.
        f"-Djava.io.tmpdir={folder / 'tmp'}",
        "-Dcli.name=server",
        f"-Dcli.script={home}/bin/elasticsearch",
        "-Dcli.libs=lib/tools/server-cli",
        f"-Des.path.home={home}",
        f"-Des.path.conf={folder}/config",
        "-Des.distribution.type=zip",
        "-Des.java.type=ES_JAVA_HOME",
        *("-cp", f"{home}/lib/*:{home}/lib/cli-launcher/*", "org.elasticsearch.launcher.CliToolLauncher"),
        *("--daemonize", "--pidfile", f"{folder}/server.pid"),
    ]
    return spawn(command, folder=home, log=log_files(folder)[0], environment=environment, account=account)


def clear(folder: Path) -> None:
    """Remove the temporary files of a server that has ended or was killed."""
    shutil.rmtree(folder / "tmp", ignore_errors=True)
    with suppress(OSError, ValueError):
        remove_door(pid(folder))
    (folder / "server.pid").unlink(missing_ok=True)


def pid(folder: Path) -> int:
    """The server's process, as the server wrote it down."""
    return int((folder / "server.pid").read_text(encoding="ascii"))


def answers(port: int, timeout: float = 2.0) -> bool:
    """True if the server answers, also a search of what it holds (`GET /` is a 405 in this build)."""
    return is_ready(get(port, "/_cluster/health", timeout))


def is_ready(health: Mapping[str, Any]) -> bool:
    """True if every index can be searched, by the cluster's health, or nothing is under way that would change that.

    A shard whose data are lost stays so: the rest answers, and `tweetpulse doctor` tells of it.
    """
    if health.get("number_of_nodes") != 1:
        return False
    if health.get("status") != "red":
        return True
    # A server without any shard has not read its data yet.
    return bool(health.get("unassigned_shards")) and not any(health.get(name) for name in _UNDER_WAY)
