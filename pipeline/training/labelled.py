"""Labelled rows: what people said of tweets, out of files in any of the layouts, as labels of a task."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

from pipeline.domain.prediction import (
    CLOSED_LABELS,
    COMPLAINT,
    NO_COMPLAINT,
    Task,
    in_order,
    is_label,
    known_labels,
)
from pipeline.errors import ConfigError, SourceError
from pipeline.registry.manifest import Data
from pipeline.sources.files import file_source
from pipeline.sources.layouts import AIRLINE, ASOS, COMPLAINTS, KAGGLE, OF_X, SEMEVAL, Columns, Layout, Role
from pipeline.sources.rows import tweet_of
from pipeline.sources.source import Unreadable

LAYOUTS: Mapping[Task, tuple[Layout, ...]] = {
    Task.SENTIMENT: (KAGGLE, AIRLINE, SEMEVAL),
    Task.COMPLAINT: (COMPLAINTS, ASOS),
    Task.REASON: (AIRLINE,),
}
"""The known layouts that hold a task's labels."""

_COMPLAINTS = {"1": COMPLAINT, "true": COMPLAINT, "yes": COMPLAINT, "0": NO_COMPLAINT, "false": NO_COMPLAINT}
_AIRLINE_REASONS = {
    "cant tell": "other",
    "customer service issue": "customer_service",
    "flight attendant complaints": "flight_attendant",
    "flight booking problems": "booking_problem",
    "longlines": "long_lines",
}
_NAMES: Mapping[Task, Mapping[str, str]] = {
    Task.SENTIMENT: {},
    Task.COMPLAINT: {**_COMPLAINTS, "no": NO_COMPLAINT},
    Task.REASON: _AIRLINE_REASONS,
}
"""The labels of files that write them in another way."""


@dataclass(frozen=True, slots=True)
class Row:
    """A text with its label.

    Attributes:
        key: the tweet's `event.id`.
        group: rows of one group never part: held out together, or trained on together.
        text, label: what people said of what; the label is one of the task's.
        entity, lang: "" where nobody knows.
        written: when, with an offset.
        source: the file's name, without its folder.
    """

    key: str
    group: str
    text: str
    label: str
    entity: str = ""
    lang: str = ""
    written: datetime | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Rows in the order of their keys' first appearance, and how it came to them.

    Attributes:
        rows: one for each key.
        left_out: how many rows are not among them, by reason.
        data: the files.
    """

    rows: tuple[Row, ...]
    left_out: Mapping[str, int] = field(default_factory=Counter)
    data: tuple[Data, ...] = ()

    def labels(self, task: Task) -> tuple[str, ...]:
        """The labels that occur, in the task's order."""
        return in_order(task, (row.label for row in self.rows))


def read(task: Task, path: Path, layout: str = "auto", columns: str | None = None) -> Labelled:
    """The labelled rows of a file.

    Args:
        task: whose labels are asked for.
        path: a CSV file, or one of JSON objects with fields for columns; `.gz` or not.
        layout: a preset's name, or `auto` to tell it from the first row.
        columns: which column is what, for any other file (`text=body,label=mood`); wins over `layout`.

    Raises:
        ConfigError: there is no such layout, or it does not hold labels of this task.
        SourceError: the file can't be read, or no row of it has a label.
    """
    source = file_source(path, layout, columns)
    _check(task, path, source.layout)
    left_out: Counter[str] = Counter()
    make = partial(_row_of, task, path.name, left_out, datetime.now(UTC))
    found = list(source.each(make))
    left_out["unreadable"] += sum(isinstance(row, Unreadable) for row in found)
    rows = [row for row in found if isinstance(row, Row)]
    if not found:
        raise SourceError(f"{path} has a header and no rows")
    if not rows:
        raise SourceError(f"{path} has no row with a label of {task}: its labels are {known_labels(task)}")
    return combined([Labelled(tuple(rows), left_out, (Data(path.name, _digest(path), len(rows)),))])


def combined(parts: Iterable[Labelled]) -> Labelled:
    """All of them as one. Of rows with the same key the last one counts: what is said later corrects the rest."""
    rows: dict[str, Row] = {}
    left_out: Counter[str] = Counter()
    data: list[Data] = []
    for part in parts:
        left_out.update(part.left_out)
        data.extend(part.data)
        for row in part.rows:
            left_out["repeated"] += row.key in rows
            rows[row.key] = row
    # The plus leaves out the reasons that no row had.
    return Labelled(tuple(rows.values()), +left_out, tuple(data))


def label_of(task: Task, value: str) -> str | None:
    """The label that a file's value means; None for a value that the task can't have.

    >>> [label_of(Task.REASON, value) for value in ("Can't Tell", "Wrong size / colour")]
    ['other', 'wrong_size_colour']
    """
    plain = value.strip().casefold().replace("'", "").replace("’", "")
    # Reasons are open, so any name that a file gives one becomes a label of letters, digits and underscores.
    written = plain.replace(" ", "_") if task in CLOSED_LABELS else re.sub(r"[^\w-]+", "_", plain).strip("_")
    name = _NAMES[task].get(plain, written)
    return name if is_label(task, name) else None


def _check(task: Task, path: Path, layout: Layout) -> None:
    fitting = ", ".join(one.name for one in LAYOUTS[task])
    if layout.name in OF_X:
        raise ConfigError(f"{path} holds tweets of X's API, without labels: {task} takes {fitting}, or --columns")
    known = {one.name for task_layouts in LAYOUTS.values() for one in task_layouts}
    if layout.name in known and layout not in LAYOUTS[task]:
        raise ConfigError(
            f"{path} has the layout {layout.name}, without labels of {task}: take {fitting}, or --columns"
        )
    if layout.name not in known and not {"label", "reason"} & set(layout.columns):
        raise ConfigError(f"{path}: which column is the label? --columns text=COLUMN,label=COLUMN")


def _row_of(
    task: Task, name: str, left_out: Counter[str], now: datetime, row: Sequence[str], columns: Columns
) -> Row | None:
    """The labelled row in a row of a file; None, and counted, where there is no text or no label.

    Raises:
        BadRow: it is none of this layout.
    """
    tweet = tweet_of(list(row), columns, source=name, now=now)
    role: Role = "reason" if task is Task.REASON and "reason" in columns.positions else "label"
    value = columns.value(row, role)
    label = label_of(task, value)
    why = "no text" if not tweet.text.strip() else "no label" if not value.strip() else "unknown label"
    if label is None or not tweet.text.strip():
        left_out[why] += 1
        return None
    native = columns.value(row, "id").strip()
    # Texts with the same id, as in the Kaggle set, are variants of one tweet, and must not be on both sides of a split.
    own = columns.layout.own_ids or not native
    return Row(
        key=tweet.id,
        group=tweet.id if own else f"{columns.layout.name}:{native}",
        text=tweet.text,
        label=label,
        entity=tweet.entities[0] if tweet.entities else "",
        lang=tweet.lang or "",
        written=tweet.written_at,
        source=name,
    )


def _digest(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise SourceError(f"{path} can't be read: {(error.strerror or 'unknown reason').lower()}") from None
