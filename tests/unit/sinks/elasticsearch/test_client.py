"""The client's options, and its errors as ours: each of the library's has its place."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import elastic_transport
import elasticsearch
import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig, TransportError

from pipeline.errors import ConfigError, PipelineError, SetupError, SinkAway, SinkUnavailable
from pipeline.sinks.elasticsearch.client import (
    WAIT_ERRORS,
    WAIT_STATUSES,
    WAITS,
    as_pipeline_error,
    as_sink_error,
    connect,
    elasticsearch_errors,
)
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings

SECRET = "hunter2-of-mine"
SETTINGS = ElasticsearchSettings(url="http://127.0.0.1:9200", username="ann", password=SECRET)


def refusal(status: int, body: Any, kind: type[elasticsearch.ApiError] = elasticsearch.ApiError) -> PipelineError:
    return as_pipeline_error(api_error(status, body, kind), SETTINGS)


def api_error(
    status: int, body: Any, kind: type[elasticsearch.ApiError] = elasticsearch.ApiError
) -> elasticsearch.ApiError:
    meta = ApiResponseMeta(status, "1.1", HttpHeaders(), 0.1, NodeConfig("http", "127.0.0.1", 9200))
    return kind("message\nof two lines", meta, body)


def error(kind: str, reason: str = "because") -> dict[str, Any]:
    return {"error": {"type": kind, "reason": reason}}


def foreign() -> Iterator[type[Exception]]:
    """Every exception that the client and its transport have, warnings aside."""
    for module in (elastic_transport, elasticsearch):
        for kind in vars(module).values():
            if inspect.isclass(kind) and issubclass(kind, Exception) and not issubclass(kind, Warning):
                yield kind


def test_no_exception_is_unmapped() -> None:
    """All that the libraries define is caught by `elasticsearch_errors`: transport errors and refusals."""
    strays = {kind for kind in foreign() if not issubclass(kind, TransportError | elasticsearch.ApiError)}
    assert strays == {elastic_transport.ApiError}
    assert issubclass(elasticsearch.ApiError, elastic_transport.ApiError)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("TransportError", SinkUnavailable),
        ("ConnectionError", SinkUnavailable),
        ("ConnectionTimeout", SinkUnavailable),
        ("TlsError", ConfigError),
        ("SniffingError", SetupError),
        ("SerializationError", SetupError),
    ],
)
def test_transport_errors(name: str, expected: type[PipelineError]) -> None:
    """A silent server is waited for; one that is not Elasticsearch, or not trusted, is not."""
    kind = getattr(elastic_transport, name)
    with pytest.raises(expected) as raised, elasticsearch_errors(SETTINGS):
        raise kind(f"of {SECRET}")
    assert "\n" not in raised.value.message
    assert SECRET not in raised.value.message


def test_every_transport_error_is_listed_above() -> None:
    """A class that a new version brings has to be thought about."""
    names = {kind.__name__ for kind in foreign() if issubclass(kind, TransportError)}
    assert names == {
        "TransportError",
        "ConnectionError",
        "ConnectionTimeout",
        "TlsError",
        "SniffingError",
        "SerializationError",
    }


@pytest.mark.parametrize(
    ("status", "body", "expected", "reason"),
    [
        (401, error("security_exception"), ConfigError, None),
        (403, error("security_exception"), ConfigError, None),
        (403, error("cluster_block_exception"), SinkUnavailable, "read_only"),
        (429, error("es_rejected_execution_exception"), SinkUnavailable, "too_many_requests"),
        (429, error("cluster_block_exception"), SinkUnavailable, "read_only"),
        (400, error("index_closed_exception"), SinkUnavailable, "index_closed"),
        (408, None, SinkUnavailable, "timeout"),
        (502, "<html>\n<body>Bad Gateway</body>", SinkUnavailable, "bad_gateway"),
        (503, error("cluster_block_exception"), SinkUnavailable, "unavailable"),
        (504, None, SinkUnavailable, "gateway_timeout"),
        (400, error("illegal_argument_exception", "two\nlines"), SetupError, None),
        (404, error("index_not_found_exception"), SetupError, None),
        (405, {"error": "Incorrect HTTP method"}, SetupError, None),
        (500, {"error": None}, SinkUnavailable, "server_error"),
        (507, error("x"), SinkUnavailable, "server_error"),
        (200, "hello", SetupError, None),
    ],
)
def test_refusals(status: int, body: Any, expected: type[PipelineError], reason: str | None) -> None:
    """Each answer becomes one line of ours, whatever its body."""
    found = refusal(status, body)
    assert (type(found), getattr(found, "reason", None)) == (expected, reason)
    assert "\n" not in found.message
    assert "TWEETPULSE_" in found.message or SETTINGS.url in found.message


@pytest.mark.parametrize(
    "kind", [kind for kind in foreign() if issubclass(kind, elasticsearch.ApiError)], ids=lambda kind: kind.__name__
)
def test_every_refusal_class_is_told(kind: type[elasticsearch.ApiError]) -> None:
    """Whatever class the client picks for an answer, the status decides."""
    assert isinstance(refusal(503, error("x"), kind), SinkUnavailable)


def test_wait_reasons_are_a_closed_list() -> None:
    """Whatever the client makes a reason for waiting is one of the metric's labels."""
    raised = [as_pipeline_error(kind("x"), SETTINGS) for kind in foreign() if issubclass(kind, TransportError)]
    reasons = {found.reason for found in raised if isinstance(found, SinkUnavailable)}
    assert reasons == {"connection", "timeout"}
    own = {"server_error", "malformed", "index_missing"}
    assert (reasons | {*WAIT_STATUSES.values(), *WAIT_ERRORS.values()} | own) - set(WAITS) == set()


