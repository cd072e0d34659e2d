"""Samples memory, open files and threads of the stream's processes over hours, judges growth, and draws a picture."""

from __future__ import annotations

import io
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import psutil

from bench.usage import STREAM, parts

MEASURES = ("memory", "files", "threads")
PERIOD = 5.0
GROWTH = {"memory": 0.15, "files": 0.10, "threads": 0.10}
"""By which each may grow from the first quarter to the last one."""
LEAST = {"memory": 50.0, "files": 10.0, "threads": 5.0}
"""Less than that is no growth, whatever share it is."""

Held = Mapping[str, float]
"""Part of the stream → how much it holds."""


@dataclass(frozen=True, slots=True)
class Sample:
    """At `when` (seconds since the beginning): megabytes (PSS), open files and threads by part; records behind."""

    when: float
    memory: Held
    files: Held
    threads: Held
    lag: int


@dataclass(frozen=True, slots=True)
class Quarters:
    """A measure of a part: the medians of the first and of the last quarter."""

    measure: str
    part: str
    first: float
    last: float

    @property
    def grew(self) -> bool:
        """True if it is not flat."""
        return self.last > self.first * (1 + GROWTH[self.measure]) and self.last - self.first > LEAST[self.measure]

    def __str__(self) -> str:
        unit = " MB" if self.measure == "memory" else ""
        return (
            f"{self.measure} of {self.part}: {self.first:,.0f}{unit} in the first quarter, {self.last:,.0f} in the last"
        )


@contextmanager
def sampled(pid: Callable[[], int | None], lag: Callable[[], int]) -> Iterator[list[Sample]]:
    """Sample a process with all that it started every few seconds, until the block ends.

    Args:
        pid: which process it is now; None while there is none.
        lag: how many records it is behind.
    """
    samples: list[Sample] = []
    stop, begun = threading.Event(), time.monotonic()

    def watch() -> None:
        while not stop.wait(PERIOD):
            found = _held(pid())
            if found:
                samples.append(Sample(round(time.monotonic() - begun, 1), *found, lag()))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        stop.set()
        thread.join()


def quarters(samples: Sequence[Sample]) -> list[Quarters]:
    """Each measure of each part; nothing of fewer than four samples."""
    size = len(samples) // 4
    if not size:
        return []
    return [
        Quarters(measure, part, _median(samples[:size], measure, part), _median(samples[-size:], measure, part))
        for measure in MEASURES
        for part in STREAM
    ]


def picture(samples: Sequence[Sample]) -> bytes | None:
    """A PNG of all measures and the lag over time; None where matplotlib is not installed (`tweetpulse[plots]`)."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return None
    figure = Figure(figsize=(9, 10), layout="constrained", dpi=120)
    minutes = [sample.when / 60 for sample in samples]
    for axes, measure in zip(figure.subplots(len(MEASURES) + 1, sharex=True), (*MEASURES, "lag"), strict=True):
        _draw(axes, minutes, samples, measure)
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _draw(axes: Any, minutes: list[float], samples: Sequence[Sample], measure: str) -> None:
    if measure == "lag":
        axes.plot(minutes, [sample.lag for sample in samples], color="#8a8f98")
        axes.set_xlabel("minutes")
    else:
        for part in STREAM:
            axes.plot(minutes, [getattr(sample, measure).get(part, 0) for sample in samples], label=part)
        axes.legend(loc="upper left", frameon=False, ncols=len(STREAM))
    axes.set_ylabel(
        {"memory": "memory, MB (PSS)", "files": "open files", "lag": "records behind"}.get(measure, measure)
    )
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)


def _held(pid: int | None) -> tuple[dict[str, float], dict[str, float], dict[str, float]] | None:
    memory: dict[str, float] = defaultdict(float)
    files, threads = Counter[str](), Counter[str]()
    try:
        root = psutil.Process(pid) if pid else None
    except psutil.Error:
        return None
    if root is None:
        return None
    for part, process in parts(root, {}):
        try:
            memory[part] += round(process.memory_full_info().pss / 1e6, 1)
            files[part] += process.num_fds()
            threads[part] += process.num_threads()
        except psutil.Error:
            continue  # It ended meanwhile.
    # `asdict` makes something else of a Counter.
    return dict(memory), dict(files), dict(threads)


def _median(samples: Sequence[Sample], measure: str, part: str) -> float:
    return median(getattr(sample, measure).get(part, 0.0) for sample in samples)
