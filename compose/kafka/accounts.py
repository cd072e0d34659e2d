"""Kafka's users and what each may do: users by SCRAM, their rights out of `acls.json`.

Run once by compose, before the topics are made. Running it again sets the passwords to what `.env` says now, gives
the rights that are missing and takes away those that are not in the file.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka.errors import KafkaError

ACLS = Path(__file__).parent / "acls.json"

PASSWORDS = {
    "setup": "KAFKA_SETUP_PASSWORD",
    "source": "KAFKA_SOURCE_PASSWORD",
    "stream": "KAFKA_STREAM_PASSWORD",
    "exporter": "KAFKA_EXPORTER_PASSWORD",
    "archive": "KAFKA_ARCHIVE_PASSWORD",
    "windows": "KAFKA_WINDOWS_PASSWORD",
    "replay": "KAFKA_REPLAY_PASSWORD",
    "reader": "KAFKA_READER_PASSWORD",
}
"""User → the variable that holds its password."""


def acls(text: str, names: Mapping[str, str] | None = None) -> Iterator[ACL]:
    """The file's rights, one by one; `names` gives topics other names than those in it."""
    for user, rights in json.loads(text).items():
        for right in rights:
            kind, pattern = ResourceType[right["resource"].upper()], ACLResourcePatternType.LITERAL
            name = (names or {}).get(right["name"], right["name"])
            if name.endswith("*") and name != "*":
                name, pattern = name.removesuffix("*"), ACLResourcePatternType.PREFIXED
            for operation in right["operations"]:
                yield ACL(
                    principal=f"User:{user}",
                    host="*",
                    operation=ACLOperation[operation.upper()],
                    permission_type=ACLPermissionType.ALLOW,
                    resource_pattern=ResourcePattern(kind, name, pattern),
                )


def make_accounts(
    client: KafkaAdminClient, passwords: Mapping[str, str], names: Mapping[str, str] | None = None
) -> None:
    """Make, or bring up to date, users and rights.

    Raises:
        KafkaError: the broker does not let one be made.
    """
    changes = [
        UserScramCredentialUpsertion(user, ScramMechanism.SCRAM_SHA_512, password, iterations=4096)
        for user, password in passwords.items()
    ]
    # Neither of the two raises what the broker says of one of them.
    _raise(error for error in client.alter_user_scram_credentials(changes).values() if error)
    wanted = set(acls(ACLS.read_text(encoding="utf-8"), names))
    there, _ = client.describe_acls(_everything())
    outdated = [acl for acl in there if acl not in wanted and acl.principal.removeprefix("User:") in passwords]
    if outdated:
        client.delete_acls([_exactly(acl) for acl in outdated])
    missing = wanted.difference(there)
    if missing:
        _raise(error for _, error in client.create_acls(list(missing))["failed"])


def _raise(errors: Iterable[object]) -> None:
    for error in errors:
        raise KafkaError(str(error))


def main(environment: Mapping[str, str]) -> int:
    """The exit code; a refusal is one line."""
    try:
        client = KafkaAdminClient(
            bootstrap_servers=environment["KAFKA_SERVERS"],
            security_protocol="SASL_SSL",
            sasl_mechanism="PLAIN",
            sasl_plain_username="admin",
            sasl_plain_password=environment["KAFKA_ADMIN_PASSWORD"],
            ssl_cafile=environment["CA_FILE"],
            bootstrap_timeout_ms=60_000,
        )
        make_accounts(client, {user: environment[variable] for user, variable in PASSWORDS.items()})
        client.close()
    except KafkaError as error:
        print(f"accounts: Kafka refused: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _everything() -> ACLFilter:
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    return ACLFilter(
        principal=None, host=None, operation=ACLOperation.ANY, permission_type=ACLPermissionType.ANY,
        resource_pattern=anything,
    )  # fmt: skip


def _exactly(acl: ACL) -> ACLFilter:
    where = acl.resource_pattern
    return ACLFilter(
        principal=acl.principal, host=acl.host, operation=acl.operation, permission_type=acl.permission_type,
        resource_pattern=ResourcePatternFilter(where.resource_type, where.resource_name, where.pattern_type),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(os.environ))
