"""Kafka Connect's configurations for other stores, and the schema of the scored documents that it reads.

Both come from the mappings in Elasticsearch, so a field that is added there is in them, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

RESOURCES = Path(__file__).parent.parent / "pipeline" / "sinks" / "elasticsearch" / "resources"
TOPIC = "tweets.scored"
STORES = ("mysql", "mongodb", "cassandra", "s3")

_TEMPLATES = ("tweets@mappings", "tweets@scored")
# The shared fields that only rejected records and events have.
_OTHERS = frozenset({"tags", "error", "event.action", "event.end", "event.original"})
# A mapping does not say it: Elasticsearch takes a list for any field.
_LISTS = frozenset({"tweet.entity", "tweet.hashtags", "tweet.mentions", "tweet.words"})
# A message that is larger than the topic takes has only these, and what else of it is short.
_REQUIRED = frozenset(
    {
        "@timestamp",
        "message",
        "event",
        "event.id",
        "event.kind",
        "event.dataset",
        "event.created",
        "event.ingested",
        "kafka",
        "kafka.topic",
        "kafka.partition",
        "kafka.offset",
        "data_stream",
        "data_stream.type",
        "data_stream.dataset",
        "data_stream.namespace",
        "ecs",
        "ecs.version",
        "tweet",
        "tweet.source",
        "tweet.kind",
        "tweet.sentiment",
        "tweet.sentiment.label",
    }
)
_JSON_TYPES: Mapping[str, Mapping[str, Any]] = {
    "byte": {"type": "integer"},
    "date": {"type": "string", "format": "date-time"},
    "float": {"type": "number"},
    "integer": {"type": "integer"},
    "keyword": {"type": "string"},
    "long": {"type": "integer"},
    "text": {"type": "string"},
}
_CONNECT_TYPES: Mapping[str, Mapping[str, Any]] = {
    "byte": {"type": "int8"},
    # By this name the JDBC connector makes a column of times of it; without, one of texts.
    "date": {"type": "string", "name": "io.debezium.time.ZonedTimestamp"},
    "float": {"type": "double"},
    "integer": {"type": "int32"},
    "keyword": {"type": "string"},
    "long": {"type": "int64"},
    "text": {"type": "string"},
}
_POINT = {"lat": {"type": "float"}, "lon": {"type": "float"}}

# As it is in the columns: a name that begins with @ has to be quoted everywhere.
_TIME = "written_at"
_FLATTEN = {
    "transforms": "flatten,rename",
    "transforms.flatten.type": "org.apache.kafka.connect.transforms.Flatten$Value",
    "transforms.flatten.delimiter": "_",
    "transforms.rename.type": "org.apache.kafka.connect.transforms.ReplaceField$Value",
    "transforms.rename.renames": f"@timestamp:{_TIME}",
}
_CASSANDRA_COLUMNS = {
    "id": "key",
    _TIME: f"value.{_TIME}",
    "message": "value.message",
    "source": "value.tweet_source",
    "lang": "value.tweet_lang",
    "label": "value.tweet_sentiment_label",
    "compound": "value.tweet_sentiment_compound",
}


def files(folder: Path) -> dict[Path, str]:
    """The text of each file in the folder."""
    wanted = {folder / f"{TOPIC}.schema.json": json_schema()}
    wanted |= {folder / f"{store}.json": connector(store) for store in STORES}
    return {path: json.dumps(content, indent=2) + "\n" for path, content in wanted.items()}


def json_schema() -> dict[str, Any]:
    """JSON Schema of the value of a record: a scored document, or the head of one that is too large."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scored tweet",
        "description": "docs/reference/fields.md says what each field holds. A field without a value is left out.",
        **_object(_fields(), ""),
    }


def connect_schema() -> dict[str, Any]:
    """Connect's own schema of the same, without lists, for which a row has no column."""
    return _struct(_fields(), "")


def connector(store: str) -> dict[str, Any]:
    """A connector as Connect's REST interface and its standalone worker take it, named as its store."""
    return {
        "name": f"tweetpulse-{store}",
        "config": {
            "topics": TOPIC,
            "tasks.max": "2",
            # Kafka's user `reader` may use groups of this name.
            "consumer.override.group.id": f"tweetpulse-reader-{store}",
            "key.converter": "org.apache.kafka.connect.storage.StringConverter",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter",
            # Records are plain JSON, without a schema in each.
            "value.converter.schemas.enable": "false",
            "errors.log.enable": "true",
            **_OF_STORE[store](),
        },
    }


