"""The processor time of a tweet in the stream's Python workers, by stage: py-spy's samples of the real workers.

    python -m bench profile

A topic is drained by the real command. From the first batch on py-spy looks into all workers 200 times a second; a
sample belongs to the stage whose function is innermost in its stack. Stages are shares of the workers' processor time.
Garbage collection counts to the stage in which it happens. The table is also drawn, beside the figures.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bench.drain import COLD_BATCHES, drain, fill, require_all
from bench.servers import running
from pipeline.cli.stack import progress

SAMPLES_PER_SECOND = 200
OTHER = "other"

STAGES: Mapping[str, tuple[str, ...]] = {
    "Arrow in": ("_records", "moment_of moments.py", "load_stream"),
    "decode": ("decode", "judged"),
    "language": ("detect", "language_of"),
    "VADER": ("_sentiments", "score vader_scorer.py"),
    "cleaning": ("clean",),
    "names": ("hashtags", "mentions", "find entities.py", "kind_of"),
    "models": ("_opinions",),
    "document": ("scored_document", "readable", "shown"),
    "JSON": ("dumps chunk.py",),
    "accounting": ("_accept", "_count", "_count_opinion", "observe_all", "add outcome.py"),
    "bulk body": ("operations", "bodies", "parts"),
    "HTTP": ("perform_request", "_bulk"),
    "answer": ("verdicts",),
    "writer": ("index writer.py", "_written"),
    "messages": ("_messages", "scored messages.py"),
    "Arrow out": ("as_arrow", "_batch messages.py", "dump_stream"),
}
"""Stage → its functions, each with the name of its file where others have the same name."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a run.

    Attributes:
        tweets: drained while samples were taken.
        workers: microseconds of processor time per tweet, of all workers together.
        stages: the same by stage.
        samples: the number of samples.
        picture: a PNG, which is kept beside the figures.
    """

    tweets: int
    workers: float
    stages: dict[str, float]
    samples: int
    picture: bytes = field(default=b"", repr=False)


def run() -> Figures:
    """Measure, print and return."""
    spy = _spy()
    with progress() as tell, running(tell) as (info, settings), tempfile.TemporaryDirectory() as scratch:
        fill(settings, tell)
        spying: list[subprocess.Popen[bytes]] = []

        def on_batch(done: int) -> None:
            if done == COLD_BATCHES:
                spying.append(_spied(spy, Path(scratch)))

        with _ended(spying):
            _, finished, usage = drain(info, settings, tell, on_batch)
        require_all(settings)
        raw = Path(scratch, "raw").read_text(encoding="utf-8")
    warm = finished[COLD_BATCHES:]
    read = sum(batch.read for batch in warm)
    workers = usage.cpu(finished[COLD_BATCHES - 1].when, warm[-1].when)["workers"] / read * 1e6
    found = stages(raw.splitlines())
    costs = {stage: round(workers * times / found.total(), 2) for stage, times in found.most_common()}
    figures = Figures(read, round(workers, 1), costs, found.total(), _picture(costs))
    _print(figures)
    return figures


def stages(lines: Iterable[str]) -> Counter[str]:
    """Samples by stage, of py-spy's raw format: the frames of a stack, outermost first, and how often it was seen.

    >>> stages(["run (partition.py:1);decode (record.py:2);loads (x.py:3) 7"])
    Counter({'decode': 7})
    """
    found: Counter[str] = Counter()
    for line in lines:
        stack, _, times = line.rpartition(" ")
        found[_stage(stack.split(";"))] += int(times)
    return found


def _stage(frames: list[str]) -> str:
    for frame in reversed(frames):
        qualified, _, place = frame.partition(" (")
        name, file = qualified.rpartition(".")[2], place.rsplit("/", 1)[-1].partition(":")[0]
        if stage := _BY_FUNCTION.get(f"{name} {file}") or _BY_FUNCTION.get(name):
            return stage
    return OTHER


_BY_FUNCTION = {function: stage for stage, functions in STAGES.items() for function in functions}


def _spy() -> str:
    found = shutil.which("py-spy", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        sys.exit("bench: py-spy is not installed: `make env` installs it")
    return found


def _spied(spy: str, scratch: Path) -> subprocess.Popen[bytes]:
    """Watch the daemon that Spark forks its workers from, and all of them."""
    daemon = next(process for process in psutil.Process().children(recursive=True) if _is_daemon(process))
    command = [spy, "record", "--subprocesses", "--nonblocking", "--pid", str(daemon.pid), "--duration", "unlimited"]
    return subprocess.Popen(
        [*command, "--rate", str(SAMPLES_PER_SECOND), "--format", "raw", "--output", str(scratch / "raw")],
        stdout=subprocess.DEVNULL,
        stderr=(scratch / "py-spy.log").open("wb"),
    )


def _is_daemon(process: psutil.Process) -> bool:
    try:
        parent = process.parent()
        return "pipeline.stream.daemon" in process.cmdline() and parent is not None and parent.name() == "java"
    except psutil.Error:
        return False  # It ended meanwhile.


@contextmanager
def _ended(spying: list[subprocess.Popen[bytes]]) -> Iterator[None]:
    """It writes what it has seen when the processes that it watches end."""
    try:
        yield
    finally:
        for process in spying:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _print(figures: Figures) -> None:
    table = Table("stage", "µs per tweet", "share", box=None, pad_edge=False)
    for stage, cost in figures.stages.items():
        table.add_row(stage, f"{cost:.1f}", f"{cost / figures.workers:.0%}")
    console = Console(highlight=False)
    console.print(table)
    console.print(
        f"the workers: {figures.workers:.0f} µs of processor time per tweet, "
        f"{figures.samples:,} samples over {figures.tweets:,} tweets"
    )


def _picture(costs: Mapping[str, float]) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained", dpi=120)
    axes = figure.subplots()
    names, values = list(costs), list(costs.values())
    axes.bar_label(axes.barh(names[::-1], values[::-1], color="#3b6fb6"), fmt="%.1f", padding=3)
    axes.set_xlabel("µs of the workers' processor time per tweet")
    axes.spines[["top", "right"]].set_visible(False)
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()
