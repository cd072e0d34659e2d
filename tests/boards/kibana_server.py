"""A Kibana for tests and pictures, which a program of whoever has one starts."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.embedded.ports import HOST, free_port
from pipeline.errors import ConfigError, SetupError
from pipeline.settings import KibanaSettings
from pipeline.sinks.kibana import Kibana
from tests.paths import ROOT
from tests.processes import started

NAMED = "TWEETPULSE_TEST_KIBANA"
MISSING = f"needs a Kibana: {NAMED} names no folder of one (CONTRIBUTING.md says what is in it)"
_START_SECONDS = 600


def program() -> Path | None:
    """`start` in the folder that TWEETPULSE_TEST_KIBANA names; None where it names none.

    Raises:
        ConfigError: it is not there, or can't be executed.
    """
    named = os.environ.get(NAMED)
    if not named:
        return None
    found = Path(named).absolute() / "start"
    if not os.access(found, os.X_OK) or not found.is_file():
        raise ConfigError(f"{found} is no program: put one there that starts Kibana, or unset {NAMED}")
    return found


@contextmanager
def serving(program: Path, elasticsearch: str, log: Path) -> Iterator[str]:
    """The address of a Kibana of this Elasticsearch, ended with the block.

    Raises:
        SetupError: the program ended, or Kibana was not ready in time.
    """
    port = free_port()
    url = f"http://{HOST}:{port}"
    with started([str(program), elasticsearch, str(port)], log) as process:

        def pause(seconds: float) -> None:
            if process.poll() is not None:
                raise SetupError(f"{program} ended with {process.returncode}: see {log}")
            time.sleep(seconds)

        Kibana(KibanaSettings(url=url, start_timeout=_START_SECONDS)).await_ready(sleep=pause)
        yield url


def provisioned(url: str) -> str:
    """What `tweetpulse provision kibana` prints."""
    command = [sys.executable, "-m", "pipeline", "provision", "kibana"]
    environment = os.environ | {"TWEETPULSE_KIBANA__URL": url}
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
