"""`train` and `evaluate`: make a version of a model, and measure one on any file."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import orjson
import typer
from rich.table import Table

from pipeline import bootstrap
from pipeline.cli.app import app, err, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.stack import progress
from pipeline.domain.prediction import Task
from pipeline.errors import ConfigError, ScoringError
from pipeline.extras import require
from pipeline.ports import Model
from pipeline.registry.manifest import MODEL, REPORT, SEEN, Manifest
from pipeline.registry.registry import Registry
from pipeline.scoring import arrays
from pipeline.scoring.models import loaded
from pipeline.training import labelled, report, seen
from pipeline.training.labelled import Labelled, Row
from pipeline.training.report import Report
from pipeline.training.splits import Way
from pipeline.training.train import REPORT_PAGE, Request

Data = Annotated[
    list[Path],
    typer.Option(
        "--data", help="Labelled rows: CSV or JSON, .gz or not; repeatable.", show_default=False, readable=False
    ),
]
Layout = Annotated[str, typer.Option(help="auto, kaggle, airline, semeval, complaints or asos.")]
Columns = Annotated[
    str | None, typer.Option(help="For any other file: text=BODY,label=MOOD and id, time, entity, lang, reason.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

CHAMPION = "champion"


@app.command()
def train(
    task: Annotated[Task, typer.Argument(help="What the model is for.", show_default=False)],
    data: Data,
    layout: Layout = "auto",
    columns: Columns = None,
    test: Annotated[
        Path | None,
        typer.Option(help="Evaluate on this file, in the same layout, and train on all of --data.", readable=False),
    ] = None,
    held_out: Annotated[
        float, typer.Option(min=0.01, max=0.9, help="The share of rows to evaluate on, without --test.")
    ] = 0.2,
    split: Annotated[Way, typer.Option(help="Hold out the latest rows, or whole groups of ids.")] = "auto",
    master: Annotated[str | None, typer.Option(help="Spark's master; this machine by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Train a model on labelled tweets, evaluate it on held-out rows, and publish it to the registry.

    It is not in use until `tweetpulse models promote` makes it the champion.
    """
    require("stream")
    settings = current_settings()
    registry = bootstrap.registry(settings)
    read = partial(labelled.read, task, layout=layout, columns=columns)
    request = Request(
        task=task,
        labelled=labelled.combined(read(path) for path in data),
        test=read(test) if test else None,
        held_out=held_out,
        way=split,
        master=master,
    )
    with progress() as tell:
        manifest = bootstrap.train(request, registry, settings, partial(tell, task))
        tell(task, f"published: {manifest.version}")
    found = orjson.loads(registry.read(task, manifest.version, REPORT))
    where = f"{registry.name}/{task}/versions/{manifest.version}/{REPORT_PAGE}"
    if as_json:
        _print_json({"version": manifest.version, "report_file": where, **found})
        return
    _tell_rows(found["split"], found["rows"])
    _show(task, found["model"], found["baselines"])
    if not found["plots"]:
        told = "no pictures: matplotlib is not installed; pip install 'tweetpulse[plots]' brings it"
        err.print(told, markup=False, soft_wrap=True)
    out.print(f"version   {manifest.version}", markup=False)
    out.print(f"report    {where}", markup=False, soft_wrap=True)
    out.print(f"next      tweetpulse models promote {manifest.version}", markup=False, soft_wrap=True)


@app.command()
def evaluate(
    task: Annotated[Task, typer.Argument(help="What the model is for.", show_default=False)],
    data: Data,
    version: Annotated[
        str, typer.Option(help="A version, as `tweetpulse models list` shows it, or champion.")
    ] = CHAMPION,
    layout: Layout = "auto",
    columns: Columns = None,
    include_seen: Annotated[
        bool,
        typer.Option("--include-seen", help="Also evaluate on rows that it was trained on, which measures memory."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Evaluate a version on labelled tweets, without the rows that it was trained on."""
    registry = bootstrap.registry(current_settings())
    manifest = registry.manifest(task, _version(registry, task, version))
    rows = labelled.combined(labelled.read(task, path, layout, columns) for path in data)
    model = loaded(registry.read(task, manifest.version, MODEL), manifest.version)
    known = _known(registry, manifest, rows.rows)
    if known.any():
        kept = "measured on all the same" if include_seen else "left out; --include-seen measures on them too"
        err.print(f"{manifest.version} was trained on {known.sum():,} of these rows: {kept}", soft_wrap=True)
    chosen = (
        rows.rows if include_seen else [row for row, is_known in zip(rows.rows, known, strict=True) if not is_known]
    )
    if not chosen:
        raise ConfigError(f"{manifest.version} was trained on all of these rows: take others, or --include-seen")
    found = _measured(model, rows, chosen, int(known.sum()), include_seen=include_seen)
    if as_json:
        _print_json({"version": manifest.version, **orjson.loads(report.as_json(found))})
    else:
        _tell_rows(found.split, found.rows)
        _show(task, asdict(found.model), {name: asdict(one) for name, one in found.baselines.items()})


def _measured(model: Model, rows: Labelled, chosen: Sequence[Row], known: int, *, include_seen: bool) -> Report:
    counts = {
        "measured on": len(chosen),
        f"{'among them' if include_seen else 'left out'}: it was trained on them": known,
        **{f"left out: {why}": count for why, count in sorted(Counter(rows.left_out).items())},
    }
    names = ", ".join(dict.fromkeys(one.name for one in rows.data))
    return report.report_of(model, chosen, split=f"in a file of its own ({names})", training={}, counts=counts)


def _known(registry: Registry, manifest: Manifest, rows: Sequence[Row]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """The rows that the version was trained on, by key or by text."""
    try:
        hashes = arrays.array_of(registry.read(manifest.task, manifest.version, SEEN))
    except arrays.FAULTS:
        raise ScoringError(f"{SEEN} of {manifest.task} {manifest.version} can't be read") from None
    by_key = np.isin(seen.hashes([row.key for row in rows]), hashes)
    return by_key | np.isin(seen.hashes([row.text for row in rows]), hashes)


def _version(registry: Registry, task: Task, version: str) -> str:
    if version != CHAMPION:
        return version
    found = registry.champion(task)
    if found is None:
        raise ConfigError(f"{task} has no champion: name a --version, `tweetpulse models list` shows them")
    return found


def _tell_rows(split: str, rows: Mapping[str, int]) -> None:
    out.print(f"held out {split}", markup=False, soft_wrap=True)
    for name, count in rows.items():
        out.print(f"{count:>9,}  {name}", markup=False, soft_wrap=True)


def _show(task: Task, model: dict[str, object], baselines: dict[str, dict[str, object]]) -> None:
    named = {"this model": model, **{report.title_of(task, name): one for name, one in baselines.items()}}
    table = Table("", "accuracy", "macro-F1", "macro-recall", box=None, pad_edge=False)
    for name, one in named.items():
        table.add_row(name, *(f"{one[measure]:.3f}" for measure in ("accuracy", "macro_f1", "macro_recall")))
    out.print(table)


def _print_json(value: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")
