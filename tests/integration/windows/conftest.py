"""A Spark that any test's windows may be kept in."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from pipeline.embedded.info import StackInfo
from pipeline.jvm.jars import spark_jars
from pipeline.jvm.java import find_java
from pipeline.stream.session import running
from pipeline.windows.plan import as_stream, conf
from tests.sparks import Sparks
from tests.stacks import stack_settings


@pytest.fixture
def spark(stack: StackInfo, sparks: Sparks) -> SparkSession:
    """The session of the windows' query."""
    settings = as_stream(stack_settings(stack.state_dir))
    more = conf(settings.windows)
    return sparks.of("windows", lambda: running(settings, spark_jars(settings), find_java().home, conf=more))
