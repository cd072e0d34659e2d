"""The end of Spark's JVM in the middle of its work, told in one line."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline import spark_session
from pipeline.errors import ConfigError, PipelineError, SetupError


def gateway(program: str) -> tuple[Future[Any], subprocess.Popen[bytes]]:
    """A JVM's place is taken by a process that ends as one does."""
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
    future: Future[Any] = Future()
    future.set_result(SimpleNamespace(proc=process))
    return future, process


@pytest.mark.parametrize(
    ("program", "code", "error", "message"),
    [
        ("raise SystemExit(52)", 3, SetupError, "Spark's JVM ran out of memory: give it more"),
        (
            "import os; os.kill(os.getpid(), 9)",
            1,
            PipelineError,
            "Spark's JVM ended by signal 9 (SIGKILL): start again, it continues where it stopped; its log is spark.log",
        ),
        (
            "raise SystemExit(3)",
            1,
            PipelineError,
            "Spark's JVM ended with exit code 3: start again, it continues where it stopped; its log is spark.log",
        ),
    ],
)
def test_the_end_of_a_jvm_is_told_in_one_line(
    program: str, code: int, error: type[PipelineError], message: str
) -> None:
    launching, _ = gateway(program)
    lost = spark_session._lost(launching, ConnectionRefusedError())
    assert lost is not None
    told = spark_session._as_error(lost, "give it more", "spark.log")
    assert (type(told), told.exit_code, told.message) == (error, code, message)


def test_a_jvm_that_is_there_is_not_waited_for_where_the_error_explains_itself() -> None:
    launching, process = gateway("input()")
    try:
        assert spark_session._lost(launching, ConfigError("Kafka refuses the stream's user")) is None
    finally:
        assert process.stdin
        process.stdin.close()
        process.wait()
