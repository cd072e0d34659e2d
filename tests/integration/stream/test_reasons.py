"""Why people complain is the model's own word: one is trained on the reasons of another trade than airlines."""

from __future__ import annotations

import csv
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipeline.domain.alias import ALIAS
from pipeline.domain.prediction import Task
from pipeline.domain.tweet import Tweet
from pipeline.registry.registry import Registry
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.setup import set_up
from pipeline.training.labelled import combined, read
from pipeline.training.train import Request, train
from tests.boards.grafana import boards, targets_of
from tests.boards.grafana_search import search_of
from tests.boards.kibana import searches
from tests.builders import linear_model, promoted
from tests.streams import documents, drain, publish, scored_stream

SHOP = {
    "Late parcel": ("parcel", "courier", "waiting", "tracking"),
    "Wrong size": ("size", "small", "fits", "sleeves"),
    "Refund / money back": ("refund", "money", "paid", "bank"),
}
"""What a shop's file calls its reasons, and the words that tell them."""
LABELS = ("late_parcel", "refund_money_back", "wrong_size")
SAID = {
    "x:1": "parcel and courier and tracking",
    "x:2": "size is small and sleeves",
    "x:3": "refund my money now, bank",
}
COMPLAINTS = linear_model(Task.COMPLAINT, {"complaint": 1.0})
DAY = 24 * 3600 * 1000


def shop_file(path: Path) -> Path:
    """300 complaints, each with its reason in the shop's own words."""
    choose = random.Random(5)
    letters = "abcdefghijklmnopqrstuvwxyz"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["nr", "body", "why"])
        for number in range(300):
            why = choose.choice(tuple(SHOP))
            words = [*choose.choices(SHOP[why], k=3), *("".join(choose.choices(letters, k=7)) for _ in range(4))]
            writer.writerow([number, " ".join(words), why])
    return path


@contextmanager
def lent(spark: SparkSession) -> Iterator[SparkSession]:
    yield spark


@pytest.fixture
def version(settings: Settings, spark: SparkSession, tmp_path: Path) -> str:
    """A model that was trained on the shop's file, and is the champion."""
    registry = Registry(settings.registry)
    rows = read(Task.REASON, shop_file(tmp_path / "shop.csv"), columns="id=nr,text=body,label=why")
    request = Request(task=Task.REASON, labelled=combined([rows]))
    manifest = train(request, registry, lambda: lent(spark), lambda _: None)
    assert manifest.labels == LABELS
    registry.promote(Task.REASON, manifest.version, "a test")
    return manifest.version


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("version")
def test_reasons_of_another_trade(settings: Settings, spark: SparkSession) -> None:
    """They are in the documents, counted, and what the boards of Grafana and Kibana ask finds each of them."""
    promoted(Registry(settings.registry), COMPLAINTS, Task.COMPLAINT)
    publish(settings, [Tweet(id=id_, text=text, source="test", entities=("Shop",)) for id_, text in SAID.items()])
    drained = drain(spark, settings)

    found = documents(settings, scored_stream(settings))
    reasons = {id_: one["tweet"]["complaint"]["reason"] for id_, one in found.items()}
    assert reasons == {"x:1": "late_parcel", "x:2": "wrong_size", "x:3": "refund_money_back"}
    counted = {label: drained.metric("tweetpulse_predictions_total", task="reason", label=label) for label in LABELS}
    assert counted == dict.fromkeys(LABELS, 1)

    asked = list(on_boards(settings))
    assert len(asked) == 5
    assert asked == [Counter(reasons.values())] * len(asked)


def on_boards(settings: Settings) -> Iterator[Counter[str]]:
    """The answers to each panel of Grafana and Kibana that shows reasons."""
    with closing(connect(settings.elasticsearch)) as client:
        set_up(client, settings.elasticsearch, switch=True)
        now = int(time.time() * 1000)
        try:
            for body in _asked(now):
                yield Counter({b["key"]: b["doc_count"] for b in _buckets(client.search(index=ALIAS, body=body).body)})
        finally:
            client.indices.delete_alias(index=scored_stream(settings), name=ALIAS)


def _asked(now: int) -> Iterator[dict[str, Any]]:
    for board in boards():
        for targets in targets_of(board, retweets="*", entity="Shop").values():
            for target in targets:
                if any(bucket.get("field") == "tweet.complaint.reason" for bucket in target.get("bucketAggs", ())):
                    yield search_of(target, now - DAY, now + DAY)
    for search in searches():
        if "tweet.complaint.reason" in str(search.body.get("aggs", {}).get("reason")):
            yield search.body


def _buckets(answer: dict[str, Any]) -> Sequence[dict[str, Any]]:
    (aggregation,) = answer["aggregations"].values()
    buckets: Sequence[dict[str, Any]] = aggregation["buckets"]
    return buckets
