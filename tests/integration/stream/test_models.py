"""Trained models in the stream: next to VADER, swapped between two batches, and never the stream's end."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dashboards.grafana import config
from pipeline.domain.prediction import Task
from pipeline.domain.sentiment import Label
from pipeline.domain.tweet import Tweet
from pipeline.registry.registry import Registry
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.stream.champions import Champion, Champions
from pipeline.telemetry.events import StreamEvents
from tests.boards.grafana import boards, targets_of
from tests.boards.grafana_search import search_of
from tests.builders import linear_model, promoted
from tests.processes import until
from tests.records import messages
from tests.streams import (
    Drained,
    count,
    distinct_ids,
    documents,
    drain,
    every_document,
    publish,
    scored_stream,
)

SENTIMENT, COMPLAINT, REASON = Task
FEELINGS = linear_model(SENTIMENT, {"neutral": 1.0}, {"late": {"negative": 4.0}, "thanks": {"positive": 4.0}})
COMPLAINTS = linear_model(COMPLAINT, {"no_complaint": 1.0}, {"late": {"complaint": 4.0}})
REASONS = linear_model(REASON, {"late_flight": 3.0})


def tweets(first: int, number: int, text: str = "tweet {n} is great") -> list[Tweet]:
    return [Tweet(id=f"test:{n}", text=text.format(n=n), source="test") for n in range(first, first + number)]


def test_champions_say_what_they_think(settings: Settings, spark: SparkSession) -> None:
    """Their labels stand beside VADER's in every document; complaints go to their topic too; all of it is counted."""
    registry = Registry(settings.registry)
    versions = {
        task: promoted(registry, model, task)
        for task, model in {SENTIMENT: FEELINGS, COMPLAINT: COMPLAINTS, REASON: REASONS}.items()
    }
    publish(settings, [*tweets(0, 3, "late again"), *tweets(3, 2, "thanks a lot"), *tweets(5, 1, "a table")])
    drained = drain(spark, settings)

    found = {id_: document["tweet"] for id_, document in documents(settings, scored_stream(settings)).items()}
    assert {id_: (one["model"]["label"], one["complaint"]["label"]) for id_, one in found.items()} == {
        **{f"test:{n}": ("negative", "complaint") for n in range(3)},
        **{f"test:{n}": ("positive", "no_complaint") for n in (3, 4)},
        "test:5": ("neutral", "no_complaint"),
    }
    assert {one["model"]["version"] for one in found.values()} == {versions[SENTIMENT]}
    assert {one["complaint"]["version"] for one in found.values()} == {versions[COMPLAINT]}
    assert {one["complaint"].get("reason") for one in found.values()} == {"late_flight", None}

    assistance = messages(settings.kafka, settings.kafka.assistance_topic)
    assert assistance.keys() == {f"test:{n}".encode() for n in range(3)}
    scored = messages(settings.kafka, settings.kafka.scored_topic)
    assert assistance == {key: scored[key] for key in assistance}
    assert json.loads(assistance[b"test:0"])["tweet"]["complaint"] == found["test:0"]["complaint"]

    assert drained.metric("tweetpulse_model_info", task="sentiment", version=versions[SENTIMENT]) == 1
    assert drained.metric("tweetpulse_predictions_total", task="complaint", label="complaint") == 3
    assert drained.metric("tweetpulse_predictions_total", task="reason", label="late_flight") == 3
    # VADER does not know that late is bad: three of six.
    assert drained.metric("tweetpulse_scorer_compared_total", task="sentiment") == 6
    assert drained.metric("tweetpulse_scorer_disagreements_total", task="sentiment") == 3
    assert drained.metric("tweetpulse_chunk_duration_seconds_count", step="models") >= 1


