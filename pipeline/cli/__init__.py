"""The command line: the only reader of arguments and environment, the only one that prints or exits.

One module per family of commands; each registers its commands with `@app.command()` and is imported below.
"""

from __future__ import annotations

from pipeline.cli import (
    annotate,
    classify,
    collect,
    collect_live,
    demo,
    doctor,
    forget,
    label,
    models,
    provision,
    rejected,
    retrain,
    sources,
    stack,
    stream,
    train,
    watch,
)
from pipeline.cli.app import app

__all__ = [
    "annotate",
    "app",
    "classify",
    "collect",
    "collect_live",
    "demo",
    "doctor",
    "forget",
    "label",
    "models",
    "provision",
    "rejected",
    "retrain",
    "sources",
    "stack",
    "stream",
    "train",
    "watch",
]
