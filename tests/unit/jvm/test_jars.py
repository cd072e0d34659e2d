"""The JVM parts in the cache."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.jvm.jars import IVY_XML, PARTS, _ivy, folder_of, resolve, spark_jars, version
from pipeline.jvm.java import Java
from pipeline.locks import only_one, take
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


def test_a_download_holds_the_lock_after_the_end_of_who_started_it(tmp_path: Path) -> None:
    """Else the next process would write into the folders that a killed one's Ivy still fills."""
    executable = tmp_path / "java"
    executable.write_text("#!/bin/sh\nexec sleep 60\n")
    executable.chmod(0o755)

    def is_free() -> bool:
        with (tmp_path / ".lock").open("w") as file:
            return take(file)

    with only_one(tmp_path, lambda: None) as lock:
        running = _ivy(Java(tmp_path, executable, 17), tmp_path, "spark", lock)
        process = running.__enter__()
    # As after a kill: this process has let go of it.
    assert not is_free()
    running.__exit__(None, None, None)
    assert process.returncode is not None
    assert is_free()
