"""Shared parts of the commands that publish: progress, stopping, the last line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from pipeline import bootstrap
from pipeline.cli.app import err, out
from pipeline.kafka.publisher import Progress as Tell
from pipeline.kafka.publisher import Published
from pipeline.settings import Settings
from pipeline.sources.pacing import Clock
from pipeline.sources.source import Item, Unreadable

PLAIN_SECONDS = 5.0
NAMED_ROWS = 10


@dataclass
class Noted:
    """The first rows that could not be read, by where they are."""

    rows: dict[str, str] = field(default_factory=dict)

    def watch(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items unchanged."""
        for item in items:
            if isinstance(item, Unreadable) and len(self.rows) < NAMED_ROWS:
                self.rows[item.where] = item.why
            yield item


def publish(settings: Settings, items: Iterable[Item], *, total: int | None, clock: Clock) -> Published:
    """Publish to the topic of tweets, which is made if absent, and show how it goes.

    Args:
        settings: the broker.
        items: what a source yields.
        total: how many they are, if known.
        clock: the one that paces the items; its `stopped` ends it.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials or the permission.
    """
    for warning in bootstrap.topic_of_tweets(settings).warnings:
        err.print(f"warning: {warning}", markup=False, soft_wrap=True)
    with bootstrap.publisher(settings, clock) as publisher, _progress(total) as tell:
        return publisher.publish(items, progress=tell)


def summarize(done: Published, topic: str) -> str:
    """The published items, in one line."""
    records = done.tweets + done.unreadable
    per_second = records / done.seconds if done.seconds else 0.0
    what = f"{records:,} records ({done.tweets:,} tweets, " if done.unreadable else f"{done.tweets:,} tweets ("
    said = (
        f"published {what}{done.bytes / 1e6:,.1f} MB) to the topic {topic} "
        f"in {done.seconds:,.1f} s ({per_second:,.0f}/s)"
    )
    if done.refused:
        said += f"; the broker refused {done.refused:,} as too large: raise the topic's max.message.bytes"
    return said


def tell_unreadable(noted: Noted, count: int) -> None:
    """Name the first rows that could not be read, then say how many more."""
    if not count:
        return
    out.print(f"{count:,} could not be read; published all the same, and the stream rejects them:", soft_wrap=True)
    for where, why in noted.rows.items():
        out.print(f"  {where}: {why}", markup=False, soft_wrap=True)
    if count > len(noted.rows):
        out.print(f"  and {count - len(noted.rows):,} more")


def tell_spoilt(count: int) -> None:
    """Say what the records are that invented tweets come with and that are no tweets."""
    if count:
        out.print(f"the other {count:,} are spoilt on purpose: the stream rejects them", soft_wrap=True)


@contextmanager
def _progress(total: int | None) -> Iterator[Tell]:
    if not err.is_terminal:
        yield _lines(total)
        return
    columns = (BarColumn(), MofNCompleteColumn(), TaskProgressColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeRemainingColumn(), console=err, transient=True) as bar:
        task = bar.add_task("", total=total, rate="")

        def tell(done: Published) -> None:
            bar.update(task, completed=_items(done), rate=f"{_rate(done):,.0f}/s")

        yield tell


def _lines(total: int | None) -> Tell:
    told = 0.0

    def tell(done: Published) -> None:
        nonlocal told
        if done.seconds - told >= PLAIN_SECONDS:
            told = done.seconds
            err.print(_line(done, total), soft_wrap=True)

    return tell


def _line(done: Published, total: int | None) -> str:
    line = f"published {_items(done):,}" + (f" of {total:,}" if total else "") + f", {_rate(done):,.0f}/s"
    if total and _rate(done):
        line += f", {(total - _items(done)) / _rate(done):,.0f} s left"
    return line


def _items(done: Published) -> int:
    return done.tweets + done.unreadable + done.refused


def _rate(done: Published) -> float:
    return _items(done) / done.seconds if done.seconds else 0.0
