"""A Spark session in this process: its JVM started with our options, its chatter kept in a file, ended cleanly."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from pipeline import private_files
from pipeline.errors import SetupError

JVM_OPTIONS = (
    f"-Dlog4j2.configurationFile=file:{Path(__file__).parent / 'log4j2.properties'}",
    "-Djava.net.preferIPv4Stack=true",
    "-XX:+UseSerialGC",
)

_PRIVATE = {"spark.hadoop.fs.permissions.umask-mode": "077"}
"""A checkpoint is its owner's alone: Hadoop sets the rights of files by this, whatever the process's umask."""


TASK_ATTEMPTS = 3


@contextmanager
def running(conf: Mapping[str, str], log: Path, java_home: Path) -> Iterator[SparkSession]:
    """A session; stopped at the end.

    Args:
        conf: Spark's.
        log: where the JVM and its workers write.
        java_home: of a Java that Spark runs on.

    Raises:
        SetupError: the log can't be written.
    """
    os.environ["JAVA_HOME"] = str(java_home)
    # Else Spark's workers start whatever python3 is first on PATH.
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    spark_conf = SparkConf().setAll(list((_PRIVATE | dict(conf)).items()))
    with _opened(log) as file:
        options = {"stdout": file, "stderr": file, "umask": 0o077}
        gateway = launch_gateway(spark_conf, popen_kwargs=options)  # type: ignore[no-untyped-call]
    # Made in the main thread it would put its own Ctrl-C in the place of ours, which ends a batch cleanly.
    with ThreadPoolExecutor(1) as elsewhere:
        context = elsewhere.submit(SparkContext, conf=spark_conf, gateway=gateway).result()
    try:
        yield SparkSession(context)
    finally:
        context.stop()
        # A new context in this process starts a JVM of its own, with its own options.
        SparkContext._gateway = SparkContext._jvm = None
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait(timeout=30)


def local_conf(master: str | None, cores: int | None) -> dict[str, str]:
    """The master: a cluster's, or this machine's cores, where nothing listens beyond loopback."""
    if master:
        return {"spark.master": master}
    return {
        # A worker that the system kills (out of memory) costs an attempt at its task, not the query.
        "spark.master": f"local[{cores or os.cpu_count() or 2},{TASK_ATTEMPTS}]",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }


def _opened(path: Path) -> BinaryIO:
    """On the terminal the JVM's chatter would bury what matters."""
    try:
        private_files.make_folder(path.parent)
        return open(path, "ab", opener=private_files.opener)
    except OSError as error:
        raise SetupError(f"{path} can't be written ({error.strerror}): set TWEETPULSE_STATE_DIR to another") from None
