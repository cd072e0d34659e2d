"""A trained model out of the bytes that the registry keeps."""

from __future__ import annotations

from dataclasses import replace

from pipeline.ports import Model
from pipeline.scoring.linear import LinearModel


def loaded(data: bytes, version: str) -> Model:
    """The model, under its version. Linear models are the only ones that the registry keeps.

    Raises:
        ScoringError: it is none, or damaged.
    """
    return replace(LinearModel.loads(data), version=version)
