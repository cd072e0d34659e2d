"""Finds the topics of a period: first in a sample of its tweets, then all tweets are counted. Pure.

Only the sample is kept: the memory does not grow with the number of tweets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.domain.document import escaped
from pipeline.errors import TooFew
from pipeline.report.period import Period
from pipeline.topics.found import Before, Found, Judged, Question, Topic, Word
from pipeline.topics.matching import Weights, matched
from pipeline.topics.models import KS, Method, Model, best, fitted, matrix, one_thread
from pipeline.topics.quality import Quality, strongest
from pipeline.topics.said import Said, unusable
from pipeline.topics.sample import Sample
from pipeline.topics.tally import LEAST_TERMS, Tally
from pipeline.topics.vocabulary import Vocabulary, vocabulary_of

SAMPLE = 30_000
"""Topics are found in so many tweets at most."""
LEAST = 100
"""So many tweets with enough words are needed."""
WORDS = 10
"""Words of a topic that are shown."""

_COMPARED = 30
"""Words of a topic by which it is found again."""

ENOUGH = 3
"""So many times the sample is read for it: tweets in other languages and retweets do not count."""

Read = Callable[[Period, int | None], Iterator[Sequence[Said]]]
"""Reads the tweets of a period, in chunks: all of them, or about as many as are enough."""

Tell = Callable[[str], None]
"""Told what is being done."""


@dataclass(frozen=True)
class Learnt:
    """A sample of tweets in the words of its vocabulary."""

    vocabulary: Vocabulary
    tweets: object
    size: int


def find(question: Question, read: Read, names: Iterable[str], tell: Tell, most: int = SAMPLE) -> Found:
    """The topics of a period, beside those of the period before.

    Args:
        question: what is asked for.
        read: the tweets of a period; it is called for some and then all of the period, and for some of the one before.
        names: of brands and their keywords, which are no topics.
        tell: told what is being done.
        most: tweets of the sample.

    Raises:
        TooFew: there are not enough tweets.
    """
    with one_thread():
        return _find(question, read, tuple(names), tell, most)


def _find(question: Question, read: Read, names: Sequence[str], tell: Tell, most: int) -> Found:
    learnt = learn(question, question.period, read, names, most)
    if learnt.size < LEAST:
        raise TooFew(_too_few(question, learnt.size))
    tried: dict[int, Quality] = {}

    def told(k: int, quality: Quality) -> None:
        tried[k] = quality
        tell(f"{k} topics: coherence {quality.coherence:+.3f}, diversity {quality.diversity:.2f}")

    tell("looking for topics")
    by_nmf = best(learnt.tweets, [question.k] if question.k else KS, told)
    tell("looking for topics by LDA")
    by_lda = fitted(Method.LDA, learnt.tweets, by_nmf.k)
    model = by_nmf if question.method is Method.NMF else by_lda
    tally = Tally(model, learnt.vocabulary, question.period, question.languages)
    for chunk in read(question.period, None):
        tally.add(chunk)
    tell("looking for topics of the period before")
    before = _before(question, read, names, most, model.k)
    topics, vanished = _with_before(_topics(model, learnt.vocabulary, tally), before)
    return Found(
        question=question,
        topics=topics,
        vanished=vanished,
        compared=bool(before),
        judged=tuple(Judged(one.method, one.quality, one.seconds) for one in (by_nmf, by_lda)),
        tried=tried,
        common=learnt.vocabulary.common,
        sample=learnt.size,
        read=tally.read,
        left_out=dict(tally.left_out),
    )


def learn(question: Question, period: Period, read: Read, names: Iterable[str], most: int) -> Learnt:
    """A sample of the tweets of a period, and its vocabulary."""
    sample = Sample(most)
    for chunk in read(period, ENOUGH * most):
        for one in chunk:
            if unusable(one, question.languages) is None:
                sample.add(one)
    tweets = sample.tweets()
    vocabulary = vocabulary_of(tweets, names)
    rows = [row for one in tweets if len(row := vocabulary.of(one.words)) >= LEAST_TERMS]
    return Learnt(vocabulary, matrix(rows, len(vocabulary.terms)), len(rows))


@dataclass(frozen=True, slots=True)
class _Earlier:
    """A topic, with the words by which it is found again."""

    weights: Weights
    topic: Before


def _before(question: Question, read: Read, names: Iterable[str], most: int, k: int) -> list[_Earlier]:
    """The topics of the period before, in a sample; none where there are too few tweets."""
    learnt = learn(question, question.period.before, read, names, most)
    if learnt.size < LEAST:
        return []
    model = fitted(question.method, learnt.tweets, k)
    shares = model.shares_of(learnt.tweets)
    inside = shares.sum(axis=1) > 0
    counts = np.bincount(shares[inside].argmax(axis=1), minlength=model.k)
    return [
        _Earlier(weights, Before(_words(weights), float(counts[place]) / max(int(inside.sum()), 1)))
        for place, weights in enumerate(_weights(model, learnt.vocabulary))
        if weights and counts[place]
    ]


def _topics(model: Model, vocabulary: Vocabulary, tally: Tally) -> list[tuple[Weights, Topic]]:
    """Those that tweets are in, without what was before; most tweets first."""
    found = []
    for place, weights in enumerate(_weights(model, vocabulary)):
        over_time = tally.counts(place)
        count = sum(one.tweets for one in over_time)
        if count:
            examples = tuple(example.tweet for example in tally.examples(place))
            topic = Topic(
                0, _words(weights), over_time, count / tally.used, *tally.complaints(place), examples, before=None
            )
            found.append((count, weights, topic))
    found.sort(key=lambda one: (-one[0], one[2].name))
    return [(weights, topic) for _, weights, topic in found]


def _with_before(
    topics: Sequence[tuple[Weights, Topic]], before: Sequence[_Earlier]
) -> tuple[tuple[Topic, ...], tuple[Before, ...]]:
    """The topics, numbered, with what each was before; and those that have vanished, of most tweets first."""
    same = matched([weights for weights, _ in topics], [one.weights for one in before])
    now = tuple(
        replace(topic, number=place + 1, before=before[same[place]].topic if place in same else None)
        for place, (_, topic) in enumerate(topics)
    )
    gone = [one.topic for place, one in enumerate(before) if place not in same.values()]
    return now, tuple(sorted(gone, key=lambda one: (-one.share, one.name)))


def _weights(model: Model, vocabulary: Vocabulary) -> list[Weights]:
    """The strongest words of each topic, with their weights."""
    return [
        {vocabulary.terms[place]: float(model.weights[topic, place]) for place in places}
        for topic, places in enumerate(strongest(model.weights, _COMPARED))
    ]


def _words(weights: Weights) -> tuple[Word, ...]:
    return tuple(Word(text, weight) for text, weight in list(weights.items())[:WORDS])


def _too_few(question: Question, size: int) -> str:
    about = "" if question.entity is None else f" about {escaped(question.entity.encode())}"
    period = f"{question.period.since.isoformat()} to {question.period.until.isoformat()}"
    return (
        f"{size:,} tweets{about} from {period} have enough words, and topics need {LEAST}: "
        f"take a longer time, or other languages with --lang"
    )
