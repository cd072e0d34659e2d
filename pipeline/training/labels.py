"""Labels that people give tweets: corrections, kept in Elasticsearch, from which the next training learns.

One document per task and tweet, with the id `<task>:<event.id>`: who labels a tweet again replaces what was said. The
text is copied, since tweets are deleted when their retention is over.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pipeline.domain.alias import ALIAS
from pipeline.domain.document import ECS_VERSION, Document, present
from pipeline.domain.prediction import CLOSED_LABELS, COMPLAINT, NO_COMPLAINT, Task, is_label, known_labels
from pipeline.errors import ConfigError
from pipeline.sinks.elasticsearch.client import Elasticsearch, NotFoundError
from pipeline.sinks.elasticsearch.plain_index import LABELS, ensure

COLUMNS = ("id", "text", "label", "entity", "lang", "time")
"""Of `as_csv`."""

Said = Mapping[Task, str | None]

_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Label:
    """A label that somebody gave a tweet, with the parts of the tweet that training needs.

    Attributes:
        task, tweet: what it is about; `tweet` is its `event.id`.
        name: one of the task's labels.
        text: of the tweet, as it was written.
        entities, lang, written: of the tweet, where they are known.
        at: when it was said.
        by: who said it.
        previous: what was said before.
    """

    task: Task
    tweet: str
    name: str
    text: str
    at: datetime
    entities: tuple[str, ...] = ()
    lang: str | None = None
    written: datetime | None = None
    by: str | None = None
    previous: str | None = None

    @property
    def id(self) -> str:
        """Of its document."""
        return f"{self.task}:{self.tweet}"


def said(label: str, reason: str | None = None, reasons: Callable[[], Sequence[str]] = tuple) -> Said:
    """A label for each task; None takes back an earlier one.

    Labels of all tasks differ, so a label tells its task. Whoever gives a reason says that it is a complaint. A new
    reason is said by `reason` alone: a label that is mistyped must not become one.

    >>> said("positive")
    {<Task.SENTIMENT: 'sentiment'>: 'positive'}

    Args:
        label: what it is.
        reason: why it complains.
        reasons: those that the model knows; asked only where the label may be one.

    Raises:
        ConfigError: no task has such a label, or the reason is none, or it does not go with the label.
    """
    if reason is not None and (label != COMPLAINT or not is_label(Task.REASON, reason)):
        raise ConfigError(f"--reason goes with {COMPLAINT}, and is {known_labels(Task.REASON)}")
    if label == NO_COMPLAINT:
        return {Task.COMPLAINT: NO_COMPLAINT, Task.REASON: None}
    if label == COMPLAINT:
        return {Task.COMPLAINT: COMPLAINT, **({Task.REASON: reason} if reason else {})}
    if label in CLOSED_LABELS[Task.SENTIMENT]:
        return {Task.SENTIMENT: label}
    found = tuple(reasons())
    if label in found:
        return {Task.COMPLAINT: COMPLAINT, Task.REASON: label}
    known = [
        f"{task}: {', '.join(labels)}" for task, labels in (*CLOSED_LABELS.items(), (Task.REASON, found)) if labels
    ]
    offered = "; ".join((*known, f"a new reason: {COMPLAINT} --reason REASON"))
    raise ConfigError(f"{label!r} is no label: take one of {offered}")


class Labels:
    """The index of labels.

    Args:
        client: errors are to be mapped by whoever brings it (`elasticsearch_errors`).
        index: its name, from the settings.
    """

    def __init__(self, client: Elasticsearch, index: str) -> None:
        self._client = client
        self._index = index

    def put(self, tweet: str, what: Mapping[Task, str | None], *, by: str | None = None) -> list[Label]:
        """Say what a tweet is (see `said`), and give what is said now.

        Raises:
            ConfigError: no tweet has this id.
        """
        ensure(self._client, self._index, LABELS)
        text = self._tweet(tweet)
        now = datetime.now(UTC)
        return [
            label
            for task, name in what.items()
            for label in self._one(Label(task, tweet, name or "", text["message"], now, **_known(text), by=by))
        ]

    def take_back(self, tweet: str, task: Task | None = None) -> list[Label]:
        """Remove what was said of a tweet, also of one that is no longer there, and give it.

        Args:
            tweet: its `event.id`.
            task: only what was said for this one. Without the label that it complains, there is no reason either.

        Raises:
            ConfigError: nothing was said of it.
        """
        tasks = (Task.COMPLAINT, Task.REASON) if task is Task.COMPLAINT else (task,) if task else tuple(Task)
        found = [label for one in tasks if (label := self._there(f"{one}:{tweet}"))]
        if not found:
            raise ConfigError(f"nothing was said of {tweet}: `tweetpulse label --list` shows what was said")
        for label in found:
            self._remove(label.id)
        return found

    def newest(self, most: int, task: Task | None = None) -> tuple[int, list[Label]]:
        """The number of labels, and the newest ones, newest first."""
        answer = self._search(size=most, query=_about(task), sort=[{"@timestamp": "desc"}], track_total_hits=True)
        return answer["hits"]["total"]["value"], [_label(hit["_source"]) for hit in answer["hits"]["hits"]]

    def all(self, task: Task) -> Iterator[Label]:
        """All labels of a task, in the order of their tweets' ids."""
        after: Any = None
        while True:
            # Not by page numbers, because Elasticsearch ends those at 10,000 hits.
            answer = self._search(size=_PAGE, query=_about(task), sort=[{"event.id": "asc"}], search_after=after)
            hits = answer["hits"]["hits"]
            yield from (_label(hit["_source"]) for hit in hits)
            if len(hits) < _PAGE:
                return
            after = hits[-1]["sort"]

    def _one(self, label: Label) -> Iterator[Label]:
        if not label.name:
            self._remove(label.id)
            return
        before = self._there(label.id)
        label = replace(label, previous=before.name if before else None)
        self._client.index(index=self._index, id=label.id, document=label_document(label), refresh="wait_for")
        yield label

    def _remove(self, id_: str) -> None:
        self._client.options(ignore_status=404).delete(index=self._index, id=id_, refresh="wait_for")

    def _there(self, id_: str) -> Label | None:
        try:
            return _label(self._client.get(index=self._index, id=id_)["_source"])
        except NotFoundError:
            return None

    def _tweet(self, id_: str) -> dict[str, Any]:
        query = {"ids": {"values": [id_]}}
        wanted = ["message", "tweet.entity", "tweet.lang", "@timestamp"]
        hits = self._client.search(
            index=ALIAS, query=query, source_includes=wanted, size=1, ignore_unavailable=True, allow_no_indices=True
        )["hits"]["hits"]
        if not hits:
            raise ConfigError(f"{ALIAS} has no tweet with the id {id_}: it is the `event.id` that boards show as ID")
        found: dict[str, Any] = hits[0]["_source"]
        return found

    def _search(self, **request: Any) -> Any:
        return self._client.search(index=self._index, ignore_unavailable=True, allow_no_indices=True, **request)


