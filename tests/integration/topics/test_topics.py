"""Topics of tweets that lie in a real Elasticsearch: what was planted is found, written once, and forgotten."""

from __future__ import annotations

import csv
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from pipeline.domain.tweet import Kind
from pipeline.errors import SetupError
from pipeline.report.period import Period
from pipeline.scoring.clean import clean
from pipeline.scoring.entities import mentions
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch import plain_index
from pipeline.sinks.elasticsearch.client import connect
from pipeline.topics import reading, store
from pipeline.topics.find import find
from pipeline.topics.found import Question
from pipeline.topics.said import Said
from tests.paths import ROOT, real_data
from tests.processes import environment
from tests.reporting import Reading
from tests.streams import roll_over, scored_stream
from tests.topical import DAY, document, planted, reader, some, theme_of

NOW = {"luggage": 250, "coffee": 150, "weather": 100}
BEFORE = {"luggage": 150, "phone": 100}
HOSTILE = "<script>alert(1)</script> \u202e"
SPAN = ("--from", DAY.since.isoformat(), "--to", DAY.until.isoformat())


def invented() -> list[Said]:
    """Tweets of the day and of the day before, and some that are left out."""
    before = [*planted(BEFORE, seed=2, period=DAY.before)]
    early = [Said(**{**fields(one), "id": f"{one.id}before"}) for one in before]
    odd = [
        Said("x:retweet", DAY.since, ("bag", "lost"), kind=Kind.RETWEET, lang="en"),
        Said("x:french", DAY.since, ("valise", "perdue"), lang="fr"),
        Said("x:silent", DAY.since, (), lang="en"),
        Said("x:edge", DAY.until, ("bag", "lost"), lang="en"),
    ]
    return [*planted(NOW), *early, *odd]


def fields(one: Said) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Said.__slots__}


@pytest.fixture
def filled(client: Elasticsearch, settings: Settings) -> Elasticsearch:
    """The same with tweets, in two backing indices."""
    tweets, namespace = invented(), settings.elasticsearch.namespace
    for part in (tweets[:300], tweets[300:]):
        lines = [line for one in part for line in ({"create": {"_id": one.id}}, document(one, namespace, HOSTILE))]
        assert not client.bulk(index=scored_stream(settings), operations=lines, refresh=True)["errors"]
        roll_over(settings)
    return client


def command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-m", "pipeline", "topics", *arguments]
    return subprocess.run(call, cwd=ROOT, env=environment(settings), capture_output=True, text=True, check=False)


def stored(client: Elasticsearch, settings: Settings) -> dict[str, dict[str, Any]]:
    """All documents of the index of topics, by their ids."""
    hits = client.search(index=settings.elasticsearch.topics_index, size=10_000)["hits"]["hits"]
    return {hit["_id"]: hit["_source"] for hit in hits}


