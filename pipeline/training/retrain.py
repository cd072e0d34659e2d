"""Train anew where there is something new to learn from, and hold the result to the champion.

Learned from are the files of the settings and what people said by `tweetpulse label`. Whether they hold anything new is
told by their hashes: those of the newest version's manifest are what it was trained on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pipeline import private_files
from pipeline.domain.prediction import Task
from pipeline.errors import AlreadyRunning, ConfigError, NothingNew
from pipeline.locks import take
from pipeline.registry.manifest import Data, Manifest
from pipeline.registry.registry import Registry
from pipeline.settings import TrainingFiles
from pipeline.training.gate import Comparison, Decision
from pipeline.training.labelled import Labelled, Row, combined, read
from pipeline.training.labels import Label, as_csv

LABELS = "tweetpulse-labels"
"""The name of the index of labels among a version's data."""


ENOUGH = 50
"""Without files: what people said is something to train on from so many tweets of each of two labels on. Fewer leave
ten a label to be measured on, which tells no model from chance."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A new version, which is not promoted yet.

    Attributes:
        manifest: what it is.
        before: the champion when it was trained.
        decision: how it compares with the champion.
    """

    manifest: Manifest
    before: str | None
    decision: Decision


def gather(task: Task, named: Sequence[TrainingFiles], labels: Sequence[Label]) -> Labelled:
    """All rows that there are to learn from; of a tweet that is in several, what people said last counts.

    Raises:
        ConfigError: there is nothing, a pattern finds no file, or a file does not hold labels of this task.
        NothingNew: there are no files, and too few labels (see `ENOUGH`).
        SourceError: a file can't be read.
    """
    if labels and not named and not are_enough(labels):
        raise NothingNew(
            f"{task}: too few labels to train on, {counted(labels)}: without files it takes {ENOUGH} tweets of each of "
            "two labels; go on with `tweetpulse label`, or name files in tweetpulse.toml, under [models.training]"
        )
    parts = [
        read(task, path, pattern.layout or "auto", pattern.columns)
        for pattern in named
        for path in _expanded(task, pattern)
    ]
    parts += [_rows(labels)] if labels else []
    if not parts:
        raise ConfigError(
            f"{task} has nothing to learn from: name files of labels in tweetpulse.toml, under [models.training] "
            f'({task} = ["labels/*.csv"]), or label tweets by `tweetpulse label`'
        )
    return combined(parts)


def are_enough(labels: Sequence[Label]) -> bool:
    """True if labels alone, without files, are something to train on."""
    counts = Counter(label.name for label in labels)
    return sum(count >= ENOUGH for count in counts.values()) >= 2


def counted(labels: Sequence[Label]) -> str:
    """How many there are of each.

    >>> counted([])
    'none'
    """
    counts = Counter(label.name for label in labels).most_common()
    return ", ".join(f"{count:,} {name}" for name, count in counts) or "none"


def retrain(
    registry: Registry,
    task: Task,
    labelled: Labelled,
    train: Callable[[Labelled], Manifest],
    weigh: Callable[[str], Decision],
    *,
    force: bool = False,
) -> Trained:
    """Train a version and weigh it; promoting it is left to the caller.

    Args:
        registry: asked for what was trained before.
        task: which one.
        labelled: what there is to learn from (see `gather`).
        train: trains and publishes a version.
        weigh: holds a version to the champion.
        force: also where there is nothing new.

    Raises:
        NothingNew: the newest version was trained on just this, and `force` is not set.
    """
    newest = next(reversed(registry.versions(task)), None)
    if newest is not None and not force and _digests(newest.data) == _digests(labelled.data):
        raise NothingNew(
            f"{task}: nothing new to learn, {newest.version} was trained on the same {len(labelled.rows):,} rows "
            "(--force trains anyway)"
        )
    before = registry.champion(task)
    manifest = train(labelled)
    return Trained(manifest, before, weigh(manifest.version))


def summary(trained: Trained) -> str:
    """The result as Markdown, to be read before the version's own report."""
    manifest, decision = trained.manifest, trained.decision
    lines = [
        f"# {manifest.task}: {manifest.version} {'is' if decision.promote else 'is not'} promoted",
        "",
        f"* {decision.why}.",
        f"* The champion when it was trained: {trained.before or 'none'}.",
        *(f"* Learned from {data.name}: {data.rows:,} rows, sha256 {data.sha256[:12]}." for data in manifest.data),
    ]
    return "\n".join([*lines, *_figures(decision.comparison), ""])


@contextmanager
def alone(folder: Path, tasks: Sequence[Task]) -> Iterator[None]:
    """Hold the locks of all these tasks for as long as the block runs. A process that is killed holds none any more.

    Args:
        folder: where the locks are: the registry, where it is local.
        tasks: whose, in an order that is the same for all who ask.

    Raises:
        AlreadyRunning: another process has one of them; this one does not wait for it.
    """
    with ExitStack() as locks:
        for task in tasks:
            locks.enter_context(_locked(folder / task, task))
        yield


def _rows(labels: Sequence[Label]) -> Labelled:
    rows = tuple(
        Row(
            key=label.tweet,
            group=label.tweet,
            text=label.text,
            label=label.name,
            entity=label.entities[0] if label.entities else "",
            lang=label.lang or "",
            written=label.written,
            source=LABELS,
        )
        for label in labels
    )
    return Labelled(rows, data=(Data(LABELS, sha256(as_csv(labels)).hexdigest(), len(rows)),))


def _digests(data: Sequence[Data]) -> set[str]:
    return {one.sha256 for one in data}


def _expanded(task: Task, pattern: TrainingFiles) -> list[Path]:
    path = Path(pattern.path).expanduser().absolute()
    # `Path.glob` refuses a pattern that is absolute.
    found = sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    if not found:
        raise ConfigError(f"there is no file {path}: mend models.training.{task} in tweetpulse.toml")
    return found


def _figures(found: Comparison | None) -> list[str]:
    if found is None:
        return []
    rows = [("all", found.rows, found.champion, found.challenger)]
    rows += [(f"{one.kind}: {one.name}", one.rows, one.champion, one.challenger) for one in found.slices]
    return [
        "",
        f"| {found.measure} | rows | champion | this one | difference |",
        "| - | -: | -: | -: | -: |",
        *(f"| {name} | {n:,} | {was:.3f} | {now:.3f} | {now - was:+.3f} |" for name, n, was, now in rows),
    ]


@contextmanager
def _locked(folder: Path, task: Task) -> Iterator[None]:
    private_files.make_folder(folder)
    # Not the registry's own `.lock`, which whoever promotes holds for a moment.
    with (folder / ".retrain.lock").open("w") as lock:
        if not take(lock):
            raise AlreadyRunning(f"{task} is being trained by another process: let it end, or end it")
        yield
