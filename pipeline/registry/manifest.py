"""The registry's files: a version's manifest, and a task's champion with its history."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, TypeVar

import orjson
from pydantic import JsonValue, TypeAdapter, ValidationError

from pipeline.domain.formats import check_format
from pipeline.domain.prediction import Task, labels_fault
from pipeline.errors import ScoringError

MODEL, SEEN, HELD_OUT, REPORT = "model.bin", "seen.npy", "held_out.parquet", "report.json"
"""A version's files: the model, what it was trained on (hashed), the rows it was measured on, the report."""

FORMAT = 1
"""Of `manifest.json` and `champion.json`."""

_VERSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")

D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Data:
    """A file that a model was trained on; `name` without its folder."""

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The description of a version and of its training.

    Attributes:
        version: given at publication, sortable by time; "" before.
        created: when it was trained, with an offset.
        labels: in the order of the model's probabilities.
        parent: the champion when it was trained.
        metrics: measure → value on the held-out rows; VADER's or the simplest guess's among them.
        files: name → sha256, given at publication.
        format: of the file; one that names none is of format 1.
    """

    task: Task
    labels: tuple[str, ...]
    created: datetime
    version: str = ""
    parent: str | None = None
    data: tuple[Data, ...] = ()
    code_version: str = ""
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Promotion:
    """A promotion: the version that became the champion, and the one before it."""

    version: str
    at: datetime
    why: str
    previous: str | None = None
    rollback: bool = False


@dataclass(frozen=True, slots=True)
class ChampionRecord:
    """A task's promotions, oldest first: the last one made the champion."""

    history: tuple[Promotion, ...] = ()
    format: int = FORMAT

    @property
    def champion(self) -> str | None:
        """The version in use; None where there has been no promotion."""
        return self.history[-1].version if self.history else None

    @property
    def before(self) -> str | None:
        """The version before the champion's first promotion, so that rolling back twice goes back two versions."""
        # The entry of a rollback names the version that it has replaced, and would lead forward again.
        for promotion in reversed(self.history):
            if promotion.version == self.champion and not promotion.rollback:
                return promotion.previous
        return None


def version_of(manifest: Manifest, files: Mapping[str, bytes]) -> tuple[str, dict[str, str]]:
    """`20261121T101500Z-<6 hex of the content>`, and the files' sha256."""
    digests = {name: sha256(files[name]).hexdigest() for name in sorted(files)}
    content = sha256(dumps((manifest, digests))).hexdigest()
    return f"{manifest.created.astimezone(UTC):%Y%m%dT%H%M%SZ}-{content[:6]}", digests


def check(manifest: Manifest, files: Mapping[str, bytes]) -> None:
    """Hold a version that is to be published to what the stream can use.

    Raises:
        ScoringError: its labels are not what the task may have, the model is missing, or a file has an odd name.
    """
    check_labels(manifest.task, manifest.labels)
    if MODEL not in files:
        raise ScoringError(f"a version of {manifest.task} needs the file {MODEL}")
    odd = next((name for name in files if not _FILE.fullmatch(name) or name == "manifest.json"), None)
    if odd is not None:
        raise ScoringError(f"{odd!r} is no name for a model's file: letters, digits, '.', '-' and '_'")


def check_labels(task: Task, labels: tuple[str, ...]) -> None:
    """Labels become fields' values and metrics' labels, so they are bounded in number and length.

    Raises:
        ScoringError: one is not the task's, or there are fewer than two, or too many.
    """
    fault = labels_fault(task, labels)
    if fault:
        raise ScoringError(fault)


def check_version(version: str) -> str:
    """The version, if it is written as one: it becomes part of a path.

    Raises:
        ScoringError: it is not.
    """
    if not _VERSION.fullmatch(version):
        raise ScoringError(f"{version!r} is not a version: `tweetpulse models list` shows them")
    return version


def dumps(value: object) -> bytes:
    """JSON for people and programs alike."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


def loads(kind: type[D], data: bytes, where: str, remedy: str) -> D:
    """The object that `dumps` wrote. An error says which file is damaged, and what to do.

    Raises:
        ScoringError: it is something else.
        NewerFormat: a newer version of this project wrote it.
    """
    check_format(where, _format_of(data), FORMAT)
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(kind)
        found: D = adapter.validate_json(data)
    except ValidationError:
        raise ScoringError(f"{where} is damaged: {remedy}") from None
    return found


def _format_of(data: bytes) -> object:
    """What a file names as its format; None where it names none, or is damaged."""
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return found.get("format") if isinstance(found, dict) else None
