"""Seconds that records have been in Kafka: the broker's times of the records that are next."""

from __future__ import annotations

from collections.abc import Mapping, Set

from pipeline.domain.progress import Lag, Partition
from pipeline.kafka.broker import Broker

Place = tuple[Partition, int]
"""A partition and an offset."""


class RecordTimes:
    """The broker's times of records, each asked for once: while nobody reads on, they stay the same."""

    def __init__(self) -> None:
        self._known: dict[Place, float] = {}

    def at(self, broker: Broker, wanted: Set[Place]) -> Mapping[Place, float]:
        """When the broker got the records at these places, in seconds of the epoch; one that is not had in time lacks.

        Raises:
            SetupError: the broker does not answer.
            ConfigError: it does not let this user read a topic.
        """
        self._known = {place: seconds for place, seconds in self._known.items() if place in wanted}
        left = wanted - self._known.keys()
        while left:
            # Two queries may stand at two places of one partition: one place each at a time.
            asked = dict(left)
            found = broker.appended(asked)
            self._known |= {(partition, asked[partition]): seconds for partition, seconds in found.items()}
            left = left - set(asked.items())
        return self._known


def next_places(behind: Mapping[Partition, Lag]) -> set[Place]:
    """The places of the oldest records that are still to be read."""
    return {(partition, lag.next_offset) for partition, lag in behind.items() if lag.next_offset is not None}


def seconds_behind(partition: Partition, lag: Lag, times: Mapping[Place, float], now: float) -> float | None:
    """Seconds behind; None where the record could not be had in time, which is not the same as 0."""
    if lag.next_offset is None:
        return 0.0
    time_ = times.get((partition, lag.next_offset))
    return None if time_ is None else max(0.0, now - time_)
