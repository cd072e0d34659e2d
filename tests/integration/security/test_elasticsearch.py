"""Access to Elasticsearch over TLS: passwords, API keys, and a server with the wrong certificate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from pydantic import SecretStr

from pipeline.errors import ConfigError
from pipeline.sinks.elasticsearch.client import connect, elasticsearch_errors
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from tests.certificates import authority
from tests.integration.compose.secured import password
from tests.integration.security.api_keys import encoded, taking_keys
from tests.integration.security.conftest import Search

KEY = encoded("an id", "a key")


@pytest.fixture
def by_key(search: Search) -> Iterator[ElasticsearchSettings]:
    """Settings without credentials of the end that knows a key."""
    users = {KEY: ("tweetpulse_grafana", password("tweetpulse_grafana"))}
    with taking_keys(search.settings, users, search.ca.sign("end", hosts=("localhost",))) as url:
        yield search.settings.model_copy(update={"url": url})


def told(settings: ElasticsearchSettings) -> str:
    with connect(settings) as client, pytest.raises(ConfigError) as raised, elasticsearch_errors(settings):
        client.cluster.health()
    assert "\n" not in raised.value.message
    return raised.value.message


def test_a_password_over_tls(search: Search) -> None:
    """The certificate is looked at, and the user let in."""
    with connect(search.by_password("tweetpulse_exporter")) as client:
        assert client.cluster.health()["number_of_nodes"] == 1


def test_another_ca(search: Search, tmp_path: Path) -> None:
    """A server whose certificate another CA has signed is refused."""
    settings = search.by_password("tweetpulse_exporter", ca_file=authority(tmp_path / "ca").file)
    assert "is not trusted" in told(settings)


def test_another_host_name(search: Search) -> None:
    """The certificate must be for the name that was asked for."""
    url = search.settings.url.replace("localhost", "127.0.0.1")
    assert "is not trusted" in told(search.by_password("tweetpulse_exporter", url=url))


@pytest.mark.parametrize("fields", [{"password": "hush"}, {"username": None, "password": None}], ids=["wrong", "none"])
def test_a_wrong_password_and_none(search: Search, fields: dict[str, object]) -> None:
    """One line, without the password."""
    message = told(search.by_password("tweetpulse_exporter", **fields))
    assert "refuses the user or the password" in message
    assert "hush" not in message


def test_an_api_key_lets_in_whom_it_is_of(by_key: ElasticsearchSettings) -> None:
    """With the rights of its user, and no others."""
    settings = by_key.model_copy(update={"api_key": SecretStr(KEY)})
    with connect(settings) as client:
        assert client.search(index="tweetpulse-tweets")["timed_out"] is False
        with pytest.raises(ConfigError, match="does not let this user"), elasticsearch_errors(settings):
            client.indices.delete(index="logs-tweets.scored-secured")


def test_an_unknown_api_key(search: Search, by_key: ElasticsearchSettings) -> None:
    """The server itself refuses it in the very same way, with and without the end that knows keys."""
    unknown = {"api_key": SecretStr(encoded("an id", "hush"))}
    assert "refuses the user or the password" in told(search.settings.model_copy(update=unknown))
    assert "refuses the user or the password" in told(by_key.model_copy(update=unknown))


def test_the_end_refuses_as_the_server_does(search: Search, by_key: ElasticsearchSettings) -> None:
    """Status, challenge and body of an unknown key are the server's own."""
    with urllib3.PoolManager(ca_certs=str(search.ca.file)) as pool:
        answers = [
            pool.request("GET", f"{url}/_cluster/health", headers={"authorization": f"ApiKey {encoded('a', 'b')}"})
            for url in (search.settings.url, by_key.url)
        ]
    first, second = [(answer.status, answer.headers["www-authenticate"], answer.data) for answer in answers]
    assert first == second
    assert first[0] == 401
