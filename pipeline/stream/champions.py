"""The champions on the driver: looked up at the beginning of each micro-batch, checked, and broadcast to the tasks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pipeline.domain.prediction import Task
from pipeline.errors import PipelineError, ScoringError, SetupError
from pipeline.ports import Model
from pipeline.registry.manifest import MODEL, check_labels
from pipeline.registry.registry import Registry
from pipeline.scoring.models import loaded

RETRY_AFTER = 10.0
"""Seconds until a champion that could not be loaded is tried again; another one is tried at once."""

_PAUSE_FACTOR = 10.0
"""So many times as long as the failure took: a slow store costs the batches a tenth of the time at most."""

_PROBE = "@acme my flight is late again, thanks for nothing :( #fail"


class Observer(Protocol):
    """Is told what becomes of the champions."""

    def model_in_use(
        self, task: Task, version: str, trained: datetime, evaluation: Mapping[str, float], labels: Sequence[str]
    ) -> None:
        """Another champion predicts from the batch on that begins now, and says one of `labels`."""

    def model_failed(self, task: Task, error: PipelineError) -> None:
        """A champion can't be loaded; the one before it stays."""

    def model_mended(self, task: Task) -> None:
        """The one that stayed is the champion again."""


def load_model(data: bytes, task: Task, version: str) -> Model:
    """A model out of its bytes, which has predicted once.

    Raises:
        ScoringError: it is not one, is of another task, or does not predict.
    """
    model = loaded(data, version)
    if model.task != task:
        raise ScoringError(f"{task} {version} is a model of {model.task}")
    check_labels(task, model.labels)
    try:
        # Damaged coefficients can be read all the same, and show only in a prediction.
        (prediction,) = model.predict([_PROBE])
    except Exception as error:
        # Damaged numbers may raise anything, and must not end the stream.
        raise ScoringError(f"{task} {version} does not predict: {type(error).__name__}") from None
    if not 0 <= prediction.probability <= 1:
        raise ScoringError(f"{task} {version} does not predict: a probability of {prediction.probability}")
    return model


@dataclass(frozen=True, slots=True)
class Champion:
    """A task's model in use, as Spark's tasks are told of it.

    `model` is the broadcast of its bytes, fetched only by workers that do not have the version yet.
    """

    task: Task
    version: str
    model: Any

    def load(self) -> Model:
        """The model itself, in a worker."""
        return load_model(self.model.value, self.task, self.version)


@dataclass(slots=True)
class _Slot:
    """A task's place: who has it, and which version could not be loaded last ("" where it is not even known which)."""

    champion: Champion | None = None
    failed: str | None = None
    away: bool = False
    again: float = 0.0

    @property
    def version(self) -> str:
        return self.champion.version if self.champion else ""


class Champions:
    """The models that predict in a batch. A fault here never ends the stream: the champions in use stay.

    Args:
        registry: asked once a batch.
        observer: told of each change and each failure.
        check: raises ScoringError for bytes that are no model of this task; see `load_model`.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        registry: Registry,
        observer: Observer,
        check: Callable[[bytes, Task, str], object] = load_model,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._observer = observer
        self._check = check
        self._clock = clock
        self._slots = {task: _Slot() for task in Task}

    def of_batch(self, context: Any) -> tuple[Champion, ...]:
        """The champions of the batch that begins now; the broadcasts of former ones are released.

        Args:
            context: Spark's, to broadcast with. No earlier batch may be running.
        """
        for task in Task:
            self._look(task, context)
        return tuple(slot.champion for slot in self._slots.values() if slot.champion)

    def _look(self, task: Task, context: Any) -> None:
        slot, version, began = self._slots[task], "", self._clock()
        # Each look at a registry that does not answer may last its whole time-out, and the batch waits for it.
        if slot.away and began < slot.again:
            return
        try:
            version = self._named(task)
            if version == slot.version:
                self._settle(task)
            elif version != slot.failed or began >= slot.again:
                self._put_into_use(task, version, context)
        except (ScoringError, SetupError) as error:
            self._fail(task, version, error, began)

    def _named(self, task: Task) -> str:
        version = self._registry.champion(task)
        if version is None and self._slots[task].champion is not None:
            # No command unmakes a champion, so it is the registry that is not there.
            raise ScoringError(f"the registry {self._registry.name} names no champion of {task} any more: is it there?")
        return version or ""

    def _put_into_use(self, task: Task, version: str, context: Any) -> None:
        """Load, check and broadcast a champion; the one before has its place until all of that is done."""
        data = self._registry.read(task, version, MODEL)
        manifest = self._registry.manifest(task, version)
        # These become series of a metric, so they are limited as the model's own labels are.
        check_labels(task, manifest.labels)
        self._check(data, task, version)
        former = self._slots[task].champion
        self._slots[task] = _Slot(Champion(task, version, context.broadcast(data)))
        self._observer.model_in_use(task, version, manifest.created, manifest.metrics, manifest.labels)
        # No earlier batch is running, so no worker still fetches it.
        if former is not None:
            former.model.destroy()

    def _settle(self, task: Task) -> None:
        slot = self._slots[task]
        if slot.failed is not None:
            self._slots[task] = _Slot(slot.champion)
            self._observer.model_mended(task)

    def _fail(self, task: Task, version: str, error: PipelineError, began: float) -> None:
        slot, now = self._slots[task], self._clock()
        slot.away = isinstance(error, SetupError)
        if slot.failed != version or now >= slot.again:
            slot.failed, slot.again = version, now + max(RETRY_AFTER, _PAUSE_FACTOR * (now - began))
            self._observer.model_failed(task, error)
