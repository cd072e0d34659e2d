"""The JVM parts in the cache."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.jvm.jars import IVY_XML, PARTS, folder_of, resolve, spark_jars, version
from pipeline.settings import Settings
from tests.stacks import stack_settings


def cached(tmp_path: Path) -> Settings:
    return stack_settings(tmp_path).model_copy(update={"cache_dir": tmp_path})


def test_every_part_has_a_version() -> None:
    """All of them are locked in one file."""
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version(part)) for part in PARTS)


def test_the_lock_names_no_host() -> None:
    """Ivy itself knows the addresses of the repositories."""
    assert "://" not in IVY_XML.read_text(encoding="utf-8")


def test_what_is_published_is_used_offline(tmp_path: Path) -> None:
    """A folder that is there is complete: nothing is fetched, no Java is looked for."""
    settings = cached(tmp_path)
    folder = folder_of(settings, "spark")
    folder.mkdir(parents=True)
    (folder / "b.jar").touch()
    (folder / "a.jar").touch()
    assert resolve(settings, ("spark",)) == {"spark": folder}
    assert spark_jars(settings) == [folder / "a.jar", folder / "b.jar"]
    assert not (tmp_path / "ivy").exists()
