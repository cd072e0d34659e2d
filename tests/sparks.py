"""One Spark at a time: a process can't have two, and starting one takes seconds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from pyspark.sql import SparkSession


class Sparks:
    """Keeps the last session that was asked for, until another kind is."""

    def __init__(self) -> None:
        self._kind = ""
        self._session: SparkSession | None = None
        self._open = ExitStack()

    def of(self, kind: str, start: Callable[[], AbstractContextManager[SparkSession]]) -> SparkSession:
        """The session of this kind, started if another one runs."""
        if self._session is None or self._kind != kind:
            self.close()
            self._session = self._open.enter_context(start())
            self._kind = kind
        return self._session

    def close(self) -> None:
        """Stop the one that runs."""
        self._session = None
        self._open.close()
