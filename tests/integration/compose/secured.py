"""An Elasticsearch with security on, and compose's roles and users in its file realm (it has no API for them)."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.embedded import elasticsearch
from pipeline.embedded.guard import guarded
from pipeline.embedded.ports import free_port
from pipeline.embedded.processes import unprivileged
from pipeline.jvm import jars
from pipeline.jvm.java import find_java
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from tests.certificates import Authority
from tests.paths import ROOT
from tests.stacks import stack_settings

BARE = {
    "only_writer": ["tweetpulse_writer"],
    "only_setup": ["tweetpulse_setup"],
    "only_eraser": ["tweetpulse_eraser"],
    "only_windows": ["tweetpulse_windows"],
    "only_topics": ["tweetpulse_topics"],
    # This server has no data stream API, so that the set-up makes the data streams by a bulk.
    "setup_by_bulk": ["tweetpulse_setup", "tweetpulse_writer"],
}
"""Users beyond compose's own, to see what one role alone may do."""


@contextmanager
def secured(state_dir: Path, ca: Authority | None = None) -> Iterator[ElasticsearchSettings]:
    """The server, for as long as the block runs, by TLS where there is a CA; its settings are without a user."""
    settings = stack_settings(state_dir)
    folder, port, account, java = state_dir / "elasticsearch", free_port(), unprivileged(), find_java()
    unpacked = jars.resolve(settings, ["elasticsearch"])["elasticsearch"]
    elasticsearch.prepare(folder, port, settings.embedded.elasticsearch_heap, None)
    _secure(folder / "config")
    if ca:
        _speak_tls(folder / "config", ca)
    with guarded(state_dir, delete_data=True):
        for path in [folder, *folder.rglob("*")] if account else []:
            os.chown(path, account.user, account.group)
        if elasticsearch.start(folder, unpacked, java, account).wait() != 0:
            raise AssertionError(elasticsearch.log_files(folder)[1].read_text()[-2000:])
        url = f"https://localhost:{port}" if ca else f"http://127.0.0.1:{port}"
        yield ElasticsearchSettings(url=url, ca_file=ca.file if ca else None, namespace="secured", request_timeout=60)


def password(user: str) -> str:
    """Each user's own."""
    return f"password of {user}"


def _secure(config: Path) -> None:
    main = config / "elasticsearch.yml"
    main.write_text(main.read_text().replace("xpack.security.enabled: false", "xpack.security.enabled: true"))
    accounts = _accounts()
    # YAML holds JSON.
    (config / "roles.yml").write_text("".join(f"{name}: {json.dumps(r)}\n" for name, r in accounts.roles().items()))
    users = {name: roles for name, (_, roles) in accounts.USERS.items()} | BARE
    (config / "users").write_text("".join(f"{user}:{_hashed(password(user))}\n" for user in users))
    holders = {role: [u for u, roles in users.items() if role in roles] for role in accounts.roles()}
    (config / "users_roles").write_text("".join(f"{role}:{','.join(names)}\n" for role, names in holders.items()))


def _speak_tls(config: Path, ca: Authority) -> None:
    pair = ca.sign("elasticsearch", hosts=("localhost",))
    (config / "elasticsearch.crt").write_bytes(pair.certificate.read_bytes())
    (config / "elasticsearch.key").write_bytes(pair.key.read_bytes())
    with (config / "elasticsearch.yml").open("a") as main:
        main.write("xpack.security.http.ssl.enabled: true\nxpack.security.authc.api_key.enabled: true\n")
        main.write("xpack.security.http.ssl.certificate: elasticsearch.crt\n")
        main.write("xpack.security.http.ssl.key: elasticsearch.key\n")


def _accounts() -> Any:
    spec = importlib.util.spec_from_file_location("accounts", ROOT / "compose/accounts.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _hashed(secret: str) -> str:
    salt = os.urandom(32)
    digest = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, 1000, 32)
    return f"{{PBKDF2}}1000${b64encode(salt).decode()}${b64encode(digest).decode()}"
