"""A Spark session in this process: its JVM started with our options, its chatter kept in a file, ended cleanly."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from py4j.java_gateway import JavaGateway
from py4j.protocol import Py4JError, Py4JJavaError
from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from pipeline import private_files
from pipeline.errors import PipelineError, SetupError
from pipeline.temporary_folders import temporary

JVM_OPTIONS = (
    f"-Dlog4j2.configurationFile={(Path(__file__).parent / 'log4j2.properties').as_uri()}",
    "-Djava.net.preferIPv4Stack=true",
    "-XX:+UseSerialGC",
)

_PRIVATE = {"spark.hadoop.fs.permissions.umask-mode": "077"}
"""A checkpoint is its owner's alone: Hadoop sets the rights of files by this, whatever the process's umask."""


TASK_ATTEMPTS = 3
_OPTIONS = "spark.driver.extraJavaOptions"
_OUT_OF_MEMORY = 52
"""The exit code of a JVM that Spark ends for want of memory (`SparkExitCode.OOM`)."""

_ENDING = 10.0
"""Seconds that a JVM may take to end once it no longer answers."""


@contextmanager
def running(
    conf: Mapping[str, str], state_dir: Path, log: str, java_home: Path, *, memory_cure: str
) -> Iterator[SparkSession]:
    """A session; stopped at the end, also when it is interrupted while it starts.

    Args:
        conf: Spark's.
        state_dir: whose `logs` and `tmp` it writes to.
        log: the name of the file where the JVM and its workers write.
        java_home: of a Java that Spark runs on.
        memory_cure: what to do where the JVM runs out of memory, for whoever reads the error.

    Raises:
        SetupError: the log can't be written, its master has no executor for it, or the JVM ran out of memory.
        PipelineError: the JVM was ended by somebody else.
    """
    os.environ["JAVA_HOME"] = str(java_home)
    # It logs the end of the JVM as tracebacks, which `_as_error` says in a line. It uses the root logger too.
    for name in ("", "py4j.clientserver", "py4j.java_gateway"):
        logging.getLogger(name or None).addFilter(_is_not_of_py4j)
    # Else workers start whatever python3 is first on PATH. Those of a cluster may have theirs elsewhere.
    os.environ["PYSPARK_PYTHON"] = conf.get("spark.pyspark.python", sys.executable)
    os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    with _opened(state_dir / "logs" / log) as file, temporary(state_dir / "tmp") as folder:
        spark_conf = _conf(conf, folder)
        # Made in the main thread it would put its own Ctrl-C in the place of ours, which ends a batch cleanly. And
        # what a Ctrl-C interrupts is the waiting alone: a JVM that is being started is known in the end, and ended.
        with ThreadPoolExecutor(1) as elsewhere:
            launching = elsewhere.submit(_launched, spark_conf, folder, file)
            making = elsewhere.submit(lambda: SparkContext(conf=spark_conf, gateway=launching.result()))
            try:
                yield SparkSession(making.result())
            except Exception as error:
                lost = _lost(launching, error)
                if lost is not None:
                    raise _as_error(lost, memory_cure, file.name) from error
                if isinstance(error, Py4JJavaError) and _is_stopped(making):
                    raise _refused(spark_conf, file.name) from error
                raise
            finally:
                _end(launching, making)


def _conf(conf: Mapping[str, str], folder: Path) -> SparkConf:
    # Spark splits the options as a shell does, so a path with a space in it has to be quoted.
    escaped = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    options = {_OPTIONS: f'{conf.get(_OPTIONS, "")} "-Djava.io.tmpdir={escaped}"'}
    return SparkConf().setAll(list((_PRIVATE | dict(conf) | options).items()))


def _launched(conf: SparkConf, folder: Path, log: BinaryIO) -> JavaGateway:
    with _temporary_files_in(folder):
        options = {"stdout": log, "stderr": log, "umask": 0o077}
        return launch_gateway(conf, popen_kwargs=options)  # type: ignore[no-untyped-call]


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Processes that are started in the block, and this one, write them there; a place that was set for Spark stays."""
    before = {name: os.environ.get(name) for name in ("TMPDIR", "SPARK_LOCAL_DIRS")}
    own, tempfile.tempdir = tempfile.tempdir, str(folder)
    os.environ.update({name: str(folder) for name, value in before.items() if name == "TMPDIR" or not value})
    try:
        yield
    finally:
        tempfile.tempdir = own
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _lost(launching: Future[JavaGateway], error: Exception) -> int | None:
    """The exit code of a JVM that ended in the middle of its work; None where it is still there.

    Its end closes its sockets first, so that errors of many kinds come before it can be seen.
    """
    if launching.exception() is not None:
        return None
    # An error that explains itself was not caused by the end of the JVM, so there is none to wait for.
    is_explained = isinstance(error, PipelineError) and error.exit_code != PipelineError.exit_code
    with suppress(subprocess.TimeoutExpired):
        code: int = launching.result().proc.wait(0 if is_explained else _ENDING)
        return code
    return None


def _is_stopped(making: Future[SparkContext]) -> bool:
    """True if Spark gave up by itself, as it does where no executor can be had."""
    return making.exception() is not None or bool(making.result()._jsc.sc().isStopped())


def _refused(conf: SparkConf, log: str) -> SetupError:
    return SetupError(
        f"Spark does not run on {conf.get('spark.master')}: see whether that master answers this machine, "
        f"and whether its workers can start executors; the log is {log}"
    )


def _as_error(code: int, memory_cure: str, log: str) -> PipelineError:
    if code == _OUT_OF_MEMORY:
        return SetupError(f"Spark's JVM ran out of memory: {memory_cure}")
    how = f"by signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"with exit code {code}"
    return PipelineError(f"Spark's JVM ended {how}: start again, it continues where it stopped; its log is {log}")


def _is_not_of_py4j(record: logging.LogRecord) -> bool:
    return record.module not in ("java_gateway", "clientserver")


def _end(launching: Future[JavaGateway], making: Future[SparkContext]) -> None:
    if not making.cancel() and making.exception() is None:
        # A JVM that is gone can't be asked to stop.
        with suppress(Py4JError, OSError):
            making.result().stop()
    # A new context in this process starts a JVM of its own, with its own options.
    SparkContext._gateway = SparkContext._jvm = None
    if launching.exception() is None:
        gateway = launching.result()
        gateway.shutdown()
        # Spark's gateway ends when its standard input does.
        gateway.proc.stdin.close()
        _await_end(gateway.proc)


def _await_end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def local_conf(master: str | None, cores: int | None) -> dict[str, str]:
    """The master: a cluster's, or this machine's cores, where nothing listens beyond loopback."""
    if master:
        return {"spark.master": master}
    return {
        # A worker that the system kills (out of memory) costs an attempt at its task, not the query.
        "spark.master": f"local[{cores or os.cpu_count() or 2},{TASK_ATTEMPTS}]",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }


def _opened(path: Path) -> BinaryIO:
    """On the terminal the JVM's chatter would bury what matters."""
    try:
        private_files.make_folder(path.parent)
        return open(path, "ab", opener=private_files.opener)
    except OSError as error:
        raise SetupError(f"{path} can't be written ({error.strerror}): set TWEETPULSE_STATE_DIR to another") from None
