"""The meaning of a label, and when there is something new to learn from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.domain.prediction import CLOSED_LABELS, Task
from pipeline.errors import ConfigError
from pipeline.training.labels import Label, as_csv, said

LABEL = Label(Task.SENTIMENT, "x:1", "positive", "thank you", datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("label", "reason", "expected"),
    [
        ("irrelevant", None, {"sentiment": "irrelevant"}),
        ("complaint", None, {"complaint": "complaint"}),
        ("complaint", "late_flight", {"complaint": "complaint", "reason": "late_flight"}),
        pytest.param("late_flight", None, {"complaint": "complaint", "reason": "late_flight"}, id="who has a reason"),
        pytest.param("no_complaint", None, {"complaint": "no_complaint", "reason": None}, id="takes the reason back"),
    ],
)
def test_a_label_tells_its_task(label: str, reason: str | None, expected: dict[str, str | None]) -> None:
    """Whoever names a reason says that it is a complaint; what is none has no reason."""
    assert said(label, reason, lambda: ["late_flight"]) == expected


def test_every_label_can_be_said_and_belongs_to_one_task() -> None:
    """The closed lists do not overlap: no label needs its task named."""
    every = [(task, label) for task, labels in CLOSED_LABELS.items() for label in labels]
    assert len({label for _, label in every}) == len(every)
    assert all(said(label)[task] == label for task, label in every)


def test_a_new_reason_is_said_by_its_option_alone() -> None:
    """A label that is mistyped must not become a reason."""
    assert said("complaint", "late_parcel", lambda: ["late_flight"])[Task.REASON] == "late_parcel"
    with pytest.raises(ConfigError, match="reason: late_flight; a new reason: complaint --reason REASON"):
        said("late_parcel", None, lambda: ["late_flight"])
    with pytest.raises(ConfigError, match="no_complaint; a new reason: complaint --reason REASON"):
        said("late_parcel", None, tuple)


@pytest.mark.parametrize(
    ("label", "reason"),
    [("happy", None), ("positive", "late_flight"), ("complaint", "Rain!"), ("complaint", "x" * 41), ("complaint", "")],
)
def test_what_is_no_label(label: str, reason: str | None) -> None:
    """One line names those that there are."""
    with pytest.raises(ConfigError, match=r"no_complaint|--reason goes with complaint, and is at most 40") as caught:
        said(label, reason)
    assert "\n" not in caught.value.message


def test_labels_become_a_file_that_is_the_same_for_the_same_labels() -> None:
    """Another label, text or tweet makes another file; who said it, when, and in which order, does not."""
    other = replace(
        LABEL, tweet="x:2", text='a "quoted", long\nstory', entities=("Acme", "Best"), lang="en", written=LABEL.at
    )
    assert as_csv([other, LABEL]).decode() == (
        "id,text,label,entity,lang,time\n"
        "x:1,thank you,positive,,,\n"
        'x:2,"a ""quoted"", long\nstory",positive,Acme,en,2026-03-01T00:00:00+00:00\n'
    )
    assert as_csv([LABEL, other]) == as_csv([other, replace(LABEL, by="ann", previous="negative")])
    changed = [[LABEL], [other], [replace(LABEL, name="negative")], [replace(LABEL, text="thank you!")], []]
    assert len({as_csv(labels) for labels in changed}) == len(changed)
