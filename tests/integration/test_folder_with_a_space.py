"""A clone may lie anywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.paths import ROOT

SCRIPT = """
import sys
from pathlib import Path
import pipeline
from pipeline import spark_session
from pipeline.jvm.java import find_java
conf = spark_session.local_conf(None, 1) | {
    "spark.ui.enabled": "false",
    "spark.driver.extraJavaOptions": " ".join(spark_session.JVM_OPTIONS),
}
with spark_session.running(conf, Path(sys.argv[1]), "spark.log", find_java().home, memory_cure="") as spark:
    configuration = spark._jvm.org.apache.logging.log4j.LogManager.getContext(False).getConfiguration()
    print(pipeline.__file__, spark.range(3).count(), configuration.getConfigurationSource().getLocation())
"""


def test_spark_starts_from_a_clone_in_a_folder_with_a_space(tmp_path: Path) -> None:
    """With the settings of logs that are in that clone, and with a state folder that has a space too."""
    clone = tmp_path / "a clone"
    shutil.copytree(ROOT / "pipeline", clone / "pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "a state")],
        check=False,
        capture_output=True,
        text=True,
        cwd=clone,
        env=os.environ | {"PYTHONPATH": str(clone)},
    )
    log = tmp_path / "a state" / "logs" / "spark.log"
    assert done.returncode == 0, done.stderr + log.read_text()
    package = clone / "pipeline"
    assert done.stdout.strip() == f"{package / '__init__.py'} 3 {package / 'log4j2.properties'}"
