"""How far a reprocessing has come: a file, replaced before each part, so that a run that was ended goes on from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import orjson

from pipeline import durable_file
from pipeline.domain.formats import check_format
from pipeline.errors import SetupError
from pipeline.reprocess.windows import Span

FORMAT = 1


@dataclass(slots=True)
class Progress:
    """What is asked, and how far it is done.

    Attributes:
        asked: the days, as text: another question is not this one.
        champions: task → version, which scores all of it.
        documents: that were in the namespace before.
        spans: as they were at the start. What is archived later is not part of it.
        done: name of a partition → the offset before which all is done.
        began: when the first attempt at the part in hand began, seconds of the epoch; None: there is none in hand.
        read, indexed, already_there, rejected: counts of the parts that are done.
    """

    asked: str
    champions: dict[str, str]
    documents: int
    spans: list[Span]
    done: dict[str, int] = field(default_factory=dict)
    began: float | None = None
    read: int = 0
    indexed: int = 0
    already_there: int = 0
    rejected: int = 0

    @property
    def rows(self) -> int:
        """All records that are to be read."""
        return sum(span.rows for span in self.spans)

    @property
    def finished(self) -> bool:
        """True if all spans are done."""
        return all(self.done.get(span.name, span.first) >= span.end for span in self.spans)

    def in_hand(self) -> datetime | None:
        """When the part in hand was first begun."""
        return None if self.began is None else datetime.fromtimestamp(self.began, UTC)


def file_of(folder: Path, namespace: str) -> Path:
    """The file of a namespace, in the state folder."""
    return folder / "reprocess" / f"{namespace}.json"


def load(file: Path) -> Progress | None:
    """The progress, if there is a file.

    Raises:
        NewerFormat: a newer version wrote it.
        SetupError: it can't be read, or is damaged.
    """
    try:
        found = orjson.loads(file.read_bytes())
        check_format(str(file), found.pop("format"), FORMAT)
        return Progress(**found | {"spans": [Span(**span) for span in found["spans"]]})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SetupError(
            f"{file} can't be read ({type(error).__name__}): remove it, and reprocess into another namespace"
        ) from None


def save(file: Path, progress: Progress) -> None:
    """Replace the file.

    Raises:
        SetupError: it can't be written.
    """
    try:
        durable_file.replace(file, orjson.dumps({"format": FORMAT} | asdict(progress)))
    except OSError as error:
        raise SetupError(f"{file} can't be written ({error.strerror}): choose another folder (--state-dir)") from None
