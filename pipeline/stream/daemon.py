"""The process that Spark forks its Python workers from: what they need is imported once, before they are forked.

Spark ends workers that had nothing to do for a minute, so without this the first batch after a quiet minute would
import everything anew, for seconds.
"""

from __future__ import annotations

import pandas  # noqa: F401 - else pyarrow imports it at each worker's first array
from pyspark.daemon import manager

import pipeline.stream.partition  # noqa: F401 - imported for its workers

if __name__ == "__main__":
    manager()  # type: ignore[no-untyped-call]
