"""Structured logs: structlog, one ECS JSON line per event on standard error."""

from __future__ import annotations

import logging
import sys
from typing import TextIO, cast

import ecs_logging
import structlog

from pipeline.settings import LogSettings
from pipeline.standard_streams import StandardError


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


def _rendering(format_: str) -> list[structlog.typing.Processor]:
    if format_ == "json":
        # The formatter adds @timestamp and log.level itself.
        return [ecs_logging.StructlogFormatter()]
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(),
    ]
