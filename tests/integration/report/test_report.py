"""A report says what the documents say: they are written into a real Elasticsearch, and counted once more by hand."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from pipeline.domain.analysis import Analysis
from pipeline.domain.document import REJECTED, data_stream, rejected_document, scored_document
from pipeline.domain.prediction import COMPLAINT, NO_COMPLAINT, NO_OPINION, Opinion, Prediction
from pipeline.domain.record import Reason, Rejection
from pipeline.domain.sentiment import UNSUPPORTED, Label, Sentiment
from pipeline.domain.tweet import Kind, Tweet
from pipeline.errors import SetupError
from pipeline.report.figures import Counts, Figures
from pipeline.report.gather import gather
from pipeline.report.page import page
from pipeline.report.period import Period, last
from pipeline.report.queries import MOST_TERMS, MOST_TWEETS
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import connect
from tests import builders
from tests.paths import ROOT
from tests.processes import environment
from tests.reporting import Reading
from tests.streams import roll_over, scored_stream

NOW = datetime.now(UTC).replace(microsecond=0)
PERIOD = last(timedelta(hours=24), NOW)
BRANDS = ("Acme", "Globex <b>", "Initech")
HOSTILE = "late again </td><script>alert(1)</script> \u202egnp.exe"
COMPOUNDS = {Label.NEGATIVE: -0.5, Label.NEUTRAL: 0.0, Label.POSITIVE: 0.5}


@dataclass(frozen=True)
class One:
    """A tweet with all that is said of it, and when it was indexed."""

    tweet: Tweet
    analysis: Analysis
    opinion: Opinion
    ingested: datetime

    @property
    def label(self) -> Label:
        return self.analysis.sentiment.label


def invented(number: int, random: Random) -> One:
    """Written in the last three days: in the period, in the one before, and earlier."""
    label = random.choice(list(Label))
    sentiment = UNSUPPORTED if label is Label.UNSUPPORTED else Sentiment(label, COMPOUNDS[label], 0.2, 0.3, 0.5)
    written = NOW - timedelta(seconds=random.randrange(72 * 3_600))
    entities = tuple(random.sample(BRANDS, random.choice((0, 1, 1, 2))))
    complains = random.choice((None, COMPLAINT, NO_COMPLAINT))
    reason = Prediction(random.choice(("late_flight", "lost_luggage")), 0.8, "v1") if random.random() < 0.7 else None
    return One(
        builders.tweet(id=f"x:{number}", text=HOSTILE, written_at=written, url=f"https://x.com/i/status/{number}"),
        builders.analysis(
            sentiment=sentiment,
            kind=random.choice((Kind.ORIGINAL, Kind.ORIGINAL, Kind.REPLY, Kind.RETWEET)),
            entities=entities,
            hashtags=tuple(random.sample([f"tag{n}" for n in range(20)], 2)),
            words=tuple(random.sample([f"word{n}" for n in range(20)], 3)),
        ),
        Opinion(complaint=Prediction(complains, 0.9, "v1"), reason=reason if complains == COMPLAINT else None)
        if complains
        else NO_OPINION,
        NOW - timedelta(hours=random.randrange(1, 48)),
    )


def tweets() -> list[One]:
    random = Random(12)
    found = [invented(number, random) for number in range(400)]
    # At both edges of the period: its first moment is in it, the first after it is not.
    for number, written in enumerate((PERIOD.since, PERIOD.until, PERIOD.before.since), 400):
        one = invented(number, random)
        found.append(replace(one, tweet=replace(one.tweet, written_at=written)))
    return found


def rejections() -> list[tuple[Reason, datetime]]:
    random = Random(7)
    reasons = (Reason.NOT_JSON, Reason.EMPTY_TEXT, Reason.BAD_TIME)
    return [(random.choice(reasons), NOW - timedelta(minutes=random.randrange(72 * 60))) for _ in range(60)]


@pytest.fixture
def filled(client: Elasticsearch, settings: Settings) -> Elasticsearch:
    """The same with tweets, in two backing indices, and rejected records."""
    namespace, all_tweets = settings.elasticsearch.namespace, tweets()
    for part in (all_tweets[:150], all_tweets[150:]):
        documents = [
            (one.tweet.id, scored_document(one.tweet, one.analysis, builders.AT, one.ingested, namespace, one.opinion))
            for one in part
        ]
        index(client, scored_stream(settings), documents)
        roll_over(settings)
    records = []
    for offset, (reason, taken) in enumerate(rejections()):
        at = replace(builders.AT, offset=offset, time=taken)
        document = rejected_document(Rejection(reason, "an error"), b"{", at, taken, namespace)
        records.append((at.key, document))
    index(client, data_stream(REJECTED, namespace), records)
    return client


def index(client: Elasticsearch, stream: str, documents: Sequence[tuple[str, dict[str, Any]]]) -> None:
    operations = [line for id_, document in documents for line in ({"create": {"_id": id_}}, document)]
    assert not client.bulk(index=stream, operations=operations, refresh=True)["errors"]


def within(period: Period, entity: str | None = None) -> list[One]:
    """The tweets of a period, without retweets."""
    return [one for one in written(period, entity) if one.analysis.kind is not Kind.RETWEET]


def written(period: Period, entity: str | None) -> list[One]:
    return [
        one
        for one in tweets()
        if period.since <= one.tweet.written_at < period.until and entity in (None, *one.analysis.entities)
    ]


def counts(found: Sequence[One]) -> Counts:
    by_label = Counter(one.label for one in found)
    return Counts(*(by_label[label] for label in Label))


def by_entity(found: Sequence[One]) -> dict[str, Counts]:
    return {name: counts([one for one in found if name in one.analysis.entities]) for name in BRANDS}


def most(names: Sequence[str]) -> list[tuple[str, int]]:
    """The commonest first, those as common by their names."""
    return sorted(Counter(names).items(), key=lambda one: (-one[1], one[0]))[:MOST_TERMS]


def gathered(client: Elasticsearch, settings: Settings, entity: str | None = None) -> Figures:
    return gather(client, settings.elasticsearch.namespace, PERIOD, entity)


@pytest.mark.parametrize("entity", [None, *BRANDS])
def test_the_figures_are_those_of_the_documents(filled: Elasticsearch, settings: Settings, entity: str | None) -> None:
    """Each of them, of all tweets and of each entity, also over two backing indices."""
    found, now, before = gathered(filled, settings, entity), within(PERIOD, entity), within(PERIOD.before, entity)
    assert (found.whole.now, found.whole.before) == (counts(now), counts(before))
    assert found.retweets == len(written(PERIOD, entity)) - len(now)
    assert {one.name: one.now for one in found.entities} == by_entity(now)
    assert {one.name: one.before for one in found.entities} == by_entity(before)
    numbers = [one.now.tweets for one in found.entities]
    assert numbers == sorted(numbers, reverse=True)
    assert [(t.name, t.count) for t in found.hashtags] == most([h for one in now for h in one.analysis.hashtags])
    assert [(t.name, t.count) for t in found.words] == most([w for one in now for w in one.analysis.words])
    assert found.entities_in_all == len(BRANDS)


def test_the_intervals_are_those_of_the_documents(filled: Elasticsearch, settings: Settings) -> None:
    """Each tweet is in one, and they add up to the whole; so do those of an entity."""
    found, step = gathered(filled, settings), PERIOD.step
    expected = [
        counts([one for one in within(PERIOD) if at <= one.tweet.written_at < at + step]) for at in PERIOD.moments
    ]
    assert list(found.whole.over_time) == expected
    for one in found.entities:
        assert sum(counted.tweets for counted in one.over_time) == one.now.tweets


def test_complaints_rejections_and_what_was_indexed(filled: Elasticsearch, settings: Settings) -> None:
    """Of what the model has seen; rejected records by the time at which Kafka took them, tweets by when they came."""
    found, now = gathered(filled, settings), within(PERIOD)
    asked = [one.opinion.complaint.label for one in now if one.opinion.complaint]
    reasons = Counter(one.opinion.reason.label for one in now if one.opinion.reason)
    assert found.complaints
    assert (found.complaints.asked, found.complaints.count) == (len(asked), asked.count(COMPLAINT))
    assert {one.name: one.count for one in found.complaints.reasons} == reasons
    assert found.complaints.without_reason == asked.count(COMPLAINT) - reasons.total()
    rejected = Counter(reason for reason, taken in rejections() if PERIOD.since <= taken < PERIOD.until)
    before = [taken for _, taken in rejections() if PERIOD.before.since <= taken < PERIOD.since]
    assert {one.name: one.count for one in found.rejected.reasons} == rejected
    assert (found.rejected.count, found.rejected.before) == (rejected.total(), len(before))
    came = [one for one in tweets() if PERIOD.since <= one.ingested < PERIOD.until]
    assert (found.indexed.tweets, found.indexed.rejected) == (len(came), rejected.total())


def test_the_newest_negative_tweets(filled: Elasticsearch, settings: Settings) -> None:
    """Of the period, the newest first, with their links; no retweet."""
    found = gathered(filled, settings).newest
    negative = [one for one in within(PERIOD) if one.label is Label.NEGATIVE]
    newest = sorted(negative, key=lambda one: (-one.tweet.written_at.timestamp(), one.tweet.id))[:MOST_TWEETS]
    assert [(one.at, one.url) for one in found] == [(one.tweet.written_at, one.tweet.url) for one in newest]
    assert {(one.text, one.compound) for one in found} == {(HOSTILE, -0.5)}
    assert [one.entities for one in found] == [one.analysis.entities for one in newest]


def test_the_page_has_the_numbers_of_the_documents(filled: Elasticsearch, settings: Settings) -> None:
    """As a reader sees them; the words of tweets and the names of brands are words."""
    made = page(gathered(filled, settings))
    found, now, before = Reading(made), counts(within(PERIOD)), counts(within(PERIOD.before))
    words = " ".join(found.text.split())
    assert f"Negative tweets {now.negative_share:.0%} of {now.scored} scored tweets; before: " in words
    assert f"before: {before.negative_share:.0%} of {before.scored} " in words
    for name, of_one in by_entity(within(PERIOD)).items():
        assert found.numbers()[name][:3] == [str(of_one.tweets), str(of_one.scored), f"{of_one.negative_share:.0%}"]
    assert "late again </td><script>alert(1)</script> \\u202egnp.exe" in found.text
    assert "script" not in {tag for tag, *_ in found.tags}
    assert set(found.links) <= {one.tweet.url for one in tweets()}


def command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-m", "pipeline", "report", *arguments]
    return subprocess.run(call, cwd=ROOT, env=environment(settings), capture_output=True, text=True, check=False)


def test_the_command_writes_the_page(filled: Elasticsearch, settings: Settings, tmp_path: Path) -> None:
    """To a file, with a line that says what is in it, or to standard output, with nothing besides."""
    file = tmp_path / "report.html"
    done = command(settings, "--last", "24h", "-o", str(file))
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    assert done.stdout.startswith(f"wrote {file}: ")
    assert "What people say" in Reading(file.read_text(encoding="utf-8")).text
    piped = command(settings, "--last", "24h", "-o", "-", "--entity", "Acme")
    assert (piped.returncode, piped.stderr) == (0, "")
    assert piped.stdout.startswith("<!doctype html>")
    assert "What people say about Acme" in Reading(piped.stdout).text


def test_an_empty_index(client: Elasticsearch, settings: Settings, tmp_path: Path) -> None:
    """There is a page, and a line that says that nothing is in it."""
    file = tmp_path / "report.html"
    done = command(settings, "-o", str(file), "--entity", "Nobody\x1b[2J")
    assert (done.returncode, done.stderr) == (
        0,
        "no tweets about Nobody\\x1b[2J in the last 24 h: the page says so\n",
    )
    assert "No tweets about Nobody\\x1b[2J were written in this period." in Reading(file.read_text()).text


def test_nothing_is_set_up(settings: Settings) -> None:
    """One line says what makes the data streams."""
    with connect(settings.elasticsearch) as client, pytest.raises(SetupError, match="make it with `tweetpulse setup`"):
        gathered(client, settings)
