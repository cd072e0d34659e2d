"""The registry of trained models, and whether its champions can be used."""

from __future__ import annotations

from pipeline.doctor.finding import Finding, fault, ok
from pipeline.domain.prediction import Task
from pipeline.errors import ScoringError
from pipeline.registry.manifest import MODEL
from pipeline.registry.registry import Registry
from pipeline.stream.champions import load_model


def models(uri: str) -> list[Finding]:
    """Each champion, loaded as the stream loads it.

    Raises:
        SetupError: the registry does not answer.
        ConfigError: its URI can't be used.
    """
    registry = Registry(uri)
    found = [_champion(registry, task) for task in Task]
    told = [finding for finding in found if finding is not None]
    return told or [ok("models", f"{registry.name} has no champion: VADER alone scores")]


def _champion(registry: Registry, task: Task) -> Finding | None:
    try:
        version = registry.champion(task)
        if version is None:
            return None
        load_model(registry.read(task, version, MODEL), task, version)
    except ScoringError as error:
        cure = f"tweetpulse models rollback {task}, or promote another version"
        return fault("models", f"the champion of {task} can't be used: {error.message}", cure)
    return ok("models", f"{version} is the champion of {task}, and predicts")
