"""`tweetpulse-exporter`: serve /metrics about lag, data streams and disks until told to end."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from exporters.server import scrape_of, serving
from pipeline import __version__, log
from pipeline.errors import PipelineError
from pipeline.settings import Settings, load

PROGRAM = "tweetpulse-exporter"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until SIGINT or SIGTERM; the exit code is 0, or that of the error (see `pipeline.errors`)."""
    options = _parser().parse_args(arguments)
    try:
        settings = load(**({"state_dir": options.state_dir} if options.state_dir else {}))
        log.configure(settings.log)
        _run(settings)
    except PipelineError as error:
        sys.stderr.write(f"{PROGRAM}: {error.message}\n")
        sys.exit(error.exit_code)


def _run(settings: Settings) -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with serving(scrape_of(settings), settings.telemetry) as url:
        sys.stdout.write(f"{PROGRAM}: {url}\n")
        sys.stdout.flush()
        ended.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="Metrics about lag, data streams and disks, whether or not the stream runs."
    )
    parser.add_argument("--state-dir", type=Path, help="the stack whose servers and checkpoint are looked at")
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    return parser


if __name__ == "__main__":
    main()
