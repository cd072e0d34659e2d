"""The process that Spark forks this query's Python workers from: what they need is imported once, before."""

from __future__ import annotations

from pyspark.daemon import manager

import pipeline.windows.query  # noqa: F401 - imported for its workers

if __name__ == "__main__":
    manager()  # type: ignore[no-untyped-call]