def test_the_board_compares_both_with_given_labels(settings: Settings, spark: SparkSession) -> None:
    """Its panel counts whose label VADER, and the model, give too; a tweet without one is in neither share."""
    promoted(Registry(settings.registry), FEELINGS, SENTIMENT)
    given = [
        *(replace(tweet, given_label=Label.NEGATIVE) for tweet in tweets(0, 2, "late again")),
        *(replace(tweet, given_label=Label.POSITIVE) for tweet in tweets(2, 1, "late again")),
        *(replace(tweet, given_label=Label.POSITIVE) for tweet in tweets(3, 2, "thanks a lot")),
    ]
    publish(settings, [*given, *tweets(5, 1, "thanks a lot")])
    drain(spark, settings)
    (board,) = [board for board in boards() if board["uid"] == config.MODELS]
    targets = targets_of(board)["Agrees with the file's own labels"]
    now = int(time.time() * 1000)
    with closing(connect(settings.elasticsearch)) as client:
        client.indices.refresh(index=scored_stream(settings))
        counted = {
            target["refId"]: client.search(
                index=scored_stream(settings), **search_of(target, now - 3_600_000, now + 60_000)
            )["hits"]["total"]["value"]
            for target in targets
            if "query" in target
        }
    behind = {target["expression"]: target["refId"] for target in targets if target["refId"] in "ABFG"}
    # VADER does not know that late is bad.
    assert {behind[ref]: count for ref, count in counted.items()} == {"A": 2, "B": 5, "F": 4, "G": 5}


def test_complaints_that_were_already_there_are_sent_on(settings: Settings, spark: SparkSession) -> None:
    """The attempt that indexed them may have died before; whoever answers de-duplicates by key. A setting that
    publishes no scored tweets is no reason to leave complaints unanswered."""
    settings = settings.model_copy(update={"stream": settings.stream.model_copy(update={"publish_scored": False})})
    publish(settings, tweets(0, 2, "late again"))
    drain(spark, settings)
    assert messages(settings.kafka, settings.kafka.assistance_topic) == {}
    promoted(Registry(settings.registry), COMPLAINTS, COMPLAINT)
    publish(settings, tweets(0, 2, "late again"))
    again = drain(spark, settings)
    assert again.counts()["already there"] == 2
    assert messages(settings.kafka, settings.kafka.assistance_topic).keys() == {b"test:0", b"test:1"}
    assert messages(settings.kafka, settings.kafka.scored_topic) == {}


@dataclass
class Begun:
    """A batch: when the driver began to ask for the champions, when it knew, and the version that it took."""

    asked: float
    known: float
    version: str | None


@dataclass
class Promoted:
    """A promotion: when it was begun and done, and whether the version can be loaded."""

    begun: float
    done: float
    version: str
    sound: bool


class Noted(Champions):
    """Champions that keep who was taken for each batch. The first call is before there is any batch."""

    def __init__(self, registry: Registry, events: StreamEvents, before: Callable[[], object]) -> None:
        super().__init__(registry, events)
        self.batches: list[Begun] = []
        self._before = before

    def of_batch(self, context: Any) -> tuple[Champion, ...]:
        self._before()
        asked = time.monotonic()
        found = super().of_batch(context)
        version = next((one.version for one in found if one.task is SENTIMENT), None)
        self.batches.append(Begun(asked, time.monotonic(), version))
        return found


