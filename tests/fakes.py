"""Doubles that several tests share: ordinary small code, no mocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pipeline.domain.outcome import Outcome
from pipeline.errors import SinkUnavailable

Step = Outcome | Exception


class FakeAccumulator:
    """Spark's accumulator, as far as the driver reads it."""

    def __init__(self, value: Outcome) -> None:
        self.value = value


class FakeSpark:
    """A session and its context, which keeps every accumulator that was made."""

    def __init__(self) -> None:
        self.made: list[FakeAccumulator] = []

    @property
    def sparkContext(self) -> FakeSpark:  # noqa: N802 - Spark's name
        return self

    def accumulator(self, zero: Outcome, param: object) -> FakeAccumulator:
        self.made.append(FakeAccumulator(zero))
        return self.made[-1]


@dataclass
class FakeRecords:
    """A micro-batch that Spark runs once per attempt: each time the next step happens to it.

    A step is the outcome that the tasks return, or what Spark raises. It is all of DataFrame that the driver calls.
    """

    steps: Iterable[Step]
    sparkSession: FakeSpark = field(default_factory=FakeSpark)  # noqa: N815
    attempts: int = 0
    works: list[Any] = field(default_factory=list)
    options_seen: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._steps = iter(self.steps)

    @property
    def write(self) -> FakeRecords:
        return self

    def mapInArrow(self, function: Any, schema: str) -> FakeRecords:  # noqa: N802
        self.works.append(function.keywords["work"])
        return self

    def format(self, name: str) -> FakeRecords:
        return self

    def options(self, **options: str) -> FakeRecords:
        self.options_seen = options
        return self

    def save(self) -> None:
        self.attempts += 1
        step = next(self._steps)
        if isinstance(step, Exception):
            raise step
        self.sparkSession.made[-1].value.add(step)


class FakeIndices:
    """The API of a data stream's backing indices; `created` is their time of creation, seconds of the epoch."""

    def __init__(self, created: dict[str, float]) -> None:
        self.created = created
        self.blocked: list[tuple[str, str]] = []
        self.refreshed: list[str] = []

    @property
    def indices(self) -> FakeIndices:
        return self

    def get_settings(self, **_: Any) -> dict[str, Any]:
        return {
            name: {"settings": {"index": {"creation_date": str(int(time * 1000))}}}
            for name, time in self.created.items()
        }

    def add_block(self, *, index: str, block: str) -> dict[str, Any]:
        self.blocked.append((index, block))
        return {"acknowledged": True, "indices": [{"name": index, "blocked": True}]}

    def refresh(self, *, index: str, **_: Any) -> dict[str, Any]:
        self.refreshed.append(index)
        return {"_shards": {"total": 1, "successful": 1, "failed": 0}}


class FakeChampions:
    """Other champions for each batch: the number of times that it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def of_batch(self, context: object) -> tuple[Any, ...]:
        self.asked += 1
        return (self.asked,)


@dataclass
class FakeObserver:
    """Records its calls; `on_wait` is called at each wait."""

    on_wait: Callable[[], object] = lambda: None
    waits: list[tuple[str, str, int]] = field(default_factory=list)
    batches: list[tuple[int, Outcome]] = field(default_factory=list)

    def waiting(self, sink: str, error: SinkUnavailable, attempt: int) -> None:
        self.waits.append((sink, error.reason, attempt))
        self.on_wait()

    def finished(self, batch: int, outcome: Outcome) -> None:
        self.batches.append((batch, outcome))
