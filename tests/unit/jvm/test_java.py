"""Finding Java."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SetupError
from pipeline.jvm.java import Java, advice, ensure_java, find_java, java_at
from pipeline.tell import quiet
from tests.paths import ROOT


def make_java(home: Path, version: str) -> Path:
    (home / "bin").mkdir(parents=True)
    executable = home / "bin" / "java"
    executable.touch(mode=0o755)
    (home / "release").write_text(f'IMPLEMENTOR="Some"\nJAVA_VERSION="{version}"\n', encoding="utf-8")
    return home


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


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """For root on a Debian whose apt-get notes how it was called and brings a Java; whether it was, is in the file."""
    noted, apt_get = tmp_path / "noted", tmp_path / "bin" / "apt-get"
    make_java(tmp_path / "apt", "17.0.9")
    apt_get.parent.mkdir()
    apt_get.write_text(f'#!/bin/sh\necho "$*" >> {noted}\nln -sfn {tmp_path}/apt {tmp_path}/jvm\n', encoding="utf-8")
    apt_get.chmod(0o755)
    monkeypatch.setenv("PATH", f"{apt_get.parent}:/usr/bin:/bin")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return noted


def test_finding_installs_nothing(apt: Path, tmp_path: Path) -> None:
    """Not even for root on Debian: the error says by which command to do it."""
    with pytest.raises(SetupError, match=r"Install it: apt-get update && apt-get install -y openjdk-17-jre-headless"):
        find_java({}, [f"{tmp_path}/jvm"])
    assert not apt.exists()


def test_the_demo_and_the_tests_install_one_and_say_so_first(apt: Path, tmp_path: Path) -> None:
    """Before anything is changed; a second call finds it and does nothing."""
    told: list[tuple[str, bool]] = []

    def find() -> Java:
        return find_java({}, [f"{tmp_path}/jvm"])

    for _ in range(2):
        assert ensure_java(lambda _, what: told.append((what, apt.exists())), find).home == tmp_path / "jvm"
    assert told[0] == (
        "there is no Java 17 or 21: installing Debian's, by `apt-get update` and `apt-get install`",
        False,
    )
    assert [line.split()[1] for line in apt.read_text().splitlines()] == ["update", "install"]


def test_who_can_not_install_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without root nothing is changed, and the usual message is printed."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(SetupError, match="Java 17 or 21 is needed and not there"):
        ensure_java(quiet, lambda: find_java({}, [f"{tmp_path}/*"]))


def test_only_the_demo_and_the_tests_install() -> None:
    """No other module asks for it: neither `run` nor `up`, `train`, or `doctor`."""
    asking = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "pipeline").rglob("*.py")
        if "ensure_java" in path.read_text(encoding="utf-8")
    ]
    assert sorted(asking) == ["pipeline/cli/demo.py", "pipeline/jvm/java.py"]


def test_without_java_the_error_says_what_to_do(tmp_path: Path) -> None:
    """It names what was found instead and how to install one."""
    make_java(tmp_path / "x", "25.0.1")
    with pytest.raises(SetupError, match=r"^Java 17 or 21 is needed and not there \(only 25 was found\)\. Install"):
        find_java({}, [f"{tmp_path}/*"])


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
