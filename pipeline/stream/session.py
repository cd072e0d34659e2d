"""The Spark session of the stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from pyspark.sql import SparkSession

from pipeline import spark_session
from pipeline.errors import ConfigError
from pipeline.settings import Settings

_JVM_OPTIONS = (
    *spark_session.JVM_OPTIONS,
    # Most of the work is in Python: C2 compiles for longer than its code then saves.
    "-XX:TieredStopAtLevel=1",
)


@contextmanager
def running(
    settings: Settings,
    jars: Iterable[Path],
    java_home: Path,
    *,
    section: str = "stream",
    conf: Mapping[str, str] = MappingProxyType({}),
    log: str = "spark.log",
) -> Iterator[SparkSession]:
    """A session that listens on loopback only, or on the cluster that `stream.master` names; stopped at the end.

    Args:
        settings: those of the stream, or of another query as the stream's.
        jars: for the JVM.
        java_home: of a Java that Spark runs on.
        section: the section where the query has its settings, for errors.
        conf: properties that another query has otherwise than the stream.
        log: the name of the file where the JVM writes.

    Raises:
        ConfigError: `stream.spark_conf` holds what the stream sets itself.
        SetupError: the log can't be written, or the JVM ran out of memory.
        PipelineError: the JVM was ended by somebody else.
    """
    memory = settings.stream.driver_memory
    cure = (
        f"it may have {memory} (TWEETPULSE_{section.upper()}__DRIVER_MEMORY); where records are small to Kafka and "
        "unpack to many megabytes, start the stream with TWEETPULSE_STREAM__MAX_POLL_RECORDS=1 until they are read"
    )
    with spark_session.running(
        _conf(settings, jars) | dict(conf), settings.state_dir, log, java_home, memory_cure=cure
    ) as session:
        yield session


def _conf(settings: Settings, jars: Iterable[Path]) -> dict[str, str]:
    own, more = _own_conf(settings, jars), settings.stream.spark_conf
    if taken := sorted(own.keys() & more.keys()):
        raise ConfigError(f"stream.spark_conf: the stream sets {taken[0]} itself, by its other settings: leave it out")
    return own | more


def _own_conf(settings: Settings, jars: Iterable[Path]) -> dict[str, str]:
    return spark_session.local_conf(settings.stream.master, settings.stream.cores) | {
        "spark.app.name": "tweetpulse",
        "spark.jars": ",".join(str(jar) for jar in jars),
        "spark.driver.memory": settings.stream.driver_memory,
        "spark.driver.extraJavaOptions": " ".join(_JVM_OPTIONS),
        "spark.python.daemon.module": "pipeline.stream.daemon",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        # The plan has no shuffle, so adaptive execution would only take time to plan each batch.
        "spark.sql.adaptive.enabled": "false",
        # An Arrow batch is a chunk, and a chunk is a bulk request.
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(settings.elasticsearch.bulk_documents),
        # Usual tweets reach that number at a tenth of this size, which limits larger records.
        "spark.sql.execution.arrow.maxBytesPerBatch": str(16 * 1024**2),
        "spark.sql.streaming.metricsEnabled": "false",
        "spark.sql.streaming.minBatchesToRetain": "20",
        # Only queries that keep a state need batches without data.
        "spark.sql.streaming.noDataMicroBatches.enabled": "false",
        "spark.metrics.namespace": "tweetpulse",
        "spark.sql.warehouse.dir": str(settings.state_dir / "spark-warehouse"),
    }
