"""The section `elasticsearch` of the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from pipeline.section import Count, Seconds, Section, Url


class ElasticsearchSettings(Section):
    """The server, the data streams and how documents are sent, in requests of at most `bulk_bytes`.

    `retention` is how long data streams keep documents, also those that are there (`tweetpulse setup` changes them).
    """

    url: Url = "http://127.0.0.1:9200"
    username: str | None = None
    password: SecretStr | None = None
    api_key: SecretStr | None = None
    ca_file: Path | None = None
    namespace: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.]{0,99}$")] = "default"
    retention: Annotated[str, Field(pattern=r"^\d+[dhm]$")] = "90d"
    refresh_interval: Annotated[str, Field(pattern=r"^(-1|\d+(ms|s|m))$")] = "1s"
    shards: Count = 1
    bulk_documents: Count = 2_500
    bulk_bytes: Count = 8 * 1024**2
    request_timeout: Seconds = 8.0
    labels_index: Annotated[str, Field(pattern=r"^tweetpulse-[a-z0-9_.-]{1,99}$")] = "tweetpulse-labels"
