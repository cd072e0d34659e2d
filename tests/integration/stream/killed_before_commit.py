"""A stream that is killed (-9) when its first batch has been acknowledged by all sinks and is not yet committed."""

from __future__ import annotations

import os
import signal
import threading

from pipeline import bootstrap, log
from pipeline.domain.outcome import Outcome
from pipeline.settings import load


def main() -> None:
    settings = load()
    log.configure(settings.log)
    bootstrap.set_up(settings)
    with bootstrap.stream(settings, threading.Event()) as (run, _):
        run.events.on_batch = _die
        run.until_ended(once=True)


def _die(total: Outcome) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
