"""The properties of the stream's Spark session."""

from __future__ import annotations

import pytest

from pipeline.errors import ConfigError
from pipeline.settings import Settings, StreamSettings, load
from pipeline.stream.session import _conf


def conf(**stream: object) -> dict[str, str]:
    return _conf(Settings(stream=StreamSettings.model_validate(stream)), [])


def test_without_a_master_nothing_listens_beyond_loopback() -> None:
    assert conf()["spark.driver.bindAddress"] == "127.0.0.1"


def test_a_cluster_gets_what_was_set_for_it() -> None:
    """Its address, and Spark's own properties."""
    given = {"spark.driver.bindAddress": "0.0.0.0", "spark.executor.instances": "3"}
    found = conf(master="spark://host:7077", spark_conf=given)
    assert given.items() <= found.items()
    assert found["spark.master"] == "spark://host:7077"


@pytest.mark.parametrize("name", ["spark.master", "spark.sql.execution.arrow.maxRecordsPerBatch", "spark.jars"])
def test_what_the_stream_needs_as_it_is_can_not_be_changed(name: str) -> None:
    """Such as the size of a chunk, which another setting gives."""
    with pytest.raises(ConfigError, match=f"the stream sets {name} itself"):
        conf(spark_conf={name: "1"})


def test_loopback_can_not_be_left_without_a_cluster() -> None:
    with pytest.raises(ConfigError, match=r"spark\.driver\.bindAddress"):
        conf(spark_conf={"spark.driver.bindAddress": "0.0.0.0"})


def test_another_program_s_property_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable holds JSON."""
    monkeypatch.setenv("TWEETPULSE_STREAM__SPARK_CONF", '{"executor.memory": "1g"}')
    with pytest.raises(ConfigError, match=r"stream\.spark_conf"):
        load()
