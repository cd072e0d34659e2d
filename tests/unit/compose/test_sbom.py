"""The list of what is in the image."""

from __future__ import annotations

import importlib.util
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.paths import ROOT


def sbom() -> Any:
    """The script as a module: it belongs to no package."""
    spec = importlib.util.spec_from_file_location("sbom", ROOT / "compose/sbom.py")
    assert spec
    assert spec.loader
    module = sys.modules["sbom"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def jar(path: Path, **told: str) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name, text in told.items():
            made.writestr(f"META-INF/maven/org.example/{name}/pom.properties", text)
    return path


def test_a_jar_is_what_it_says_of_itself(tmp_path: Path) -> None:
    """By Maven's coordinates, if it holds one artifact under its own name; else by the name of its file."""
    told = "#made by Maven\nversion=1.2\ngroupId=org.example\nartifactId=one\n"
    found = sbom().of_jar(jar(tmp_path / "one-1.2.jar", one=told))
    assert found.purl == "pkg:maven/org.example/one@1.2"
    assert sbom().of_jar(jar(tmp_path / "shaded_2.13-4.0.jar", one=told)).purl == "pkg:generic/shaded_2.13@4.0"
    kafka, hive = (sbom().of_jar(jar(tmp_path / name)) for name in ("sql-kafka-0-10_2.13-4.0.jar", "exec-2.3-core.jar"))
    assert (kafka.name, kafka.version, hive.name, hive.version) == ("sql-kafka-0-10_2.13", "4.0", "exec", "2.3-core")
    assert sbom().of_jar(jar(tmp_path / "nameless.jar")).purl == "pkg:generic/nameless@unknown"


def test_packages_of_this_interpreter_are_listed_once_and_in_order() -> None:
    """With the names that PyPI knows them by; a version with a sign of URLs is quoted."""
    module = sbom()
    found = module.document({*module.of_python(), module.Component("deb", "debian", "jre", "17~1+deb")})
    urls = [one["purl"] for one in found["components"]]
    assert f"pkg:pypi/pyspark@{version('pyspark')}" in urls
    assert urls[0] == "pkg:deb/debian/jre@17~1%2Bdeb"
    assert urls == sorted(set(urls))
