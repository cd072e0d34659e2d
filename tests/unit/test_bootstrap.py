"""The composition root: what it builds, and what it leaves alone until it is needed."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing

import pytest

from pipeline import bootstrap
from pipeline.errors import ConfigError
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from tests.paths import ROOT


def test_the_command_line_starts_without_spark() -> None:
    """Importing every command imports no Spark, which takes longer than most of them, and prints nothing."""
    code = (
        "import sys, pipeline.cli; print([name for name in sys.modules if name.split('.')[0] in ('pyspark', 'py4j')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_client() -> None:
    """Building one asks the server nothing; it is bound for the address of the settings."""
    settings = Settings.model_construct(elasticsearch=ElasticsearchSettings(url="http://127.0.0.1:1"))
    with closing(bootstrap.elasticsearch(settings)) as client:
        assert [node.base_url for node in client.transport.node_pool.all()] == ["http://127.0.0.1:1"]


def test_settings_that_can_not_be_used() -> None:
    """Said as a wrong setting."""
    settings = Settings.model_construct(elasticsearch=ElasticsearchSettings(url="127.0.0.1"))
    with pytest.raises(ConfigError):
        bootstrap.elasticsearch(settings)
