"""Finding Java."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SetupError
from pipeline.jvm.java import Java, advice, find_java, java_at
from pipeline.tell import Tell


def make_java(home: Path, version: str) -> Path:
    (home / "bin").mkdir(parents=True)
    executable = home / "bin" / "java"
    executable.touch(mode=0o755)
    (home / "release").write_text(f'IMPLEMENTOR="Some"\nJAVA_VERSION="{version}"\n', encoding="utf-8")
    return home


def install_nothing(_tell: Tell) -> bool:
    return False


def test_java_home_comes_first(tmp_path: Path) -> None:
    """JAVA_HOME wins over PATH and the usual folders."""
    home, other = make_java(tmp_path / "a", "21.0.2"), make_java(tmp_path / "b", "17.0.9")
    found = find_java({"JAVA_HOME": str(home), "PATH": f"{other}/bin"}, [f"{tmp_path}/*"])
    assert found == Java(home, home / "bin" / "java", 21)


def test_path_comes_before_folders(tmp_path: Path) -> None:
    """A link on PATH is followed to its home."""
    home = make_java(tmp_path / "z", "17.0.9")
    make_java(tmp_path / "a", "17.0.1")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").symlink_to(home / "bin" / "java")
    assert find_java({"PATH": f"{tmp_path}/bin"}, [f"{tmp_path}/*"]).home == home


def test_unsupported_versions_are_passed_over(tmp_path: Path) -> None:
    """A Java 25 in JAVA_HOME does not hide the 17 in a folder."""
    newer, home = make_java(tmp_path / "25", "25"), make_java(tmp_path / "jvm" / "x", "17.0.9")
    assert find_java({"JAVA_HOME": str(newer)}, [f"{tmp_path}/jvm/*"]).home == home


def test_what_was_installed_is_used(tmp_path: Path) -> None:
    """Where there is none, one that the installation brings is found."""
    found = find_java({}, [f"{tmp_path}/*"], install=lambda _tell: bool(make_java(tmp_path / "new", "17.0.9")))
    assert found.home == tmp_path / "new"


def test_without_java_the_error_says_what_to_do(tmp_path: Path) -> None:
    """It names what was found instead and how to install one."""
    make_java(tmp_path / "x", "25.0.1")
    with pytest.raises(SetupError, match=r"^Java 17 or 21 is needed and not there \(only 25 was found\)\. Install"):
        find_java({}, [f"{tmp_path}/*"], install=install_nothing)


@pytest.mark.parametrize(
    ("there", "command"),
    [
        ("apt-get", "apt-get install -y openjdk-17-jre-headless"),
        ("dnf", "dnf install -y java-21-openjdk-headless"),
        ("brew", "brew install openjdk@21"),
        ("", "set JAVA_HOME"),
    ],
)
def test_advice_fits_the_system(there: str, command: str) -> None:
    """The command is that of the package manager which is there."""
    assert command in advice(lambda name: name if name == there else None)


def test_a_folder_without_java_is_none(tmp_path: Path) -> None:
    """Neither an empty folder nor a `release` without `bin/java` counts."""
    (tmp_path / "release").write_text('JAVA_VERSION="17.0.9"\n', encoding="utf-8")
    assert java_at(tmp_path) is None
