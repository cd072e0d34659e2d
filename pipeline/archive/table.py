"""The Delta table of the archive. Its log is the only place where positions are kept.

A commit holds records and the positions behind them, or neither: `txn` actions of Delta's protocol, one for each
partition, whose application is the topic's id with the partition, and whose version is the next offset.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake

from pipeline import private_files
from pipeline.archive.columns import PARTITIONED_BY, SCHEMA
from pipeline.archive.delta_log import (
    DESCRIPTION,
    NAME,
    application,
    is_table,
    open_table,
    positions,
    store_errors,
    store_options,
)
from pipeline.archive.faults import AWAY, SINK
from pipeline.errors import AlreadyRunning, SetupError, SinkUnavailable
from pipeline.settings import Settings

_COMMIT = "tweetpulse.commit"
"""In a commit's information: which batch it is of."""
_COMMITS_LOOKED_AT = 50

_CONFIGURATION = {"delta.checkpointInterval": "100", "delta.logRetentionDuration": "interval 7 days"}
_WRITER = WriterProperties(compression="ZSTD", compression_level=3)

Positions = Mapping[int, int]
"""Partition → the offset of the next record that is not archived."""


class ArchiveTable:
    """The table at an address. Opening it needs no store that answers; every other method does.

    Args:
        uri: a folder, or a URI of a store.
        options: of the store, with its secrets.
    """

    def __init__(self, uri: str, options: Mapping[str, str]) -> None:
        self.uri = uri
        self._options = dict(options)
        self._table: DeltaTable | None = None

    @classmethod
    def of(cls, settings: Settings) -> ArchiveTable:
        """By the settings."""
        return cls(settings.archive_uri, store_options(settings))

    def exists(self) -> bool:
        """True if there is a table.

        Raises:
            SinkUnavailable: the store does not answer.
        """
        return is_table(self.uri, self._options)

    def ensure(self) -> bool:
        """Make the table where there is none; True if it was made.

        Raises:
            SinkUnavailable: the store does not answer.
            NewerFormat: a newer version wrote the table.
            SetupError: what is there is another table.
        """
        if self.exists():
            self.open()
            return False
        with store_errors(self.uri):
            self._make_folder()
            DeltaTable.create(
                self.uri,
                SCHEMA,
                partition_by=PARTITIONED_BY,
                name=NAME,
                description=DESCRIPTION,
                configuration=_CONFIGURATION,
                storage_options=self._options,
            )
        self.open()
        return True

    def open(self) -> DeltaTable:
        """The table as it is now.

        Raises:
            SinkUnavailable: the store does not answer, or there is no table now.
            NewerFormat: a newer version wrote it.
            SetupError: what is there is another table.
        """
        self._table = None
        table = open_table(self.uri, self._options)
        with store_errors(self.uri):
            columns = _arrow(table)
        _require_types(columns, self.uri)
        self._table = table
        return table

    def positions(self, topic_id: str, partitions: Iterable[int]) -> dict[int, int]:
        """The positions in the table as it was last seen; a partition of which nothing is archived has none.

        Raises:
            SinkUnavailable: the store does not answer.
        """
        return positions(self._opened(), self.uri, topic_id, partitions)

    def append(self, rows: pa.Table, topic_id: str, before: Positions, after: Positions, batch: str) -> None:
        """Commit records with the positions behind them; does nothing if this very batch is committed already.

        Args:
            rows: as `columns.as_table` makes them; may be empty, where only positions move.
            topic_id: of the topic.
            before: the positions of the batch's start.
            after: those of its end, of the same partitions.
            batch: its own name, the same at each attempt.

        Raises:
            SinkUnavailable: not now. After it, nobody knows if it was committed: the next attempt finds out.
            AlreadyRunning: another reader has moved the positions.
        """
        table = self._opened()
        # By the log as it is in memory: what others commit from here on is found by Delta itself, as a conflict.
        if self.positions(topic_id, after) != {number: at for number, at in before.items() if number in after}:
            if self._has(batch):
                return
            raise AlreadyRunning(
                f"another reader writes to the archive {self.uri}: end it, or give this one an archive of its own "
                "(TWEETPULSE_ARCHIVE__URI)"
            )
        self._require_log()
        moved = [Transaction(application(topic_id, number), position) for number, position in after.items()]
        with store_errors(self.uri):
            write_deltalake(
                table,
                rows,
                mode="append",
                # A column that this version does not know stays, and one that the table lacks is added.
                schema_mode="merge",
                writer_properties=_WRITER,
                commit_properties=CommitProperties(custom_metadata={_COMMIT: batch}, app_transactions=moved),
            )

    def _opened(self) -> DeltaTable:
        return self._table or self.open()

    def _has(self, batch: str) -> bool:
        with store_errors(self.uri):
            return any(one.get(_COMMIT) == batch for one in self._opened().history(_COMMITS_LOOKED_AT))

    def _require_log(self) -> None:
        # Where a disk is not mounted, delta-rs would make the folder anew, and write there what nobody finds.
        if not self.exists():
            raise SinkUnavailable(f"there is no archive at {self.uri} now: mount it", reason=AWAY, sink=SINK)

    def _make_folder(self) -> None:
        # The files in it are made with the umask, so that the folder has to keep others out.
        if folder := local(self.uri):
            private_files.make_folder(folder)


def _arrow(table: DeltaTable) -> pa.Schema:
    columns: Any = table.schema().to_arrow()
    return pa.schema(columns)


def _require_types(columns: pa.Schema, uri: str) -> None:
    # Else a column of texts would take our numbers as texts.
    for column in columns:
        if column.name in SCHEMA.names and column.type != SCHEMA.field(column.name).type:
            raise SetupError(
                f"the archive {uri} has another type of the column {column.name}: "
                "set TWEETPULSE_ARCHIVE__URI to another"
            )


def local(uri: str) -> Path | None:
    """The folder, if it is one of this machine."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return Path(parts.path)
    return None if "://" in uri else Path(uri)
