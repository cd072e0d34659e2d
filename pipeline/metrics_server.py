"""Serves a registry at /metrics, for any process of the project: plainly, or by TLS and with a password."""

from __future__ import annotations

import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from hmac import compare_digest
from secrets import token_bytes
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app

from pipeline.errors import ConfigError, SetupError
from pipeline.settings import TelemetrySettings

PATIENCE = 10.0
"""Seconds that a client may be silent: one that only connects must not hold a thread for ever."""

OPEN = TelemetrySettings()
"""Plain HTTP for whoever reaches the port."""

_App = Callable[[dict[str, Any], Any], Any]


@contextmanager
def serving(
    registry: CollectorRegistry, host: str, port: int, setting: str, access: TelemetrySettings = OPEN
) -> Iterator[str]:
    """Listen as long as the block runs, and yield the page's URL. Port 0 takes a free one.

    Args:
        registry: what is on the page.
        host: where it listens.
        port: where it listens.
        setting: chooses another port; it is named where this one is taken.
        access: the certificate, and the user and the password, if there are any.

    Raises:
        SetupError: the port is taken, or the host is not this machine's.
        ConfigError: the certificate can't be used, or there is half of a user and a password.
    """
    app, context = _guarded(make_wsgi_app(registry), access), _context(access)
    try:
        server = _server(host, port, context)
    except OSError as error:
        raise SetupError(
            f"/metrics can't listen on {host}:{port} ({error.strerror}): set {setting} to another (0 takes a free one)"
        ) from None
    server.set_app(app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        scheme = "https" if context else "http"
        yield f"{scheme}://{f'[{host}]' if ':' in host else host}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


def authorization(access: TelemetrySettings) -> str | None:
    """The header's value that lets in; None where nobody is asked.

    Raises:
        ConfigError: there is a user without a password, or a password without a user.
    """
    if access.username is None and access.password is None:
        return None
    if access.username is None or access.password is None:
        missing = "USERNAME" if access.username is None else "PASSWORD"
        raise ConfigError(f"/metrics needs both a user and a password: set TWEETPULSE_TELEMETRY__{missing}")
    if ":" in access.username:
        raise ConfigError("a user of /metrics can't have a colon in its name: mend TWEETPULSE_TELEMETRY__USERNAME")
    both = f"{access.username}:{access.password.get_secret_value()}".encode()
    return f"Basic {b64encode(both).decode('ascii')}"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def __init__(self, family: socket.AddressFamily, address: str, port: int, context: ssl.SSLContext | None) -> None:
        self.address_family = family
        self._context = context
        super().__init__((address, port), _Handler)

    def get_request(self) -> tuple[Any, Any]:
        """The next connection. Its handshake is left to its own thread, or one client could keep all others out."""
        connection, address = super().get_request()
        connection.settimeout(PATIENCE)
        if self._context is not None:
            connection = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up, or speaks something else, is no fault of ours."""


class _Handler(WSGIRequestHandler):
    timeout = PATIENCE

    def log_message(self, *_: object) -> None:
        """Say nothing: a scrape every few seconds is no event."""


def _server(host: str, port: int, context: ssl.SSLContext | None) -> _Server:
    # The host may be a name, or an address of IPv6.
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = found[0]
    return _Server(family, str(address[0]), port, context)


def _context(access: TelemetrySettings) -> ssl.SSLContext | None:
    if access.certificate_file is None:
        if access.key_file is not None:
            raise ConfigError(
                "telemetry.key_file is set without its certificate: set TWEETPULSE_TELEMETRY__CERTIFICATE_FILE"
            )
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # An encrypted key would ask for its password at the terminal.
        context.load_cert_chain(access.certificate_file, access.key_file, lambda: "")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
        raise ConfigError(
            f"the certificate {access.certificate_file} and its key can't be used "
            f"({reason or 'they are no PEM, do not fit together, or the key is encrypted'}): "
            "mend TWEETPULSE_TELEMETRY__CERTIFICATE_FILE and __KEY_FILE"
        ) from None
    return context


def _guarded(app: _App, access: TelemetrySettings) -> _App:
    wanted = authorization(access)
    if wanted is None:
        return app
    salt = token_bytes(16)
    expected = _digest(salt, wanted)

    def asking(environ: dict[str, Any], start_response: Any) -> Any:
        # Digests are of one length, whatever is sent: how long the comparison takes tells nothing.
        if compare_digest(_digest(salt, environ.get("HTTP_AUTHORIZATION", "")), expected):
            return app(environ, start_response)
        headers = [("WWW-Authenticate", 'Basic realm="tweetpulse"'), ("Content-Length", "0")]
        start_response("401 Unauthorized", headers)
        return [b""]

    return asking


def _digest(salt: bytes, text: str) -> bytes:
    return sha256(salt + text.encode("utf-8", "surrogateescape")).digest()
