"""Scored tweets in other stores: the stream's own records, through a real worker of Kafka Connect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from pyspark.sql import SparkSession

from pipeline.domain.tweet import Tweet
from pipeline.settings import Settings
from tests.builders import full_tweet
from tests.connect.mariadb import Database, mariadb
from tests.connect.worker import Worker, worker
from tests.manifests import DEPLOY
from tests.processes import until
from tests.records import messages
from tests.streams import drain, publish

TWEETS = 40
NO_SERVER = "Unable to connect to the server."
COLUMNS = {
    "id": "event_id",
    "text": "message",
    "label": "tweet_sentiment_label",
    "compound": "tweet_sentiment_compound",
    "written": "date_format(written_at, '%Y-%m-%dT%H:%i:%s')",
    "followers": "tweet_author_followers",
    "lat": "tweet_geo_location_lat",
    "offset": "kafka_offset",
}


@pytest.fixture
def scored(spark: SparkSession, settings: Settings) -> dict[str, dict[str, Any]]:
    """What the stream wrote to its topic, by id; a tweet of each kind, and one with all fields and a nasty text."""
    publish(settings, [Tweet(id=f"test:{n}", text=f"tweet {n} is great", source="test") for n in range(TWEETS - 2)])
    text = 'It\'s "late" \\ again; \U0001f62d -- `${file:x}` \n\t \u0000ö'
    publish(
        settings, [full_tweet(id="test:full", text=text), Tweet(id="test:de", text="nie", source="test", lang="de")]
    )
    drain(spark, settings)
    found = {
        key.decode(): orjson.loads(value)
        for key, value in messages(settings.kafka, settings.kafka.scored_topic).items()
    }
    assert len(found) == TWEETS
    return found


@pytest.fixture
def connect(settings: Settings, tmp_path: Path) -> Iterator[Worker]:
    with worker(settings.kafka.bootstrap_servers, tmp_path / "connect") as found:
        yield found


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with mariadb(tmp_path / "mariadb") as found:
        yield found


def connector(store: str, settings: Settings, secrets: Path, **config: str) -> dict[str, Any]:
    """Ours, but for the topic and the folder of secrets."""
    read: dict[str, Any] = json.loads((DEPLOY / "connect" / f"{store}.json").read_text(encoding="utf-8"))
    own = {name: value.replace("/etc/tweetpulse/connect", str(secrets)) for name, value in read["config"].items()}
    return read | {"config": own | {"topics": settings.kafka.scored_topic} | config}


def test_rows_of_a_table_and_lines_of_a_file(
    scored: dict[str, dict[str, Any]], settings: Settings, connect: Worker, database: Database, tmp_path: Path
) -> None:
    """Every tweet is one row, with the values of its document, also when the topic is read twice; a file has them."""
    secret = f"url={database.url}\nusername=tweetpulse\npassword={database.password}\n"
    (tmp_path / "mysql.properties").write_text(secret)
    lines = tmp_path / "lines"
    ours = connector("mysql", settings, tmp_path)
    again = ours["config"] | {"consumer.override.group.id": "again"}
    file = again | {"connector.class": "FileStreamSink", "file": str(lines), "consumer.override.group.id": "lines"}
    connect.create(ours)
    connect.create({"name": "lines", "config": file})
    until(lambda: len(rows(database)) == TWEETS or connect.faults(ours["name"]), "the rows")
    assert connect.faults(ours["name"]) == []
    until(lambda: lines.exists() and lines.read_text().count("event_id=") == TWEETS, "the lines")
    database.rows("delete from tweets where event_id like 'test:1%'")
    connect.create({"name": "again", "config": again})
    until(lambda: len(rows(database)) >= TWEETS or connect.faults("again"), "the deleted rows")
    assert connect.faults("again") == []
    found = rows(database)
    assert len(found) == TWEETS
    assert {row["id"]: row for row in found} == {id_: as_row(document) for id_, document in scored.items()}


def rows(database: Database) -> list[Any]:
    """All rows; none before there is a table."""
    if not database.rows("select 1 from information_schema.tables where table_name='tweets'"):
        return []
    columns = ", ".join(f"'{name}', {column}" for name, column in COLUMNS.items())
    return database.rows(f"select json_object({columns}) from tweets")


def as_row(document: dict[str, Any]) -> dict[str, Any]:
    """What the query asks of a row, of a document."""
    tweet = document["tweet"]
    return {
        "id": document["event"]["id"],
        "text": document["message"],
        "label": tweet["sentiment"]["label"],
        "compound": tweet["sentiment"].get("compound"),
        "written": document["@timestamp"][:19],
        "followers": tweet.get("author", {}).get("followers"),
        "lat": tweet.get("geo", {}).get("location", {}).get("lat"),
        "offset": document["kafka"]["offset"],
    }


def test_connectors_know_what_they_are_told(settings: Settings, connect: Worker, tmp_path: Path) -> None:
    """Of MongoDB there is no server: its connector's own definition takes each of our names and values."""
    (tmp_path / "mongodb.properties").write_text("uri=mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1\n")
    (tmp_path / "mysql.properties").write_text("url=jdbc:mysql://127.0.0.1:1/x\nusername=x\npassword=x\n")
    for store in ("mongodb", "mysql"):
        ours = connector(store, settings, tmp_path)
        config = ours["config"] | {"name": ours["name"]}
        errors = connect.errors(config | {"no.such.name": ""})
        # MongoDB's tries to connect, too, which only a server can mend.
        assert {name: found for name, found in errors.items() if found} in ({}, {"connection.uri": [NO_SERVER]})
        assert {"no.such.name", *config} - errors.keys() == {"no.such.name"}
