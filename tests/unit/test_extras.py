"""Packages that only an extra installs."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pipeline import extras
from pipeline.cli.commands import COMMANDS
from pipeline.doctor import machine
from pipeline.domain.prediction import Task
from pipeline.errors import SetupError
from pipeline.registry.registry import Registry
from tests.paths import ROOT

WITHOUT = """
import importlib, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {packages!r}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
for module in {modules!r}:
    importlib.import_module(module)
"""


IMPORTED_AS = {"scikit-learn": "sklearn", "python-snappy": "snappy"}


@pytest.mark.parametrize(
    "modules",
    [
        ("tweetpulse",),
        ("exporters.__main__",),
        tuple(sorted({f"pipeline.cli.{command.module}" for command in COMMANDS.values()})),
        # What `pipeline.bootstrap` builds for collectors and servers, which it imports when it is asked for.
        (
            "pipeline.bootstrap",
            "pipeline.doctor.checks",
            "pipeline.kafka.publisher",
            "pipeline.kafka.resending",
            "pipeline.sinks.elasticsearch.setup",
            "pipeline.sources.live.runtime",
            "pipeline.sources.load",
            "pipeline.telemetry.sources",
        ),
    ],
    ids=lambda modules: modules[0],
)
def test_what_is_imported_without_the_extra(modules: tuple[str, ...]) -> None:
    """The public module, the exporter and every command are, before they do anything."""
    packages = ("py4j", *(name for of_one in extras.PACKAGES.values() for name in of_one))
    code = WITHOUT.format(packages=packages, modules=modules)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("extra", extras.PACKAGES)
def test_what_an_extra_brings_is_looked_for(extra: extras.Extra) -> None:
    """A requirement that is added to an extra is missed where it is missing."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {
        IMPORTED_AS.get(name := requirement.split(">")[0], name)
        for requirement in project["optional-dependencies"][extra]
    }
    assert wanted == set(extras.PACKAGES[extra])


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra that brings it, in one line; so does the doctor."""
    monkeypatch.setitem(extras.PACKAGES, "stream", ("pyarrow", "no_such_package"))
    with pytest.raises(SetupError) as caught:
        extras.require("stream")
    assert (
        caught.value.message
        == "no_such_package not installed: run `pip install 'tweetpulse[stream]'`, or `make env` in a clone"
    )
    (finding,) = machine.spark()
    assert (finding.level, "no_such_package" in finding.text, finding.cure) == (
        "fault",
        True,
        "pip install 'tweetpulse[stream]'",
    )


def test_what_is_installed_is_not_missed() -> None:
    """Nothing is said where all of it is there; the doctor says which Spark it is."""
    extras.require("stream")
    (finding,) = machine.spark()
    assert (finding.level, finding.text.startswith("Spark 4.")) == ("ok", True)


def test_only_a_registry_elsewhere_needs_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder on this machine is read without Arrow; a store by its URI is not."""
    monkeypatch.setitem(extras.PACKAGES, "stream", ("no_such_package",))
    assert Registry(f"file://{tmp_path}/models").champion(Task.SENTIMENT) is None
    with pytest.raises(SetupError, match=r"tweetpulse\[stream\]"):
        Registry("s3://bucket/models").champion(Task.SENTIMENT)
