"""Finds versions of models that keep rows of a tweet: held-out rows are kept with their texts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from io import BytesIO

from pipeline.domain.prediction import Task
from pipeline.errors import PipelineError
from pipeline.extras import require
from pipeline.registry.manifest import HELD_OUT
from pipeline.registry.registry import Registry


def versions_that_keep(registry: Registry, tweets: Collection[str]) -> Iterator[tuple[str, int | None]]:
    """`<task> <version>`, and how many of its held-out rows are of these tweets; None where that can't be read.

    Raises:
        SetupError: the registry does not answer, or what reads the rows is not installed.
    """
    wanted = frozenset(tweets)
    for task in Task:
        for manifest in registry.versions(task):
            require("stream")
            kept = _kept(registry, task, manifest.version, wanted)
            if kept != 0:
                yield f"{task} {manifest.version}", kept


def _kept(registry: Registry, task: Task, version: str, wanted: frozenset[str]) -> int | None:
    from pyarrow import ArrowException, parquet

    try:
        table = parquet.read_table(BytesIO(registry.read(task, version, HELD_OUT)), columns=["key"])
        return sum(key in wanted for key in table.column("key").to_pylist())
    except (PipelineError, ArrowException, KeyError, OSError):
        return None