@dataclass
class Swaps:
    """Promotes while the stream drains: model after model, each when so many more tweets have been read."""

    settings: Settings
    models: list[bytes]
    every: int
    promotions: list[Promoted] = field(default_factory=list)
    failed: list[float] = field(default_factory=list)
    champions: Noted | None = None

    def watch(self, settings: Settings, events: StreamEvents) -> Champions:
        self.events = events
        self.champions = Noted(Registry(settings.registry), events, self._catch_up)
        return self.champions

    def promote(self, model: bytes, sound: bool) -> None:
        begun = time.monotonic()
        version = promoted(Registry(self.settings.registry), model)
        self.promotions.append(Promoted(begun, time.monotonic(), version, sound))

    @contextmanager
    def under_way(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            thread.join(timeout=120)

    def _run(self) -> None:
        for number, model in enumerate(self.models, 1):
            until(lambda due=number * self.every: self._read() >= due, "the next promotion", timeout=600)  # type: ignore[misc]
            self.promote(model, sound=model != b"broken")

    def _catch_up(self) -> None:
        """A promotion may come while a batch runs, but not whole batches late: however busy the machine is."""
        late = self.settings.stream.max_offsets_per_trigger
        due = min((self._read() - late) // self.every, len(self.models))
        until(lambda: len(self.promotions) >= due, "a promotion that is due")

    def _read(self) -> int:
        return self.events.total.read.total() if self.champions else 0

    def allowed(self, batch: Begun) -> set[str | None]:
        """The versions that were champion, or stood in for a broken one, at some moment while the driver asked."""
        sound = [one for one in self.promotions if one.sound]
        before = [one.version for one in sound if one.done <= batch.asked]
        meanwhile = [one.version for one in sound if one.done > batch.asked and one.begun <= batch.known]
        return {before[-1] if before else None, *meanwhile}


def batch_of(settings: Settings) -> Any:
    """(partition, offset) → the number of its batch, by the checkpoint."""
    ends: list[dict[str, int]] = []
    for number in range(len(list((settings.checkpoint / "offsets").glob("[0-9]*")))):
        last = (settings.checkpoint / "offsets" / str(number)).read_text().splitlines()[-1]
        ends.append(json.loads(last)[settings.kafka.tweets_topic])
    return lambda partition, offset: next(
        number for number, end in enumerate(ends) if offset < end.get(str(partition), 0)
    )


@pytest.mark.parametrize(
    ("number", "per_batch", "plan"),
    [
        pytest.param(6_000, 500, "sbs", id="6,000 tweets"),
        pytest.param(100_000, 6_250, "ssbs", id="100,000 tweets", marks=pytest.mark.faults),
    ],
)
def test_swaps_under_load(settings: Settings, spark: SparkSession, number: int, per_batch: int, plan: str) -> None:
    """Promotions (s) and a broken model (b) in the middle of a drain: nothing is lost, and each document was scored by
    the model that was the champion when its batch began, which is there within that batch and five seconds."""
    small = {"max_offsets_per_trigger": per_batch}
    settings = settings.model_copy(update={"stream": settings.stream.model_copy(update=small)})
    publish(settings, tweets(0, number))
    models = [
        b"broken" if kind == "b" else linear_model(SENTIMENT, {"positive": 2.0 + place}).dumps()
        for place, kind in enumerate(plan)
    ]
    swaps = Swaps(settings, models, every=number // (len(plan) + 1))
    with swaps.under_way():
        drained = drain(spark, settings, swaps.watch)

    assert count(settings) == distinct_ids(settings) == drained.outcome.indexed.total() == number
    assert len(swaps.promotions) == len(plan)
    _only_champions(settings, swaps)
    assert swaps.champions is not None
    taken = [batch.version for batch in swaps.champions.batches]
    assert list(dict.fromkeys(taken)) == [None, *(one.version for one in swaps.promotions if one.sound)]
    assert all(batch.known - batch.asked < 5 for batch in swaps.champions.batches)
    _failed_once(drained, swaps)


def _only_champions(settings: Settings, swaps: Swaps) -> None:
    assert swaps.champions is not None
    batches = swaps.champions.batches[1:]
    assert [batch.version in swaps.allowed(batch) for batch in batches] == [True] * len(batches)
    said = {
        one.version: linear_model(SENTIMENT, {"positive": 2.0 + place}).predict(["x"])[0].probability
        for place, one in enumerate(swaps.promotions)
    }
    number_of = batch_of(settings)
    fields = ("kafka.partition", "kafka.offset", "tweet.model.version", "tweet.model.probability")
    for document in every_document(settings, *fields):
        partition, offset, version, probability = (document[name] for name in fields)
        assert version == batches[number_of(partition, offset)].version
        # It is not only the version's name: the numbers are its own.
        assert probability == (None if version is None else pytest.approx(said[version], abs=1e-6))


def _failed_once(drained: Drained, swaps: Swaps) -> None:
    """The broken model is reported while it is the champion, and not afterwards."""
    assert drained.metric("tweetpulse_model_load_errors_total", task="sentiment") >= 1
    assert drained.metric("tweetpulse_model_load_failed", task="sentiment") == 0
    last = swaps.promotions[-1].version
    assert drained.metric("tweetpulse_model_info", task="sentiment", version=last) == 1
    assert drained.total("tweetpulse_model_info") == 1
