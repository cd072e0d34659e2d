"""What is found, as documents: their ids, their times, and that the mapping takes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from pipeline.report.period import Period
from pipeline.sinks.elasticsearch.setup import resource
from pipeline.topics.documents import documents, name_of, run_id
from pipeline.topics.found import Question
from pipeline.topics.models import Method
from tests.topical import DAY, some

MADE = datetime(2026, 3, 3, 6, tzinfo=UTC)


def made(kind: str) -> list:
    return [one for _, one in documents(some(), "shop", MADE) if one["topic"]["kind"] == kind]


def names(document: dict, path: str = "") -> set[str]:
    """Every field of a document, with dots."""
    found: set[str] = set()
    for name, value in document.items():
        found |= names(value, f"{path}{name}.") if isinstance(value, dict) else {f"{path}{name}"}
    return found


def fields_of(properties: dict, path: str = "") -> set[str]:
    """Every field of a mapping, with dots."""
    found: set[str] = set()
    for name, body in properties.items():
        found |= fields_of(body["properties"], f"{path}{name}.") if "properties" in body else {f"{path}{name}"}
    return found


def test_every_field_is_mapped() -> None:
    """The mapping is strict; and it has no field that no document has."""
    properties = resource("tweetpulse-topics")["mappings"]["properties"]
    used = {name for _, one in documents(some(), "shop", MADE) for name in names(one)}
    assert used | {"run.entity", "topic.url"} == fields_of(properties)


def test_the_same_question_has_the_same_ids() -> None:
    """Whenever it is asked, and in whatever zone; ids are unique, and `event.id` is the `_id`."""
    first, again = (
        [(id_, one["event"]["id"]) for id_, one in documents(some(), "shop", at)]
        for at in (MADE, MADE + timedelta(days=1))
    )
    assert first == again
    assert all(id_ == own for id_, own in first)
    assert len({id_ for id_, _ in first}) == len(first)
    zone = timezone(timedelta(hours=9))
    elsewhere = Question(Period(DAY.since.astimezone(zone), DAY.until.astimezone(zone)), k=7)
    assert run_id(elsewhere, "shop") == run_id(Question(DAY), "shop")


def test_another_question_has_another_id() -> None:
    """Of another time, entity, language, method or namespace; the number of topics is no part of it."""
    question = Question(DAY)
    others = (
        Question(DAY.before),
        replace(question, entity="Acme"),
        replace(question, languages=("de", "en")),
        replace(question, method=Method.LDA),
    )
    ids = {run_id(question, "shop"), run_id(question, "other"), *(run_id(one, "shop") for one in others)}
    assert len(ids) == 6


def test_boards_know_a_question_by_its_tweets_and_its_time() -> None:
    """In UTC, the later end last; only the newest has a second name, which stands before all others from the end."""
    of_brand = replace(some(), question=replace(some().question, entity="Acme"))
    runs = [
        next(documents(found, "shop", MADE, is_newest=is_newest))[1]["run"]
        for found, is_newest in ((some(), True), (of_brand, False))
    ]
    own = "2026-03-03 00:00, 24 h, en, nmf"
    assert [(run["about"], run["names"]) for run in runs] == [("all tweets", ["newest", own]), ("Acme", [own])]
    week = Period(DAY.until - timedelta(days=7), DAY.until + timedelta(minutes=1))
    later = name_of(Question(week, languages=("de", "en"), method=Method.LDA))
    assert later == "2026-03-03 00:01, 10081 min, de en, lda"
    assert sorted([own, later, "newest"]) == [own, later, "newest"]


def test_labels_add_up_to_the_scored_tweets() -> None:
    """Of topics and of intervals."""
    for one in (*made("topic"), *made("interval")):
        topic = one["topic"]
        if topic.get("state") != "vanished":
            assert topic["negative"] + topic["neutral"] + topic["positive"] == topic["scored"]


def test_topics() -> None:
    """Kept, new and vanished ones, of the begin of the period."""
    states = {one["topic"]["name"]: one["topic"]["state"] for one in made("topic")}
    luggage, coffee = some().topics
    assert states == {luggage.name: "kept", coffee.name: "new", some().vanished[0].name: "vanished"}
    assert {one["@timestamp"] for one in made("topic")} == {DAY.since}
    assert made("topic")[0]["topic"]["tweets"] == luggage.counts.tweets


def test_intervals_add_up() -> None:
    """Each has its own time; together they are the topic."""
    of_first = [one for one in made("interval") if one["topic"]["number"] == 1]
    assert sum(one["topic"]["tweets"] for one in of_first) == some().topics[0].counts.tweets
    assert {one["@timestamp"] for one in of_first} <= set(DAY.moments)
    assert len({one["@timestamp"] for one in of_first}) == len(of_first)


def test_examples_have_no_text() -> None:
    """An id and a link, in documents of their own, which `forget` can delete."""
    examples = made("example")
    assert {one["topic"]["tweet"] for one in examples} == {one.id for topic in some().topics for one in topic.examples}
    assert all("message" not in one for one in examples)
