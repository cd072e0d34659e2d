"""What the settings say of windows, in the units that the query and the index need."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from pipeline.domain.durations import parse_duration
from pipeline.settings import Settings, WindowsSettings

_RETENTION_DAYS = {"d": 1, "y": 366}

_CONF = {
    "spark.app.name": "tweetpulse windows",
    "spark.python.daemon.module": "pipeline.windows.daemon",
    # The ids of all tweets within the watermark would fill the heap: RocksDB keeps them on the disk, and writes what
    # a batch has changed, not the whole.
    "spark.sql.streaming.stateStore.providerClass": (
        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
    ),
    "spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled": "true",
}


class Length(NamedTuple):
    """A length of windows: its name in the settings, and its seconds."""

    name: str
    seconds: int


def lengths(settings: WindowsSettings) -> tuple[Length, ...]:
    """The lengths, the shortest first."""
    found = (Length(name, seconds(name, "windows.lengths")) for name in settings.lengths)
    return tuple(sorted(found, key=lambda length: length.seconds))


def kept(settings: WindowsSettings) -> dict[str, timedelta]:
    """Length → how long its windows are kept."""
    return {
        name: timedelta(days=int(retention[:-1]) * _RETENTION_DAYS[retention[-1]])
        for name, retention in settings.lengths.items()
    }


def seconds(text: str, setting: str) -> int:
    """`1m` → 60."""
    return round(parse_duration(text, setting).total_seconds())


def conf(settings: WindowsSettings) -> dict[str, str]:
    """What this query's Spark has otherwise than the stream's."""
    return _CONF | {"spark.sql.shuffle.partitions": str(settings.cores)}


def as_stream(settings: Settings) -> Settings:
    """The settings as the parts of the stream are to read them that this query has in common with it.

    Its topic is that of scored tweets, and everything that `windows` sets stands where `stream` has it.
    """
    windows, kafka = settings.windows, settings.kafka
    stream = settings.stream.model_copy(
        update={
            "checkpoint": settings.windows_checkpoint,
            "trigger_seconds": windows.trigger_seconds,
            "max_offsets_per_trigger": windows.max_offsets_per_trigger,
            # The stream writes nothing larger. Of others' messages only the head comes, which is not JSON.
            "max_record_bytes": kafka.max_message_bytes,
            "starting_offsets": "earliest",
            "cores": windows.cores,
            # Its state is in the checkpoint, which is a folder of this machine.
            "master": None,
            "driver_memory": windows.driver_memory,
            "spark_conf": {},
        }
    )
    return settings.model_copy(
        update={"kafka": kafka.model_copy(update={"tweets_topic": kafka.scored_topic}), "stream": stream}
    )
