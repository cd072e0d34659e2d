"""Jars that only tests need, fetched once by the Ivy that pyspark ships; those of Connect have about 105 MB."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from importlib.util import find_spec
from pathlib import Path

from pipeline import passable_folders
from pipeline.jvm.java import find_java
from pipeline.locks import only_one
from pipeline.settings import load

IVY_XML = Path(__file__).with_name("ivy.xml")


def parts() -> Path:
    """A folder with `worker/`, `mongodb/` and `mysql/`, each with jars."""
    return fetched("connect", IVY_XML)


def fetched(name: str, ivy_xml: Path) -> Path:
    """A folder with what a file of Ivy's names: a folder in it for each of its configurations."""
    home = load().cache_dir / name / hashlib.sha256(ivy_xml.read_bytes()).hexdigest()[:12]
    passable_folders.make(home.parent, "set TWEETPULSE_CACHE_DIR to another folder")
    with only_one(home.parent, lambda: None):
        if not home.exists():
            staging = home.with_name("staging")
            shutil.rmtree(staging, ignore_errors=True)
            _fetch(home.parent / "ivy", staging, ivy_xml)
            staging.rename(home)
    return home


def _fetch(cache: Path, folder: Path, ivy_xml: Path) -> None:
    command = [
        str(find_java().executable),
        "-Djava.net.useSystemProxies=true",
        f"-Divy.default.ivy.user.dir={cache}",
        *("-jar", str(_ivy())),
        *("-ivy", str(ivy_xml)),
        *("-cache", str(cache)),
        *("-retrieve", f"{folder}/[conf]/[artifact]-[revision].[ext]"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stdout[-2000:]
    for archive in folder.glob("*/*.tar.gz"):
        with tarfile.open(archive) as packed:
            packed.extractall(archive.parent, filter="data")
        archive.unlink()


def _ivy() -> Path:
    spec = find_spec("pyspark")
    assert spec
    assert spec.submodule_search_locations
    (jar,) = Path(spec.submodule_search_locations[0]).glob("jars/ivy-*.jar")
    return jar
