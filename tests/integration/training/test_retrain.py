"""`tweetpulse retrain` as a schedule runs it: real Spark, the real Elasticsearch, a registry of its own."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from pipeline.cli.retrain import locks
from pipeline.domain.document import EVENTS, data_stream
from pipeline.domain.prediction import Task
from pipeline.registry.manifest import SEEN, Data
from pipeline.registry.registry import Registry
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.setup import set_up
from pipeline.training import seen
from pipeline.training.labels import Label, label_document
from pipeline.training.retrain import LABELS, alone
from tests.builders import TAKEN, linear_model, published
from tests.paths import ROOT
from tests.processes import environment
from tests.streams import documents

SENTIMENT = Task.SENTIMENT
MOODS = {"negative": ("zorblax", "quindle"), "neutral": ("mabwick",), "positive": ("fleenor", "treplin")}
"""Words that VADER does not know: only training tells what they mean."""
_MEANT = {word: label for label, words in MOODS.items() for word in words}
_FILLING = ["".join(three) for three in product(("ba", "ke", "lo", "mi", "nu", "ro", "sti"), repeat=3)]
NAMED = ["id", "text", "label"]

# Two trainings: minutes each, where other work has the processors too.
pytestmark = pytest.mark.timeout(1_800)


@dataclass(frozen=True)
class Desk:
    """The settings, the file of labels, the server and the registry for a training."""

    settings: Settings
    file: Path
    client: Elasticsearch
    registry: Registry

    def retrain(self, *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
        """The exit code, its JSON output, and its other output."""
        files = {"sentiment": [{"path": str(self.file), "columns": ",".join(f"{name}={name}" for name in NAMED)}]}
        env = environment(self.settings) | {"TWEETPULSE_MODELS__TRAINING": json.dumps(files)}
        command = [sys.executable, "-m", "pipeline", "retrain", "--json", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def label(self, labels: dict[str, str]) -> None:
        """Say what tweets are (text → label), as `tweetpulse label` does it one by one."""
        said = [
            Label(SENTIMENT, f"x:said-{number}", name, text, TAKEN, written=TAKEN + timedelta(minutes=number))
            for number, (text, name) in enumerate(labels.items())
        ]
        index = self.settings.elasticsearch.labels_index
        bulk(
            self.client,
            [{"_index": index, "_id": one.id, "_source": label_document(one)} for one in said],
            refresh=True,
        )


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Iterator[Desk]:
    settings = settings.model_copy(update={"state_dir": tmp_path / "state"})
    with closing(connect(settings.elasticsearch)) as client:
        set_up(client, settings.elasticsearch)
        yield Desk(settings, tmp_path / "labels.csv", client, Registry(settings.registry))
        client.indices.delete(index=settings.elasticsearch.labels_index)


def texts(number: int, words: list[str], seed: int) -> dict[str, str]:
    """Texts with one of these words each, and the word."""
    draw = random.Random(seed)
    return {
        " ".join([*draw.sample(_FILLING, 6), word, *draw.sample(_FILLING, 6)]): word
        for word in draw.choices(words, k=number)
    }


def write(file: Path, labels: dict[str, str]) -> None:
    rows = [f"{number},{text},{label}" for number, (text, label) in enumerate(labels.items())]
    file.write_text("\n".join([",".join(NAMED), *rows]) + "\n")


def test_labels_alone_are_enough_and_a_few_are_not(desk: Desk) -> None:
    """Without any file: nothing at all is 2, a few labels are 8, and enough of them make a version."""
    told = {text: _MEANT[word] for text, word in texts(300, ["zorblax", "fleenor"], seed=5).items()}
    env = environment(desk.settings)

    def retrain() -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", "retrain"],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr

    code, complaint = retrain()
    assert (code, "nothing to train" in complaint) == (2, True), complaint
    desk.label(dict(list(told.items())[:20]))
    code, complaint = retrain()
    assert (code, "too few labels to train on (sentiment: " in complaint) == (8, True), complaint
    desk.label(told)
    code, complaint = retrain()
    assert code in (0, 7), complaint
    (version,) = desk.registry.versions(SENTIMENT)
    assert [data.name for data in version.data] == [LABELS]


def champion(desk: Desk) -> str:
    """A version that was trained on the file as it is now, and is wrong about a word; it is in use."""
    words = _MEANT | {"zorblax": "positive"}
    model = linear_model(
        SENTIMENT, {"neutral": 1.0}, {word: {label: 30.0} for word, label in words.items()}, labels=tuple(MOODS)
    )
    data = Data(desk.file.name, sha256(desk.file.read_bytes()).hexdigest(), 800)
    version = published(desk.registry, model, data=(data,), files={SEEN: seen.dumps(seen.seen_of([], []))})
    desk.registry.promote(SENTIMENT, version, "a test")
    return version


def test_a_model_learns_from_people_and_is_promoted_only_when_better(desk: Desk) -> None:
    """Nothing new trains nothing; corrections by people promote a version; nonsense does not."""
    write(desk.file, {text: _MEANT[word] for text, word in texts(800, list(_MEANT)[1:], seed=1).items()})
    first = champion(desk)

    code, printed, told = desk.retrain("sentiment")
    assert (code, [(one["outcome"], one["version"]) for one in printed]) == (8, [("nothing_new", None)]), told
    assert len(desk.registry.versions(SENTIMENT)) == 1

    desk.label({text: _MEANT[word] for text, word in texts(400, ["zorblax"], seed=2).items()})
    code, printed, told = desk.retrain()
    assert (code, [(one["outcome"], one["before"]) for one in printed]) == (0, [("promoted", first)]), told
    (better,) = printed
    assert [data.name for data in desk.registry.manifest(SENTIMENT, better["version"]).data] == ["labels.csv", LABELS]
    assert better["comparison"]["challenger"] > better["comparison"]["champion"]

    draw = random.Random(3)
    write(desk.file, {text: draw.choice(list(MOODS)) for text in texts(800, list(_MEANT), seed=4)})
    code, printed, told = desk.retrain()
    assert (code, [(one["outcome"], one["before"]) for one in printed]) == (7, [("not_better", better["version"])]), (
        told
    )
    (worse,) = printed
    assert worse["why"].startswith("not better by more than chance"), worse
    assert desk.registry.champion(SENTIMENT) == better["version"]
    assert len(desk.registry.versions(SENTIMENT)) == 3

    reports = [Path(one["report"]).read_text() for one in (better, worse)]
    assert [text.splitlines()[0].split()[3:] for text in reports] == [["is", "promoted"], ["is", "not", "promoted"]]
    pictures = [Path(one) for text in reports for one in re.findall(r"\]\((\S+\.png)\)", text)]
    assert all(picture.is_file() for picture in pictures)
    events = documents(desk.settings, data_stream(EVENTS, desk.settings.elasticsearch.namespace)).values()
    (noted,) = [event["message"] for event in events if event["event"]["action"] == "model-promoted"]
    assert better["version"] in noted


def test_a_second_one_ends_at_once_and_has_done_nothing(desk: Desk) -> None:
    """With a line, and an exit code of its own; no JSON, since there is no outcome."""
    write(desk.file, {text: _MEANT[word] for text, word in texts(30, list(_MEANT), seed=1).items()})
    with alone(locks(desk.settings), [SENTIMENT]):
        code, printed, told = desk.retrain()
    assert (code, printed) == (9, [])
    assert told == "tweetpulse: sentiment is being trained by another process: let it end, or end it\n"
    assert desk.registry.versions(SENTIMENT) == []


def test_without_elasticsearch_nothing_is_trained(desk: Desk) -> None:
    """Without the labels of people, training stops with a fault in one line, so that none is left out silently."""
    away = desk.settings.elasticsearch.model_copy(update={"url": "http://127.0.0.1:1"})
    write(desk.file, {text: _MEANT[word] for text, word in texts(30, list(_MEANT), seed=1).items()})
    nobody = Desk(desk.settings.model_copy(update={"elasticsearch": away}), desk.file, desk.client, desk.registry)
    code, (only,), _ = nobody.retrain()
    assert (code, only["outcome"]) == (3, "failed")
    assert "Elasticsearch at http://127.0.0.1:1 does not answer" in only["why"]
    assert desk.registry.versions(SENTIMENT) == []


def test_a_file_that_is_gone_is_a_fault(desk: Desk) -> None:
    """And not a reason to train on less."""
    code, (only,), _ = desk.retrain()
    assert (code, only["outcome"]) == (2, "failed")
    assert f"there is no file {desk.file}" in only["why"]
