import logging
from pathlib import Path

import certifi
import pytest
from kafka import errors as kafka
from pydantic import SecretStr

from pipeline.errors import ConfigError, SetupError
from pipeline.kafka.client import as_pipeline_error, connect, kafka_options
from pipeline.settings import KafkaSettings


def test_plain_options():
    """One address or several."""
    options = kafka_options(KafkaSettings(bootstrap_servers="a:1, b:2"))
    assert options["bootstrap_servers"] == ["a:1", "b:2"]
    assert "sasl_mechanism" not in options


def test_sasl_options():
    """User, password and certificate reach the client."""
    settings = KafkaSettings(
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        username="u",
        password=SecretStr("p"),
        ca_file=Path(certifi.where()),
    )
    options = kafka_options(settings)
    assert {name: value for name, value in options.items() if name.startswith(("sasl", "ssl", "security"))} == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "u",
        "sasl_plain_password": "p",
        "ssl_cafile": certifi.where(),
    }


@pytest.mark.parametrize("missing", ["sasl_mechanism", "username", "password"])
def test_sasl_wants_all_three(missing):
    """The error names the setting, and never holds the password."""
    given = {"sasl_mechanism": "PLAIN", "username": "u", "password": SecretStr("hush")}
    del given[missing]
    with pytest.raises(ConfigError, match=f"TWEETPULSE_KAFKA__{missing.upper()}") as error:
        kafka_options(KafkaSettings(security_protocol="SASL_SSL", **given))
    assert "hush" not in error.value.message


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (kafka.SaslAuthenticationFailedError(), ConfigError),
        (kafka.TopicAuthorizationFailedError("t"), ConfigError),
        (kafka.KafkaTimeoutError("t"), SetupError),
        (kafka.KafkaConnectionError("t"), SetupError),
        (kafka.InvalidReplicationFactorError("t"), SetupError),
    ],
)
def test_each_error_has_its_own(error, kind):
    """One line, with the address."""
    told = as_pipeline_error(error, KafkaSettings(bootstrap_servers="broker.test:9"))
    assert type(told) is kind
    assert "broker.test:9" in told.message
    assert "\n" not in told.message


@pytest.mark.parametrize("level", [logging.NOTSET, logging.CRITICAL], ids=["heard", "silenced"])
def test_a_refused_password_is_told_apart_from_a_dead_broker(level):
    """The client reports a time-out in both cases; the reason is in its log, even if that is silenced."""
    logging.getLogger("kafka").setLevel(level)

    def refused(**options):
        logging.getLogger("kafka.net.manager").warning("failed: %s", kafka.SaslAuthenticationFailedError("no"))
        raise kafka.KafkaTimeoutError("Unable to bootstrap")

    def dead(**options):
        raise kafka.KafkaTimeoutError("Unable to bootstrap")

    with pytest.raises(ConfigError, match="refuses the user or the password"):
        connect(refused, KafkaSettings())
    with pytest.raises(SetupError, match="does not answer"):
        connect(dead, KafkaSettings())
    assert logging.getLogger("kafka").level == level
    logging.getLogger("kafka").setLevel(logging.NOTSET)
