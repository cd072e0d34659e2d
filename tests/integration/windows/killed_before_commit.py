"""The windows' query, killed (-9) when its batch is in the index and not yet committed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping

from pipeline import bootstrap, log
from pipeline.settings import load


def main() -> None:
    settings = load()
    log.configure(settings.log)
    with bootstrap.windows(settings, threading.Event()) as (run, _):
        run.events.written = _die  # type: ignore[method-assign]
        run.until_ended(once=True)


def _die(batch: int, counts: Mapping[str, int]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
