"""The JVM parts: fetched once by the Ivy that pyspark ships, checksums verified, then used offline.

Each part is published whole, by one rename, under a name that holds the hash of `ivy.xml`: a folder that
is there is complete, and a download that was killed goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import subprocess
import time
import zipfile
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pipeline.errors import SetupError
from pipeline.jvm.java import Java, find_java
from pipeline.locks import only_one
from pipeline.passable_folders import make, size
from pipeline.settings import Settings
from pipeline.tell import Tell, quiet

Part = Literal["kafka", "elasticsearch", "spark"]
PARTS: tuple[Part, ...] = ("kafka", "elasticsearch", "spark")
IVY_XML = Path(__file__).parent / "ivy.xml"

_REMEDY = "set TWEETPULSE_CACHE_DIR to another folder"
_MEGABYTES: dict[Part, int] = {"kafka": 45, "elasticsearch": 107, "spark": 10}
_NAMES: dict[Part, str] = {
    "kafka": "kafka_2.13",
    "elasticsearch": "elasticsearch",
    "spark": "spark-sql-kafka-0-10_2.13",
}


def resolve(settings: Settings, parts: Iterable[Part] = PARTS, tell: Tell = quiet) -> dict[Part, Path]:
    """The folder of each part, fetched first where it is missing.

    Raises:
        SetupError: a part could not be fetched, or there is no Java to fetch it with.
    """
    folders = {part: folder_of(settings, part) for part in parts}
    if not all(folder.is_dir() for folder in folders.values()):
        java = find_java()
        make(settings.cache_dir / "jvm", _REMEDY)
        with only_one(settings.cache_dir / "jvm", lambda: tell("download", "waiting for another process's")) as lock:
            _fetch(java, settings.cache_dir, _missing(folders), lock, tell)
    return folders


def spark_jars(settings: Settings, tell: Tell = quiet) -> list[Path]:
    """The jars with which Spark reads Kafka."""
    return sorted(resolve(settings, ("spark",), tell)["spark"].glob("*.jar"))


def version(part: Part) -> str:
    """The version of a part in `ivy.xml`."""
    found = re.search(rf'name="{re.escape(_NAMES[part])}" rev="([^"]+)"', IVY_XML.read_text(encoding="utf-8"))
    if found is None:
        raise SetupError(f"{IVY_XML} names no version of {_NAMES[part]}: install tweetpulse anew")
    return found[1]


def folder_of(settings: Settings, part: Part) -> Path:
    """The path of a part that was fetched."""
    lock = hashlib.sha256(IVY_XML.read_bytes()).hexdigest()[:12]
    return settings.cache_dir / "jvm" / f"{part}-{lock}"


def _missing(folders: dict[Part, Path]) -> dict[Part, Path]:
    return {part: folder for part, folder in folders.items() if not folder.is_dir()}


def _fetch(java: Java, cache: Path, folders: dict[Part, Path], lock: int, tell: Tell) -> None:
    """Fetch all parts at once, each by an Ivy of its own, since most of the time goes into waiting."""
    with contextlib.ExitStack() as running:
        started = {part: running.enter_context(_ivy(java, cache, part, lock)) for part in folders}
        while any(process.poll() is None for process in started.values()):
            for part in folders:
                # Ivy does not say how far it is, so what it has fetched by now is measured.
                tell(part, f"downloading: {size(cache / 'ivy' / part) // 1_000_000} of about {_MEGABYTES[part]} MB")
            time.sleep(0.3)
    for part, folder in folders.items():
        if started[part].returncode != 0:
            raise SetupError(_why(part, cache))
        _publish(part, _staging(cache, part), folder)
        tell(part, "downloaded")


@contextlib.contextmanager
def _ivy(java: Java, cache: Path, part: Part, lock: int) -> Iterator[subprocess.Popen[bytes]]:
    staging = _staging(cache, part)
    shutil.rmtree(staging, ignore_errors=True)
    make(staging, _REMEDY)
    make(cache / "ivy" / part, _REMEDY)
    # It holds the lock too: if this process is killed, the next one waits until its Ivy has ended.
    command = _command(java, cache, part, staging)
    with (
        _log(cache, part).open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, pass_fds=(lock,)) as process,
    ):
        try:
            yield process
        finally:
            # Also when another part has failed, or on Ctrl-C: nobody waits for this download any more.
            process.terminate()


def _command(java: Java, cache: Path, part: Part, staging: Path) -> list[str]:
    repository = str(cache / "ivy" / part)
    return [
        str(java.executable),
        "-XX:TieredStopAtLevel=1",
        "-Djava.net.useSystemProxies=true",
        f"-Divy.default.ivy.user.dir={repository}",
        *("-jar", str(_ivy_jar())),
        *("-ivy", str(IVY_XML)),
        *("-confs", part),
        *("-cache", repository),
        *("-retrieve", f"{staging}/[artifact]-[revision].[ext]"),
    ]


def _ivy_jar() -> Path:
    spec = find_spec("pyspark")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    found = [jar for folder in folders for jar in folder.glob("jars/ivy-*.jar")]
    if not found:
        raise SetupError("pyspark's Ivy is missing: install pyspark anew (make env)")
    return found[0]


def _publish(part: Part, staging: Path, folder: Path) -> None:
    if part == "elasticsearch":
        _unpack(next(staging.glob("*.zip")))
    for path in [staging, *staging.rglob("*")]:
        # Read by the servers' unprivileged user, whatever the umask was.
        path.chmod(0o755 if path.is_dir() else 0o644)
    staging.rename(folder)


def _unpack(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(archive.parent)
    archive.unlink()


def _staging(cache: Path, part: Part) -> Path:
    return cache / "jvm" / f".staging-{part}"


def _log(cache: Path, part: Part) -> Path:
    return cache / "ivy" / f"{part}.log"


def _why(part: Part, cache: Path) -> str:
    text = _log(cache, part).read_text(encoding="utf-8", errors="replace")
    if "No space left on device" in text or shutil.disk_usage(cache).free < 1 << 20:
        return f"the disk of {cache} is full: free 1 GB or set TWEETPULSE_CACHE_DIR to another folder, then repeat"
    if re.search(r"checksum|invalid sha1|invalid md5", text):
        return f"a download of {part} does not match its checksum: remove {cache / 'ivy' / part} and repeat"
    return (
        f"{part} {version(part)} could not be downloaded from Maven Central: check the network and repeat "
        f"(what was fetched is kept; details: {_log(cache, part)})"
    )
