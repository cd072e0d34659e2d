"""The section `elasticsearch` of the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from pipeline.section import Count, Seconds, Section, Url


class ElasticsearchSettings(Section):
    """The server, the data streams and how documents are sent."""

    url: Url = "http://127.0.0.1:9200"
    """Where Elasticsearch listens."""
    username: str | None = None
    """The user, where there is no API key."""
    password: SecretStr | None = None
    """That user's password."""
    api_key: SecretStr | None = None
    """Instead of a user and a password."""
    ca_file: Path | None = None
    """The certificates that signed the server's (PEM); those of this machine where it is not set."""
    namespace: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.]{0,99}$")] = "default"
    """The last part of the names of the data streams: `logs-tweets.scored-default`."""
    retention: Annotated[str, Field(pattern=r"^\d+[dhm]$")] = "90d"
    """How long data streams keep documents, also those that are there (`tweetpulse setup` changes them)."""
    refresh_interval: Annotated[str, Field(pattern=r"^(-1|\d+(ms|s|m))$")] = "1s"
    """How soon a new document is found by searches; `-1` turns it off."""
    shards: Count = 1
    """The primary shards of a backing index."""
    bulk_documents: Count = 2_500
    """How many documents a bulk request holds at most."""
    bulk_bytes: Count = 8 * 1024**2
    """How many bytes a bulk request holds at most."""
    request_timeout: Seconds = 8.0
    """Seconds that a request may take."""
    labels_index: Annotated[str, Field(pattern=r"^tweetpulse-[a-z0-9_.-]{1,99}$")] = "tweetpulse-labels"
    """The index of what people say with `tweetpulse label`."""
    topics_index: Annotated[str, Field(pattern=r"^tweetpulse-[a-z0-9_.-]{1,99}$")] = "tweetpulse-topics"
    """The index of what `tweetpulse topics` finds."""
