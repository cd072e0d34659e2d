"""What a trained model says of a text, and which labels it may have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.domain.sentiment import SCORED


class Task(StrEnum):
    """The tasks of models; the registry has one champion for each."""

    SENTIMENT = "sentiment"
    COMPLAINT = "complaint"
    REASON = "reason"


COMPLAINT, NO_COMPLAINT = "complaint", "no_complaint"
"""A complaint needs assistance: somebody should answer it."""

IRRELEVANT = "irrelevant"
"""The fourth label of sentiment, where the training data has it: the tweet is not about the entity."""


CLOSED_LABELS: Mapping[Task, tuple[str, ...]] = {
    Task.SENTIMENT: (*map(str, SCORED), IRRELEVANT),
    Task.COMPLAINT: (COMPLAINT, NO_COMPLAINT),
}
"""The labels of the tasks whose labels are ours; a model of sentiment may do without *irrelevant*.

Why somebody complains depends on the trade: which reasons there are is the word of the model that was trained on them.
"""

MOST_LABELS = 20
"""What a model may tell apart: each label is a series of a metric, and a colour on the boards."""

_REASON = re.compile(r"\w[\w-]{0,39}")
_REASON_RULE = "at most 40 lower-case letters, digits, '_' and '-', and no label of another task"


def is_label(task: Task, label: str) -> bool:
    """True if a task may have this label.

    >>> [is_label(Task.REASON, label) for label in ("late_parcel", "Late parcel", "complaint")]
    [True, False, False]
    """
    if task in CLOSED_LABELS:
        return label in CLOSED_LABELS[task]
    # A label tells its task: `tweetpulse label ID LABEL` does not ask for it.
    taken = any(label in labels for labels in CLOSED_LABELS.values())
    return bool(_REASON.fullmatch(label)) and label == label.casefold() and not taken


def known_labels(task: Task) -> str:
    """Which labels a task may have, for people."""
    return ", ".join(CLOSED_LABELS[task]) if task in CLOSED_LABELS else _REASON_RULE


def labels_fault(task: Task, labels: Sequence[str]) -> str | None:
    """Why a model of this task can't have these labels; None if it can."""
    unknown = next((label for label in labels if not is_label(task, label)), None)
    if unknown is not None:
        return f"a model of {task} may not say {unknown[:60]!r}: it knows {known_labels(task)}"
    if len(set(labels)) < 2:
        return f"a model of {task} needs two labels or more"
    if len(labels) > MOST_LABELS:
        return f"a model of {task} may tell {MOST_LABELS} labels apart, and this one has {len(labels)}"
    return None


def in_order(task: Task, labels: Iterable[str]) -> tuple[str, ...]:
    """Each label once: in the order of the task's own list, or by name where it has none."""
    found = set(labels)
    return tuple(label for label in CLOSED_LABELS.get(task, tuple(sorted(found))) if label in found)


@dataclass(frozen=True, slots=True)
class Prediction:
    """A model's most probable label, its probability in 0…1, and the version of the model that said so."""

    label: str
    probability: float
    version: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """The champions' predictions for one tweet; None if a task has no champion. Only complaints have a `reason`."""

    sentiment: Prediction | None = None
    complaint: Prediction | None = None
    reason: Prediction | None = None

    @property
    def is_complaint(self) -> bool:
        """True if the tweet needs assistance."""
        return self.complaint is not None and self.complaint.label == COMPLAINT


NO_OPINION = Opinion()
