"""`tweetpulse label`, against the real Elasticsearch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from elasticsearch import BadRequestError, Elasticsearch
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.domain.alias import ALIAS
from pipeline.domain.document import scored_document
from pipeline.domain.prediction import Task
from pipeline.errors import ConfigError
from pipeline.scoring.analysis import Analyzer
from pipeline.settings import ScoringSettings, Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.plain_index import LABELS, ensure
from pipeline.sinks.elasticsearch.setup import set_up
from pipeline.training.labels import Label, Labels
from tests.builders import AT, INGESTED, WRITTEN, tweet
from tests.processes import environment
from tests.streams import scored_stream

ID, TEXT = "x:123", "late again, and nobody says a word"


@pytest.fixture
def client(settings: Settings) -> Iterator[Elasticsearch]:
    """A server that holds one tweet."""
    one = tweet(id=ID, text=TEXT, lang="en", entities=("Acme",))
    document = scored_document(
        one, Analyzer(ScoringSettings()).analyze(one), AT, INGESTED, settings.elasticsearch.namespace
    )
    with closing(connect(settings.elasticsearch)) as client:
        set_up(client, settings.elasticsearch, switch=True)
        client.create(index=scored_stream(settings), id=ID, document=document, refresh=True)
        yield client
        client.indices.delete(index=settings.elasticsearch.labels_index, ignore_unavailable=True)
        client.indices.delete_alias(index=scored_stream(settings), name=ALIAS)


@pytest.fixture
def run(client: Elasticsearch, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Runs `tweetpulse label`, or another command, and gives its lines."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)

    def label(*arguments: str, command: str = "label") -> list[str]:
        done = CliRunner().invoke(app, [command, *arguments])
        if done.exception is not None:
            raise done.exception
        return done.stdout.splitlines()

    return label


def test_a_label_is_kept_with_all_that_training_needs(client, run, settings) -> None:
    """The text is copied, since the tweet goes when its retention is over; a second label replaces the first."""
    first = run(ID, "negative", "--by", "ann")
    second = run(ID, "neutral", "--by", "ben")
    assert (first, second) == (["sentiment of x:123: negative"], ["sentiment of x:123: neutral (was negative)"])
    (kept,) = Labels(client, settings.elasticsearch.labels_index).all(Task.SENTIMENT)
    assert kept == Label(
        Task.SENTIMENT,
        ID,
        "neutral",
        TEXT,
        at=kept.at,
        entities=("Acme",),
        lang="en",
        written=WRITTEN,
        by="ben",
        previous="negative",
    )
    assert client.count(index=settings.elasticsearch.labels_index)["count"] == 1


def test_a_complaint_and_its_reason_are_labels_of_two_tasks(client, run, settings) -> None:
    """Both are said at once; what turns out to be no complaint loses its reason."""
    run(ID, "complaint", "--reason", "late_flight")
    labels = Labels(client, settings.elasticsearch.labels_index)
    assert [one.name for task in Task for one in labels.all(task)] == ["complaint", "late_flight"]
    run(ID, "no_complaint")
    assert [one.name for task in Task for one in labels.all(task)] == ["no_complaint"]


def test_what_was_said_is_listed(run) -> None:
    """For people and for programs, the newest first; of one task, if asked."""
    assert run("--list") == ["nothing has been labelled: tweetpulse label ID LABEL"]
    run(ID, "negative")
    run(ID, "complaint")
    total, _, newest, *_ = run("--list")
    assert (total, newest.split()[2:5]) == ("2 labels", [ID, "complaint", "complaint"])
    found = [json.loads(line) for line in run("--list", "--json", "--task", "sentiment")]
    assert [(one["tweet"], one["name"], one["text"]) for one in found] == [(ID, "negative", TEXT)]


def test_a_label_is_taken_back(client, run, settings) -> None:
    """Also when its tweet is gone; of one task, if asked, and with a complaint its reason. Twice is refused."""
    run(ID, "negative")
    run(ID, "complaint", "--reason", "late_flight")
    client.delete(index=_backing(client, settings), id=ID, refresh=True)
    assert run(ID, "--task", "complaint", command="unlabel") == [
        "complaint of x:123: complaint is taken back",
        "reason of x:123: late_flight is taken back",
    ]
    (left,) = run(ID, "--json", command="unlabel")
    assert (json.loads(left)["task"], json.loads(left)["name"]) == ("sentiment", "negative")
    assert run("--list") == ["nothing has been labelled: tweetpulse label ID LABEL"]
    with pytest.raises(ConfigError, match="nothing was said of x:123"):
        run(ID, command="unlabel")


def _backing(client: Elasticsearch, settings: Settings) -> str:
    """The index behind the data stream that has the tweet: documents can't be deleted by the stream's name."""
    (hit,) = client.search(index=scored_stream(settings), query={"ids": {"values": [ID]}})["hits"]["hits"]
    index: str = hit["_index"]
    return index


def test_an_unknown_tweet_is_one_line(run) -> None:
    """It says where the ID is to be found; nothing is written."""
    with pytest.raises(ConfigError, match="tweetpulse-tweets has no tweet with the id x:404") as caught:
        run("x:404", "positive")
    assert "\n" not in caught.value.message
    assert run("--list") == ["nothing has been labelled: tweetpulse label ID LABEL"]


@pytest.mark.parametrize("arguments", [(), (ID,), (ID, "positive", "--list")])
def test_a_call_that_says_neither(run, arguments: tuple[str, ...]) -> None:
    """Without a label there is nothing to say, and nothing to list with one."""
    with pytest.raises(ConfigError, match="tweetpulse label ID LABEL"):
        run(*arguments)


def test_all_labels_are_read_page_by_page(client, settings, monkeypatch) -> None:
    """However many there are."""
    monkeypatch.setattr("pipeline.training.labels._PAGE", 2)
    index = settings.elasticsearch.labels_index
    for number in range(5):
        document = {
            "@timestamp": INGESTED,
            "message": "m",
            "event": {"id": f"x:{number}"},
            "label": {"task": "sentiment", "name": "neutral"},
        }
        client.index(index=index, id=f"sentiment:x:{number}", document=document, refresh=True)
    assert [one.tweet for one in Labels(client, index).all(Task.SENTIMENT)] == [f"x:{n}" for n in range(5)]


def test_the_index_takes_nothing_that_it_does_not_know(client, settings) -> None:
    """An unknown field is a bug found by a test; and making the index again changes nothing."""
    index = settings.elasticsearch.labels_index
    assert ensure(client, index, LABELS) == []
    with pytest.raises(BadRequestError, match="strict_dynamic_mapping"):
        client.index(index=index, document={"note": "a new field"})


def test_the_index_is_made_at_first_use(client, run, settings) -> None:
    """Labelling works before set-up is run again, as after an update."""
    client.indices.delete(index=settings.elasticsearch.labels_index)
    assert run("--list") == ["nothing has been labelled: tweetpulse label ID LABEL"]
    assert run(ID, "positive") == ["sentiment of x:123: positive"]
    mapping = client.indices.get_mapping(index=settings.elasticsearch.labels_index)
    assert mapping[settings.elasticsearch.labels_index]["mappings"]["dynamic"] == "strict"
