"""Faults of live sources, as closed lists: they are labels of metrics."""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """The faults of a live source."""

    NETWORK = "network"
    SERVER = "server"
    RATE_LIMIT = "rate_limit"
    QUOTA = "quota"
    STALL = "stall"
    DISCONNECTED = "disconnected"
    MALFORMED = "malformed"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    OTHER = "other"


class GapOutcome(StrEnum):
    """The outcome of a gap, the time in which a source was not connected."""

    REFILLED = "refilled"
    LOST = "lost"