def as_csv(labels: Iterable[Label]) -> bytes:
    """The labels as a file for training, with `COLUMNS`; the same labels make the same bytes."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for label in sorted(labels, key=lambda one: one.tweet):
        written = label.written.isoformat() if label.written else ""
        entity = label.entities[0] if label.entities else ""
        writer.writerow([label.tweet, label.text, label.name, entity, label.lang or "", written])
    return file.getvalue().encode("utf-8", "surrogatepass")


def _about(task: Task | None) -> dict[str, Any]:
    return {"term": {"label.task": task}} if task else {"match_all": {}}


def _known(tweet: dict[str, Any]) -> dict[str, Any]:
    about = tweet.get("tweet", {})
    return {
        "entities": tuple(about.get("entity", ())),
        "lang": about.get("lang"),
        "written": datetime.fromisoformat(tweet["@timestamp"]),
    }


def label_document(label: Label) -> Document:
    """The document of a label; its `_id` is the label's."""
    return {
        "@timestamp": label.at,
        "message": label.text,
        "event": {"id": label.tweet},
        **present({"user": {"name": label.by} if label.by else None}),
        "tweet": present({"entity": list(label.entities), "lang": label.lang, "written": label.written}),
        "label": present({"task": label.task, "name": label.name, "previous": label.previous}),
        "ecs": {"version": ECS_VERSION},
    }


def _label(source: dict[str, Any]) -> Label:
    tweet, label = source.get("tweet", {}), source["label"]
    return Label(
        task=Task(label["task"]),
        tweet=source["event"]["id"],
        name=label["name"],
        text=source["message"],
        at=datetime.fromisoformat(source["@timestamp"]),
        entities=tuple(tweet.get("entity", ())),
        lang=tweet.get("lang"),
        written=datetime.fromisoformat(tweet["written"]) if "written" in tweet else None,
        by=source.get("user", {}).get("name"),
        previous=label.get("previous"),
    )
