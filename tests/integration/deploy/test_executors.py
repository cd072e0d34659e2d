"""The stream on executors that are pods: as Spark's own scheduler makes them from our template and our settings.

There is no cluster: `tests/fake_kubernetes.py` keeps the pods, and runs each as a process of this machine.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pytest
from pyspark.sql import SparkSession

from pipeline.domain.tweet import Tweet
from pipeline.jvm.jars import spark_jars
from pipeline.jvm.java import find_java
from pipeline.settings import Settings
from pipeline.stream.session import running
from tests.fake_kubernetes import FakeKubernetes, serving
from tests.manifests import DEPLOY, faults, of_kind, read
from tests.processes import until
from tests.sparks import Sparks
from tests.streams import count, distinct_ids, drain, publish

DRIVER = "tweetpulse-stream-0"
TWEETS = 200


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[FakeKubernetes]:
    """In which the driver's pod runs."""
    with serving(tmp_path / "pods") as found:
        ready = {"phase": "Running", "podIP": "127.0.0.1", "conditions": [{"type": "Ready", "status": "True"}]}
        metadata = {"name": DRIVER, "namespace": "tweetpulse"}
        found.add({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {}, "status": ready})
        yield found


@pytest.fixture
def clustered(settings: Settings, cluster: FakeKubernetes, tmp_path: Path) -> Settings:
    """What deploy/base sets for Spark, but for paths and addresses: all on loopback here, and ports are free ones."""
    secret = tmp_path / "secret"
    secret.write_text(token_hex(32))
    table = tomllib.loads((DEPLOY / "base/tweetpulse.toml").read_text())["stream"]["spark_conf"]
    here = {
        "spark.authenticate.secret.file": str(secret),
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.port": "0",
        "spark.driver.blockManager.port": "0",
        "spark.blockManager.port": "0",
        "spark.executor.instances": "1",
        "spark.kubernetes.container.image": "tweetpulse:test",
        "spark.kubernetes.driver.pod.name": DRIVER,
        "spark.kubernetes.executor.podTemplateFile": str(DEPLOY / "base/executor.yaml"),
        "spark.kubernetes.namespace": "tweetpulse",
    }
    stream = settings.stream.model_copy(update={"master": f"k8s://{cluster.url}", "spark_conf": table | here})
    return settings.model_copy(update={"stream": stream})


@pytest.fixture
def spark(clustered: Settings, sparks: Sparks) -> Iterator[SparkSession]:
    """The stream's session, on the cluster."""
    sparks.close()
    with running(clustered, spark_jars(clustered), find_java().home) as session:
        yield session


def test_pods_score_and_a_lost_one_is_replaced(
    clustered: Settings, spark: SparkSession, cluster: FakeKubernetes
) -> None:
    """Each tweet is indexed once, also after an executor is deleted; its pod keeps our rules, the driver its rights."""
    publish(clustered, tweets(0))
    drained = drain(spark, clustered)
    assert drained.counts() == {"read": TWEETS, "indexed": TWEETS, "already there": 0, "rejected": 0}
    [first] = cluster.made
    assert faults([first]) == []
    cluster.remove(first["metadata"]["name"])
    until(lambda: len(cluster.made) > 1, "another executor")
    publish(clustered, tweets(TWEETS))
    assert drain(spark, clustered).counts()["indexed"] == TWEETS
    assert count(clustered) == distinct_ids(clustered) == 2 * TWEETS
    assert missing_rights(cluster) == set()


def tweets(first: int) -> list[Tweet]:
    numbers = range(first, first + TWEETS)
    return [Tweet(id=f"test:{number}", text=f"tweet {number} is great", source="test") for number in numbers]


def missing_rights(cluster: FakeKubernetes) -> set[tuple[str, str]]:
    """What the driver asked for and its role does not let it do."""
    [role] = of_kind(read(DEPLOY / "base/stream.yaml"), "Role")
    allowed = {(verb, name) for rule in role["rules"] for verb in rule["verbs"] for name in rule["resources"]}
    assert len(cluster.asked) >= 4
    return cluster.asked - allowed
