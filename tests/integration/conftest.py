"""A client, for tests that look into Elasticsearch themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from elasticsearch import Elasticsearch

from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.setup import set_up


@pytest.fixture
def client(settings: Settings) -> Iterator[Elasticsearch]:
    """A client of a server that is set up for this test's namespace."""
    with connect(settings.elasticsearch) as connected:
        set_up(connected, settings.elasticsearch)
        yield connected
