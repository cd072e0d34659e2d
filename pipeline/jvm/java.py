"""Find a Java that Spark, Kafka and Elasticsearch all run on; the demo and the tests may install one on Debian."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import SetupError
from pipeline.tell import Tell

SUPPORTED = (17, 21)
FOLDERS = (
    "/usr/lib/jvm/*",
    "/usr/java/*",
    "/opt/java/*",
    "/opt/jdk*",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "/opt/homebrew/opt/openjdk@*/libexec/openjdk.jdk/Contents/Home",
    "/usr/local/opt/openjdk@*/libexec/openjdk.jdk/Contents/Home",
    "~/.sdkman/candidates/java/*",
    "~/.jdks/*",
)
_COMMANDS = {
    "apt-get": "apt-get update && apt-get install -y openjdk-17-jre-headless",
    "dnf": "dnf install -y java-21-openjdk-headless",
    "zypper": "zypper install -y java-21-openjdk-headless",
    "pacman": "pacman -S --noconfirm jre21-openjdk-headless",
    "apk": "apk add openjdk21-jre-headless",
    "brew": "brew install openjdk@21",
}


@dataclass(frozen=True)
class Java:
    """One installed Java: its home, its `java` and its major version."""

    home: Path
    executable: Path
    major: int


def find_java(
    environ: Mapping[str, str] = os.environ,
    folders: Iterable[str] = FOLDERS,
) -> Java:
    """The first Java 17 or 21 of JAVA_HOME, PATH and the usual folders; nothing is installed.

    Raises:
        SetupError: there is none; the message holds the command that installs one.
    """
    found = supported(_homes(environ, folders))
    if found is None:
        others = sorted({java.major for home in _homes(environ, folders) if (java := java_at(home))})
        only = f" (only {', '.join(map(str, others))} was found)" if others else ""
        raise SetupError(f"Java 17 or 21 is needed and not there{only}. {advice(shutil.which)}")
    return found


def ensure_java(
    tell: Tell, find: Callable[[], Java] = find_java, install: Callable[[Tell], bool] | None = None
) -> Java:
    """As `find_java`, and where there is none, root on Debian or Ubuntu gets one installed; `tell` is told first.

    Only for the demo and the tests: everything else leaves the machine's packages as they are.

    Raises:
        SetupError: there is none, and none could be installed.
    """
    try:
        return find()
    except SetupError:
        if not (install or _apt_install)(tell):
            raise
    return find()


def supported(homes: Iterable[Path]) -> Java | None:
    """The first of these homes that has a Java of a supported version."""
    return next((java for home in homes if (java := java_at(home)) and java.major in SUPPORTED), None)


def advice(which: Callable[[str], str | None]) -> str:
    """The command that installs Java here, as a sentence; `which` finds a package manager."""
    for name, command in _COMMANDS.items():
        if which(name):
            sudo = "" if os.geteuid() == 0 or name == "brew" else "sudo "
            return f"Install it: {sudo}{command.replace('&& ', '&& ' + sudo)}"
    return "Install one and set JAVA_HOME to its folder"


def java_at(home: Path) -> Java | None:
    """The Java in a home folder, if there is one, by the file `release` that all of them have."""
    try:
        release = (home / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    version = re.search(r'^JAVA_VERSION="(\d+)', release, re.MULTILINE)
    executable = home / "bin" / "java"
    if version is None or not os.access(executable, os.X_OK):
        return None
    return Java(home, executable, int(version[1]))


def _homes(environ: Mapping[str, str], folders: Iterable[str]) -> Iterator[Path]:
    if home := environ.get("JAVA_HOME"):
        yield Path(home)
    if (executable := shutil.which("java", path=environ.get("PATH", ""))) and (named := _home_of(Path(executable))):
        yield named
    for pattern in folders:
        path = Path(pattern).expanduser()
        # `Path.glob` refuses a pattern that is absolute.
        yield from sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))


def _home_of(executable: Path) -> Path | None:
    """The home of a `java` on PATH; a version manager's shim has to be asked for it."""
    home = executable.resolve().parent.parent
    if (home / "release").exists():
        return home
    try:
        command = [str(executable), "-XshowSettings:properties", "-version"]
        asked = subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    named = re.search(r"java\.home = (.+)", asked.stderr)
    return Path(named[1].strip()) if named else None


def _apt_install(tell: Tell) -> bool:
    """Install Java as root, by apt. True where it was done."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    tell("java", "there is no Java 17 or 21: installing Debian's, by `apt-get update` and `apt-get install`")
    _apt("update")
    for major in SUPPORTED:
        package = f"openjdk-{major}-jre-headless"
        tell("java", f"installing the package {package}")
        if _apt("install", "-y", "--no-install-recommends", package):
            return True
    return False


def _apt(*arguments: str) -> bool:
    command = ["apt-get", "-qq", *arguments]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL)
    return done.returncode == 0