def _mysql() -> dict[str, str]:
    return {
        "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
        "connection.url": _secret("mysql", "url"),
        "connection.username": _secret("mysql", "username"),
        "connection.password": _secret("mysql", "password"),
        "value.converter.schemas.enable": "true",
        "value.converter.schema.content": json.dumps(connect_schema(), separators=(",", ":")),
        **_FLATTEN,
        "collection.name.format": "tweets",
        "insert.mode": "upsert",
        "primary.key.mode": "record_value",
        "primary.key.fields": "event_id",
        "schema.evolution": "basic",
    }


def _mongodb() -> dict[str, str]:
    return {
        "connector.class": "com.mongodb.kafka.connect.MongoSinkConnector",
        "connection.uri": _secret("mongodb", "uri"),
        "database": "tweetpulse",
        "collection": "tweets",
        # The record's key becomes the document's `_id`.
        "transforms": "id",
        "transforms.id.type": "org.apache.kafka.connect.transforms.HoistField$Key",
        "transforms.id.field": "_id",
        "document.id.strategy": "com.mongodb.kafka.connect.sink.processor.id.strategy.ProvidedInKeyStrategy",
        "writemodel.strategy": "com.mongodb.kafka.connect.sink.writemodel.strategy.ReplaceOneDefaultStrategy",
    }


def _cassandra() -> dict[str, str]:
    mapping = ", ".join(f"{column}={field}" for column, field in _CASSANDRA_COLUMNS.items())
    return {
        "connector.class": "com.datastax.oss.kafka.sink.CassandraSinkConnector",
        "contactPoints": "cassandra.example",
        "loadBalancing.localDc": "datacenter1",
        "auth.username": _secret("cassandra", "username"),
        "auth.password": _secret("cassandra", "password"),
        **_FLATTEN,
        f"topic.{TOPIC}.tweetpulse.tweets.mapping": mapping,
    }


def _s3() -> dict[str, str]:
    return {
        "connector.class": "io.confluent.connect.s3.S3SinkConnector",
        "s3.region": "eu-central-1",
        "s3.bucket.name": "tweets",
        "storage.class": "io.confluent.connect.s3.storage.S3Storage",
        "format.class": "io.confluent.connect.s3.format.json.JsonFormat",
        "s3.compression.type": "gzip",
        "flush.size": "10000",
        # By Kafka's time, so that a file is the same when it is written again.
        "partitioner.class": "io.confluent.connect.storage.partitioner.TimeBasedPartitioner",
        "timestamp.extractor": "Record",
        "path.format": "'day'=YYYY-MM-dd",
        "partition.duration.ms": "86400000",
        "rotate.interval.ms": "600000",
        "locale": "en",
        "timezone": "UTC",
    }


_OF_STORE = {"mysql": _mysql, "mongodb": _mongodb, "cassandra": _cassandra, "s3": _s3}


def _secret(store: str, name: str) -> str:
    """A reference that Connect resolves by its FileConfigProvider: the file is the worker's, and no secret is here."""
    return f"${{file:/etc/tweetpulse/connect/{store}.properties:{name}}}"


def _fields() -> dict[str, Any]:
    """The properties of a scored document, as mappings have them."""
    merged: dict[str, Any] = {}
    for name in _TEMPLATES:
        template = json.loads((RESOURCES / f"{name}.json").read_text(encoding="utf-8"))
        merged |= template["template"]["mappings"]["properties"]
    return merged


def _children(field: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return _POINT if field.get("type") == "geo_point" else field.get("properties")


def _own(properties: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Name, path and mapping of the fields that a scored document can have."""
    for name, field in properties.items():
        if (path := f"{prefix}{name}") not in _OTHERS:
            yield name, path, field


def _object(properties: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    own = list(_own(properties, prefix))
    # Half a place is none.
    required = [name for name, path, _ in own if path in _REQUIRED or properties is _POINT]
    return {
        "type": "object",
        "properties": {name: _json_type(field, path) for name, path, field in own},
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _json_type(field: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    if (children := _children(field)) is not None:
        return _object(children, f"{path}.")
    one = _JSON_TYPES[field["type"]]
    return {"type": "array", "items": one} if path in _LISTS else one


def _struct(properties: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    fields = [
        {"field": name, "optional": path not in _REQUIRED, **_connect_type(field, path)}
        for name, path, field in _own(properties, prefix)
        if path not in _LISTS
    ]
    return {"type": "struct", "fields": fields}


def _connect_type(field: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    if (children := _children(field)) is not None:
        return _struct(children, f"{path}.")
    return _CONNECT_TYPES[field["type"]]
