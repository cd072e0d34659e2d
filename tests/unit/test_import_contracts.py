"""The import contracts: each is broken once, in a copy of the tree, and import-linter must say so."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.paths import ROOT

OURS = ("tweetpulse", "pipeline", "exporters", "dashboards")
LAYERS = "imports point one way"
PURE = "domain and scoring do no I/O"
ELASTICSEARCH = "only the Elasticsearch component imports its client"
SPARK = "only stream, windows, training and their session import Spark"
SOURCES = "sources do not import each other"
EXPORTERS = "exporters never import Spark"
DOCTOR = "the doctor looks without Spark"
DASHBOARDS = "dashboards import nothing of ours"
PUBLIC = "the public module is a door out"

PLANTED = [
    (LAYERS, "pipeline.errors", "pipeline.domain.names"),
    (LAYERS, "pipeline.kafka.topics", "pipeline.stream.messages"),
    (PURE, "pipeline.domain.names", "socket"),
    (PURE, "pipeline.domain.parts", "urllib.request"),
    (PURE, "pipeline.domain.faults", "http.client"),
    (PURE, "pipeline.domain.replay", "pathlib"),
    (PURE, "pipeline.domain.tweet", "pydantic_settings"),
    (PURE, "pipeline.scoring.clean", "subprocess"),
    (PURE, "pipeline.scoring.cache", "asyncio"),
    (PURE, "pipeline.scoring.kind", "os.path"),
    (PURE, "pipeline.scoring.linear", "pyarrow.parquet"),
    (ELASTICSEARCH, "pipeline.telemetry.process", "elasticsearch"),
    (ELASTICSEARCH, "exporters.store", "elasticsearch.helpers"),
    (ELASTICSEARCH, "pipeline.stream.messages", "elastic_transport"),
    (SPARK, "pipeline.telemetry.metrics", "pyspark.sql"),
    (SPARK, "pipeline.cli.stream", "py4j.protocol"),
    (SOURCES, "pipeline.sources.mastodon.text", "pipeline.sources.twitter.ids"),
    (SOURCES, "pipeline.sources.twitter.ids", "pipeline.sources.files"),
    (SOURCES, "pipeline.sources.files", "pipeline.sources.twitter.api"),
    (EXPORTERS, "exporters.disk", "pyspark"),
    (EXPORTERS, "exporters.alias", "pipeline.stream.messages"),
    (EXPORTERS, "exporters.store", "pipeline.sinks.elasticsearch.events"),
    (DOCTOR, "pipeline.doctor.clock", "pipeline.spark_session"),
    (DASHBOARDS, "dashboards.grafana.config", "pipeline.domain.names"),
    (PUBLIC, "exporters.kept", "tweetpulse"),
]
"""A contract, and an import that breaks it: by whom, and of what."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Contract → what is said of it where every violation is planted, and one module is in no layer."""
    tree = _copy(tmp_path_factory.mktemp("planted"))
    for _, importer, imported in PLANTED:
        with tree.joinpath(*importer.split(".")).with_suffix(".py").open("a", encoding="utf-8") as file:
            file.write(f"\nimport {imported}\n")
    (tree / "pipeline" / "unlisted.py").write_text("", encoding="utf-8")
    code, said = _lint(tree)
    assert code == 1, said
    return _by_contract(said)


@pytest.mark.parametrize(("contract", "importer", "imported"), PLANTED)
def test_a_violation_is_found(found: dict[str, str], contract: str, importer: str, imported: str) -> None:
    """An import that a contract forbids is named under that contract."""
    package = imported.split(".")[0]
    link = f"{importer} -> {imported if package in OURS else package} "
    assert link in found[contract], found[contract]


def test_a_module_in_no_layer_is_found(found: dict[str, str]) -> None:
    """Whoever adds a module says in which layer it is."""
    assert "unlisted" in found[LAYERS], found[LAYERS]


def test_every_contract_is_violated_here() -> None:
    """A contract that is added is planted against here, too."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    assert {contract for contract, _, _ in PLANTED} == {contract["name"] for contract in contracts["contracts"]}


def test_the_tree_as_it_is_keeps_them(tmp_path: Path) -> None:
    """Nothing is found in a copy without a violation: what is found above is what was planted."""
    code, said = _lint(_copy(tmp_path))
    assert (code, "0 broken" in said) == (0, True), said


def _copy(folder: Path) -> Path:
    for package in OURS:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "*.json"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def _lint(tree: Path) -> tuple[int, str]:
    # The packages are found beside the configuration, before the installed ones.
    program = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as lint; lint()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--no-logo"],
        cwd=tree,
        env=os.environ | {"COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def _by_contract(said: str) -> dict[str, str]:
    """The report has a heading, underlined, for each broken contract."""
    _, _, report = said.partition("Broken contracts")
    parts = re.split(r"^(.+)\n-{3,}$", report, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))
