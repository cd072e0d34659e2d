"""The schema of the topic of scored tweets, and the configurations of Kafka Connect."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from pipeline.domain.analysis import Analysis
from pipeline.domain.document import head_of, scored_document
from pipeline.domain.prediction import NO_OPINION, Opinion, Prediction
from pipeline.domain.sentiment import Label, Sentiment
from pipeline.domain.tweet import Author, PublicMetrics, Tweet
from pipeline.stream.chunk import dumps
from tests.builders import AT, INGESTED, analysis, full_tweet, tweet
from tests.manifests import DEPLOY

FOLDER = DEPLOY / "connect"
SURE = Prediction("negative", 0.75, "20260301T120000Z-1a2b3c4d")
EVERYTHING = Opinion(SURE, replace(SURE, label="complaint"), replace(SURE, label="late_flight"))
UNSUPPORTED = Sentiment(Label.UNSUPPORTED, None, None, None, None)
COUNTS = PublicMetrics(1, 2, 3, 4, 5, 6)


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads((FOLDER / "tweets.scored.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def document(tweet: Tweet, result: Analysis, opinion: Opinion = NO_OPINION) -> dict[str, Any]:
    """As a record of the topic has it."""
    read: dict[str, Any] = orjson.loads(dumps(scored_document(tweet, result, AT, INGESTED, "default", opinion)))
    return read


def leaves(properties: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in properties.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name


def told(schema: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in schema["properties"].items():
        if value["type"] == "object":
            yield from told(value, f"{prefix}{name}.")
        else:
            yield prefix + name


def test_a_document_with_everything_has_just_the_fields_of_the_schema(validator: Draft202012Validator) -> None:
    """None is missing in the schema, and none in it never comes."""
    found = document(full_tweet(public_metrics=COUNTS), analysis(), EVERYTHING)
    validator.validate(found)
    assert sorted(leaves(found)) == sorted(told(validator.schema))


@pytest.mark.parametrize(
    "found",
    [
        document(tweet(), analysis(sentiment=UNSUPPORTED, lang=None)),
        document(full_tweet(author=Author("7", None, None)), analysis()),
        head_of(document(full_tweet(), analysis(), EVERYTHING)),
    ],
    ids=["the least", "half an author", "the head of a large one"],
)
def test_other_documents_are_valid_too(validator: Draft202012Validator, found: dict[str, Any]) -> None:
    """What may be left out is not required."""
    validator.validate(found)


@pytest.mark.parametrize(
    "change",
    [{"tweets": 1}, {"@timestamp": 1}, {"message": None}, {"kafka": {"topic": "tweets", "partition": 1}}],
)
def test_what_is_no_document_is_invalid(validator: Draft202012Validator, change: dict[str, Any]) -> None:
    """An unknown field, a number for a time, no text, half of where it is."""
    assert not validator.is_valid(document(tweet(), analysis()) | change)


@pytest.mark.parametrize("store", ["mysql", "mongodb", "cassandra", "s3"])
def test_no_connector_holds_a_secret(store: str) -> None:
    """Users, passwords and addresses with either are references to a file of the worker's."""
    config = json.loads((FOLDER / f"{store}.json").read_text(encoding="utf-8"))["config"]
    for name, value in config.items():
        if name.split(".")[-1] in ("password", "username", "uri", "url"):
            assert value.startswith(f"${{file:/etc/tweetpulse/connect/{store}.properties:")
    assert config["consumer.override.group.id"].startswith("tweetpulse-reader-")
