"""The log of the archive's table: the table is ours, of a known format, and archived up to these positions.

It reads the log alone, and needs no Arrow, so that the exporter can do it at each scrape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from pipeline.archive.faults import fault_of
from pipeline.domain.formats import check_format
from pipeline.errors import SetupError
from pipeline.settings import Settings

NAME = "tweetpulse archive"

FORMAT = 1
"""Of the table: raised when a column changes its meaning. A column that is added leaves it as it is."""

DESCRIPTION = f"{NAME}, format {FORMAT}"

_FORMAT = re.compile(r"format (\d{1,4})")


def store_options(settings: Settings) -> dict[str, str]:
    """The options of the store, with its secrets, as delta-rs takes them."""
    return {name: secret.get_secret_value() for name, secret in settings.archive.storage_options.items()}


def is_table(uri: str, options: dict[str, str]) -> bool:
    """True if there is a table.

    Raises:
        SinkUnavailable: the store does not answer.
    """
    with store_errors(uri):
        return DeltaTable.is_deltatable(uri, options)


def open_table(uri: str, options: dict[str, str]) -> DeltaTable:
    """The table at an address, as it is now.

    Raises:
        SinkUnavailable: the store does not answer, or there is no table now.
        NewerFormat: a newer version wrote it.
        SetupError: what is there is another table.
    """
    with store_errors(uri):
        table = DeltaTable(uri, storage_options=options)
        description = table.metadata().description or ""
    found = _FORMAT.search(description)
    if found is None or not description.startswith(NAME):
        raise SetupError(f"{uri} is another Delta table: set TWEETPULSE_ARCHIVE__URI to another")
    check_format(f"the archive {uri}", int(found[1]), FORMAT)
    return table


def positions(table: DeltaTable, uri: str, topic_id: str, partitions: Iterable[int]) -> dict[int, int]:
    """Partition → the offset of the next record that is not archived; one of which nothing is archived is left out.

    Raises:
        SinkUnavailable: the store does not answer.
    """
    with store_errors(uri):
        found = {number: table.transaction_version(application(topic_id, number)) for number in partitions}
    return {number: position for number, position in found.items() if position is not None}


def application(topic_id: str, partition: int) -> str:
    """The name under which the log has the position of a partition."""
    # With the id, a topic that is made anew begins at its own beginning, and the records of both are kept apart.
    return f"tweetpulse:{topic_id}:{partition}"


@contextmanager
def store_errors(uri: str) -> Iterator[None]:
    """Turn errors of the library, and of the store below it, into ours.

    Raises:
        SinkUnavailable: waiting may mend it.
        SetupError: it does not.
    """
    try:
        yield
    except (DeltaError, OSError) as error:
        raise fault_of(error, uri) from error
