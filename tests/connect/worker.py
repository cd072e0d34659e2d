"""A standalone worker of Kafka Connect, on loopback."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.embedded.ports import free_port
from pipeline.jvm.java import find_java
from tests.connect.downloads import parts
from tests.processes import started, until

_PROPERTIES = """\
bootstrap.servers={servers}
listeners=http://127.0.0.1:{port}
plugin.path={mongodb},{mysql}
offset.storage.file.filename={folder}/offsets
offset.flush.interval.ms=1000
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
config.providers=file
config.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider
"""


@dataclass(frozen=True)
class Worker:
    """A running worker, asked by its REST interface."""

    url: str

    def create(self, connector: Mapping[str, Any]) -> None:
        """Start a connector."""
        self._ask("POST", "/connectors", connector)

    def faults(self, name: str) -> list[str]:
        """What Connect says of the tasks of a connector that have failed."""
        said = self._ask("GET", f"/connectors/{name}/status")
        return [one["trace"] for one in (said["connector"], *said["tasks"]) if one["state"] == "FAILED"]

    def errors(self, config: Mapping[str, str]) -> dict[str, list[str]]:
        """The errors of each setting that the connector's own definition knows."""
        path = f"/connector-plugins/{config['connector.class']}/config/validate"
        values = [one["value"] for one in self._ask("PUT", path, config)["configs"]]
        return {value["name"]: value["errors"] for value in values}

    def is_ready(self) -> bool:
        """True if it answers; at first it does not, and then it knows no page."""
        try:
            return bool(self._ask("GET", "/"))
        except (OSError, AssertionError):
            return False

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error


@contextmanager
def worker(servers: str, folder: Path) -> Iterator[Worker]:
    """A worker for the broker; it ends with the block."""
    port = free_port()
    jars = parts()
    folder.mkdir()
    text = _PROPERTIES.format(servers=servers, port=port, folder=folder, mongodb=jars / "mongodb", mysql=jars / "mysql")
    (folder / "worker.properties").write_text(text)
    command = [
        str(find_java().executable),
        "-Xmx512m",
        f"-Djava.io.tmpdir={folder}",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        *("-cp", f"{jars / 'worker'}/*"),
        "org.apache.kafka.connect.cli.ConnectStandalone",
        str(folder / "worker.properties"),
    ]
    with started(command, folder / "log") as process:
        made = Worker(f"http://127.0.0.1:{port}")
        until(lambda: made.is_ready() or process.poll() is not None, "Connect")
        assert process.poll() is None, (folder / "log").read_text()[-2000:]
        yield made
