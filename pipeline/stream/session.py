"""The Spark session of the stream."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from pipeline.errors import SetupError
from pipeline.settings import Settings

_JVM_OPTIONS = (
    f"-Dlog4j2.configurationFile=file:{Path(__file__).parent / 'log4j2.properties'}",
    "-Djava.net.preferIPv4Stack=true",
    "-XX:+UseSerialGC",
    # Most of the work is in Python: C2 compiles for longer than its code then saves.
    "-XX:TieredStopAtLevel=1",
)


@contextmanager
def running(settings: Settings, jars: Iterable[Path], java_home: Path) -> Iterator[SparkSession]:
    """A session that listens on loopback only, or on the cluster that `stream.master` names; stopped at the end."""
    os.environ["JAVA_HOME"] = str(java_home)
    # Else Spark's workers start whatever python3 is first on PATH.
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    conf = SparkConf().setAll(list(_conf(settings, jars).items()))
    with _jvm_log(settings.state_dir / "logs" / "spark.log") as log:
        gateway = launch_gateway(conf, popen_kwargs={"stdout": log, "stderr": log})
    # Made in the main thread it would put its own Ctrl-C in the place of ours, which ends a batch cleanly.
    with ThreadPoolExecutor(1) as elsewhere:
        context = elsewhere.submit(SparkContext, conf=conf, gateway=gateway).result()
    try:
        yield SparkSession(context)
    finally:
        context.stop()
        # A new context in this process starts a JVM of its own, with its own options.
        SparkContext._gateway = SparkContext._jvm = None
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait(timeout=30)


def _jvm_log(path: Path) -> BinaryIO:
    """Where the JVM and its workers write: on the terminal their chatter would bury what matters."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("ab")
    except OSError as error:
        raise SetupError(f"{path} can't be written ({error.strerror}): set TWEETPULSE_STATE_DIR to another") from None


def _conf(settings: Settings, jars: Iterable[Path]) -> dict[str, str]:
    local = (
        {} if settings.stream.master else {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    )
    cores = settings.stream.cores or os.cpu_count() or 2
    return local | {
        "spark.app.name": "tweetpulse",
        "spark.master": settings.stream.master or f"local[{cores}]",
        "spark.jars": ",".join(str(jar) for jar in jars),
        "spark.driver.memory": settings.stream.driver_memory,
        "spark.driver.extraJavaOptions": " ".join(_JVM_OPTIONS),
        "spark.python.daemon.module": "pipeline.stream.daemon",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.adaptive.enabled": "false",
        # An Arrow batch is a chunk, and a chunk is a bulk request.
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(settings.elasticsearch.bulk_documents),
        "spark.sql.streaming.metricsEnabled": "false",
        "spark.sql.streaming.minBatchesToRetain": "20",
        "spark.sql.streaming.noDataMicroBatches.enabled": "false",
        "spark.metrics.namespace": "tweetpulse",
        "spark.sql.warehouse.dir": str(settings.state_dir / "spark-warehouse"),
    }
