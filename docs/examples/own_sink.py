"""A sink of your own, as small as one can be: a SQLite database, one row for each id, whatever is repeated.

PYTHONPATH=docs/examples TWEETPULSE_STREAM__SINKS='["elasticsearch", "own_sink:Sqlite"]' tweetpulse run
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

from pipeline.domain.delivery import Attempt, Delivery, Fate, Report, Verdict
from pipeline.errors import SinkUnavailable


class Sqlite:
    name, waits, failures = "sqlite", ("locked",), ()

    def __init__(self, path: str = "tweets.sqlite") -> None:
        self._path = path

    def target(self, dataset: str) -> str:
        return f"sqlite:{dataset}"

    def ensure(self) -> None: ...
    def prepare(self, attempt: Attempt) -> None: ...
    def close(self) -> None: ...

    def write(self, delivery: Delivery, plan: None, attempt: Attempt) -> Report:
        report = Report(repeats=len(delivery.entries) - len({entry.id for entry in delivery.entries}))
        try:
            with closing(sqlite3.connect(self._path, timeout=30)) as database, database:
                database.execute("CREATE TABLE IF NOT EXISTS tweets (dataset, id, json, PRIMARY KEY (dataset, id))")
                for id_, body in delivery.entries:
                    row = delivery.dataset, id_, body.decode()
                    made = database.execute("INSERT OR IGNORE INTO tweets VALUES (?, ?, ?)", row).rowcount
                    report.verdicts.setdefault(id_, Verdict(Fate.INDEXED if made else Fate.ALREADY_THERE))
        except sqlite3.OperationalError:
            raise SinkUnavailable("SQLite asks to wait", reason="locked") from None
        return report
