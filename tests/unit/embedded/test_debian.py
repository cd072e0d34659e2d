"""Packages of Debian: a real one, that an apt-get of the test hands out, unpacked by the real dpkg-deb."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.embedded import debian
from pipeline.errors import SetupError
from tests.rules import debian as of_tests

needs_dpkg = pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="needs dpkg-deb")
APT = """\
#!/bin/sh
echo "$1" >> {folder}/asked
case "$1" in
  update) touch {folder}/updated ;;
  download) {condition} && cp {folder}/tool.deb . || {{ echo "E: no package $3" >&2; exit 100; }} ;;
esac
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a package, and the apt-get that has it."""
    folder = tmp_path / "packages"
    (folder / "tree/DEBIAN").mkdir(parents=True)
    (folder / "tree/DEBIAN/control").write_text(
        "Package: tool\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: a tool\n"
    )
    (folder / "tree/usr/bin").mkdir(parents=True)
    (folder / "tree/usr/bin/tool").write_text("#!/bin/sh\n")
    subprocess.run(["dpkg-deb", "--build", folder / "tree", folder / "tool.deb"], check=True, capture_output=True)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("TWEETPULSE_CACHE_DIR", str(tmp_path / "cache"))
    has(folder)
    return folder


def has(folder: Path, condition: str = "true") -> None:
    """Let apt-get have the package if the condition holds."""
    (folder / "apt-get").write_text(APT.format(folder=folder, condition=condition))
    (folder / "apt-get").chmod(0o755)


def asked(folder: Path) -> list[str]:
    return (folder / "asked").read_text().split()


@needs_dpkg
def test_a_package_is_unpacked_once(packages: Path, tmp_path: Path) -> None:
    """What is there is not downloaded again; nothing is left beside it."""
    home = debian.unpacked("tool", tmp_path / "home")
    assert (home / "usr/bin/tool").read_text() == "#!/bin/sh\n"
    assert debian.unpacked("tool", home) == home
    assert asked(packages) == ["download"]
    assert {path.name for path in tmp_path.iterdir()} == {"home", "packages"}


@needs_dpkg
def test_a_package_that_can_not_be_had(packages: Path, tmp_path: Path) -> None:
    """One line, with what apt-get said last; nothing of it stays."""
    has(packages, "false")
    with pytest.raises(SetupError, match=r"^Debian's package tool can't be had: E: no package tool; `apt-get update`"):
        debian.unpacked("tool", tmp_path / "home")
    assert {path.name for path in tmp_path.iterdir()} == {"packages"}


@needs_dpkg
def test_a_package_that_is_cut_off(packages: Path, tmp_path: Path) -> None:
    """It is no package to dpkg-deb, and no folder appears."""
    (packages / "tool.deb").write_bytes((packages / "tool.deb").read_bytes()[:100])
    with pytest.raises(SetupError, match=r"^Debian's package tool can't be had: "):
        debian.unpacked("tool", tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_no_debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said what is missing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match="has no apt-get and dpkg-deb"):
        debian.unpacked("tool", tmp_path / "home")


@needs_dpkg
def test_root_asks_again_after_an_update(packages: Path, tmp_path: Path) -> None:
    """The tests' own way; for anybody else the test is skipped, since only root may update the list of packages."""
    has(packages, f"[ -e {packages}/updated ]")
    is_root = os.geteuid() == 0
    # A skip would look as if nothing had been tested.
    with suppress(pytest.skip.Exception):
        of_tests.program("tool", "tool")
    assert (tmp_path / "cache/debian/tool/usr/bin/tool").exists() is is_root
    assert asked(packages) == (["download", "update", "download"] if is_root else ["download"])


@needs_dpkg
def test_a_test_is_skipped_and_says_why(packages: Path) -> None:
    has(packages, "false")
    with pytest.raises(pytest.skip.Exception, match=r"^needs tool: Debian's package tool can't be had: E: no package"):
        of_tests.program("tool", "tool")
