"""Record what a version leaves behind: `python -m tests.upgrades.record CHECKOUT FILE.tar.xz`.

The commands of the version in the checkout start real servers in an empty state folder, index tweets, train and promote
a model, label a tweet and forget another one, publish more tweets that nobody reads, and stop. The state folder is the
record: the logs of Kafka, the data of Elasticsearch, the checkpoint, the registry and the list of the forgotten.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import urllib3
from rich.console import Console

from pipeline.private_files import opener
from tests.datasets import generated
from tests.stacks import state_folder

_OUT = Console(highlight=False, soft_wrap=True)

FIRST, SECOND = 200, 250
"""Rows of one file: indexed, and then published once more with further ones, which are left for the next version."""

FACTS = "facts.json"
_ALIAS = "tweetpulse-tweets"
_LEFT_OUT = re.compile(r"/(stack\.json|logs|tmp|exporter|config|[^/]*\.(png|lock|log|properties)|\.lock)$")
_RECORDS = re.compile(r"/kafka/data/")
SETTINGS = {
    "TWEETPULSE_TELEMETRY__STREAM_PORT": "0",
    "TWEETPULSE_TELEMETRY__EXPORTER_PORT": "0",
    # A record is started years later: a century, so that Kafka has not deleted the tweets of it by then.
    "TWEETPULSE_KAFKA__RETENTION_HOURS": "1000000",
}
"""What the recorded version and the one that starts the record are told."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a record holds.

    Attributes:
        commit: that made it.
        champion: the version of the model of complaints.
        labelled, forgotten: the ids of a tweet that has a label, and of one that is gone for good.
        documents: those of tweets.
    """

    commit: str
    champion: str
    labelled: str
    forgotten: str
    documents: int


def main() -> None:
    """Record the version of a checkout."""
    checkout, file = (Path(argument).resolve() for argument in sys.argv[1:])
    with state_folder() as folder, tempfile.TemporaryDirectory() as tweets:
        state = folder / "state"
        facts = _recorded(checkout, state, Path(tweets))
        with open(state / FACTS, "w", encoding="utf-8", opener=opener) as kept:
            json.dump(asdict(facts), kept, indent=1)
        with tarfile.open(file, "w:xz", preset=9) as archive:
            archive.add(state, "state", filter=_kept)
    _OUT.print(f"{file}: {file.stat().st_size / 1e3:.0f} kB, {facts}")


def _recorded(checkout: Path, state: Path, tweets: Path) -> Facts:
    generated.write(tweets)
    rows = str(tweets / "kaggle_entity/twitter_training.csv")

    def command(*arguments: str) -> str:
        return _output([sys.executable, "-m", "pipeline", "--state-dir", str(state), *arguments], checkout)

    command("up", "--kafka-port", "0", "--elasticsearch-port", "0")
    try:
        command("train", "complaint", "--data", str(tweets / "complaints/complaints.csv"))
        (champion,) = (path.name for path in (state / "models/complaint/versions").iterdir())
        command("models", "promote", champion)
        command("replay", rows, "--limit", str(FIRST))
        command("run", "--once")
        labelled, forgotten = _ids(state)
        command("label", labelled, "negative")
        command("forget", "--tweet", forgotten)
        documents = _hits(state, {"size": 0, "track_total_hits": True})["total"]["value"]
        command("replay", rows, "--limit", str(SECOND))
    finally:
        command("down")
    commit = _output(["git", "rev-parse", "HEAD"], checkout).strip()
    return Facts(commit, champion, labelled, forgotten, documents)


def _output(command: list[str], checkout: Path) -> str:
    environment = os.environ | SETTINGS | {"PYTHONPATH": str(checkout)}
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=checkout, env=environment).stdout


def _ids(state: Path) -> tuple[str, str]:
    first, second = (hit["_id"] for hit in _hits(state, {"size": 2, "sort": ["event.id"]})["hits"])
    return first, second


def _hits(state: Path, body: dict[str, Any]) -> Any:
    servers = json.loads((state / "stack.json").read_text())["servers"]
    (address,) = (server["address"] for server in servers if server["name"] == "elasticsearch")
    urllib3.request("POST", f"{address}/{_ALIAS}/_refresh")
    return urllib3.request("POST", f"{address}/{_ALIAS}/_search", json=body).json()["hits"]


def _kept(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Without what a start writes anew, and without who owned it."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    name = f"/{entry.name}"
    return entry if _RECORDS.search(name) or not _LEFT_OUT.search(name) else None


if __name__ == "__main__":
    main()
