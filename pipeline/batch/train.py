"""Training, from labelled rows to a version in the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.batch.labelled import Labelled
from pipeline.batch.splits import Way
from pipeline.domain.prediction import Task
from pipeline.registry.manifest import Manifest
from pipeline.registry.registry import Registry
from pipeline.settings import Settings

Tell = Callable[[str], None]
"""Told what is being done, in a few words."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to train, and on what.

    Attributes:
        task: what for.
        labelled: the rows (`labelled.read` of each file, `labelled.combined` of all).
        test: rows to measure on; where it is None, a share of `labelled` is held out.
        held_out: that share, 0…1.
        way: how it is chosen.
        master: Spark's; None is this machine.
    """

    task: Task
    labelled: Labelled
    test: Labelled | None = None
    held_out: float = 0.2
    way: Way = "auto"
    master: str | None = None


def train(request: Request, registry: Registry, settings: Settings, tell: Tell) -> Manifest:
    """Train, measure and publish a version; it is not promoted.

    Raises:
        ConfigError: there is too little to train on.
        SetupError: Java, Spark or the registry is not there.
    """
    raise NotImplementedError
