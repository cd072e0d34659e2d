"""Changes to Elasticsearch's own files while it is stopped."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def remove_data_streams(stack: Path, command: list[str]) -> None:
    """Take the data streams out of the cluster's state, by the server's own tool; their indices stay as plain ones.

    Args:
        stack: its folder; its Elasticsearch must be stopped.
        command: that it was started with.

    Raises:
        AssertionError: the tool does not say that it has done it.
    """
    folder = stack / "elasticsearch"
    home = next(one.partition("=")[2] for one in command if one.startswith("-Des.path.home="))
    owner = (folder / "config").stat()
    done = subprocess.run(
        ["bash", f"{home}/bin/elasticsearch-node", "remove-customs", "data_stream"],
        env={
            "PATH": os.environ["PATH"],
            "ES_JAVA_HOME": str(Path(command[0]).parents[1]),
            "ES_PATH_CONF": f"{folder}/config",
            "ES_TMPDIR": f"{folder}/tmp",
        },
        cwd=home,
        # The server runs as this user, and must be able to use the files that the tool writes.
        user=owner.st_uid,
        group=owner.st_gid,
        input="y\n",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-500:]


def shards(stack: Path, uuids: Sequence[str]) -> list[Path]:
    """The folders in which the only shards of these indices lie."""
    found = [stack / "elasticsearch" / "data" / "indices" / uuid / "0" for uuid in uuids]
    assert all(path.is_dir() for path in found), found
    return found


@contextmanager
def away(stack: Path, folders: Sequence[Path]) -> Iterator[None]:
    """Folders are not where they belong as long as the block runs. The server must be stopped at both of its ends."""
    places = {folder: stack / f"away-{number}" for number, folder in enumerate(folders)}
    for folder, place in places.items():
        folder.rename(place)
    try:
        yield
    finally:
        for folder, place in places.items():
            shutil.rmtree(folder, ignore_errors=True)
            place.rename(folder)
