"""Hadoop's mini cluster as a process of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from pipeline.jvm.java import find_java
from tests.connect.downloads import fetched

HERE = Path(__file__).parent
OF_SPARK = ("hadoop-client-api", "hadoop-client-runtime", "slf4j-api", "jcl-over-slf4j", "javax.servlet-api")


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The address of a new one, whose data are in a folder; it ends with the block."""
    jars = [*fetched("hdfs", HERE / "ivy.xml").glob("*/*.jar"), *_of_spark()]
    classes = ":".join(map(str, jars))
    java = [str(find_java().executable), "-Xmx512m", f"-Djava.io.tmpdir={folder.parent}"]
    command = [*java, "-cp", classes, str(HERE / "Cluster.java"), str(folder)]
    with (
        (folder.parent / "hdfs.log").open("wb") as log,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, cwd=folder.parent
        ) as process,
    ):
        try:
            assert process.stdout
            address = process.stdout.readline().decode().strip()
            assert address, (folder.parent / "hdfs.log").read_text()[-2000:]
            yield address
        finally:
            process.kill()


def _of_spark() -> Iterator[Path]:
    spec = find_spec("pyspark")
    assert spec
    assert spec.submodule_search_locations
    jars = Path(spec.submodule_search_locations[0]) / "jars"
    return (jar for name in OF_SPARK for jar in jars.glob(f"{name}-*.jar"))
