"""Finds documents of the forgotten: scored tweets, rejected records that name them, labels, examples of topics."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.erasure.indices import IDS_PER_REQUEST, chunks, hits
from pipeline.privacy.forgotten import Forgotten
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.privacy.subjects import subjects_of, unlooped
from pipeline.sinks.elasticsearch.client import Elasticsearch

_NAMES_PER_QUERY = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """The subjects to be forgotten: tweets by `event.id`, users by `user.id`, and users by name."""

    tweets: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def __or__(self, other: Wanted) -> Wanted:
        return Wanted(self.tweets | other.tweets, self.users | other.users, self.names | other.names)

    def __bool__(self) -> bool:
        return bool(self.tweets or self.users or self.names)

    def by_kind(self) -> Mapping[Forgotten, frozenset[str]]:
        """As the list has them."""
        return {Forgotten.TWEET: self.tweets, Forgotten.USER: self.users, Forgotten.NAME: self.names}

    def with_pseudonyms(self, pseudonyms: Pseudonyms) -> Wanted:
        """As documents may have them: as they are, and hashed, whatever the settings said when they were indexed."""
        return self | Wanted(
            # Only an id that is an address can hold a name, and is then hashed (see `Hiding._id`).
            frozenset(pseudonyms.event_id(id_) for id_ in self.tweets if "/" in id_),
            frozenset(map(pseudonyms.user_id, self.users)),
            frozenset(map(pseudonyms.name, self.names)),
        )


def scored_ids(client: Elasticsearch, index: str, wanted: Wanted) -> set[str]:
    """The ids of the tweets in a backing index that are wanted, by their own id or by their author."""
    found: set[str] = set()
    for query in _queries(wanted):
        found.update(hit["_id"] for hit in hits(client, index, query))
    if wanted.tweets:
        # A replay in loops gives each tweet an id for each loop.
        again = hits(client, index, _looped(wanted.tweets))
        found.update(hit["_id"] for hit in again if unlooped(hit["_id"]) in wanted.tweets)
    return found


def rejected_ids(client: Elasticsearch, index: str, wanted: Wanted) -> set[str]:
    """The ids of the rejected records in a backing index whose original bytes name what is wanted."""
    kinds = wanted.by_kind()
    # The ids are inside of the original bytes, where no query finds them, so each record is looked at.
    return {hit["_id"] for hit in hits(client, index, {"match_all": {}}, source="event.original") if _names(hit, kinds)}


def label_ids(client: Elasticsearch, index: str, tweets: Collection[str]) -> set[str]:
    """The ids of the labels of these tweets."""
    by = ("event.id", "label.task")
    return {hit["_id"] for query in _terms("event.id", tweets) for hit in hits(client, index, query, by=by)}


def example_ids(client: Elasticsearch, index: str, tweets: Collection[str]) -> set[str]:
    """The ids of the documents that name these tweets as examples of a topic."""
    return {hit["_id"] for query in _terms("topic.tweet", tweets) for hit in hits(client, index, query)}


def _queries(wanted: Wanted) -> Iterator[dict[str, Any]]:
    for ids in chunks(wanted.tweets, IDS_PER_REQUEST):
        yield {"ids": {"values": ids}}
    yield from _terms("user.id", wanted.users)
    for names in chunks(wanted.names, _NAMES_PER_QUERY):
        terms = [{"term": {"user.name": {"value": name, "case_insensitive": True}}} for name in names]
        yield {"bool": {"should": terms}}


def _looped(tweets: Collection[str]) -> dict[str, Any]:
    """Finds what came in later loops; for many tweets rather all that ever did."""
    if len(tweets) > _NAMES_PER_QUERY:
        return {"wildcard": {"event.id": "*#*"}}
    return {"bool": {"should": [{"prefix": {"event.id": f"{id_}#"}} for id_ in tweets]}}


def _terms(field: str, values: Collection[str]) -> Iterator[dict[str, Any]]:
    return ({"terms": {field: chunk}} for chunk in chunks(values, IDS_PER_REQUEST))


def _names(hit: dict[str, Any], wanted: Mapping[Forgotten, frozenset[str]]) -> bool:
    original = hit.get("_source", {}).get("event", {}).get("original", "")
    return any(not named.isdisjoint(wanted[kind]) for kind, named in subjects_of(original).items())