@pytest.mark.parametrize(
    ("error_", "expected", "reason"),
    [
        (
            api_error(404, error("index_not_found_exception"), elasticsearch.NotFoundError),
            SinkUnavailable,
            "index_missing",
        ),
        (api_error(404, "<html>not found</html>", elasticsearch.NotFoundError), SinkUnavailable, "malformed"),
        (api_error(400, {}), SinkUnavailable, "malformed"),
        (api_error(200, "hello", elasticsearch.UnsupportedProductError), SinkUnavailable, "malformed"),
        (elastic_transport.SerializationError("cut"), SinkUnavailable, "malformed"),
        (elastic_transport.ConnectionError("x"), SinkAway, "connection"),
        (api_error(400, error("illegal_argument_exception")), SetupError, None),
        (api_error(403, error("security_exception")), ConfigError, None),
    ],
)
def test_what_a_sink_waits_for(error_: Exception, expected: type[PipelineError], reason: str | None) -> None:
    """Whoever indexes has met Elasticsearch before: what it would never say is the environment's fault."""
    found = as_sink_error(error_, SETTINGS)
    assert (type(found), getattr(found, "reason", None)) == (expected, reason)


@pytest.mark.parametrize("url", ["127.0.0.1:9200", "http://example.org", ""])
def test_an_address_that_is_none(url: str) -> None:
    """Said in one line, with the settings to look at."""
    with pytest.raises(ConfigError, match=r"^elasticsearch settings are wrong: .*TWEETPULSE_ELASTICSEARCH__\*$"):
        connect(SETTINGS.model_copy(update={"url": url}))


def test_a_ca_file_that_is_missing(tmp_path: Path) -> None:
    """Said when the client is made, not at the first request."""
    settings = ElasticsearchSettings(url="https://127.0.0.1:9200", ca_file=tmp_path / "ca.pem")
    with pytest.raises(ConfigError, match="TWEETPULSE_ELASTICSEARCH__CA_FILE"):
        connect(settings)


@pytest.mark.parametrize(
    ("fields", "header"),
    [
        ({}, None),
        ({"username": "ann", "password": "pw"}, "Basic YW5uOnB3"),
        ({"username": "ann", "password": "pw", "api_key": "a2V5"}, "ApiKey a2V5"),
    ],
    ids=["nobody", "user", "key before user"],
)
def test_credentials(fields: dict[str, str], header: str | None) -> None:
    """The authorization header follows from the credentials."""
    client = connect(ElasticsearchSettings(**fields))
    assert client._headers.get("authorization") == header


def test_the_client_never_retries() -> None:
    """The caller that makes a request decides on retries."""
    client = connect(SETTINGS)
    assert (client._max_retries, client._retry_on_timeout, client._request_timeout) == (
        0,
        False,
        ElasticsearchSettings().request_timeout,
    )
