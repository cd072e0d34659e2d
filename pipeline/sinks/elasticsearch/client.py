"""The options that all Elasticsearch clients of this project share, and error messages for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from elastic_transport import ConnectionTimeout, SerializationError, SniffingError, TlsError, TransportError
from elasticsearch import (
    ApiError,
    AuthorizationException,
    Elasticsearch,
    NotFoundError,
    OrjsonSerializer,
    UnsupportedProductError,
)

from pipeline.errors import ConfigError, PipelineError, SetupError, SinkAway, SinkUnavailable
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings

# The client's own types are taken from here by everything but `pipeline.sinks.elasticsearch`: see the import contracts.
__all__ = [
    "WAITS",
    "WAIT_ERRORS",
    "WAIT_STATUSES",
    "ApiError",
    "AuthorizationException",
    "Elasticsearch",
    "NotFoundError",
    "as_pipeline_error",
    "as_sink_error",
    "connect",
    "elasticsearch_errors",
    "error_reason",
    "error_type",
    "wait_reason",
]

WAITS = (
    "connection",
    "timeout",
    "too_many_requests",
    "bad_gateway",
    "unavailable",
    "gateway_timeout",
    "server_error",
    "malformed",
    "read_only",
    "index_closed",
    "index_missing",
)
"""Every reason to wait for Elasticsearch, the environment's faults: a closed list, values of a metric's label."""

WAIT_STATUSES = {
    408: "timeout",
    429: "too_many_requests",
    502: "bad_gateway",
    503: "unavailable",
    504: "gateway_timeout",
}
"""HTTP statuses that are the environment's fault, and what they are called as a metric's label."""


WAIT_ERRORS = {"cluster_block_exception": "read_only", "index_closed_exception": "index_closed"}
"""Errors with a varying status (400, 403, 429) that an administrator mends."""


def wait_reason(status: int, kind: str) -> str | None:
    """Why to wait, for a status and a type of error that are the environment's fault; None for any other.

    Every 5xx is: a server that fails on its own account says nothing about a document.
    """
    # A block with 503 (no master yet) ends by itself; only the others need an administrator.
    if kind in WAIT_ERRORS and status != 503:
        return WAIT_ERRORS[kind]
    return WAIT_STATUSES.get(status, "server_error" if status >= 500 else None)


def connect(settings: ElasticsearchSettings) -> Elasticsearch:
    """A client that never retries by itself: who retries what is decided where the request is made.

    Raises:
        ConfigError: the URL or the credentials can't be used as they are.
    """
    if settings.ca_file is not None and not settings.ca_file.is_file():
        # The client would fail at each request, as if the server had refused it.
        raise ConfigError(f"{settings.ca_file} is not a file: set TWEETPULSE_ELASTICSEARCH__CA_FILE to the server's CA")
    try:
        return Elasticsearch(settings.url, **_options(settings))
    except (ValueError, TlsError, OSError) as error:
        raise ConfigError(f"elasticsearch settings are wrong: {error}; see TWEETPULSE_ELASTICSEARCH__*") from None


@contextmanager
def elasticsearch_errors(settings: ElasticsearchSettings) -> Iterator[None]:
    """Turn the client's errors into ours.

    Raises:
        ConfigError: the server refuses the user, the password or the privilege.
        SinkUnavailable: it does not answer, or asks to wait.
        SetupError: it refuses for a reason that waiting does not mend.
    """
    try:
        yield
    except (TransportError, ApiError) as error:
        raise as_pipeline_error(error, settings) from error


def as_pipeline_error(error: Exception, settings: ElasticsearchSettings) -> PipelineError:
    """The error of ours that says what the client's says, in one line and with what to do."""
    if isinstance(error, ApiError):
        return _refusal(error, settings)
    if isinstance(error, TlsError):
        return ConfigError(
            f"the certificate of Elasticsearch at {settings.url} is not trusted: "
            "set TWEETPULSE_ELASTICSEARCH__CA_FILE to its CA"
        )
    if isinstance(error, SerializationError | SniffingError):
        return SetupError(
            f"what answers at {settings.url} is not Elasticsearch ({type(error).__name__}): "
            "set TWEETPULSE_ELASTICSEARCH__URL"
        )
    reason = "timeout" if isinstance(error, ConnectionTimeout) else "connection"
    return SinkAway(
        f"Elasticsearch at {settings.url} does not answer: start it (`tweetpulse up` runs one here), "
        "or set TWEETPULSE_ELASTICSEARCH__URL",
        reason=reason,
    )


def as_sink_error(error: Exception, settings: ElasticsearchSettings) -> PipelineError:
    """As `as_pipeline_error`, for one who found Elasticsearch there before: what it would never say must be waited out.

    A page of a proxy, an answer cut in half, an index that retention has deleted this moment: none of them is a fault
    of the documents or of the settings.
    """
    told = as_pipeline_error(error, settings)
    if not isinstance(told, SetupError):
        return told
    if isinstance(error, NotFoundError) and error_type(error) == "index_not_found_exception":
        return SinkUnavailable(told.message, reason="index_missing")
    # Elasticsearch's own refusals always have an `error`; without one, something in front of it has answered.
    if isinstance(error, UnsupportedProductError) or not isinstance(error, ApiError) or not _error(error):
        return SinkUnavailable(told.message, reason="malformed")
    return told


def _options(settings: ElasticsearchSettings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "request_timeout": settings.request_timeout,
        "max_retries": 0,
        "retry_on_timeout": False,
        "serializer": OrjsonSerializer(),
        "connections_per_node": 4,
    }
    if settings.ca_file is not None:
        options["ca_certs"] = str(settings.ca_file)
    if settings.api_key is not None:
        options["api_key"] = settings.api_key.get_secret_value()
    elif settings.username is not None:
        password = settings.password.get_secret_value() if settings.password else ""
        options["basic_auth"] = (settings.username, password)
    return options


def _refusal(error: ApiError, settings: ElasticsearchSettings) -> PipelineError:
    status, kind = error.status_code, error_type(error)
    if status == 401:
        return ConfigError(
            f"Elasticsearch at {settings.url} refuses the user or the password: "
            "set TWEETPULSE_ELASTICSEARCH__USERNAME and __PASSWORD (or __API_KEY)"
        )
    if (reason := wait_reason(status, kind)) is not None:
        return SinkUnavailable(f"Elasticsearch at {settings.url} asks to wait: {status} {kind}", reason=reason)
    if status == 403:
        return ConfigError(f"Elasticsearch at {settings.url} does not let this user do that ({kind}): grant it")
    return SetupError(f"Elasticsearch at {settings.url} refused: {status} {kind}: {error_reason(error)}")


def error_type(error: ApiError) -> str:
    """The server's name for what it refuses (`index_not_found_exception`, ...)."""
    return _one_line(_error(error).get("type", error.message))[:100]


def error_reason(error: ApiError) -> str:
    """The server's own words."""
    return _one_line(_error(error).get("reason", ""))[:300]


def _error(error: ApiError) -> dict[str, Any]:
    body = error.body if isinstance(error.body, dict) else {}
    found = body.get("error", {})
    return found if isinstance(found, dict) else {}


def _one_line(words: object) -> str:
    # A proxy in front of the server may answer with a whole page.
    return " ".join(str(words).split())
