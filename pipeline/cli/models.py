"""`models`: the versions in the registry, and which one is in use."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Annotated

import orjson
import typer
from rich.table import Table

from pipeline import bootstrap
from pipeline.cli.app import app, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.noting import note
from pipeline.domain.prediction import Task
from pipeline.embedded.discover import with_embedded
from pipeline.errors import ConfigError, NotPromoted, ScoringError
from pipeline.registry.manifest import Manifest
from pipeline.registry.registry import ANYBODY, Registry
from pipeline.settings import Settings
from pipeline.training.gate import MEASURES, Comparison, Decision
from pipeline.training.promotion import compare, weigh

PROMOTED = "model-promoted"
"""The action of the event that boards draw."""

models = typer.Typer(no_args_is_help=True, help="List, compare, promote and roll back trained models.")
app.add_typer(models, name="models")

OfTask = Annotated[Task | None, typer.Option("--task", help="sentiment, complaint or reason; all if not given.")]
Version = Annotated[str, typer.Argument(help="The version, as `tweetpulse models list` shows it.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@models.command("list")
def list_(
    task: OfTask = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
) -> None:
    """List the versions of each task, the oldest first, with their measures on held-out rows."""
    registry = bootstrap.registry(current_settings())
    champions = {one: registry.champion(one) for one in ([task] if task else Task)}
    found = [
        (manifest, manifest.version == champion)
        for one, champion in champions.items()
        for manifest in registry.versions(one)
    ]
    if as_json:
        for manifest, champion in found:
            _print_json(asdict(manifest) | {"champion": champion})
    elif found:
        _show_versions(found)
    else:
        out.print(f"no model in {registry.name}: `tweetpulse train` makes one", markup=False, soft_wrap=True)


@models.command()
def show(version: Version, task: OfTask = None, as_json: AsJson = False) -> None:
    """Show a version's data, parameters, measures and promotions."""
    registry = bootstrap.registry(current_settings())
    manifest = registry.manifest(task_of(registry, version, task), version)
    promotions = [asdict(one) for one in registry.history(manifest.task) if one.version == version]
    if as_json:
        _print_json(asdict(manifest) | {"promotions": promotions})
        return
    for name, value in _facts(manifest):
        out.print(f"{name:<12}{value}", markup=False, soft_wrap=True)
    for promotion in promotions:
        out.print(f"{'promoted':<12}{_time(promotion['at'])}: {promotion['why']}", markup=False, soft_wrap=True)


@models.command()
def promote(
    version: Version,
    task: OfTask = None,
    force: Annotated[bool, typer.Option("--force", help="Promote without the comparison; needs --why.")] = False,
    why: Annotated[str | None, typer.Option(help="The reason, which is kept in the history.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a version the champion if it is significantly better than the present one, and on no slice worse.

    Exit code 7: it is not, and the champion stays.
    """
    if force and not why:
        raise ConfigError("--force needs a reason for the history: --why 'labels were wrong until May'")
    settings = current_settings()
    registry = bootstrap.registry(settings)
    of = task_of(registry, version, task)
    forced = Decision(True, "forced", held_to=ANYBODY)
    decision = forced if force else weigh(registry, of, version, margin=settings.models.slice_margin)
    if not decision.promote:
        _tell(of, version, decision, as_json)
        raise NotPromoted(f"{version} is not promoted: {decision.why} (--force --why '...' does it all the same)")
    reason = f"{decision.why}: {why}" if why else decision.why
    promote_version(settings, of, version, reason, held_to=decision.held_to)
    _tell(of, version, replace(decision, why=reason), as_json)


@models.command()
def rollback(
    task: Annotated[Task, typer.Option("--task", help="sentiment, complaint or reason.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Restore the previous champion."""
    settings = current_settings()
    registry = bootstrap.registry(settings)
    version = registry.rollback(task)
    why = registry.history(task)[-1].why
    _note(settings, task, version, why)
    _tell(task, version, Decision(True, why), as_json)


@models.command("compare")
def compare_(version: Version, other: Version, task: OfTask = None, as_json: AsJson = False) -> None:
    """Compare two versions on held-out rows that neither was trained on."""
    registry = bootstrap.registry(current_settings())
    of = task_of(registry, version, task)
    found = compare(registry, of, version, other)
    if as_json:
        _print_json({"task": of, "versions": [version, other]} | asdict(found))
    else:
        _show_comparison(found, version, other)


def promote_version(settings: Settings, task: Task, version: str, why: str, *, held_to: str | None = ANYBODY) -> None:
    """Promote a version, and note it for the boards.

    Raises:
        ScoringError: it is not there, is damaged, is the champion already, or another than `held_to` is.
        SetupError: the registry does not answer.
    """
    bootstrap.registry(settings).promote(task, version, why, held_to=held_to)
    _note(settings, task, version, why)


def task_of(registry: Registry, version: str, task: Task | None) -> Task:
    """The task that a version is of.

    Raises:
        ScoringError: no task has it.
    """
    for one in [task] if task else Task:
        try:
            return registry.manifest(one, version).task
        except ScoringError:
            if one is task:
                raise
    raise ScoringError(f"no task has the version {version}: `tweetpulse models list` shows them")


def _tell(task: Task, version: str, decision: Decision, as_json: bool) -> None:
    if as_json:
        _print_json({"task": task, "version": version} | asdict(decision))
    elif decision.promote:
        out.print(f"{version} is the champion of {task}: {decision.why}", markup=False, soft_wrap=True)


def _note(settings: Settings, task: Task, version: str, why: str) -> None:
    note(with_embedded(settings), PROMOTED, f"model of {task}: {version}, {why}")


def _print_json(value: Mapping[str, object]) -> None:
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_UTC_Z) + b"\n")
    sys.stdout.buffer.flush()


def _show_versions(found: Iterable[tuple[Manifest, bool]]) -> None:
    table = Table("task", "version", "", "trained on", "reached", box=None, pad_edge=False)
    for manifest, champion in found:
        measure = MEASURES[manifest.task]
        reached = f"{measure} {manifest.metrics[measure]:.3f}" if measure in manifest.metrics else ""
        rows = f"{sum(data.rows for data in manifest.data):,} rows"
        table.add_row(manifest.task, manifest.version, "champion" if champion else "", rows, reached)
    out.print(table)


def _facts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    yield "task", manifest.task
    yield "version", manifest.version
    yield "trained", _time(manifest.created)
    yield "labels", ", ".join(manifest.labels)
    yield "parent", manifest.parent or "none"
    yield "code", manifest.code_version
    for data in manifest.data:
        yield "data", f"{data.name}, {data.rows:,} rows, sha256 {data.sha256[:12]}"
    for name, value in manifest.parameters.items():
        yield "parameter", f"{name} = {value}"
    for measure, reached in manifest.metrics.items():
        yield "reached", f"{measure} {reached:.3f}"


def _show_comparison(found: Comparison, one: str, other: str) -> None:
    table = Table("", "rows", one, other, "difference", box=None, pad_edge=False)
    table.add_row(found.measure, *_figures(found.rows, found.champion, found.challenger))
    for part in found.slices:
        table.add_row(f"  {part.kind} {part.name}", *_figures(part.rows, part.champion, part.challenger))
    out.print(table)
    out.print(f"the difference is between {found.low:+.3f} and {found.high:+.3f} with 90 % confidence")


def _figures(rows: int, one: float, other: float) -> tuple[str, str, str, str]:
    return f"{rows:,}", f"{one:.3f}", f"{other:.3f}", f"{other - one:+.3f}"


def _time(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
