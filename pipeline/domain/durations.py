"""Lengths of time, as people give them to options."""

from __future__ import annotations

import re
from datetime import timedelta

from pipeline.errors import ConfigError

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def parse_duration(text: str, option: str) -> timedelta:
    """`6h`, `90m`, `2d`, `0s`."""
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if not match:
        raise ConfigError(f"{option} {text!r} is not a time such as 6h, 90m or 2d")
    return timedelta(seconds=int(match[1]) * UNITS[match[2]])
