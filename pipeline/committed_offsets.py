"""Reads a query's progress from its checkpoint folder."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.domain.progress import (
    TOPICS_FILE,
    Partition,
    newest_committed,
    parse_offsets,
    parse_start,
    parse_topic_ids,
)
from pipeline.errors import ConfigError, SetupError

# A `Path` keeps only one of the slashes in `hdfs://`.
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]+):/+")


def read(folder: Path) -> dict[Partition, int] | None:
    """The first offset of each partition that is in no committed batch; None where the query has never run.

    Raises:
        ConfigError: the checkpoint is not on a local file system.
        SetupError: it can't be read, or is of a format that is not known.
    """
    folder = local(folder)
    try:
        return _read(folder)
    except (OSError, UnicodeDecodeError) as error:
        fault = getattr(error, "strerror", None) or type(error).__name__
        raise SetupError(f"the checkpoint {folder} can't be read ({fault}): let this user read it") from None


def topic_ids(folder: Path) -> dict[str, str]:
    """Topic → the id that it had when the query began to read it; empty where none is kept.

    Raises:
        ConfigError: the checkpoint is not on a local file system.
        SetupError: the file can't be read, or is damaged.
    """
    return kept_topic_ids(local(folder) / TOPICS_FILE)


def kept_topic_ids(file: Path) -> dict[str, str]:
    """As `topic_ids`, out of the file itself.

    Raises:
        SetupError: it can't be read, or is damaged.
    """
    try:
        return parse_topic_ids(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{file} can't be read ({type(error).__name__}): let this user read it") from None


def local(folder: Path) -> Path:
    """The path of a checkpoint, which Spark also takes as `file:/...`.

    Raises:
        ConfigError: it is on another file system (`s3a:`, `hdfs:`, ...).
    """
    uri = str(folder)
    scheme = _SCHEME.match(uri)
    if scheme is None:
        return folder
    if scheme[1] == "file":
        return Path("/" + uri[scheme.end() :])
    raise ConfigError(
        f"the checkpoint is on {scheme[1]}, and the exporter reads local folders only: "
        "run it where the checkpoint is one (TWEETPULSE_STREAM__CHECKPOINT), or go by the stream's own metrics"
    )


def _read(folder: Path) -> dict[Partition, int] | None:
    batch = newest_committed(_names(folder / "offsets"), _names(folder / "commits"))
    if batch is not None:
        return parse_offsets((folder / "offsets" / str(batch)).read_text(encoding="utf-8"))
    start = folder / "sources" / "0" / "0"
    return parse_start(start.read_text(encoding="utf-8")) if start.exists() else None


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()] if folder.exists() else []
