"""The modules that starting the exporter loads."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import exporters.__main__, sys
print([name for name in sorted(sys.modules) if name.startswith(("pyspark", "pipeline.s"))])
"""


def test_spark_is_never_imported() -> None:
    """Neither pyspark nor an adapter of the stream comes with it."""
    loaded = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "['pipeline.setting_names', 'pipeline.settings']"
