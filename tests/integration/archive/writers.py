"""Writers at once on the archive of a store, and its upkeep."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from deltalake import DeltaTable

from pipeline.archive.table import ArchiveTable
from pipeline.archive.upkeep import compact, info, vacuum
from pipeline.errors import AlreadyRunning, SinkUnavailable
from tests.unit.archive.test_table import rows


def check_writers_at_once_and_upkeep(of_a_process: Callable[[], ArchiveTable]) -> None:
    """Of three that write the same records at once, one commits each batch; files are compacted and deleted.

    `of_a_process` makes the table as a process of its own sees it.
    """
    first, ends = of_a_process(), Counter[str]()
    assert (first.ensure(), of_a_process().ensure()) == (True, False)

    def write(name: str) -> None:
        table = of_a_process()
        for number in range(10):
            try:
                before = {0: number} if number else {}
                table.append(rows(number), "id", before, {0: number + 1}, f"{name} {number}")
                ends["done"] += 1
            except (AlreadyRunning, SinkUnavailable) as error:
                ends[type(error).__name__] += 1
                table.open()

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = DeltaTable(first.uri, storage_options=first._options).to_pyarrow_table(columns=["offset"]).to_pylist()
    assert Counter(row["offset"] for row in found) == Counter(range(ends["done"]))
    assert ends["done"] > 0
    assert ends.total() == 30
    before, after = compact(first)
    assert (before, after) == (ends["done"], 1)
    assert vacuum(first, 0) >= before
    assert info(first).records == ends["done"]
