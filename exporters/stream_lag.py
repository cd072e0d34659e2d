"""The lag of queries: the records of the broker against those that their checkpoints say are done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily, Metric

from exporters.kept import Kept
from exporters.record_times import Place, RecordTimes, next_places, seconds_behind
from pipeline import committed_offsets
from pipeline.domain.progress import Lag, Partition, lags
from pipeline.errors import SetupError
from pipeline.kafka.broker import Broker

LABELS = ["query", "topic", "partition"]


class StreamLag:
    """Records and seconds that each partition of the stream is behind; likewise of another query.

    Args:
        queries: name → checkpoint folder.
        topic: what a query without a checkpoint will read.
        from_earliest: whether it will read it from the beginning.
        connect: opens a connection to the broker.
        clock: seconds of the epoch.
        name: of the collector, which its metrics have too.
        once_run: of a query that has never run there is no lag: nobody need run it.
    """

    def __init__(
        self,
        queries: Mapping[str, Path],
        *,
        topic: str,
        from_earliest: bool,
        connect: Callable[[], Broker],
        clock: Callable[[], float] = time.time,
        name: str = "stream_lag",
        once_run: bool = False,
    ) -> None:
        self.name = name
        self._once_run = once_run
        self._queries = queries
        self._topic = topic
        self._from_earliest = from_earliest
        self._broker = Kept(connect)
        self._clock = clock
        self._times = RecordTimes()

    def describe(self) -> Sequence[Metric]:
        """The families, empty."""
        return families({}, {}, 0.0, self.name)

    def collect(self) -> Sequence[Metric]:
        """The lag of this moment.

        Raises:
            SetupError: the broker does not answer, or a checkpoint can't be read or names a topic that is gone.
            ConfigError: the broker refuses this user, or a checkpoint is not on a local file system.
        """
        # The checkpoint first: what is committed while the broker is asked must not make the lag negative.
        committed = {query: committed_offsets.read(folder) for query, folder in self._queries.items()}
        known = {query: committed_offsets.topic_ids(folder) for query, folder in self._queries.items()}
        with self._broker.use() as broker:
            behind = {query: self._lags(broker, offsets, known[query]) for query, offsets in committed.items()}
            wanted = set[Place]().union(*map(next_places, behind.values()))
            times = self._times.at(broker, wanted)
        return families(behind, times, self._clock(), self.name)

    def close(self) -> None:
        """Let go of the broker."""
        self._broker.close()

    def _lags(
        self, broker: Broker, committed: Mapping[Partition, int] | None, known: Mapping[str, str]
    ) -> dict[Partition, Lag]:
        if committed is None and self._once_run:
            return {}
        if committed is None:
            held = broker.held([self._topic])
            starts = {} if self._from_earliest else {partition: end for partition, (_, end) in held.items()}
            return lags(starts, held)
        held = broker.held(topic for topic, _ in committed)
        gone = {topic for topic, _ in committed} - {topic for topic, _ in held}
        if gone:
            raise SetupError(f"the checkpoint is of topic {min(gone)}, which Kafka does not have")
        # Of a topic that was deleted and made anew nothing was read, whatever the offsets say.
        anew = {topic for topic, id_ in broker.topic_ids(known).items() if id_ != known[topic]}
        return lags({partition: offset for partition, offset in committed.items() if partition[0] not in anew}, held)


def families(
    behind: Mapping[str, Mapping[Partition, Lag]],
    times: Mapping[Place, float],
    now: float,
    name: str = "stream_lag",
) -> tuple[Metric, ...]:
    """The families of the lag.

    Args:
        behind: query → partition → its lag.
        times: a partition and an offset → when the broker got that record, in seconds of the epoch.
        now: seconds of the epoch.
        name: what the names of the metrics have in common.
    """
    records = GaugeMetricFamily(
        f"tweetpulse_{name}_records",
        "Records in Kafka that the query has not committed.",
        labels=LABELS,
    )
    seconds = GaugeMetricFamily(
        f"tweetpulse_{name}_seconds",
        "Seconds that the oldest of these records has been in Kafka; 0 if there is none.",
        labels=LABELS,
    )
    expired = GaugeMetricFamily(
        f"tweetpulse_{name.removesuffix('_lag')}_expired_records",
        "Records that Kafka deleted by age or size before the query read them: lost, and not part of the lag.",
        labels=LABELS,
    )
    for query, lags_ in behind.items():
        for partition, lag in lags_.items():
            labels = [query, partition[0], str(partition[1])]
            records.add_metric(labels, lag.records)
            expired.add_metric(labels, lag.expired)
            since = seconds_behind(partition, lag, times, now)
            if since is not None:
                seconds.add_metric(labels, since)
    return records, seconds, expired
