"""A sink of your own: every batch as files of JSON lines, each record once, also through kill -9.

    [stream]                                                     # in tweetpulse.toml
    sinks = ["elasticsearch", "json_lines_sink:JsonLines"]
    [components.json_lines]
    folder = "/srv/tweets"

    PYTHONPATH=docs/examples tweetpulse run

A file is named after its batch and the first record in it, so a batch that is repeated writes the same files again.
A tweet that comes again in a later batch is there again. A new checkpoint numbers its batches anew: give it an empty
folder.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.domain.delivery import Attempt, Delivery, Fate, Report, Verdict
from pipeline.errors import SinkUnavailable


class JsonLines:
    """Writes each chunk as a file of its own, which gets its name only when all of it is on the disk."""

    name = "json_lines"
    waits = ("disk",)
    failures = ()

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def target(self, dataset: str) -> str:
        """The folder of the dataset, as metrics and people know it."""
        return f"json_lines:{dataset}"

    def ensure(self) -> None:
        """Make the folder."""
        with _disk():
            self._folder.mkdir(parents=True, exist_ok=True)

    def prepare(self, attempt: Attempt) -> None:
        """Remove what an earlier attempt has written: since then settings may cut the batch into other chunks."""
        self.ensure()
        with _disk():
            for file in self._folder.glob(f"*/{attempt.batch:09}-*") if attempt.repeated else ():
                file.unlink(missing_ok=True)

    def write(self, delivery: Delivery, plan: None, attempt: Attempt) -> Report:
        """Write the chunk; the same chunk again replaces its file."""
        if not delivery.entries:
            return Report()
        lines = {entry.id: entry.body for entry in reversed(delivery.entries)}
        first = delivery.records[delivery.entries[0].id]
        folder = self._folder / delivery.dataset
        name = f"{attempt.batch:09}-{first.topic}-{first.partition}-{first.offset}.jsonl"
        part = folder / f"{name}.{os.getpid()}.{threading.get_ident()}.part"
        with _disk():
            folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.writelines(line + b"\n" for line in lines.values())
                file.flush()
                os.fsync(file.fileno())
            part.replace(folder / name)
        return Report(dict.fromkeys(lines, Verdict(Fate.INDEXED)), repeats=len(delivery.entries) - len(lines))

    def close(self) -> None: ...


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SinkUnavailable(f"the disk does not take it ({error.strerror})", reason="disk") from None
