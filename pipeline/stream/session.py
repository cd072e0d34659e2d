"""The Spark session of the stream."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession

from pipeline.settings import Settings

_JVM_OPTIONS = (
    f"-Dlog4j2.configurationFile=file:{Path(__file__).parent / 'log4j2.properties'}",
    "-Djava.net.preferIPv4Stack=true",
    "-XX:+UseSerialGC",
)


@contextmanager
def running(settings: Settings, jars: Iterable[Path], java_home: Path) -> Iterator[SparkSession]:
    """A session that listens on loopback only, or on the cluster that `stream.master` names; stopped at the end."""
    spark = _build(settings, jars, java_home)
    try:
        yield spark
    finally:
        spark.stop()


def _build(settings: Settings, jars: Iterable[Path], java_home: Path) -> SparkSession:
    stream = settings.stream
    cores = stream.cores or os.cpu_count() or 2
    os.environ["JAVA_HOME"] = str(java_home)
    # Else Spark's workers start whatever python3 is first on PATH.
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    builder = SparkSession.builder.appName("tweetpulse").master(stream.master or f"local[{cores}]")
    for name, value in _conf(settings, jars).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _conf(settings: Settings, jars: Iterable[Path]) -> dict[str, str]:
    local = (
        {} if settings.stream.master else {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    )
    return local | {
        "spark.jars": ",".join(str(jar) for jar in jars),
        "spark.driver.memory": settings.stream.driver_memory,
        "spark.driver.extraJavaOptions": " ".join(_JVM_OPTIONS),
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
