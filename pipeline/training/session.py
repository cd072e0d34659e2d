"""The Spark session of training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession

from pipeline import spark_session
from pipeline.settings import Settings

TEXTS = 2_500
"""The number of texts that are read at once."""


@contextmanager
def running(settings: Settings, master: str | None, java_home: Path) -> Iterator[SparkSession]:
    """A session on this machine, or on a cluster; stopped at the end. C2 pays here: most of the work is Spark's own."""
    conf = spark_session.local_conf(master, settings.stream.cores) | {
        "spark.app.name": "tweetpulse training",
        "spark.driver.memory": settings.models.driver_memory,
        "spark.driver.extraJavaOptions": " ".join(spark_session.JVM_OPTIONS),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        # The number of partitions, and so the order in which sums are made, must not depend on the machine.
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.execution.arrow.localRelationThreshold": "0",
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(TEXTS),
        # Each step broadcasts the coefficients, which can hardly be compressed.
        "spark.broadcast.compress": "false",
        "spark.sql.warehouse.dir": str(settings.state_dir / "spark-warehouse"),
    }
    cure = f"it may have {settings.models.driver_memory}: give it more with TWEETPULSE_MODELS__DRIVER_MEMORY"
    with spark_session.running(conf, settings.state_dir, "spark-training.log", java_home, memory_cure=cure) as session:
        yield session
