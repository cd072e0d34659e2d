"""A MariaDB, from Debian's packages, on loopback."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

from pipeline.embedded.ports import free_port
from tests.processes import started, until
from tests.rules.debian import program, unpacked

_TABLES = ("mysql_system_tables.sql", "mysql_performance_tables.sql")


@dataclass(frozen=True)
class Database:
    """A running server with a database and a user, both named `tweetpulse`."""

    socket: Path
    port: int
    password: str = field(repr=False)

    @property
    def url(self) -> str:
        """As JDBC has it."""
        return f"jdbc:mariadb://127.0.0.1:{self.port}/tweetpulse"

    def rows(self, query: str) -> list[Any]:
        """The rows of a statement; a query must select one column of JSON."""
        command = [str(program("mariadb", "mariadb-client-core")), "--no-defaults", f"--socket={self.socket}"]
        options = ["--user=tweetpulse", "--default-character-set=utf8mb4", "--batch", "--raw", "--skip-column-names"]
        told = os.environ | {"MYSQL_PWD": self.password}
        done = subprocess.run(
            [*command, *options, f"--execute={query}", "tweetpulse"],
            env=told,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@contextmanager
def mariadb(folder: Path) -> Iterator[Database]:
    """A server with an empty database; it ends with the block."""
    made = Database(folder / "socket", free_port(), token_hex(16))
    package = unpacked("mariadb-server-core")
    (folder / "data").mkdir(parents=True)
    command = [
        *(str(package / "usr/sbin/mariadbd"), "--no-defaults", f"--datadir={folder / 'data'}"),
        *(f"--tmpdir={folder}", f"--lc-messages-dir={package / 'usr/share/mysql'}", "--innodb-log-file-size=16M"),
        *(["--user=root"] if os.geteuid() == 0 else []),
    ]
    libraries = [unpacked(name) / "usr/lib/x86_64-linux-gnu" for name in ("liburing2", "libaio1")]
    environment = os.environ | {"LD_LIBRARY_PATH": ":".join(map(str, libraries))}
    tables = "\n".join((package / "usr/share/mysql" / name).read_text() for name in _TABLES)
    statements = f"create database mysql;\nuse mysql;\n{tables}\n"
    subprocess.run([*command, "--bootstrap"], input=statements, env=environment, text=True, check=True, timeout=120)
    (folder / "init.sql").write_text(
        "create database tweetpulse character set utf8mb4;\n"
        f"create user tweetpulse@localhost identified by '{made.password}';\n"
        "grant all on tweetpulse.* to tweetpulse@localhost;\n"
    )
    options = ["--bind-address=127.0.0.1", f"--port={made.port}", f"--socket={made.socket}"]
    with started([*command, *options, f"--init-file={folder / 'init.sql'}"], folder / "log", environment) as process:
        until(lambda: "ready for connections" in (folder / "log").read_text() or process.poll() is not None, "MariaDB")
        assert process.poll() is None, (folder / "log").read_text()[-2000:]
        yield made
