"""The runbook's settings against a stream that is too slow, too large, or too much for its server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from pipeline.jvm.jars import spark_jars
from pipeline.jvm.java import find_java
from pipeline.settings import Settings
from pipeline.stream.session import running
from tests.sparks import Sparks

MEBIBYTE = 1024**2


def test_cores_memory_and_the_size_of_a_bulk_request(settings: Settings, sparks: Sparks) -> None:
    """The JVM and its tasks have what the settings say; a chunk, which is one bulk request, is as large as they say."""
    stream = settings.stream.model_copy(update={"cores": 3, "driver_memory": "600m"})
    elasticsearch = settings.elasticsearch.model_copy(update={"bulk_documents": 7})
    changed = settings.model_copy(update={"stream": stream, "elasticsearch": elasticsearch})
    spark = sparks.of("turned", lambda: running(changed, spark_jars(changed), find_java().home))

    def sizes(chunks: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for chunk in chunks:
            yield pa.RecordBatch.from_pydict({"rows": [chunk.num_rows]})

    found = spark.range(0, 20, 1, 1).mapInArrow(sizes, "rows long").collect()
    jvm = spark.sparkContext._jvm
    assert jvm is not None
    assert spark.sparkContext.defaultParallelism == 3
    assert 500 * MEBIBYTE < jvm.java.lang.Runtime.getRuntime().maxMemory() <= 600 * MEBIBYTE
    assert [row["rows"] for row in found] == [7, 7, 6]
