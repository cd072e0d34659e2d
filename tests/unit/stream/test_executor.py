"""The command line of an executor in a pod."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SetupError
from pipeline.stream.executor import command

POD = {
    "SPARK_DRIVER_URL": "spark://CoarseGrainedScheduler@stream-0:7078",
    "SPARK_EXECUTOR_ID": "3",
    "SPARK_EXECUTOR_CORES": "2",
    "SPARK_EXECUTOR_MEMORY": "1024m",
    "SPARK_APPLICATION_ID": "spark-1",
    "SPARK_EXECUTOR_POD_IP": "10.0.0.7",
    "SPARK_EXECUTOR_POD_NAME": "tweetpulse-exec-3",
    "SPARK_RESOURCE_PROFILE_ID": "0",
}
JAVA, JARS = Path("/java"), Path("/jars")


def test_it_is_what_the_pod_says() -> None:
    """The executor's own class, with the driver's address and its own name."""
    words = command(POD, JAVA, JARS)
    assert words[:6] == ["/java", "-Dspark.master=k8s://", "-Xms1024m", "-Xmx1024m", "-cp", "/jars/*"]
    options = dict(zip(words[7::2], words[8::2], strict=True))
    assert (options["--driver-url"], options["--executor-id"]) == (POD["SPARK_DRIVER_URL"], "3")
    assert (options["--hostname"], options["--podName"]) == ("10.0.0.7", "tweetpulse-exec-3")


def test_options_of_the_jvm_are_in_their_order_and_whole() -> None:
    """The tenth is not the second, and what has a space in it is one option."""
    options = {f"SPARK_JAVA_OPT_{number}": f"-Da={number} b" for number in range(11)}
    assert command(POD | options, JAVA, JARS)[2:13] == [f"-Da={number} b" for number in range(11)]


def test_more_classes_come_after_spark() -> None:
    words = command(POD | {"SPARK_CLASSPATH": "/more.jar"}, JAVA, JARS)
    assert words[words.index("-cp") + 1] == "/jars/*:/more.jar"


@pytest.mark.parametrize("name", POD)
def test_elsewhere_it_is_refused(name: str) -> None:
    """In one line that names what is missing."""
    with pytest.raises(SetupError, match=f"{name} is not set"):
        command({key: value for key, value in POD.items() if key != name}, JAVA, JARS)
