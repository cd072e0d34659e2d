"""Servers that let nobody in without credentials, over TLS alone; one of each for all tests here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from pipeline.sinks.elasticsearch.setup import set_up
from tests.certificates import Authority, authority
from tests.integration.compose.secured import password, secured
from tests.integration.security.broker import Broker, secured_broker
from tests.stacks import state_folder


@dataclass(frozen=True)
class Search:
    """An Elasticsearch by TLS, with its data streams, and who signed its certificate."""

    ca: Authority
    settings: ElasticsearchSettings

    def by_password(self, user: str, **fields: object) -> ElasticsearchSettings:
        """Settings of a user."""
        own: dict[str, object] = {"username": user, "password": password(user)}
        return ElasticsearchSettings.model_validate(dict(self.settings) | own | fields)


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """The broker, without users but its admin."""
    with secured_broker() as found:
        yield found


@pytest.fixture(scope="session")
def search() -> Iterator[Search]:
    """The Elasticsearch, set up."""
    with state_folder() as state_dir, secured(state_dir, ca := authority(state_dir / "authority")) as settings:
        found = Search(ca, settings)
        with connect(found.by_password("setup_by_bulk")) as client:
            set_up(client, settings)
        yield found
