"""Hold a version to another one: both predict the rows that the first was measured on and neither was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.prediction import Task
from pipeline.errors import ScoringError
from pipeline.extras import require
from pipeline.registry.manifest import HELD_OUT, MODEL, SEEN
from pipeline.registry.registry import Registry
from pipeline.scoring import arrays
from pipeline.scoring.models import loaded
from pipeline.training import gate
from pipeline.training.gate import Comparison, Decision, Rows
from pipeline.training.seen import hashes

LENGTHS = {50: "under 50", 100: "50 to 99"}
LONGEST = "100 and more"
"""Slices by length, in characters."""


def weigh(registry: Registry, task: Task, version: str, *, margin: float = gate.MARGIN) -> Decision:
    """Decide if a version should replace the champion; nothing is changed.

    Args:
        registry: where both are.
        task: of the version.
        version: the challenger.
        margin: how much worse a slice may be, 0…1.

    Raises:
        ScoringError: a version is not there or is damaged; SetupError: the registry does not answer.
    """
    champion = registry.champion(task)
    manifest = registry.manifest(task, version)
    if champion == version:
        raise ScoringError(f"{version} is the champion of {task} already")
    if champion is None:
        return gate.decide_first(task, manifest.metrics)
    refusal = gate.not_comparable(registry.manifest(task, champion).labels, manifest.labels)
    decision = refusal or gate.decide(task, rows_of(registry, task, champion, version), margin=margin)
    return replace(decision, held_to=champion)


def compare(registry: Registry, task: Task, one: str, other: str) -> Comparison:
    """The figures of two versions, the first in the champion's place, on the rows that the other was measured on.

    Raises:
        ScoringError: a version is not there or is damaged, or they can't be compared.
        SetupError: the registry does not answer.
    """
    refusal = gate.not_comparable(registry.manifest(task, one).labels, registry.manifest(task, other).labels)
    if refusal is not None:
        raise ScoringError(f"{other} and {one} are {refusal.why}")
    rows = rows_of(registry, task, one, other)
    if not rows.truth:
        raise ScoringError(f"{one} and {other} can't be compared: there is no row that neither was trained on")
    return gate.compare(task, rows)


def rows_of(registry: Registry, task: Task, champion: str, challenger: str) -> Rows:
    """The challenger's held-out rows but those that either was trained on, and what both say of them.

    Raises:
        ScoringError: a file is not there, or is not what it should be.
    """
    columns = _held_out(registry, task, challenger)
    unseen = ~(_seen(registry, task, champion, columns) | _seen(registry, task, challenger, columns))
    kept = {name: [values[place] for place in np.flatnonzero(unseen)] for name, values in columns.items()}
    return Rows(
        truth=kept["label"],
        champion=_predicted(registry, task, champion, kept["text"]),
        challenger=_predicted(registry, task, challenger, kept["text"]),
        slices={
            "entity": kept["entity"],
            "language": kept["lang"],
            "length": [length_of(text) for text in kept["text"]],
        },
    )


def length_of(text: str) -> str:
    """The slice that a text of this length is in."""
    return next((name for below, name in LENGTHS.items() if len(text) < below), LONGEST)


def _held_out(registry: Registry, task: Task, version: str) -> dict[str, list[str]]:
    require("stream")
    from pyarrow import ArrowException, parquet

    try:
        # Looked at before it is read, because a compressed file may hold a thousand times its own size.
        file = parquet.ParquetFile(BytesIO(registry.read(task, version, HELD_OUT)))
        groups = (file.metadata.row_group(number) for number in range(file.metadata.num_row_groups))
        if sum(group.total_byte_size for group in groups) > arrays.MAX_BYTES:
            raise ScoringError(f"{HELD_OUT} of {task} {version} is too large: publish the version anew")
        table = file.read(columns=list(_COLUMNS))
        return {name: [value or "" for value in table[name].to_pylist()] for name in _COLUMNS}
    except (ArrowException, KeyError) as error:
        raise ScoringError(f"{HELD_OUT} of {task} {version} can't be read: {type(error).__name__}") from None


_COLUMNS = ("key", "text", "label", "entity", "lang")


def _seen(registry: Registry, task: Task, version: str, columns: dict[str, list[str]]) -> NDArray[np.bool_]:
    """The rows that a version was trained on, by their keys or their texts."""
    data = registry.read(task, version, SEEN)
    try:
        seen = arrays.array_of(data)
    except arrays.FAULTS:
        raise ScoringError(f"{SEEN} of {task} {version} can't be read") from None
    by_key, by_text = (np.isin(hashes(columns[name]), seen) for name in ("key", "text"))
    # Two rows without a key are not the same row.
    found: NDArray[np.bool_] = by_text | (by_key & np.array([key != "" for key in columns["key"]], np.bool_))
    return found


def _predicted(registry: Registry, task: Task, version: str, texts: Sequence[str]) -> list[str]:
    model = loaded(registry.read(task, version, MODEL), version)
    return [prediction.label for prediction in model.predict(texts)]
