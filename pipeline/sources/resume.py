"""How far Kafka has what a live source has read, kept on disk so that the next start knows where a gap begins."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from pipeline import durable_file, log
from pipeline.errors import SetupError

WRITE_SECONDS = 1.0
"""Acknowledgements come several times a second. What a crash forgets of them is asked for anew, and known by its id."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The newest tweet of a timeline that Kafka has: its native id, and when it was written."""

    id: str
    at: datetime


class Marks:
    """A mark for each timeline (a rule, a tag), in a JSON file that is only ever replaced as a whole.

    Args:
        path: the file; it and its folder are made when there is something to keep.
        clock: seconds that never go back.

    Raises:
        SetupError: the file is there and can't be read.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._marks = _read(path)
        self._written_at = float("-inf")
        self._dirty = False

    def get(self, timeline: str) -> Mark | None:
        """The newest mark; None where nothing was acknowledged yet."""
        return self._marks.get(timeline)

    def advance(self, timeline: str, mark: Mark) -> None:
        """Note a mark if it is newer, and write it down, at most once a second.

        Raises:
            SetupError: it can't be written.
        """
        known = self._marks.get(timeline)
        if known is None or order(mark.id) > order(known.id):
            self._marks[timeline] = mark
            self._dirty = True
        if self._clock() - self._written_at >= WRITE_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write down what is noted; at the end, and before whatever may end the process.

        Raises:
            SetupError: it can't be written.
        """
        if not self._dirty:
            return
        self._written_at = self._clock()
        marks = {timeline: {"id": mark.id, "at": mark.at} for timeline, mark in self._marks.items()}
        try:
            durable_file.replace(self._path, orjson.dumps(marks))
        except OSError as error:
            raise SetupError(f"{self._path} can't be written ({error.strerror}): let this user write there") from None
        self._dirty = False


def order(native_id: str) -> tuple[int, str]:
    """By which ids of X and of Mastodon grow: they are numbers, some beyond what JSON's numbers hold."""
    return len(native_id), native_id


def _read(path: Path) -> dict[str, Mark]:
    try:
        found: Any = orjson.loads(path.read_bytes())
        return {timeline: Mark(mark["id"], datetime.fromisoformat(mark["at"])) for timeline, mark in found.items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SetupError(f"{path} can't be read ({error.strerror}): let this user read it") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        # Better a gap that is not known of than a source that never starts again.
        log.get("pipeline.sources").warning(
            "resume file is damaged: begins anew", **{"event.action": "source-resume-damaged", "file.path": str(path)}
        )
        return {}
