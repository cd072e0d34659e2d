"""`python -m pipeline.stream.executor`: an executor in a pod that Spark's Kubernetes scheduler has made.

Spark's own images start an executor by a shell script, which is not in Spark's Python package. This does the same for
an image that has only that package: it becomes the JVM that the variables of the pod describe.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pyspark

from pipeline.errors import PipelineError, SetupError
from pipeline.jvm.java import find_java

_MAIN = "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend"
_OPTION = re.compile(r"SPARK_JAVA_OPT_(\d+)")
_OF_EXECUTOR = {
    "--driver-url": "SPARK_DRIVER_URL",
    "--executor-id": "SPARK_EXECUTOR_ID",
    "--cores": "SPARK_EXECUTOR_CORES",
    "--app-id": "SPARK_APPLICATION_ID",
    "--hostname": "SPARK_EXECUTOR_POD_IP",
    "--resourceProfileId": "SPARK_RESOURCE_PROFILE_ID",
    "--podName": "SPARK_EXECUTOR_POD_NAME",
}
"""An option of the executor → the variable by which Spark tells the pod its value."""


def command(environ: Mapping[str, str], java: Path, jars: Path) -> list[str]:
    """The command line of the JVM.

    Raises:
        SetupError: a variable is missing: no driver has made this pod.
    """
    needed = ("SPARK_EXECUTOR_MEMORY", *_OF_EXECUTOR.values())
    if missing := [name for name in needed if name not in environ]:
        raise SetupError(f"{missing[0]} is not set: an executor is started by Spark, in a pod that it makes")
    memory = environ["SPARK_EXECUTOR_MEMORY"]
    options = sorted((int(found[1]), value) for name, value in environ.items() if (found := _OPTION.fullmatch(name)))
    extra = environ.get("SPARK_CLASSPATH", "")
    return [
        str(java),
        # Spark takes its secret from a file only in Kubernetes, and until it has asked the driver it does not know.
        "-Dspark.master=k8s://",
        *(value for _, value in options),
        f"-Xms{memory}",
        f"-Xmx{memory}",
        "-cp",
        ":".join(part for part in (f"{jars}/*", extra) if part),
        _MAIN,
        *(word for option, name in _OF_EXECUTOR.items() for word in (option, environ[name])),
    ]


def main() -> None:
    """Become the executor; the exit code of an error is its own (see `pipeline.errors`)."""
    try:
        java = find_java().executable
        words = command(os.environ, java, Path(pyspark.__file__).parent / "jars")
        os.execv(java, words)  # noqa: S606 - there is no shell to start
    except PipelineError as error:
        sys.stderr.write(f"executor: {error.message}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
