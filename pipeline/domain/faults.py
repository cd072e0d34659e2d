"""What can happen to a live source, as closed lists: they are labels of metrics."""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """What goes wrong with a live source."""

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
    """What became of the time in which a source was not connected."""

    REFILLED = "refilled"
    LOST = "lost"
