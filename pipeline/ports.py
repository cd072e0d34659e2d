"""The protocols that a source, a scorer, a model and a sink follow: ours, and those that a user brings.

The stream knows its scorers, models and sinks by these methods alone. `pipeline.components` finds them by name. A class
that has a classmethod `made(settings)` is made by it, with all settings; any other class is called with the options
that `[components.<name>]` in tweetpulse.toml holds for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from pipeline.domain.delivery import Attempt, Delivery, Report
from pipeline.domain.prediction import Prediction, Task
from pipeline.domain.sentiment import Sentiment


class Scorer(Protocol):
    """Says what feeling texts show.

    It is made on the driver, pickled, and made again from that in each Python worker process, where one thread uses it.
    The same text may be scored again, when a batch is repeated, and should then get the same answer.
    """

    @property
    def name(self) -> str:
        """A short name; it is shown to people."""

    @property
    def languages(self) -> frozenset[str]:
        """The languages that it speaks, as primary tags in lower case (`en`). Empty: every language."""

    def score(self, texts: Sequence[str]) -> Sequence[Sentiment]:
        """One sentiment for each text, in their order. Texts are as they were written, of any length, also empty.

        Called with the texts of a chunk, up to some thousands, whose language it speaks or nobody knows. What it raises
        ends the stream (exit code 5), since another attempt would fail likewise.
        """


@runtime_checkable
class Explaining(Protocol):
    """A scorer that can also say why."""

    def explain(self, text: str) -> list[tuple[str, float]]:
        """The words that have a feeling where they stand, with their weights, in the text's order."""


class Model(Protocol):
    """A trained classifier of one task, as the registry keeps it; at most one a task is asked in a batch."""

    @property
    def task(self) -> Task:
        """The question that it answers."""

    @property
    def version(self) -> str:
        """In the registry; "" before it is there."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Its answers, in the order of the probabilities."""

    @property
    def languages(self) -> frozenset[str]:
        """As of a scorer."""

    def probabilities(self, texts: Sequence[str]) -> Any:
        """Texts × labels, an array of float64; each row adds up to 1."""

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """The most probable label of each text."""

    def explain(self, text: str, top: int = 6) -> list[tuple[str, float]]:
        """The words that weighed most for the predicted label, or against it, the strongest first."""


class Sink(Protocol):
    """Keeps documents, each once, whatever is repeated.

    Several sinks may be in use at once. A batch is committed when all of them have taken it: the slowest holds it up.

    It is made on the driver, pickled, and made again from that in each Python worker process; clients and locks must
    not be pickled. `ensure`, `prepare` and `close` are called on the driver, by one thread. `write` is called in the
    workers, by several threads at once.

    Not guaranteed: that a batch is written once. It is written again after an outage, after a kill, and when Spark
    repeats a task. The records of a batch are then the same, but they may be cut into other chunks if settings were
    changed in between. While an attempt that failed is repeated, a request of it may still be under way.
    """

    @property
    def name(self) -> str:
        """A short name: the value of metrics' label `sink`."""

    @property
    def waits(self) -> tuple[str, ...]:
        """Every reason that its SinkUnavailable may have: a closed list, values of the label `reason`.

        After one that ends in `_missing` the driver calls `ensure` before it tries again.
        """

    @property
    def failures(self) -> tuple[str, ...]:
        """Every reason of a failed document: a closed list, values of the label `reason`."""

    def target(self, dataset: str) -> str:
        """The place that takes a dataset, as the value of metrics' label `data_stream`; no two sinks share one."""

    def ensure(self) -> object:
        """Make what is missing (templates, tables, folders); what is there stays. May be called again at any time.

        Raises:
            SinkUnavailable: it can't be made now.
            PipelineError: it never can.
        """

    def prepare(self, attempt: Attempt) -> Any:
        """The plan for an attempt at a batch, which every `write` of it gets; it must be picklable.

        Raises:
            SinkUnavailable: the batch can't be written now. The driver waits and calls it again.
            PipelineError: it never can. The stream ends.
        """

    def write(self, delivery: Delivery, plan: Any, attempt: Attempt) -> Report:
        """Keep each document once, by its id or by the number of the batch.

        Args:
            delivery: the documents.
            plan: as `prepare` gave it.
            attempt: `repeated` also where Spark repeats the task.

        Returns:
            A verdict for each distinct id, which must be durable: the batch may be committed the moment after.

        Raises:
            SinkUnavailable: the environment does not let it be done now; some documents may have been kept.
            PipelineError: waiting does not mend it. The stream ends.
        """

    def close(self) -> None:
        """Let go of connections. Safe to repeat."""
