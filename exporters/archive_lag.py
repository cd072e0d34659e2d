"""The lag of the raw archive: the records of the broker against the positions in the log of the archive's table."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily, Metric

from exporters.kept import Kept
from exporters.record_times import Place, RecordTimes, next_places, seconds_behind
from pipeline.domain.progress import Lag, Partition, lags
from pipeline.errors import SetupError
from pipeline.extras import missing, require
from pipeline.kafka.broker import Broker
from pipeline.settings import Settings

if TYPE_CHECKING:
    from deltalake import DeltaTable

LABELS = ["topic", "partition"]


class ArchiveLag:
    """Records and seconds that each partition of the topic of tweets is ahead of the raw archive.

    An archive that was never made has no lag: nobody need run it. One that was there and is gone is a fault.

    Args:
        settings: where the archive is, and which topic it is of.
        connect: opens a connection to the broker.
        clock: seconds of the epoch.
    """

    name = "archive_lag"

    def __init__(
        self, settings: Settings, connect: Callable[[], Broker], *, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._topic = settings.kafka.tweets_topic
        self._broker = Kept(connect)
        self._clock = clock
        self._times = RecordTimes()
        self._was_there = False

    def describe(self) -> Sequence[Metric]:
        """The families, empty."""
        return families({}, {}, 0.0)

    def collect(self) -> Sequence[Metric]:
        """The lag of this moment.

        Raises:
            SetupError: the broker or the store does not answer, the archive is gone, or delta-rs is not installed.
            NewerFormat: a newer version wrote the archive.
            ConfigError: the broker refuses this user.
        """
        # The log first: what is committed while the broker is asked must not make the lag negative.
        table = self._table()
        if table is None:
            return self.describe()
        with self._broker.use() as broker:
            behind = self._lags(table, broker)
            times = self._times.at(broker, next_places(behind))
        return families(behind, times, self._clock())

    def close(self) -> None:
        """Let go of the broker."""
        self._broker.close()

    def _table(self) -> DeltaTable | None:
        """The table as it is now; None where there never was one."""
        uri = self._settings.archive_uri
        # Where an archive is named, or is there, silence would look like no lag.
        if missing("archive") and self._settings.archive.uri is None and not Path(uri).exists():
            return None
        require("archive")
        from pipeline.archive import delta_log

        options = delta_log.store_options(self._settings)
        if not delta_log.is_table(uri, options):
            if self._was_there:
                raise SetupError(f"there is no archive at {uri} now: mount it")
            return None
        self._was_there = True
        return delta_log.open_table(uri, options)

    def _lags(self, table: DeltaTable, broker: Broker) -> dict[Partition, Lag]:
        from pipeline.archive import delta_log

        held = broker.held([self._topic])
        ids = broker.topic_ids([self._topic])
        if self._topic not in ids:
            raise SetupError(f"the archive is of topic {self._topic}, which Kafka does not have")
        numbers = [number for _, number in held]
        logged = delta_log.positions(table, self._settings.archive_uri, ids[self._topic], numbers)
        return lags({(self._topic, number): position for number, position in logged.items()}, held)


def families(behind: Mapping[Partition, Lag], times: Mapping[Place, float], now: float) -> tuple[Metric, ...]:
    """The families of the lag.

    Args:
        behind: partition → its lag.
        times: a partition and an offset → when the broker got that record, in seconds of the epoch.
        now: seconds of the epoch.
    """
    records = GaugeMetricFamily(
        "tweetpulse_archive_lag_records", "Records in Kafka that are not in the archive.", labels=LABELS
    )
    seconds = GaugeMetricFamily(
        "tweetpulse_archive_lag_seconds",
        "Seconds that the oldest of these records has been in Kafka; 0 if there is none.",
        labels=LABELS,
    )
    expired = GaugeMetricFamily(
        "tweetpulse_archive_expired_records",
        "Records that Kafka deleted by age or size before they were archived: lost, and not part of the lag. "
        "0 again once the archive has gone on behind them.",
        labels=LABELS,
    )
    for partition, lag in behind.items():
        labels = [partition[0], str(partition[1])]
        records.add_metric(labels, lag.records)
        expired.add_metric(labels, lag.expired)
        since = seconds_behind(partition, lag, times, now)
        if since is not None:
            seconds.add_metric(labels, since)
    return records, seconds, expired
