"""What is done to Elasticsearch's own files while it is stopped, by the tool that it brings for it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def remove_data_streams(stack: Path, command: list[str]) -> None:
    """Take the data streams out of the cluster's state; their indices stay as plain ones.

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
        user=owner.st_uid,
        group=owner.st_gid,
        input="y\n",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-500:]
