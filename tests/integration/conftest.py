"""A client, for tests that look into Elasticsearch themselves, and a Spark that any test's stream may run in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from elasticsearch import Elasticsearch
from pyspark.sql import SparkSession

from pipeline.embedded.info import StackInfo
from pipeline.jvm.jars import spark_jars
from pipeline.jvm.java import find_java
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.setup import set_up
from pipeline.stream.session import running
from tests.sparks import Sparks
from tests.stacks import stack_settings


@pytest.fixture
def client(settings: Settings) -> Iterator[Elasticsearch]:
    """A client of a server that is set up for this test's namespace."""
    with connect(settings.elasticsearch) as connected:
        set_up(connected, settings.elasticsearch)
        yield connected


@pytest.fixture
def spark(stack: StackInfo, sparks: Sparks) -> SparkSession:
    """The stream's session."""
    settings = stack_settings(stack.state_dir)
    return sparks.of("stream", lambda: running(settings, spark_jars(settings), find_java().home))
