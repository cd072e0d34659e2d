"""The checkpoint, and how far the stream is behind by it."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pipeline import committed_offsets
from pipeline.doctor.finding import Finding, fault, ok, warning
from pipeline.domain.progress import Partition, lags, newest_committed, parse_offsets
from pipeline.errors import ConfigError, SetupError
from pipeline.kafka.broker import Broker
from pipeline.settings import KafkaSettings

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts about a checkpoint.

    Attributes:
        folder: where it is.
        mode: of the folder; None where there is none.
        usable: whether this user may read and write it.
        fault: why it can't be read; empty if it can.
        batch: the newest that is committed; None before the first.
        damaged: the file of the batch after it, where that can't be read.
    """

    folder: Path
    mode: int | None = None
    usable: bool = True
    fault: str = ""
    batch: int | None = None
    damaged: Path | None = None


def look(folder: Path) -> list[Finding]:
    """The folder, who may read it, and its newest batches."""
    try:
        local = committed_offsets.local(folder)
    except ConfigError:
        return [ok("checkpoint", f"{folder} is not on a local disk, and is not looked at")]
    return judge(facts(local))


def facts(folder: Path) -> Facts:
    """Facts about a local checkpoint."""
    if not folder.exists():
        return Facts(folder)
    if not folder.is_dir():
        return Facts(folder, folder.stat().st_mode, fault=f"the checkpoint {folder} is no folder")
    mode, usable = folder.stat().st_mode, os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    if not usable:
        return Facts(folder, mode, usable=False)
    try:
        committed_offsets.read(folder)
    except SetupError as error:
        return Facts(folder, mode, fault=error.message)
    return Facts(folder, mode, batch=_newest(folder), damaged=_damaged(folder))


def judge(found: Facts) -> list[Finding]:
    """By what is known of it."""
    folder, aside = found.folder, f"mv {_quoted(found.folder)} {_quoted(f'{found.folder}.damaged')}"
    if found.mode is None:
        return [ok("checkpoint", f"{folder} is not there: the stream has not run yet")]
    if not found.usable:
        cure = "run the stream as the user who owns it, or set TWEETPULSE_STREAM__CHECKPOINT to another"
        return [fault("checkpoint", f"{folder} can't be read and written by this user", cure)]
    if not stat.S_ISDIR(found.mode):
        return [fault("checkpoint", found.fault, "set TWEETPULSE_STREAM__CHECKPOINT to a folder")]
    if found.fault:
        cure = f"{aside}: the stream then reads all that Kafka has, and finds what is indexed already"
        return [fault("checkpoint", found.fault, cure)]
    told = []
    if found.damaged:
        what = f"{found.damaged}, of a batch that did not finish, is damaged"
        told.append(
            warning("checkpoint", what, "tweetpulse run: it drops the file at its start, and reads the batch again")
        )
    if found.mode & _OTHERS:
        told.append(warning("checkpoint", f"others can read {folder}", f"chmod -R go= {_quoted(folder)}"))
    batch = "no batch is finished yet" if found.batch is None else f"batch {found.batch:,} is the newest finished one"
    return told or [ok("checkpoint", f"{folder}: {batch}")]


def lag(folder: Path, settings: KafkaSettings) -> list[Finding]:
    """The lag of the stream.

    Raises:
        SetupError: the checkpoint can't be read, or the broker does not answer.
        ConfigError: the checkpoint is not on a local disk, or the broker refuses this user.
    """
    try:
        committed = committed_offsets.read(committed_offsets.local(folder))
    except ConfigError:
        return [ok("lag", "not known here: the stream's own metrics tell it")]
    if committed is None:
        return [ok("lag", "the stream has not run yet")]
    with closing(Broker(settings)) as broker:
        held = broker.held({topic for topic, _ in committed} | {settings.tweets_topic})
    return judge_lag(committed, held, settings.tweets_topic, folder)


def judge_lag(
    committed: Mapping[Partition, int], held: Mapping[Partition, tuple[int, int]], topic: str, folder: Path
) -> list[Finding]:
    """By what the checkpoint says is done, and what the broker holds."""
    aside = f"mv {_quoted(folder)} {_quoted(f'{folder}.old')}, then start the stream: it reads all of the topic"
    read = {name for name, _ in committed}
    if topic not in read:
        what = f"the checkpoint is of {', '.join(sorted(read))}, and kafka.tweets_topic is {topic}"
        return [fault("lag", what, f"set TWEETPULSE_KAFKA__TWEETS_TOPIC, or {aside}")]
    beyond = [partition for partition, offset in committed.items() if offset > held.get(partition, (0, 0))[1]]
    if beyond:
        return [
            fault("lag", f"{beyond[0][0]} was created again, or cut: it ends before what the stream has read", aside)
        ]
    behind = lags(committed, held).values()
    expired = sum(one.expired for one in behind)
    if expired:
        what = f"Kafka deleted {expired:,} records of {topic} before they were read; they are lost"
        return [fault("lag", what, "tweetpulse run --accept-data-loss goes on with the others")]
    return [ok("lag", f"{sum(one.records for one in behind):,} records of {topic} are still to be read")]


def _quoted(path: Path | str) -> str:
    return shlex.quote(str(path))


def _newest(folder: Path) -> int | None:
    return newest_committed(_names(folder / "offsets"), _names(folder / "commits"))


def _damaged(folder: Path) -> Path | None:
    """The offsets of the newest batch, where it is not committed and does not hold any."""
    numbers = [int(name) for name in _names(folder / "offsets") if name.isdecimal()]
    newest = max(numbers, default=None)
    if newest is None or newest == _newest(folder):
        return None
    path = folder / "offsets" / str(newest)
    try:
        parse_offsets(path.read_text(encoding="utf-8"))
    except (SetupError, OSError, UnicodeDecodeError):
        return path
    return None


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()] if folder.exists() else []
