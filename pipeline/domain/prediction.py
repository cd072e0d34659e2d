"""What a trained model says of a text, and the closed lists of its labels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Task(StrEnum):
    """What a model is trained for; the registry has one champion for each."""

    SENTIMENT = "sentiment"
    COMPLAINT = "complaint"
    REASON = "reason"


COMPLAINT, NO_COMPLAINT = "complaint", "no_complaint"
"""A complaint needs assistance: somebody should answer it."""

IRRELEVANT = "irrelevant"
"""The fourth label of sentiment, where the training data has it: the tweet is not about the entity."""


class ComplaintReason(StrEnum):
    """Why somebody complains, from the airline set's `negativereason`. A closed list: boards give each its colour."""

    BAD_FLIGHT = "bad_flight"
    BOOKING_PROBLEM = "booking_problem"
    CANCELLED_FLIGHT = "cancelled_flight"
    CUSTOMER_SERVICE = "customer_service"
    DAMAGED_LUGGAGE = "damaged_luggage"
    FLIGHT_ATTENDANT = "flight_attendant"
    LATE_FLIGHT = "late_flight"
    LONG_LINES = "long_lines"
    LOST_LUGGAGE = "lost_luggage"
    OTHER = "other"


TASK_LABELS: dict[Task, tuple[str, ...]] = {
    Task.SENTIMENT: ("negative", "neutral", "positive", IRRELEVANT),
    Task.COMPLAINT: (COMPLAINT, NO_COMPLAINT),
    Task.REASON: tuple(ComplaintReason),
}
"""The labels that a model of a task may know; sentiment without *irrelevant* too."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A model's most probable label, its probability in 0…1, and the version of the model that said so."""

    label: str
    probability: float
    version: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the champions say of one tweet; None where a task has no champion. `reason` only of a complaint."""

    sentiment: Prediction | None = None
    complaint: Prediction | None = None
    reason: Prediction | None = None

    @property
    def is_complaint(self) -> bool:
        """Whether the tweet needs assistance."""
        return self.complaint is not None and self.complaint.label == COMPLAINT


NO_OPINION = Opinion()
