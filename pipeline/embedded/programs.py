"""Prometheus and Grafana for whoever has none: Debian's package, or the publisher's archive, unpacked into the cache.

Unpacked and not installed. Of an archive the publisher's own checksum, which is published beside it, decides whether it
is whole.
"""

from __future__ import annotations

import hashlib
import platform
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, get_args

import requests

from pipeline import passable_folders
from pipeline.embedded import debian
from pipeline.errors import SetupError
from pipeline.locks import only_one
from pipeline.tell import Tell

Name = Literal["prometheus", "grafana"]
NAMES: tuple[Name, ...] = get_args(Name)

PROMETHEUS, GRAFANA = "3.5.0", "12.4.6"
"""Pinned: one with long-term support, and the last line of Grafana that has Elasticsearch's data source inside."""

_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_TIMEOUT = 30.0
_CHUNK = 2**20
_MOST = 2**30
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Archive:
    """A publisher's archive.

    Attributes:
        name: of the program.
        version: of the program.
        url: of the `.tar.gz`.
        checksums: the URL of the publisher's SHA-256 of it, alone or in a list of files.
        megabytes: about how large it is.
    """

    name: Name
    version: str
    url: str
    checksums: str
    megabytes: int


def archive(name: Name, machine: str | None = None, system: str | None = None) -> Archive | None:
    """The archive for this kind of machine; None where the publisher has none that we know."""
    kind = _MACHINES.get((machine or platform.machine()).lower())
    if kind is None or (system or platform.system()) != "Linux":
        return None
    if name == "prometheus":
        folder = f"https://github.com/prometheus/prometheus/releases/download/v{PROMETHEUS}"
        url = f"{folder}/prometheus-{PROMETHEUS}.linux-{kind}.tar.gz"
        return Archive(name, PROMETHEUS, url, f"{folder}/sha256sums.txt", 120)
    url = f"https://dl.grafana.com/oss/release/grafana-{GRAFANA}.linux-{kind}.tar.gz"
    return Archive(name, GRAFANA, url, f"{url}.sha256", 200)


def homes(cache_dir: Path, name: Name) -> list[Path]:
    """The folders where a program was unpacked to, the one last unpacked first."""
    return sorted((cache_dir / "programs").glob(f"{name}-*"), key=lambda home: home.lstat().st_ctime, reverse=True)


def has_debian_package(name: Name) -> bool:
    """True if Debian's own package will do, and can be got here."""
    return name == "prometheus" and debian.is_here()


def offer(name: Name) -> str | None:
    """What `fetch` would do, in words; None where it can do nothing."""
    if has_debian_package(name):
        return f"Debian's package {name} (about 30 MB, unpacked and not installed)"
    found = archive(name)
    return f"{found.url} (about {found.megabytes} MB)" if found else None


def fetch(name: Name, cache_dir: Path, tell: Tell, found: Archive | None = None) -> Path:
    """Download and unpack a program; its folder. One that is there stays.

    Args:
        name: of the program.
        cache_dir: of all downloads.
        tell: told how far it is.
        found: another archive than the pinned one; Debian's package is not asked for then.

    Raises:
        SetupError: it can't be downloaded, is not what the publisher says, or there is none for this machine.
    """
    folder = cache_dir / "programs"
    passable_folders.make(folder, "choose another folder with TWEETPULSE_CACHE_DIR")
    with only_one(folder, lambda: tell(name, "waiting for another process's download")):
        if found is None and has_debian_package(name):
            return _unpacked_package(name, folder / f"{name}-debian", tell)
        found = found or archive(name)
        if found is None:
            raise SetupError(f"there is no {name} to download for {platform.system()} on {platform.machine()}")
        return _unpacked_archive(found, folder, tell)


def _unpacked_package(name: Name, home: Path, tell: Tell) -> Path:
    if not home.exists():
        tell(name, f"downloading Debian's package {name}")
    return debian.unpacked(name, home)


def _unpacked_archive(found: Archive, folder: Path, tell: Tell) -> Path:
    home = folder / f"{found.name}-{found.version}"
    if not home.exists():
        with _scratch(folder) as scratch:
            path = scratch / "archive.tar.gz"
            expected = _published_digest(found)
            if _downloaded(found, path, tell) != expected:
                raise SetupError(f"{found.url} is not what {found.checksums} says: try again, and do not use this one")
            tell(found.name, "unpacking")
            try:
                with tarfile.open(path) as tar:
                    # Refuses absolute paths, links that lead outside, devices and odd rights.
                    tar.extractall(scratch / "new", filter="data")
                (top,) = (scratch / "new").iterdir()
            except (tarfile.TarError, OSError, ValueError) as error:
                raise SetupError(f"{found.url} can't be unpacked into {folder} ({type(error).__name__})") from error
            top.rename(home)
    return home


def _published_digest(found: Archive) -> str:
    """The digest on the line of the archive's name, or the only one there is."""
    with _asked(found.checksums) as response:
        lines = [line.split() for line in response.text[:_CHUNK].splitlines() if line.strip()]
    file = found.url.rsplit("/", 1)[-1]
    for first, *rest in lines:
        if _DIGEST.fullmatch(first) and ((rest and rest[0].lstrip("*") == file) or len(lines) == 1):
            return first.lower()
    raise SetupError(f"{found.checksums} has no SHA-256 of {file}: the download can't be verified")


def _downloaded(found: Archive, path: Path, tell: Tell) -> str:
    """Write the archive to a file; its SHA-256."""
    digest, read = hashlib.sha256(), 0
    try:
        with _asked(found.url) as response, path.open("wb") as file:
            whole = int(response.headers.get("Content-Length", 0)) or found.megabytes * 10**6
            for chunk in response.iter_content(_CHUNK):
                read += len(chunk)
                if read > _MOST:
                    raise SetupError(f"{found.url} is larger than 1 GiB: that is no {found.name}")
                digest.update(chunk)
                file.write(chunk)
                tell(found.name, f"downloading {found.version}: {read / 1e6:.0f} of {whole / 1e6:.0f} MB")
    except OSError as error:
        # The errors of requests are OSErrors, too.
        raise SetupError(f"{found.url} can't be downloaded ({type(error).__name__}): try again") from error
    return digest.hexdigest()


@contextmanager
def _asked(url: str) -> Iterator[requests.Response]:
    try:
        with requests.get(url, stream=True, timeout=_TIMEOUT) as response:
            response.raise_for_status()
            yield response
    except requests.RequestException as error:
        status = getattr(error.response, "status_code", None)
        why = f"status {status}" if status else type(error).__name__
        raise SetupError(f"{url} can't be downloaded ({why}): is the internet reachable from here?") from error


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A folder beside the finished ones, so that a finished one appears at once or not at all."""
    with TemporaryDirectory(dir=folder, prefix=".unpacking-") as scratch:
        yield Path(scratch)
