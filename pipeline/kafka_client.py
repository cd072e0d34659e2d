"""What every kafka-python client of this project shares: its options, and how its errors are told to people."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from kafka import errors as kafka

from pipeline.errors import ConfigError, PipelineError, SetupError
from pipeline.settings import KafkaSettings

T = TypeVar("T")

DENIALS = (kafka.SaslAuthenticationFailedError, kafka.UnsupportedSaslMechanismError)
UNREACHABLE = (kafka.KafkaTimeoutError, kafka.KafkaConnectionError, kafka.NodeNotReadyError)

BOOTSTRAP_TIMEOUT = 10.0
"""Seconds that a client tries to reach a first broker."""


def kafka_options(settings: KafkaSettings) -> dict[str, Any]:
    """The keyword arguments that any kafka-python client (producer, consumer, admin) takes.

    Raises:
        ConfigError: SASL is asked for and its mechanism, user or password is missing.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": [server.strip() for server in settings.bootstrap_servers.split(",")],
        "security_protocol": settings.security_protocol,
        "bootstrap_timeout_ms": int(BOOTSTRAP_TIMEOUT * 1000),
    }
    if settings.ca_file is not None:
        options["ssl_cafile"] = str(settings.ca_file)
    if settings.security_protocol.startswith("SASL"):
        options |= _sasl(settings)
    return options


def connect(client: Callable[..., T], settings: KafkaSettings, **options: Any) -> T:
    """A connected kafka-python client (`KafkaProducer`, `KafkaConsumer`, `KafkaAdminClient`).

    Raises:
        ConfigError: SASL settings are missing, or the broker refuses the user or the password.
        SetupError: the broker can't be reached.
    """
    with kafka_errors(settings), _reasons() as reasons:
        try:
            return client(**kafka_options(settings) | options)
        except kafka.KafkaTimeoutError as error:
            raise next((reason for reason in reasons if isinstance(reason, DENIALS)), error) from error


@contextmanager
def kafka_errors(settings: KafkaSettings) -> Iterator[None]:
    """Turn kafka-python's errors into ours.

    Raises:
        ConfigError: the broker refuses the credentials or the permission.
        SetupError: the broker can't be reached, or refuses for a reason of its own.
    """
    try:
        yield
    except kafka.KafkaError as error:
        raise as_pipeline_error(error, settings) from error


def as_pipeline_error(error: BaseException, settings: KafkaSettings) -> PipelineError:
    """The error of ours that says what kafka-python's says, in one line and with what to do."""
    servers = settings.bootstrap_servers
    if isinstance(error, DENIALS):
        return ConfigError(
            f"Kafka at {servers} refuses the user or the password: "
            "set TWEETPULSE_KAFKA__USERNAME, __PASSWORD and __SASL_MECHANISM"
        )
    if isinstance(error, kafka.AuthorizationError):
        return ConfigError(
            f"Kafka at {servers} does not let this user do that ({type(error).__name__}): grant it, or use another"
        )
    if isinstance(error, UNREACHABLE):
        return SetupError(
            f"Kafka at {servers} does not answer: start it (`tweetpulse up` runs one here), "
            "or set TWEETPULSE_KAFKA__BOOTSTRAP_SERVERS and __SECURITY_PROTOCOL"
        )
    return SetupError(f"Kafka at {servers} refused: {type(error).__name__}")


def _sasl(settings: KafkaSettings) -> dict[str, Any]:
    required = {"sasl_mechanism": settings.sasl_mechanism, "username": settings.username, "password": settings.password}
    for name, value in required.items():
        if value is None:
            raise ConfigError(
                f"kafka.{name} is not set, and {settings.security_protocol} needs it: "
                f"set TWEETPULSE_KAFKA__{name.upper()}"
            )
    assert settings.password is not None
    return {
        "sasl_mechanism": settings.sasl_mechanism,
        "sasl_plain_username": settings.username,
        "sasl_plain_password": settings.password.get_secret_value(),
    }


@contextmanager
def _reasons() -> Iterator[list[object]]:
    """What kafka-python logs while it connects: a refused password shows there only, its own error says time-out."""
    reasons: list[object] = []
    listener = logging.Handler(logging.WARNING)
    listener.emit = lambda record: reasons.extend(record.args or ())  # type: ignore[method-assign]
    logger = logging.getLogger("kafka")
    before = logger.level
    logger.addHandler(listener)
    # Whoever has silenced it meanwhile does not want to see it, but the reason must be heard.
    logger.setLevel(logging.WARNING)
    try:
        yield reasons
    finally:
        logger.removeHandler(listener)
        logger.setLevel(before)
