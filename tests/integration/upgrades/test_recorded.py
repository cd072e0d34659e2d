"""State folders that earlier versions left behind, started by today's code: nothing is lost, nothing is there twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from pipeline.embedded.info import load
from tests.paths import ROOT
from tests.stacks import state_folder
from tests.upgrades.record import FACTS, SECOND, SETTINGS, Facts

RECORDS = sorted((ROOT / "tests/fixtures/upgrades").glob("*.tar.xz"))


@dataclass(frozen=True, slots=True)
class Upgraded:
    """A record whose servers run, and that today's stream has read to its end.

    Attributes:
        state: its folder.
        facts: what the recorded version said.
        search: a client.
        set_up: what `setup` said.
        run: what `run --once` said last.
    """

    state: Path
    facts: Facts
    search: Elasticsearch
    set_up: str
    run: str


@pytest.fixture(scope="module", params=RECORDS, ids=lambda path: path.name.removesuffix(".tar.xz"))
def upgraded(request: pytest.FixtureRequest) -> Iterator[Upgraded]:
    """A record, started with the commands that docs/upgrade.md tells."""
    with state_folder() as folder:
        with tarfile.open(request.param) as archive:
            archive.extractall(folder, filter="data")
        state = folder / "state"
        try:
            command(state, "up", "--kafka-port", "0", "--elasticsearch-port", "0")
            set_up, run = command(state, "setup"), command(state, "run", "--once")
            stack = load(state)
            assert stack
            with Elasticsearch(stack.elasticsearch.address) as search:
                search.indices.refresh(index="logs-tweets.*,tweetpulse-*")
                facts = Facts(**json.loads((state / FACTS).read_bytes()))
                yield Upgraded(state, facts, search, set_up, run.splitlines()[-1])
        finally:
            command(state, "down")


def command(state: Path, *arguments: str) -> str:
    """What a command of today's code prints."""
    whole = [sys.executable, "-m", "pipeline", "--state-dir", str(state), *arguments]
    done = subprocess.run(whole, check=False, capture_output=True, text=True, env=os.environ | SETTINGS)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout


def tweets(upgraded: Upgraded) -> list[dict[str, Any]]:
    """All documents that boards see."""
    answer = upgraded.search.search(index="tweetpulse-tweets", size=1000)
    return [hit["_source"] for hit in answer["hits"]["hits"]]


def test_the_books_balance(upgraded: Upgraded) -> None:
    """Of the records that nobody had read, most were there already, a few are new, and one is of a forgotten tweet."""
    read, indexed, there, rejected = (int(word) for word in upgraded.run.split() if word.isdecimal())
    assert read == SECOND == indexed + there + rejected
    assert indexed > 0
    assert len(tweets(upgraded)) == upgraded.facts.documents + indexed


def test_each_tweet_is_there_once(upgraded: Upgraded) -> None:
    """Those of the recorded version and today's together."""
    assert set(Counter(document["event"]["id"] for document in tweets(upgraded)).values()) == {1}


def test_what_was_forgotten_stays_away(upgraded: Upgraded) -> None:
    """The list and its key are those of the recorded version."""
    assert upgraded.facts.forgotten not in {document["event"]["id"] for document in tweets(upgraded)}
    rejected = upgraded.search.search(index="logs-tweets.rejected-*", query={"term": {"error.type": "forgotten"}})
    assert rejected["hits"]["total"]["value"] == 1


def test_the_champion_is_asked(upgraded: Upgraded) -> None:
    """The registry's model says what it thinks of today's tweets as of those before."""
    asked = Counter(document["tweet"]["complaint"]["version"] for document in tweets(upgraded))
    assert set(asked) == {upgraded.facts.champion}


def test_labels_are_kept(upgraded: Upgraded) -> None:
    """What people said is not to be had again."""
    (label,) = [json.loads(line) for line in command(upgraded.state, "label", "--list", "--json").splitlines()]
    assert (label["tweet"], label["name"]) == (upgraded.facts.labelled, "negative")


def test_all_is_as_it_should_be_afterwards(upgraded: Upgraded) -> None:
    """The doctor finds no fault, and a second set-up has nothing to do."""
    found = json.loads(command(upgraded.state, "doctor", "--json"))["findings"]
    assert [one for one in found if one["level"] == "fault"] == []
    assert "nothing to do" in command(upgraded.state, "setup")
