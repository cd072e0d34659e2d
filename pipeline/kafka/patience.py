"""How an unattended publisher waits for a broker that is away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kafka.errors import KafkaTimeoutError

from pipeline.sources.pacing import Clock

LATE_SECONDS = 5.0
"""A broker that has acknowledged nothing for so long, of what it was sent, is waited for."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Lets an unattended publisher wait for a broker that is away: without end, until it is stopped.

    Attributes:
        stopped: whether it has been told to end.
        waiting: told when it begins to wait (True), and when the broker acknowledges again (False).
        seconds: how long it still waits once it is stopped.
    """

    stopped: Callable[[], bool]
    waiting: Callable[[bool], None]
    seconds: float = 10.0


class Waiting:
    """Tells when the broker begins to be late, and gives up some time after it was told to stop."""

    def __init__(self, patience: Patience, clock: Clock) -> None:
        self._patience = patience
        self._clock = clock
        self._moved = clock.monotonic()
        self._stopped: float | None = None
        self._late = False

    def look(self, *, moved: bool) -> None:
        """Say whether anything was acknowledged since the last look.

        Raises:
            KafkaTimeoutError: it is stopped, and the broker was away for too long since.
        """
        now = self._clock.monotonic()
        if moved:
            self._moved = now
        late = now - self._moved > LATE_SECONDS
        if late != self._late:
            self._late = late
            self._patience.waiting(late)
        if not self._patience.stopped():
            return
        if self._stopped is None:
            self._stopped = now
        # A broker that still acknowledges, however slowly, is given the time to take the rest.
        if late and now - self._stopped > self._patience.seconds:
            raise KafkaTimeoutError("stopped while the broker is away")
