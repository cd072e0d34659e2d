"""The stream on Spark's own cluster, whose executors know nothing of this checkout: the job brings the package."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline import bootstrap
from pipeline.domain.tweet import Tweet
from pipeline.settings import Settings
from tests.processes import environment, started, until
from tests.spark_cluster import Cluster, cluster
from tests.streams import count, distinct_ids, publish
from tests.wheels import build

TWEETS = 3_000
PACKAGE = "tweetpulse.zip"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The wheel, named as Spark wants it."""
    return build(tmp_path / "dist").rename(tmp_path / PACKAGE)


@pytest.fixture
def interpreter(tmp_path: Path) -> Path:
    """A Python that has the libraries that the project needs, and not the project."""
    home = tmp_path / "libraries"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    (site,) = home.glob("lib/python*/site-packages")
    # Only the folder: what it links to in turn, such as a checkout, is not followed.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = home / "bin/python"
    without = subprocess.run([python, "-c", "import pipeline"], cwd=tmp_path, capture_output=True, check=False)
    assert b"No module named 'pipeline'" in without.stderr
    return python


@contextmanager
def streaming(settings: Settings, spark: Cluster, conf: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`tweetpulse run --once`, whose executors are the cluster's."""
    conf = known_to(spark) | conf
    own = {"TWEETPULSE_STREAM__MASTER": spark.url, "TWEETPULSE_STREAM__SPARK_CONF": json.dumps(conf)}
    command = [sys.executable, "-m", "pipeline", "run", "--once"]
    with started(command, log, environment(settings) | own) as process:
        yield process


def published(settings: Settings) -> None:
    """All tweets of a test, for a stream whose indices are there."""
    bootstrap.set_up(settings)
    publish(settings, [Tweet(id=f"test:{n}", text=f"tweet {n} is great", source="test") for n in range(TWEETS)])


def known_to(spark: Cluster) -> dict[str, str]:
    """What a driver on loopback needs."""
    return {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.authenticate": "true",
        "spark.authenticate.secret": spark.secret,
        "spark.executor.memory": "512m",
        # An executor that is killed leaves its temporary files.
        "spark.executor.extraJavaOptions": f"-Djava.io.tmpdir={spark.folder}",
    }


def test_executors_that_bring_the_package_and_are_killed(
    settings: Settings, package: Path, interpreter: Path, tmp_path: Path
) -> None:
    """An executor, then a whole worker dies in the middle: each tweet is indexed once, and the books balance."""
    conf = {
        "spark.submit.pyFiles": str(package),
        "spark.executorEnv.PYTHONPATH": PACKAGE,
        "spark.pyspark.python": str(interpreter),
    }
    stream = settings.stream.model_copy(update={"max_offsets_per_trigger": 500})
    settings = settings.model_copy(update={"stream": stream})
    published(settings)
    log = tmp_path / "run.log"
    with cluster(tmp_path / "cluster", workers=2) as spark, streaming(settings, spark, conf, log) as process:
        until(lambda: count(settings) >= TWEETS // 6 or process.poll() is not None, "the first batch", timeout=300)
        spark.executors()[0].kill()
        until(lambda: count(settings) >= TWEETS // 2 or process.poll() is not None, "half of them", timeout=300)
        spark.workers[0].send_signal(signal.SIGKILL)
        process.wait(timeout=300)
    told = log.read_text().splitlines()[-1]
    assert process.returncode == 0, log.read_text()
    assert told == f"read {TWEETS:,} records: {TWEETS:,} indexed, 0 already there, 0 rejected"
    assert count(settings) == distinct_ids(settings) == TWEETS


def test_executors_that_cannot_be_started(settings: Settings, tmp_path: Path) -> None:
    """One line says where to look, and the exit code is that of a missing part."""
    published(settings)
    log = tmp_path / "run.log"
    with cluster(tmp_path / "cluster", workers=1) as spark:
        # As on a worker whose disk is gone: an executor gets no folder.
        (tmp_path / "cluster/worker0/work").rmdir()
        (tmp_path / "cluster/worker0/work").touch()
        with streaming(settings, spark, {}, log) as process:
            process.wait(timeout=120)
    assert process.returncode == 3
    (line,) = [line for line in log.read_text().splitlines() if line.startswith("tweetpulse:")]
    assert line.startswith(f"tweetpulse: Spark does not run on {spark.url}: see whether ")
