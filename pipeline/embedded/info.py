"""Facts about a stack: `stack.json` in its state folder, written when a server starts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline import private_files
from pipeline.errors import SetupError

ServerName = Literal["kafka", "elasticsearch", "exporter", "prometheus", "grafana"]
ServerState = Literal["running", "not answering", "dead", "stopped"]


class ServerInfo(BaseModel):
    """One server: its address, its version and its process (`started`: seconds of the epoch)."""

    model_config = ConfigDict(frozen=True)

    name: ServerName
    address: str
    port: int
    version: str
    pid: int
    started: float


class StackInfo(BaseModel):
    """The servers of one stack: Kafka and Elasticsearch, unless somebody brings their own, and what shows them."""

    model_config = ConfigDict(frozen=True)

    state_dir: Path
    servers: tuple[ServerInfo, ...]

    @property
    def kafka(self) -> ServerInfo:
        """The broker; its address is a bootstrap server."""
        return self._named("kafka")

    @property
    def elasticsearch(self) -> ServerInfo:
        """The Elasticsearch; its address is a URL."""
        return self._named("elasticsearch")

    def find(self, name: ServerName) -> ServerInfo | None:
        """One server, if this stack has it."""
        return next((server for server in self.servers if server.name == name), None)

    def _named(self, name: ServerName) -> ServerInfo:
        server = self.find(name)
        if server is None:
            raise SetupError(f"the stack in {self.state_dir} has no {name}: run `tweetpulse up`")
        return server


def save(info: StackInfo) -> None:
    """Write `stack.json` in one step."""
    path = _file(info.state_dir)
    draft = path.with_suffix(".tmp")
    with open(draft, "w", encoding="utf-8", opener=private_files.opener) as file:
        file.write(info.model_dump_json(indent=2) + "\n")
    draft.replace(path)


def load(state_dir: Path) -> StackInfo | None:
    """The stack last started in a state folder, or None; a spoilt file counts as none."""
    try:
        return StackInfo.model_validate_json(_file(state_dir).read_bytes())
    except (OSError, ValidationError):
        return None


def forget(state_dir: Path) -> None:
    """Remove `stack.json`."""
    try:
        _file(state_dir).unlink(missing_ok=True)
    except OSError as error:
        raise SetupError(f"{state_dir} can't be written ({error.strerror}): it is another user's") from None


def _file(state_dir: Path) -> Path:
    return state_dir / "stack.json"
