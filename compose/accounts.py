"""Elasticsearch's roles and users: a role per file in `roles/`, a user for each part that needs one.

Run once by compose, before Kibana. Running it again sets the passwords to what `.env` says now.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elasticsearch import ApiError, Elasticsearch, TransportError

ROLES = Path(__file__).parent / "roles"

USERS = {
    "tweetpulse_setup": (
        "SETUP_PASSWORD",
        ["tweetpulse_setup", "tweetpulse_reader", "tweetpulse_eraser", "kibana_admin"],
    ),
    "tweetpulse_stream": ("STREAM_PASSWORD", ["tweetpulse_writer"]),
    "tweetpulse_exporter": ("EXPORTER_PASSWORD", ["tweetpulse_exporter"]),
    "tweetpulse_windows": ("WINDOWS_PASSWORD", ["tweetpulse_windows"]),
    "tweetpulse_grafana": ("GRAFANA_READER_PASSWORD", ["tweetpulse_reader"]),
    "analyst": ("ANALYST_PASSWORD", ["tweetpulse_reader", "tweetpulse_labeller", "tweetpulse_topics", "kibana_admin"]),
}


def roles(folder: Path = ROLES) -> dict[str, dict[str, Any]]:
    """Role → its body: the file's name is the role's."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def make_accounts(client: Elasticsearch, environment: Mapping[str, str]) -> None:
    """Make, or bring up to date, all roles and users."""
    for name, body in roles().items():
        client.security.put_role(name=name, cluster=body["cluster"], indices=body["indices"])
    for name, (variable, names) in USERS.items():
        client.security.put_user(username=name, password=environment[variable], roles=names)
    client.security.change_password(username="kibana_system", password=environment["KIBANA_SYSTEM_PASSWORD"])


def main(environment: Mapping[str, str]) -> int:
    """The exit code; a refusal is one line."""
    elastic = ("elastic", environment["ELASTIC_PASSWORD"])
    try:
        with Elasticsearch(
            environment["ELASTICSEARCH_URL"], ca_certs=environment["CA_FILE"], basic_auth=elastic
        ) as client:
            make_accounts(client, environment)
    except (ApiError, TransportError) as error:
        print(f"accounts: Elasticsearch refused: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
