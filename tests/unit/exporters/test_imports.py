"""The modules that starting the exporter loads."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import exporters.__main__, sys
print(*(name for name in sorted(sys.modules) if name.startswith(("pyspark", "pipeline.s"))), sep="\\n")
"""


def test_spark_is_never_imported() -> None:
    """Neither pyspark nor the stream comes with it, and of the Elasticsearch component the client alone."""
    loaded = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True).stdout
    assert loaded.split() == [
        "pipeline.section",
        "pipeline.setting_names",
        "pipeline.settings",
        "pipeline.sinks",
        "pipeline.sinks.elasticsearch",
        "pipeline.sinks.elasticsearch.client",
        "pipeline.sinks.elasticsearch.settings",
        "pipeline.standard_streams",
    ]
