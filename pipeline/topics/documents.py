"""What is found, as documents: one for each topic, each interval of a topic, each example. Pure.

Their ids are made of the question and the place in it: who asks again replaces what was found. A document of an
interval has the interval's time, so that boards draw topics over time. An example is a document of its own, and holds
no text, so that `forget` can delete it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from pipeline.domain.document import ECS_VERSION, Document, present
from pipeline.domain.identity import content_id
from pipeline.report.figures import Counts
from pipeline.report.shown import duration, moment
from pipeline.topics.found import Before, Found, Question, Topic, Word

DATASET = "tweets.topics"

EVERYTHING = "all tweets"
"""What a question without an entity is about."""
NEWEST = "newest"
"""A name that only the newest question about the same tweets has, in addition to its own."""


def run_id(question: Question, namespace: str) -> str:
    """Of a question: the same for the same one, however many topics it asks for."""
    period = (question.period.since, question.period.until)
    times = (at.astimezone(UTC).isoformat() for at in period)
    return content_id("topics", namespace, *times, question.entity or "", *question.languages, question.method)


def about(question: Question) -> str:
    """What boards call its tweets."""
    return question.entity or EVERYTHING


def name_of(question: Question) -> str:
    """What boards call it; those that end later come later in the order of names."""
    period = question.period
    languages = " ".join(question.languages)
    return f"{moment(period.until.astimezone(UTC))}, {duration(period.length)}, {languages}, {question.method}"


def documents(
    found: Found, namespace: str, made: datetime, *, is_newest: bool = True
) -> Iterator[tuple[str, Document]]:
    """Each document with its id.

    Args:
        found: what they say.
        namespace: of the tweets.
        made: when it was found.
        is_newest: no question about the same tweets ends later.
    """
    run = _run(found, namespace, is_newest)
    id_ = run["id"]
    for topic in found.topics:
        yield _document(f"{id_}:{topic.number}", found, run, made, "topic", _topic(found, topic))
        for place, counts in enumerate(topic.over_time):
            if counts.tweets:
                at = found.question.period.moments[place]
                fields = _head(topic.number, topic.name) | _counts(counts)
                yield _document(f"{id_}:{topic.number}:{place}", found, run, made, "interval", fields, at=at)
        for rank, tweet in enumerate(topic.examples, 1):
            fields = _head(topic.number, topic.name) | present({"tweet": tweet.id, "url": tweet.url})
            yield _document(f"{id_}:{topic.number}:example:{rank}", found, run, made, "example", fields, at=tweet.at)
    for place, gone in enumerate(found.vanished, 1):
        yield _document(f"{id_}:vanished:{place}", found, run, made, "topic", _vanished(gone))


def _run(found: Found, namespace: str, is_newest: bool) -> Document:
    """What all documents of a question say of it."""
    question = found.question
    quality = next(one.quality for one in found.judged if one.method is question.method)
    return present(
        {
            "id": run_id(question, namespace),
            "namespace": namespace,
            "entity": question.entity,
            "about": about(question),
            "names": [*([NEWEST] if is_newest else []), name_of(question)],
            "languages": list(question.languages),
            "method": question.method,
            "topics": len(found.topics),
            "coherence": quality.coherence,
            "diversity": quality.diversity,
        }
    )


def _document(
    id_: str, found: Found, run: Document, made: datetime, kind: str, topic: Document, *, at: datetime | None = None
) -> tuple[str, Document]:
    period = found.question.period
    return id_, {
        "@timestamp": at or period.since,
        "event": {
            "id": id_,
            "kind": "metric",
            "dataset": DATASET,
            "created": made,
            "start": period.since,
            "end": period.until,
        },
        "run": run,
        "topic": {"kind": kind, **topic},
        "ecs": {"version": ECS_VERSION},
    }


def _topic(found: Found, topic: Topic) -> Document:
    state = "new" if found.is_new(topic) else "kept" if topic.before else None
    return present(
        {
            **_head(topic.number, topic.name),
            **_words(topic.words),
            **_counts(topic.counts),
            "share": topic.share,
            "negative_share": topic.counts.negative_share,
            "complaints": topic.complain if topic.asked else None,
            "complaint_share": topic.complaint_share,
            "state": state,
            "before": {"name": topic.before.name, "share": topic.before.share} if topic.before else None,
        }
    )


def _vanished(gone: Before) -> Document:
    return {
        "name": gone.name,
        **_words(gone.words),
        "tweets": 0,
        "state": "vanished",
        "before": {"name": gone.name, "share": gone.share},
    }


def _head(number: int, name: str) -> Document:
    return {"number": number, "name": name}


def _words(words: tuple[Word, ...]) -> Document:
    return {"words": [word.text for word in words], "weights": [word.weight for word in words]}


def _counts(counts: Counts) -> Document:
    return {
        "tweets": counts.tweets,
        "scored": counts.scored,
        "negative": counts.negative,
        "neutral": counts.neutral,
        "positive": counts.positive,
    }
