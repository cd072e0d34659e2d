"""Kibana's HTTP API, as far as provisioning needs it: status, import of saved objects, connectors and rules."""

from __future__ import annotations

import base64
import re
import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import urllib3

from pipeline.errors import ConfigError, SetupError
from pipeline.settings import KibanaSettings

OLDEST = (8, 11)
"""Older ones do not know the panel of links, or refuse the dashboards."""

_READY = ("available", "degraded")
# Kibana refuses a PUT with other fields than these: the others are fixed when a rule is made.
_RULE_CHANGES = ("name", "tags", "schedule", "params", "actions")
_CONNECTOR_CHANGES = ("name", "config", "secrets")
_PAUSE = 1.0

Json = dict[str, Any]


class Kibana:
    """A client that follows no redirect and repeats nothing by itself.

    Raises:
        ConfigError: the CA file can't be read.
    """

    def __init__(self, settings: KibanaSettings) -> None:
        self._settings = settings
        self._url = settings.url.rstrip("/")
        self._headers = {"kbn-xsrf": "tweetpulse"} | _authorization(settings)
        self._pool = urllib3.PoolManager(
            ssl_context=_trust(settings),
            timeout=settings.request_timeout,
            retries=False,
        )

    def await_ready(
        self, sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic
    ) -> str:
        """Wait until it is ready; its version, or `?` where it tells nobody.

        Raises:
            SetupError: it does not get ready within `start_timeout` seconds, is too old, or is no Kibana.
            ConfigError: it refuses the user, or its certificate is not trusted.
        """
        until = clock() + self._settings.start_timeout
        while (found := self._version_if_ready()) is None:
            if clock() >= until:
                raise SetupError(
                    f"Kibana at {self._url} was not ready within {self._settings.start_timeout:.0f} s: "
                    "start it and look at its log, or set TWEETPULSE_KIBANA__URL"
                )
            sleep(_PAUSE)
        _require_recent(found)
        return found

    def import_objects(self, ndjson: bytes) -> int:
        """Import saved objects over those of the same id; how many.

        Raises:
            SetupError: some were not taken; the message names each with its reason.
            ConfigError: the user may not.
        """
        answer = self._checked(
            "POST",
            "/api/saved_objects/_import?overwrite=true",
            fields={"file": ("tweetpulse.ndjson", ndjson, "application/ndjson")},
        )
        # Kibana answers 200 also if it has taken only some of the objects.
        if not answer.get("success"):
            failed = "; ".join(map(_failure, answer.get("errors", []))) or "no reason given"
            raise SetupError(f"Kibana took {answer.get('successCount', 0)} saved objects, but not {failed}")
        return int(answer["successCount"])

    def put_connector(self, connector: Json) -> None:
        """Make a connector, or bring the one of this id up to date."""
        self._put("/api/actions/connector/", {"config": {}, "secrets": {}} | connector, _CONNECTOR_CHANGES)

    def put_rule(self, rule: Json) -> None:
        """Make an alerting rule, or bring the one of this id up to date; whether it is enabled stays."""
        self._put("/api/alerting/rule/", rule, _RULE_CHANGES)

    def _put(self, path: str, body: Json, changes: tuple[str, ...]) -> None:
        path += quote(body["id"], safe="")
        # Kibana's PUT makes nothing, and its POST refuses an id that is there.
        if self._request("GET", path).status == 404:
            self._checked("POST", path, json={name: value for name, value in body.items() if name != "id"})
        else:
            self._checked("PUT", path, json={name: body[name] for name in changes})

    def _version_if_ready(self) -> str | None:
        try:
            response = self._request("GET", "/api/status")
        except SetupError:
            return None
        # Kibana answers so while it starts, and so does a proxy in front of it.
        if response.status in (502, 503, 504):
            return None
        status = self._body(response)
        if status.get("status", {}).get("overall", {}).get("level") in _READY:
            return str(status.get("version", {}).get("number", "?"))
        return None

    def _checked(self, method: str, path: str, **content: Any) -> Json:
        return self._body(self._request(method, path, **content))

    def _request(self, method: str, path: str, **content: Any) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(method, self._url + path, headers=self._headers, **content)
        except urllib3.exceptions.SSLError:
            raise ConfigError(
                f"the certificate of Kibana at {self._url} is not trusted: set TWEETPULSE_KIBANA__CA_FILE to its CA"
            ) from None
        except (urllib3.exceptions.LocationValueError, ValueError):
            raise ConfigError(f"{self._url} is not a URL: mend TWEETPULSE_KIBANA__URL") from None
        except urllib3.exceptions.HTTPError:
            raise SetupError(
                f"Kibana at {self._url} does not answer: start it, or set TWEETPULSE_KIBANA__URL"
            ) from None

    def _body(self, response: urllib3.BaseHTTPResponse) -> Json:
        body = _json(response)
        if response.status == 401:
            raise ConfigError(
                f"Kibana at {self._url} refuses the user or the password: "
                "set TWEETPULSE_KIBANA__USERNAME and TWEETPULSE_KIBANA__PASSWORD"
            )
        if response.status == 403:
            raise ConfigError(f"Kibana at {self._url} does not let this user do that: {_said(body)}")
        if response.status != 200 or body is None:
            raise SetupError(f"Kibana at {self._url} answered {response.status}: {_said(body)}")
        return body


def _trust(settings: KibanaSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        reason = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigError(f"{settings.ca_file} can't be used ({reason}): mend TWEETPULSE_KIBANA__CA_FILE") from None


def _authorization(settings: KibanaSettings) -> dict[str, str]:
    if settings.username is None:
        return {}
    password = settings.password.get_secret_value() if settings.password else ""
    both = base64.b64encode(f"{settings.username}:{password}".encode()).decode("ascii")
    return {"authorization": f"Basic {both}"}


def _json(response: urllib3.BaseHTTPResponse) -> Json | None:
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _said(body: Json | None) -> str:
    if body is None:
        return "no JSON, so it may not be Kibana; check TWEETPULSE_KIBANA__URL"
    return str(body.get("message") or body.get("error") or "no reason given")[:300]


def _failure(error: Json) -> str:
    title = error.get("meta", {}).get("title") or error.get("title") or error.get("id")
    cause = error.get("error", {})
    missing = ", ".join(f"{r.get('type')} {r.get('id')}" for r in cause.get("references", []))
    reason = cause.get("message") or missing
    return f"{error.get('type')} “{title}” ({cause.get('type', 'unknown')}{': ' if reason else ''}{reason})"


def _require_recent(version: str) -> None:
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if numbers and numbers < OLDEST:
        raise SetupError(f"Kibana {version} is too old for these dashboards: use {OLDEST[0]}.{OLDEST[1]} or newer")
