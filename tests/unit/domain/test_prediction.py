"""The labels that a model may have."""

from __future__ import annotations

import pytest

from pipeline.domain.prediction import CLOSED_LABELS, MOST_LABELS, Task, in_order, is_label, labels_fault
from tests.builders import AIRLINE_REASONS
from tests.mapping import mapped

MANY = tuple(f"reason_{number}" for number in range(MOST_LABELS + 1))


@pytest.mark.parametrize("label", [*AIRLINE_REASONS, "late_parcel", "wi-fi", "verspätung", "x" * 40, "5g"])
def test_reasons_are_of_any_trade(label: str) -> None:
    """A word as fields and metrics take it, in any language."""
    assert is_label(Task.REASON, label)


@pytest.mark.parametrize(
    "label",
    ["", "Late", "late flight", "x" * 41, "late\nflight", 'a"b', "_a{b}", "-a", *sum(CLOSED_LABELS.values(), ())],
)
def test_what_is_no_reason(label: str) -> None:
    """No reason is too long, has other characters, or is a label of another task: a label tells its task."""
    assert not is_label(Task.REASON, label)


def test_a_reason_that_is_one_is_found_in_the_index() -> None:
    """A longer one than the mapping takes would be in the document, and in no search."""
    (mapping,) = [body for name, body in mapped("tweets@scored") if name == "tweet.complaint.reason"]
    assert not is_label(Task.REASON, "x" * (mapping["ignore_above"] + 1))


@pytest.mark.parametrize(
    ("task", "labels", "said"),
    [
        (Task.REASON, ("a", "b"), None),
        (Task.REASON, MANY[:-1], None),
        (Task.REASON, MANY, "may tell 20 labels apart, and this one has 21"),
        (Task.REASON, ("a", "a"), "two labels or more"),
        (Task.REASON, ("a", "B" * 1_000), "may not say 'B"),
        (Task.SENTIMENT, ("negative", "positive"), None),
        (Task.SENTIMENT, ("negative", "angry"), "may not say 'angry': it knows negative, neutral"),
    ],
)
def test_the_labels_of_a_model(task: Task, labels: tuple[str, ...], said: str | None) -> None:
    """Bounded in number and length, and so is what is said of them."""
    fault = labels_fault(task, labels)
    assert (fault is None) == (said is None)
    assert (said or "") in (fault or "")
    assert len(fault or "") < 250


def test_the_order_of_labels() -> None:
    """That of the task's own list; reasons by name, as those of airlines have always been."""
    assert in_order(Task.SENTIMENT, ("positive", "negative", "positive")) == ("negative", "positive")
    assert in_order(Task.REASON, reversed(AIRLINE_REASONS)) == AIRLINE_REASONS
