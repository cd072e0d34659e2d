"""The options that all kafka-python clients of this project share, and error messages for people."""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from kafka import errors as kafka
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport
from kafka.record.default_records import DefaultRecordBatch

from pipeline.errors import ConfigError, PipelineError, SetupError
from pipeline.kafka.header_names import let_names_be_bytes
from pipeline.kafka.identity import kafka_python_options
from pipeline.settings import KafkaSettings

T = TypeVar("T")

DENIALS = (kafka.SaslAuthenticationFailedError, kafka.UnsupportedSaslMechanismError)
UNREACHABLE = (kafka.KafkaTimeoutError, kafka.KafkaConnectionError, kafka.NodeNotReadyError)

BOOTSTRAP_TIMEOUT = 10.0
"""Seconds that a client tries to reach a first broker."""


def kafka_options(settings: KafkaSettings) -> dict[str, Any]:
    """The keyword arguments that any kafka-python client (producer, consumer, admin) takes.

    Raises:
        ConfigError: a certificate's file can't be used, or SASL lacks its mechanism, user or password.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": [server.strip() for server in settings.bootstrap_servers.split(",")],
        "security_protocol": settings.security_protocol,
        "bootstrap_timeout_ms": int(BOOTSTRAP_TIMEOUT * 1000),
    }
    return options | kafka_python_options(settings)


def connect(client: Callable[..., T], settings: KafkaSettings, **options: Any) -> T:
    """A connected kafka-python client (`KafkaProducer`, `KafkaConsumer`, `KafkaAdminClient`).

    Raises:
        ConfigError: SASL settings are missing, or the broker refuses the user, the password or the certificate, or
            its own certificate is not trusted.
        SetupError: the broker can't be reached.
    """
    with kafka_errors(settings), _reasons() as reasons:
        try:
            return client(**kafka_options(settings) | options)
        except kafka.KafkaTimeoutError as error:
            raise _told(reasons) or error from error


@contextmanager
def kafka_errors(settings: KafkaSettings) -> Iterator[None]:
    """Turn kafka-python's errors into ours.

    Raises:
        ConfigError: the broker refuses the credentials or the permission.
        SetupError: the broker can't be reached, or refuses for a reason of its own.
    """
    try:
        yield
    except (kafka.KafkaError, ssl.SSLError) as error:
        raise as_pipeline_error(error, settings) from error


def as_pipeline_error(error: BaseException, settings: KafkaSettings) -> PipelineError:
    """The error of ours that says what kafka-python's says, in one line and with what to do."""
    servers = settings.bootstrap_servers
    if isinstance(error, ssl.SSLError):
        return ConfigError(_tls_fault(error, servers))
    if isinstance(error, DENIALS):
        return ConfigError(
            f"Kafka at {servers} refuses the user or the password: "
            "set TWEETPULSE_KAFKA__USERNAME, __PASSWORD and __SASL_MECHANISM"
        )
    # A producer that may write nowhere gets a plain KafkaError that quotes the broker's.
    if denial := re.search(r"\w*AuthorizationFailed\w*", f"{type(error).__name__} {error}"):
        return ConfigError(f"Kafka at {servers} does not let this user do that ({denial[0]}): grant it, or use another")
    if isinstance(error, UNREACHABLE):
        return SetupError(
            f"Kafka at {servers} does not answer: start it (`tweetpulse up` runs one here), "
            "or set TWEETPULSE_KAFKA__BOOTSTRAP_SERVERS and __SECURITY_PROTOCOL"
        )
    return SetupError(f"Kafka at {servers} refused: {type(error).__name__}")


def _tls_fault(error: ssl.SSLError, servers: str) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the certificate of Kafka at {servers} is not trusted ({error.verify_message.rstrip('.')}): set "
            "TWEETPULSE_KAFKA__CA_FILE to its CA, and __BOOTSTRAP_SERVERS to a name that it has"
        )
    if "ALERT" in str(error.reason):
        return (
            f"Kafka at {servers} refuses this client's certificate: set TWEETPULSE_KAFKA__CLIENT_CERTIFICATE_FILE and "
            "__CLIENT_KEY_FILE to one that its CA has signed"
        )
    return f"Kafka at {servers} does not speak TLS as this client does: set TWEETPULSE_KAFKA__SECURITY_PROTOCOL"


def _told(reasons: list[object]) -> Exception | None:
    """Why a broker that answers can't be used, if that was heard."""
    for reason in reasons:
        if isinstance(reason, DENIALS):
            return reason  # type: ignore[no-any-return]
        # kafka-python raises its own error while it handles that of TLS, so the cause is in the context.
        if isinstance(reason, kafka.KafkaConnectionError):
            causes = (reason.__context__, *reason.args)
            if fault := next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None):
                return fault
    return None


@contextmanager
def _reasons() -> Iterator[list[object]]:
    """Watches kafka-python's log while it connects: a refused password shows there only, its error says time-out."""
    reasons: list[object] = []
    listener = logging.Handler(logging.WARNING)
    listener.emit = lambda record: reasons.extend(record.args or ())  # type: ignore[method-assign]
    logger = logging.getLogger("kafka")
    before = logger.level
    logger.addHandler(listener)
    # Also where the log is silenced: the handler must get the reason, and shows nothing.
    logger.setLevel(logging.WARNING)
    try:
        yield reasons
    finally:
        logger.removeHandler(listener)
        logger.setLevel(before)


def _mend(transport: Any) -> None:
    """Let what a broker says just before it hangs up be heard: kafka-python 3.0 drops it, and a refusal comes so."""
    received = transport._sock_recv

    def all_that_came(self: Any) -> tuple[bytes, Exception | None]:
        data, error = received(self)
        # The next read meets the end of the connection again, and reports it.
        return data, None if data else error

    transport._sock_recv = all_that_came


_mend(KafkaTCPTransport)
_mend(KafkaSSLTransport)
let_names_be_bytes(DefaultRecordBatch)