def test_every_tweet_of_the_period_is_read_once(
    filled: Elasticsearch, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page by page, with all that topics need, also over two backing indices; what comes meanwhile is not seen."""
    monkeypatch.setattr(reading, "PAGE", 97)
    told: list[tuple[int, int]] = []
    with reading.tweets(filled, settings.elasticsearch.namespace, None, lambda *done: told.append(done)) as tweets:
        first = next(pages := tweets.read(DAY))
        late = Said("x:late", DAY.since, ("bag", "lost"), lang="en")
        filled.index(
            index=scored_stream(settings),
            id=late.id,
            document=document(late, settings.elasticsearch.namespace, HOSTILE),
            op_type="create",
            refresh=True,
        )
        found = [*first, *(one for page in pages for one in page)]
        again = [one for page in tweets.read(DAY) for one in page]
        texts = tweets.texts([found[0].id, "x:nobody"])
    expected = {one.id: one for one in invented() if DAY.since <= one.at < DAY.until}
    assert sorted(one.id for one in found) == sorted(one.id for one in again) == sorted(expected)
    for one in found:
        wanted = expected[one.id]
        assert (one.at, set(one.words), one.kind, one.lang) == (wanted.at, set(wanted.words), wanted.kind, wanted.lang)
        assert (one.complains, one.url) == (wanted.complains, f"https://x.com/{one.id}")
    assert told[-1] == (len(found), len(found))
    assert list(texts) == [found[0].id]


def test_some_are_enough(filled: Elasticsearch, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server picks them, of the whole day and of both backing indices: a fair part, and the same one each time."""
    monkeypatch.setattr(reading, "PAGE", 97)
    with reading.tweets(filled, settings.elasticsearch.namespace, None, lambda *_: None) as tweets:
        everything, some, again = (
            [one.id for page in tweets.read(DAY, enough) for one in page] for enough in (10_000, 150, 150)
        )
    assert len(everything) == len(set(everything)) == 503
    # Of 503 each with a chance of 0.3: 151, and further off than 50 once in a million times.
    assert 100 < len(some) < 200
    assert set(some) < set(everything)
    assert some == again
    halves = [set(everything[:250]), set(everything[250:])]
    assert all(40 < len(half & set(some)) < 110 for half in halves)


def test_the_command(filled: Elasticsearch, settings: Settings, tmp_path: Path) -> None:
    """A table, a page, a picture, documents; the same again makes no second document; `forget` reaches the examples."""
    page = tmp_path / "topics.html"
    done = command(settings, *SPAN, "--k", "3", "-o", str(page))
    assert done.returncode == 0, done.stderr
    assert f"wrote {page} and {tmp_path / 'topics.png'}\n" in done.stdout
    assert "read 503 = in a topic 500 + left out 3 (language 1, no_words 1, retweet 1)" in done.stdout
    assert "trust " in done.stdout
    assert (tmp_path / "topics.png").read_bytes().startswith(b"\x89PNG")
    made = Reading(page.read_text(encoding="utf-8"))
    assert "script" not in {tag for tag, *_ in made.tags}
    assert "<script>alert(1)</script> \\u202e" in made.text
    documents = stored(filled, settings)
    topics = [one for one in documents.values() if one["topic"]["kind"] == "topic"]
    states = {theme_of(one["topic"]["words"]): one["topic"]["state"] for one in topics}
    assert states == {"luggage": "kept", "coffee": "new", "weather": "new", "phone": "vanished"}
    assert command(settings, *SPAN, "--k", "3", "-o", str(page)).returncode == 0
    assert stored(filled, settings).keys() == documents.keys()
    assert command(settings, *SPAN, "--k", "2", "-o", str(page)).returncode == 0
    numbers = {one["topic"].get("number") for one in stored(filled, settings).values()}
    assert numbers - {None} == {1, 2}


def test_one_entity(filled: Elasticsearch, settings: Settings, tmp_path: Path) -> None:
    """Only tweets about it; and too few are said in a line, with an exit code of their own."""
    done = command(settings, *SPAN, "--entity", "Acme", "--k", "2", "-o", str(tmp_path / "a.html"))
    assert done.returncode == 0, done.stderr
    assert "read 250 = " in done.stdout
    nobody = command(settings, *SPAN, "--entity", "Nobody\x1b[2J", "-o", str(tmp_path / "b.html"))
    assert nobody.returncode == 10
    assert nobody.stderr.splitlines()[-1].startswith("tweetpulse: 0 tweets about Nobody\\x1b[2J from ")
    assert not (tmp_path / "b.html").exists()


def test_one_question_is_the_newest(client: Elasticsearch, settings: Settings) -> None:
    """Of each namespace and brand: that which ends last, in whatever order they are asked."""
    days = [Period(DAY.since + timedelta(days=number), DAY.until + timedelta(days=number)) for number in range(3)]
    index = settings.elasticsearch.topics_index
    plain_index.ensure(client, index, plain_index.TOPICS)
    asked = [
        (days[1], None, "a"),
        (days[2], None, "a"),
        (days[0], None, "a"),
        (days[0], "Acme", "a"),
        (days[0], None, "b"),
    ]
    for period, entity, namespace in asked:
        found = replace(some(), question=Question(period, entity, k=2))
        before = stored(client, settings)
        assert store.store(client, index, found, namespace, DAY.until) == len(stored(client, settings)) - len(before)
    documents = stored(client, settings).values()
    runs = {(one["run"]["namespace"], one["run"]["about"], tuple(one["run"]["names"])) for one in documents}
    by_end = [f"{period.until:%Y-%m-%d} 00:00, 24 h, en, nmf" for period in days]
    assert runs == {
        ("a", "all tweets", (by_end[0],)),
        ("a", "all tweets", (by_end[1],)),
        ("a", "all tweets", ("newest", by_end[2])),
        ("a", "Acme", ("newest", by_end[0])),
        ("b", "all tweets", ("newest", by_end[0])),
    }


def test_nothing_is_set_up(settings: Settings) -> None:
    """One line says what makes the data streams."""
    with (
        connect(settings.elasticsearch) as client,
        pytest.raises(SetupError, match="make it with `tweetpulse setup`"),
        reading.tweets(client, settings.elasticsearch.namespace, None, lambda *_: None),
    ):
        pass


def airline() -> list[Said]:
    """The real tweets, as they are scored, but for the sentiment, which topics do not need."""
    path = real_data("airline/tweets_first80pct_by_time.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Said(
                f"x:{row['tweet_id']}",
                datetime.strptime(row["tweet_created"], "%Y-%m-%d %H:%M:%S %z"),
                clean(row["text"]).words,
                lang="en",
                entities=(row["airline"],),
                mentions=mentions(row["text"]),
            )
            for row in csv.DictReader(file)
        ]


RECOGNISED = {
    "baggage": {"bag", "baggage", "luggage"},
    "delays": {"delayed", "late", "connection"},
    "cancellations": {"cancelled", "rebook"},
    "booking": {"booking", "ticket", "reservation", "change"},
    "praise": {"thank", "great", "awesome"},
}


def test_what_the_airlines_customers_talk_about() -> None:
    """Each subject has a topic of its own, with at least two of its words among the ten strongest."""
    tweets = airline()
    period = Period(datetime(2015, 2, 16, tzinfo=UTC), datetime(2015, 2, 25, tzinfo=UTC))
    found = find(Question(period), reader(Random(1).sample(tweets, len(tweets)), 5_000), (), lambda _: None)
    tops = [[word.text for word in topic.words[:10]] for topic in found.topics]
    named = {
        subject: next((place for place, words in enumerate(tops) if len(own & set(words)) >= 2), None)
        for subject, own in RECOGNISED.items()
    }
    assert None not in named.values(), tops
    assert len(set(named.values())) == len(RECOGNISED), tops
    assert found.used > 0.9 * found.read
