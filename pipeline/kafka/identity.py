"""The identity of Kafka clients and their trust, by the settings: alike for kafka-python and Spark's Java client."""

from __future__ import annotations

import ssl
from base64 import b64decode
from binascii import Error as NotBase64
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.settings import KafkaSettings

_OLD_KEYS = ("-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN EC PRIVATE KEY-----")
_ENCRYPTED = "-----BEGIN ENCRYPTED PRIVATE KEY-----"
_PBES2 = bytes.fromhex("06092a864886f70d01050d")
"""The scheme of RFC 8018 that OpenSSL takes by itself, as it is named at the start of a key."""


def kafka_python_options(settings: KafkaSettings) -> dict[str, str]:
    """TLS and SASL as kafka-python's clients take them.

    Raises:
        ConfigError: a file can't be read or used, or SASL lacks its mechanism, user or password.
    """
    options: dict[str, str] = {}
    if _is_tls(settings):
        _check_files(settings)
        files = {
            "ssl_cafile": settings.ca_file,
            "ssl_certfile": settings.client_certificate_file,
            "ssl_keyfile": settings.client_key_file,
        }
        options |= {name: str(path) for name, path in files.items() if path is not None}
        if settings.client_key_password is not None:
            options["ssl_password"] = settings.client_key_password.get_secret_value()
    if _is_sasl(settings):
        mechanism, username, password = _sasl(settings)
        options |= {"sasl_mechanism": mechanism, "sasl_plain_username": username, "sasl_plain_password": password}
    return options


def java_options(settings: KafkaSettings) -> dict[str, str]:
    """TLS and SASL as Kafka's Java clients take them.

    The client's certificate and key are handed over as they are: where Spark runs on a cluster, its workers have
    no such files.

    Raises:
        ConfigError: as `kafka_python_options`, or the client's key is not PKCS#8, or encrypted as Java can't read it.
    """
    options: dict[str, str] = {}
    if _is_tls(settings):
        _check_files(settings)
        if settings.ca_file is not None:
            options |= {"ssl.truststore.type": "PEM", "ssl.truststore.location": str(settings.ca_file)}
        options |= _java_keystore(settings)
    if _is_sasl(settings):
        mechanism, username, password = _sasl(settings)
        module = "plain.PlainLoginModule" if mechanism == "PLAIN" else "scram.ScramLoginModule"
        options |= {
            "sasl.mechanism": mechanism,
            "sasl.jaas.config": (
                f"org.apache.kafka.common.security.{module} required "
                f"username={_quoted(username)} password={_quoted(password)};"
            ),
        }
    return options


def _is_tls(settings: KafkaSettings) -> bool:
    return settings.security_protocol.endswith("SSL")


def _is_sasl(settings: KafkaSettings) -> bool:
    return settings.security_protocol.startswith("SASL")


def _sasl(settings: KafkaSettings) -> tuple[str, str, str]:
    mechanism, username, password = settings.sasl_mechanism, settings.username, settings.password
    if mechanism is None or username is None or password is None:
        required = {"sasl_mechanism": mechanism, "username": username, "password": password}
        name = next(name for name, value in required.items() if value is None)
        raise ConfigError(
            f"kafka.{name} is not set, and {settings.security_protocol} needs it: set TWEETPULSE_KAFKA__{name.upper()}"
        )
    return mechanism, username, password.get_secret_value()


def _check_files(settings: KafkaSettings) -> None:
    """Look at the files before a client does, which would seem to be refused by the broker."""
    if settings.client_key_file is not None and settings.client_certificate_file is None:
        raise ConfigError(
            "kafka.client_key_file is set without its certificate: set TWEETPULSE_KAFKA__CLIENT_CERTIFICATE_FILE"
        )
    if settings.ca_file is not None:
        _require(settings.ca_file, "ca_file")
    if settings.client_certificate_file is None:
        return
    _require(settings.client_certificate_file, "client_certificate_file")
    if settings.client_key_file is not None:
        _require(settings.client_key_file, "client_key_file")
    _require_pair(settings)


def _require(path: Path, name: str) -> None:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} can't be read ({error.strerror}): mend TWEETPULSE_KAFKA__{name.upper()}") from None
    if b"-----BEGIN " not in text:
        raise ConfigError(f"{path} is not a PEM file: mend TWEETPULSE_KAFKA__{name.upper()}")


def _require_pair(settings: KafkaSettings) -> None:
    password = settings.client_key_password.get_secret_value() if settings.client_key_password else ""
    assert settings.client_certificate_file is not None
    try:
        # Without a password of its own, OpenSSL would ask for one at the terminal.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_cert_chain(settings.client_certificate_file, settings.client_key_file, lambda: password)
    except (ssl.SSLError, ValueError):
        raise ConfigError(
            "the Kafka client's certificate and key do not fit together, or the key needs another password: mend "
            "TWEETPULSE_KAFKA__CLIENT_CERTIFICATE_FILE, __CLIENT_KEY_FILE and __CLIENT_KEY_PASSWORD"
        ) from None


def _java_keystore(settings: KafkaSettings) -> dict[str, str]:
    certificate = settings.client_certificate_file
    if certificate is None:
        return {}
    key = _java_key(settings.client_key_file or certificate)
    options = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.certificate.chain": certificate.read_text(encoding="ascii", errors="replace"),
        "ssl.keystore.key": key,
    }
    if _ENCRYPTED in key and settings.client_key_password is not None:
        options["ssl.key.password"] = settings.client_key_password.get_secret_value()
    return options


def _java_key(file: Path) -> str:
    key = file.read_text(encoding="ascii", errors="replace")
    if any(mark in key for mark in _OLD_KEYS):
        raise ConfigError(
            f"the key in {file} is not PKCS#8, which Spark's Kafka client needs: convert it with "
            "`openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW`"
        )
    if _ENCRYPTED in key and _PBES2 in _first_bytes(key):
        raise ConfigError(
            f"the key in {file} is encrypted with PBES2, which Spark's Kafka client can't read: encrypt it with "
            "`openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES -in OLD -out NEW`, or not at all"
        )
    return key


def _first_bytes(key: str) -> bytes:
    # The name of the scheme is near the start; 64 characters of base64 can be decoded by themselves.
    try:
        return b64decode("".join(key.partition(_ENCRYPTED)[2].split())[:64])
    except NotBase64:
        return b""


def _quoted(text: str) -> str:
    # In JAAS a quote or a semicolon in a password would end the option, and the rest be read as options.
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
