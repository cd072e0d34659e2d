"""One Spark for the whole session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from pipeline.embedded.info import StackInfo
from pipeline.embedded.jars import spark_jars
from pipeline.embedded.java import find_java
from pipeline.stream.session import running
from tests.stacks import stack_settings


@pytest.fixture(scope="session")
def spark(stack: StackInfo) -> Iterator[SparkSession]:
    """A session that any test's stream may run in."""
    settings = stack_settings(stack.state_dir)
    with running(settings, spark_jars(settings), find_java().home) as session:
        yield session
