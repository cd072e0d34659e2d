"""The records in Kafka and the documents in Elasticsearch, both read completely, so that nothing is inferred."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from elasticsearch import Elasticsearch, NotFoundError
from elasticsearch.helpers import scan
from kafka import KafkaConsumer, TopicPartition

from pipeline.domain.document import REJECTED, SCORED, data_stream
from pipeline.domain.replay import replay_in
from pipeline.kafka.client import connect as kafka_connect
from pipeline.settings import KafkaSettings, Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from tests.faults.records import key_of, reason_of

_PAGE = 10_000
_PATIENCE = 60.0


class At(NamedTuple):
    """The place of a record in the topic of tweets, and its timestamp in milliseconds of the epoch.

    The time tells it from the record that lies there once the topic was made anew.
    """

    partition: int
    offset: int
    time: int


class Sent(NamedTuple):
    """A record that Kafka has."""

    at: At
    key: bytes


@dataclass(frozen=True, slots=True)
class Truth:
    """The expected results of the records: each id once in the scored data stream, each invalid record once rejected.

    Attributes:
        keys: how often each key is there.
        ids: of the tweets.
        rejected: where an invalid record lies → the reason.
    """

    keys: Counter[bytes]
    ids: frozenset[str]
    rejected: Mapping[At, str]

    @classmethod
    def of(cls, records: Iterable[Sent]) -> Truth:
        """By the records' keys alone (see `tests.faults.records`)."""
        keys: Counter[bytes] = Counter()
        rejected: dict[At, str] = {}
        for at, key in records:
            keys[key] += 1
            if reason := reason_of(key):
                rejected[at] = reason
        return cls(keys, frozenset(key.decode() for key in keys if reason_of(key) is None), rejected)

    @property
    def records(self) -> int:
        """The number of all records."""
        return self.keys.total()

    @property
    def repeats(self) -> int:
        """Tweets whose id had come before."""
        return self.records - len(self.ids) - len(self.rejected)


@dataclass(frozen=True, slots=True)
class Indexed:
    """The documents in the backing indices, each index read separately.

    Attributes:
        scored: `_id` → how many indices hold it.
        rejected: where a rejected record lay → the reasons of all of its documents.
        indices: how many documents each index holds.
    """

    scored: Counter[str] = field(default_factory=Counter)
    rejected: dict[At, list[str]] = field(default_factory=dict)
    indices: dict[str, int] = field(default_factory=dict)


def merged(one: Indexed, other: Indexed) -> Indexed:
    """The sum of two, such as before and after a deletion."""
    both = {at: [*one.rejected.get(at, ()), *other.rejected.get(at, ())] for at in one.rejected | other.rejected}
    return Indexed(one.scored + other.scored, both, one.indices | other.indices)


def topic(settings: KafkaSettings) -> Iterator[Sent]:
    """All records in the topic of tweets, without those of aborted transactions."""
    options = {
        "enable_auto_commit": False,
        "isolation_level": "read_committed",
        "max_partition_fetch_bytes": 2**28,
        "max_poll_records": _PAGE,
        # Checksums are plain Python there, and take longer than all else.
        "check_crcs": False,
    }
    with closing(kafka_connect(KafkaConsumer, settings, **options)) as consumer:
        numbers = consumer.partitions_for_topic(settings.tweets_topic) or set()
        partitions = [TopicPartition(settings.tweets_topic, number) for number in sorted(numbers)]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        consumer.seek_to_beginning(*partitions)
        while any(consumer.position(one) < ends[one] for one in partitions):
            for records in consumer.poll(timeout_ms=1_000).values():
                for one in records:
                    yield Sent(At(one.partition, one.offset, one.timestamp), _key(one))


def _key(record: Any) -> bytes:
    """A rejected record that is sent again has the key of its replay."""
    key: bytes | None = record.key
    return key_of(record.value) if key is None or replay_in(key) else key


def indexed(settings: Settings, only: Collection[str] | None = None) -> Indexed:
    """All that the two data streams hold now, or only these backing indices of them.

    Raises:
        AssertionError: an index can't be read completely.
    """
    patient = settings.elasticsearch.model_copy(update={"request_timeout": _PATIENCE})
    with closing(connect(patient)) as client:
        found = Indexed()
        for index in _chosen(backing(client, settings.elasticsearch, SCORED), only):
            found.scored.update(hit["_id"] for hit in _hits(client, index, found))
        for index in _chosen(backing(client, settings.elasticsearch, REJECTED), only):
            for hit in _hits(client, index, found, _FIELDS):
                fields = {name: values[0] for name, values in hit["fields"].items()}
                at = At(fields["kafka.partition"], fields["kafka.offset"], int(fields["event.created"]))
                found.rejected.setdefault(at, []).append(fields["error.type"])
        return found


def _chosen(indices: Iterable[str], only: Collection[str] | None) -> list[str]:
    return [index for index in indices if only is None or index in only]


def backing(client: Elasticsearch, settings: ElasticsearchSettings, dataset: str = SCORED) -> list[str]:
    """The names of a data stream's backing indices, the write index last; none where it is not there."""
    try:
        answer = client.indices.get_settings(
            index=data_stream(dataset, settings.namespace), name="index.creation_date", expand_wildcards="all"
        )
    except NotFoundError:
        return []
    return sorted(answer, key=lambda name: int(name.rsplit("-", 1)[1]))


def _hits(client: Elasticsearch, index: str, found: Indexed, fields: Any = ()) -> Iterator[Mapping[str, Any]]:
    """Every document of one index, in the order in which they lie there, which costs the same however many they are."""
    client.indices.refresh(index=index)
    ids: set[str] = set()
    # It raises where a shard fails: also an incomplete answer has the status 200.
    for hit in scan(client, query={"_source": False, "docvalue_fields": fields}, index=index, size=_PAGE):
        ids.add(hit["_id"])
        yield hit
    count = int(client.count(index=index)["count"])
    assert count == len(ids), f"{index} holds {count}, and {len(ids)} were read"
    found.indices[index] = count


_FIELDS: Any = (
    "kafka.partition",
    "kafka.offset",
    "error.type",
    {"field": "event.created", "format": "epoch_millis"},
)
