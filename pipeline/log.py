"""Structured logs: structlog, one ECS JSON line per event on standard error."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

import ecs_logging
import structlog

from pipeline.settings import LogSettings


def configure(settings: LogSettings) -> None:
    """Set structlog up for this process. `json` is ECS, `console` is for a person; a terminal is for a person too."""
    format_ = settings.format or ("console" if sys.stderr.isatty() else "json")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            *_rendering(format_),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.level.upper())),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, StandardError())),
        cache_logger_on_first_use=False,
    )


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger whose lines say where they come from (`log.logger`)."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger().bind(**{"log.logger": name})
    return logger


class StandardOutput:
    """Whatever standard output is when a line is written: at a terminal, the live display that is shown there.

    Rich's consoles write past the display of another console, and spoil it. A display of this one's own must leave
    `sys.stdout` alone (`redirect_stdout=False`). A pipe or a file gets everything itself.
    """

    @property
    def rich_proxied_file(self) -> StandardOutput:
        """What stands for the file itself: not what is behind the display."""
        return self

    def write(self, text: str) -> int:
        return self._file().write(text)

    def flush(self) -> None:
        self._file().flush()

    def _file(self) -> TextIO:
        shown = sys.stdout
        return shown if shown.isatty() else getattr(shown, "rich_proxied_file", shown)

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stdout, name)


class StandardError:
    """Whatever standard error is when a line is written: a logger outlives what stood there when it was made.

    What can't be written, since the disk of the log is full, is left out: nobody ends for want of a line.
    """

    def write(self, text: str) -> int:
        with suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


def _rendering(format_: str) -> list[structlog.typing.Processor]:
    if format_ == "json":
        # It writes @timestamp and log.level itself.
        return [ecs_logging.StructlogFormatter()]
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(),
    ]
