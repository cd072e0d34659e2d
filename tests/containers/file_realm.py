"""The roles and users of compose/accounts.py, in the files of an Elasticsearch whose API has none.

Runs in place of `accounts.py`, with its environment, and ends when each user gets in.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from importlib import import_module
from pathlib import Path

sys.path.insert(0, "/accounts")
accounts = import_module("accounts")

CONFIG = Path("/config")
PATIENCE = 60.0
"""Seconds. Elasticsearch looks at the files every five."""

BY_BULK = {"tweetpulse_setup": ["tweetpulse_writer"]}
"""Roles that are only needed here: without a data stream API, the set-up makes the data streams by a bulk request."""


def main() -> None:
    """Write the files, and wait."""
    users = {name: roles + BY_BULK.get(name, []) for name, (_, roles) in accounts.USERS.items()}
    passwords = {name: os.environ[variable] for name, (variable, _) in accounts.USERS.items()}
    known = accounts.roles()
    holders = {role: [user for user, roles in users.items() if role in roles] for role in known}
    # YAML holds JSON.
    write("roles.yml", "".join(f"{name}: {json.dumps(role)}\n" for name, role in known.items()))
    write("users_roles", "".join(f"{role}:{','.join(names)}\n" for role, names in holders.items()))
    write("users", "".join(f"{user}:{hashed(secret)}\n" for user, secret in passwords.items()))
    end = time.monotonic() + PATIENCE
    while not all(enters(user, secret) for user, secret in passwords.items()):
        if time.monotonic() > end:
            sys.exit("file_realm: Elasticsearch does not let in all users of its files")
        time.sleep(1)


def write(name: str, text: str) -> None:
    """Replace a file by one rename."""
    new = CONFIG / f".{name}.new"
    new.write_text(text, encoding="utf-8")
    new.replace(CONFIG / name)


def hashed(secret: str) -> str:
    """A password as the file realm keeps it."""
    salt = os.urandom(32)
    digest = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, 1000, 32)
    return f"{{PBKDF2}}1000${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def enters(user: str, secret: str) -> bool:
    """True if Elasticsearch knows the user by the password."""
    credentials = base64.b64encode(f"{user}:{secret}".encode()).decode()
    url = f"{os.environ['ELASTICSEARCH_URL']}/_security/_authenticate"
    request = urllib.request.Request(url, headers={"Authorization": f"Basic {credentials}"})
    trust = ssl.create_default_context(cafile=os.environ["CA_FILE"])
    try:
        with urllib.request.urlopen(request, timeout=10, context=trust) as answer:
            return bool(json.load(answer)["roles"])
    except urllib.error.HTTPError:
        return False


if __name__ == "__main__":
    main()
