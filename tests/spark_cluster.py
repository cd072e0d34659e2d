"""Spark's own cluster on this machine: a master and workers as processes, each with folders of its own, on loopback."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

import psutil
import pyspark

from pipeline.jvm.java import find_java
from tests.processes import started, until

_HOME = Path(pyspark.__file__).parent

_URL = re.compile(r"spark://127\.0\.0\.1:\d+")
_EXECUTOR = "CoarseGrainedExecutorBackend"
_CLASS_OF = "org.apache.spark.deploy.{}.{}"


@dataclass
class Cluster:
    """A running cluster.

    Attributes:
        folder: in which each process has its own.
        url: of the master.
        secret: by which all know each other.
        workers: their processes.
    """

    folder: Path
    url: str = ""
    secret: str = field(default_factory=lambda: token_hex(32), repr=False)
    workers: list[psutil.Process] = field(default_factory=list)

    def executors(self) -> list[psutil.Process]:
        """The JVMs that workers have started for the job."""
        return [child for worker in self.workers if worker.is_running() for child in _children(worker) if _runs(child)]


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A master, and workers with a core each; all end with the block."""
    made = Cluster(folder)
    folder.mkdir()
    (folder / "spark.conf").write_text(f"spark.authenticate true\nspark.authenticate.secret {made.secret}\n")
    with ExitStack() as stack:
        stack.enter_context(_daemon(made, "master", "Master"))
        until(lambda: _URL.search(_log(folder / "master")), "the master")
        made.url = _found(_URL, _log(folder / "master"))
        for number in range(workers):
            name = f"worker{number}"
            options = "--cores", "1", "--memory", "2g", "--work-dir", str(folder / name / "work"), made.url
            made.workers.append(psutil.Process(stack.enter_context(_daemon(made, name, "Worker", *options)).pid))
        until(lambda: _log(folder / "master").count("Registering worker") == workers, "the workers")
        yield made


@contextmanager
def _daemon(cluster: Cluster, name: str, kind: str, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    home = cluster.folder / name
    home.mkdir()
    command = [
        str(_HOME / "bin/spark-class"), _CLASS_OF.format(kind.lower(), kind), "--host", "127.0.0.1", "--port", "0",
        "--webui-port", "0", "--properties-file", str(cluster.folder / "spark.conf"), *options,
    ]  # fmt: skip
    # What an executor finds of this project, it has from the job: not from here.
    here = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TWEETPULSE", "SPARK"))}
    own = {
        "JAVA_HOME": str(find_java().home),
        "SPARK_HOME": str(_HOME),
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_LOCAL_DIRS": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "TMPDIR": str(home),
    }
    with started(command, home / "log", here | own) as process:
        yield process


def _log(home: Path) -> str:
    return (home / "log").read_text(errors="replace") if (home / "log").exists() else ""


def _found(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    assert found
    return found[0]


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _runs(process: psutil.Process) -> bool:
    try:
        return any(_EXECUTOR in word for word in process.cmdline())
    except psutil.Error:
        return False
