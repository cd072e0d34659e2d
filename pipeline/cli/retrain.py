"""`retrain`: train anew what has something new to learn from, and promote what is better."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import orjson
import typer

from pipeline import bootstrap, private_files
from pipeline.cli.app import app, err, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.models import promote_version
from pipeline.cli.stack import progress
from pipeline.domain.prediction import Task
from pipeline.embedded.discover import with_embedded
from pipeline.errors import ConfigError, NothingNew, NotPromoted, PipelineError, SetupError, SinkUnavailable
from pipeline.extras import require
from pipeline.registry.manifest import Manifest
from pipeline.registry.registry import Registry
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import elasticsearch_errors
from pipeline.tell import Tell
from pipeline.training.labelled import Labelled
from pipeline.training.labels import Label, Labels
from pipeline.training.promotion import weigh
from pipeline.training.retrain import ENOUGH, Trained, alone, are_enough, counted, gather, summary
from pipeline.training.retrain import retrain as retrained
from pipeline.training.train import REPORT_PAGE, Request

OUTCOMES = {type(None): "promoted", NotPromoted: "not_better", NothingNew: "nothing_new"}


@dataclass(frozen=True, slots=True)
class Ended:
    """The result for a task: a version that was promoted, or an error that says why none was."""

    task: Task
    error: PipelineError | None = None
    trained: Trained | None = None
    report: Path | None = None


@app.command()
def retrain(
    tasks: Annotated[
        list[Task] | None,
        typer.Argument(
            help="Default: those of the setting models.training, and those with enough labels.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Train even if there is nothing new.")] = False,
    master: Annotated[str | None, typer.Option(help="Spark's master; this machine by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per task.")] = False,
) -> None:
    """Train each task that has new labelled rows, and promote the version if it is better than the champion.

    Learned from are the files of the setting models.training, and what
    `tweetpulse label` was told: that alone, from 50 tweets of each of two
    labels on. Made for a schedule. Exit codes: 0 promoted, 7 trained and the
    champion stays, 8 nothing new, 9 another one is at it.
    """
    require("stream")
    settings = with_embedded(current_settings())
    # Sorted, because two that take these locks in different orders could both fail.
    wanted = sorted(set(tasks or _with_data(settings)))
    with alone(locks(settings), wanted), progress() as tell:
        ended = [_one(settings, task, tell, master, force=force) for task in wanted]
    for one in ended:
        _tell(one, as_json=as_json)
    raise typer.Exit(exit_code(ended))


def _with_data(settings: Settings) -> list[Task]:
    """The tasks that have files, or labels enough without.

    Raises:
        NothingNew: none has, but there are labels.
        SinkUnavailable: there are no files, and Elasticsearch can't be asked for labels.
        ConfigError: there is nothing at all.
    """
    try:
        labels = {task: _labels(settings, task) for task in Task if task not in settings.models.training}
    except SinkUnavailable:
        # Each task with files reports the fault itself.
        if settings.models.training:
            return [*settings.models.training]
        raise
    found = [*settings.models.training, *(task for task, those in labels.items() if are_enough(those))]
    if found:
        return found
    if any(labels.values()):
        there = "; ".join(f"{task}: {counted(those)}" for task, those in labels.items() if those)
        raise NothingNew(
            f"too few labels to train on ({there}): it takes {ENOUGH} tweets of each of two labels, or files in "
            "tweetpulse.toml, under [models.training]"
        )
    raise ConfigError(
        f"nothing to train: label tweets by `tweetpulse label` ({ENOUGH} of each of two labels are enough), or name "
        'files of labels in tweetpulse.toml, under [models.training] (sentiment = ["labels/*.csv"])'
    )


def exit_code(ended: Sequence[Ended]) -> int:
    """Of all tasks together: a fault first, then whether one was promoted, then why none was."""
    errors = [one.error for one in ended if one.error is not None]
    faults = [error for error in errors if not isinstance(error, NotPromoted | NothingNew)]
    if faults:
        return faults[0].exit_code
    if len(errors) < len(ended):
        return 0
    return min(error.exit_code for error in errors)


def locks(settings: Settings) -> Path:
    """A folder that all who train for a registry share: the registry, or one of this machine where that is remote."""
    address = urlsplit(settings.registry)
    if address.scheme in ("", "file"):
        return Path(address.path if address.scheme else settings.registry).expanduser().absolute()
    return settings.state_dir / "locks" / sha256(settings.registry.encode()).hexdigest()[:16]


def _one(settings: Settings, task: Task, tell: Tell, master: str | None, *, force: bool) -> Ended:
    try:
        registry = bootstrap.registry(settings)
        labelled = gather(task, settings.models.training.get(task, ()), _labels(settings, task))
        training = partial(_train, settings, registry, task, master, tell)
        weighing = partial(weigh, registry, task, margin=settings.models.slice_margin)
        new = retrained(registry, task, labelled, training, weighing, force=force)
        tell(task, f"trained: {new.manifest.version}")
        if new.decision.promote:
            promote_version(settings, task, new.manifest.version, new.decision.why, held_to=new.decision.held_to)
        report = _write_report(settings, new, registry)
    except PipelineError as error:
        return Ended(task, error)
    stays = NotPromoted(f"{task}: {new.manifest.version} is not promoted, {new.decision.why}; {report}")
    return Ended(task, None if new.decision.promote else stays, new, report)


def _train(
    settings: Settings, registry: Registry, task: Task, master: str | None, tell: Tell, labelled: Labelled
) -> Manifest:
    return bootstrap.train(
        Request(task=task, labelled=labelled, master=master), registry, settings, partial(tell, task)
    )


def _labels(settings: Settings, task: Task) -> list[Label]:
    with closing(bootstrap.elasticsearch(settings)) as client, elasticsearch_errors(settings.elasticsearch):
        return list(Labels(client, settings.elasticsearch.labels_index).all(task))


def _write_report(settings: Settings, new: Trained, registry: Registry) -> Path:
    """The decision, then the version's own report, whose pictures stay beside the version."""
    manifest = new.manifest
    page = registry.read(manifest.task, manifest.version, REPORT_PAGE).decode()
    for name in manifest.files:
        page = page.replace(f"]({name})", f"]({registry.name}/{manifest.task}/versions/{manifest.version}/{name})")
    path = settings.state_dir / "reports" / f"{manifest.task}-{manifest.version}.md"
    try:
        private_files.make_folder(path.parent)
        with open(path, "w", encoding="utf-8", opener=private_files.opener) as file:
            file.write(f"{summary(new)}\n{page}")
    except OSError as error:
        raise SetupError(f"{path} can't be written: {error.strerror}") from None
    return path


def _tell(one: Ended, *, as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps(_shape(one), option=orjson.OPT_UTC_Z).decode())
    elif one.error is not None:
        err.print(f"tweetpulse: {one.error.message}", markup=False, soft_wrap=True)
    elif one.trained is not None:
        version, why = one.trained.manifest.version, one.trained.decision.why
        out.print(f"{one.task}: {version} is promoted, {why}; {one.report}", markup=False, soft_wrap=True)


def _shape(one: Ended) -> dict[str, Any]:
    new = one.trained
    return {
        "task": one.task,
        "outcome": OUTCOMES.get(type(one.error), "failed"),
        "version": new.manifest.version if new else None,
        "before": new.before if new else None,
        "why": new.decision.why if new else one.error.message if one.error else None,
        "comparison": asdict(new.decision.comparison) if new and new.decision.comparison else None,
        "report": str(one.report) if one.report else None,
    }
