"""Forget tweets and users: first the list, so that nothing comes back, then the deletion, then what stays where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pipeline.domain.document import REJECTED, SCORED, data_stream
from pipeline.erasure import archive, topics
from pipeline.erasure.documents import Wanted, example_ids, label_ids, rejected_ids, scored_ids
from pipeline.erasure.indices import Index, delete, indices_of, opened
from pipeline.erasure.models import versions_that_keep
from pipeline.erasure.topics import Topic
from pipeline.errors import PipelineError, SinkUnavailable
from pipeline.privacy.forgotten import Added, ForgottenList, entry
from pipeline.privacy.key import secret_key
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.registry.registry import Registry
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.backing import writable
from pipeline.sinks.elasticsearch.client import Elasticsearch, elasticsearch_errors

PASSES = 5
"""The most searches for documents that came back. Usually one is enough."""

REQUEST_TIMEOUT = 60.0
"""Seconds that Elasticsearch has for an answer."""

TellLine = Callable[[str], object]


@dataclass(slots=True)
class Report:
    """A report on the documents that were found, and on those that stay.

    Attributes:
        added: to the list.
        found, removed: documents, by index.
        tweets: the ids of the tweets that were wanted or found.
        rejected: the ids of the rejected records that were found.
        topics: what Kafka keeps; None where it could not be asked, for the reason in `kafka_error`.
        tombstones: written, by topic.
        models: versions that keep rows of these tweets, and how many; None where that could not be read.
        registry_error: why the registry could not be asked.
    """

    added: Added = field(default_factory=lambda: Added(0, 0))
    found: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    tweets: set[str] = field(default_factory=set)
    rejected: set[str] = field(default_factory=set)
    topics: list[Topic] | None = None
    kafka_error: str = ""
    tombstones: Counter[str] = field(default_factory=Counter)
    models: dict[str, int | None] = field(default_factory=dict)
    registry_error: str = ""


class Forgetting:
    """One run of `forget`; a run that was cut short is simply repeated.

    Args:
        settings: all of them.
        client: of Elasticsearch.
        registry: of trained models.
        namespace: of the data streams; "*" for all.
        tell: told what is being done, without any id.
    """

    def __init__(
        self, settings: Settings, client: Elasticsearch, registry: Registry, namespace: str, tell: TellLine
    ) -> None:
        self._settings = settings
        # Searching a whole index takes longer than the stream's requests.
        self._client = client.options(request_timeout=max(REQUEST_TIMEOUT, settings.elasticsearch.request_timeout))
        self._registry = registry
        self._namespace = namespace
        self._tell = tell
        self._key = secret_key(settings)
        self._list = ForgottenList(settings.privacy_folder)

    def run(self, wanted: Wanted) -> Report:
        """List it, delete it, and say what stays.

        Raises:
            ConfigError: the key is not the list's, or a privilege is missing.
            SetupError: the list can't be written, or a batch has been in flight for too long.
            SinkUnavailable: Elasticsearch does not answer, or does not take a deletion now.
        """
        report = Report(tweets=set(wanted.tweets))
        report.added = self._enlist(wanted)
        with elasticsearch_errors(self._settings.elasticsearch):
            self._sweep(wanted.with_pseudonyms(Pseudonyms(self._key)), report)
            self._remove_archived(wanted, report)
            self._remove_named(report)
        self._ask_kafka(report)
        self._ask_registry(report)
        return report

    def _enlist(self, wanted: Wanted) -> Added:
        """Put it on the list, and wait until each batch that does not know it yet is over."""
        # The list before the deletion: what is deleted first could be indexed again before it is listed.
        entries = [entry(self._key, kind, value) for kind, values in wanted.by_kind().items() for value in values]
        added = self._list.add(self._key, entries)
        self._list.wait_until_in_force(waiting=lambda: self._tell("waiting for the stream's batch in flight"))
        return added

    def _sweep(self, wanted: Wanted, report: Report) -> None:
        """Delete until there is nothing: a bulk request may outlive the batch that sent it."""
        for number in range(PASSES):
            found = 0
            # Tweets come first, because rejected records are looked for by the ids of all tweets that were found.
            for index in indices_of(self._client, data_stream(SCORED, self._namespace)):
                found += self._remove(index, report, lambda name: self._scored(name, wanted, report), number)
            for index in indices_of(self._client, data_stream(REJECTED, self._namespace)):
                found += self._remove(index, report, lambda name: self._rejected(name, wanted, report), number)
            if not found:
                return
        raise SinkUnavailable(
            "what was deleted comes back: does a stream run with another privacy.folder, or an older version of it?",
            reason="unavailable",
        )

    def _remove(self, index: Index, report: Report, find: Callable[[str], set[str]], number: int) -> int:
        if number and index.closed:
            return 0  # Nobody writes to it.
        self._tell(f"looking through {index.name}")
        with opened(self._client, index):
            # A search does not find what was written since the last refresh.
            self._client.indices.refresh(index=index.name)
            ids = find(index.name)
            report.found[index.name] += len(ids)
            if ids:
                self._tell(f"deleting {len(ids):,} documents from {index.name}")
                with writable(self._client, index.name):
                    report.removed[index.name] += delete(self._client, index.name, sorted(ids))
        return len(ids)

    def _scored(self, index: str, wanted: Wanted, report: Report) -> set[str]:
        found = scored_ids(self._client, index, wanted)
        by_author = found - wanted.tweets - report.tweets
        if by_author:
            # Another source may bring the same tweets without saying who wrote them.
            self._enlist(Wanted(tweets=frozenset(by_author)))
        report.tweets |= found
        return found

    def _rejected(self, index: str, wanted: Wanted, report: Report) -> set[str]:
        found = rejected_ids(self._client, index, wanted | Wanted(tweets=frozenset(report.tweets)))
        report.rejected |= found
        return found

    def _remove_archived(self, wanted: Wanted, report: Report) -> None:
        """Delete their records from the raw archive, which may be older than any index."""
        table = archive.archive_of(self._settings)
        if table is None:
            return
        self._tell("looking through the archive")
        found = archive.find(table, wanted | Wanted(tweets=frozenset(report.tweets)))
        self._enlist(Wanted(tweets=frozenset(found.tweets - wanted.tweets - report.tweets)))
        report.tweets |= found.tweets
        report.found[archive.NAME] += found.records
        report.removed[archive.NAME] += archive.delete(table, found, self._tell)

    def _remove_named(self, report: Report) -> None:
        """Delete what is said of the tweets elsewhere: labels, and examples of topics."""
        elastic = self._settings.elasticsearch
        for index in indices_of(self._client, elastic.labels_index):
            self._remove(index, report, lambda name: label_ids(self._client, name, report.tweets), 0)
        for index in indices_of(self._client, elastic.topics_index):
            self._remove(index, report, lambda name: example_ids(self._client, name, report.tweets), 0)

    def _ask_kafka(self, report: Report) -> None:
        kafka = self._settings.kafka
        try:
            report.topics = topics.look(kafka, topics.utc_now())
            for topic in report.topics:
                keys = report.rejected if topic.name == kafka.rejected_topic else report.tweets
                if topic.compacted and keys:
                    self._tell(f"writing tombstones to {topic.name}")
                    report.tombstones[topic.name] += topics.bury(kafka, topic.name, sorted(keys))
        except PipelineError as error:
            report.kafka_error = error.message

    def _ask_registry(self, report: Report) -> None:
        try:
            report.models = dict(versions_that_keep(self._registry, report.tweets))
        except PipelineError as error:
            report.registry_error = error.message


def wanted_of(tweets: Iterable[str], users: Iterable[str]) -> Wanted:
    """The subjects that a person names: tweets by `event.id` or their number at X; users by `user.id` or `@name`.

    >>> wanted_of(["123"], ["@Ann"])
    Wanted(tweets=frozenset({'x:123'}), users=frozenset(), names=frozenset({'ann'}))
    """
    said = [user.strip() for user in users]
    return Wanted(
        frozenset(f"x:{one}" if one.isdecimal() else one for one in (tweet.strip() for tweet in tweets) if one),
        frozenset(one for one in said if one and not one.startswith("@")),
        frozenset(one[1:].lower() for one in said if one.startswith("@") and one[1:]),
    )
