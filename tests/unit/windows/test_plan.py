"""Settings of windows in the units of the query, and as the stream's parts read them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.settings import Settings, StreamSettings, WindowsSettings
from pipeline.windows.plan import Length, as_stream, conf, kept, lengths

WINDOWS = WindowsSettings(lengths={"1d": "9y", "30s": "2d"}, cores=3, checkpoint=Path("/c"), driver_memory="2g")


def test_lengths() -> None:
    """The shortest first, with how long each is kept; a year is never too short."""
    assert lengths(WINDOWS) == (Length("30s", 30), Length("1d", 86_400))
    assert kept(WINDOWS) == {"1d": timedelta(days=9 * 366), "30s": timedelta(days=2)}


@pytest.mark.parametrize("wrong", [{}, {"0m": "1d"}, {"1w": "1d"}, {"1m": "1h"}, {"1m": "0d"}, {"m": "1d"}])
def test_wrong_lengths(wrong: dict[str, str]) -> None:
    """They are refused where settings are read."""
    with pytest.raises(ValidationError):
        WindowsSettings.model_validate({"lengths": wrong})


def test_as_the_streams() -> None:
    """The topic is that of scored tweets, and nothing that was set for the stream's own Spark is taken over."""
    stream = StreamSettings(master="spark://cluster:7077", spark_conf={"spark.executor.instances": "9"}, cores=8)
    found = as_stream(Settings(windows=WINDOWS, stream=stream))
    assert found.kafka.tweets_topic == "tweets.scored"
    assert (found.checkpoint, found.stream.cores, found.stream.driver_memory) == (Path("/c"), 3, "2g")
    assert (found.stream.master, found.stream.spark_conf) == (None, {})
    assert conf(WINDOWS)["spark.sql.shuffle.partitions"] == "3"
