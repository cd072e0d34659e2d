"""A Spark that any test's stream may run in."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from pipeline.embedded.info import StackInfo
from pipeline.jvm.jars import spark_jars
from pipeline.jvm.java import find_java
from pipeline.stream.session import running
from tests.sparks import Sparks
from tests.stacks import stack_settings


@pytest.fixture
def spark(stack: StackInfo, sparks: Sparks) -> SparkSession:
    """The stream's session."""
    settings = stack_settings(stack.state_dir)
    return sparks.of("stream", lambda: running(settings, spark_jars(settings), find_java().home))
