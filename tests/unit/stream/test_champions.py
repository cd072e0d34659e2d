"""At each batch the driver asks who predicts; what goes wrong is told, and the champions before stay."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.prediction import Task
from pipeline.errors import PipelineError, ScoringError
from pipeline.registry.manifest import MODEL, Manifest
from pipeline.registry.registry import Registry
from pipeline.stream import partition
from pipeline.stream.champions import RETRY_AFTER, Champion, Champions, load_model
from tests.builders import TASK_LABELS, linear_model

TRAINED = datetime(2026, 11, 21, 12, tzinfo=UTC)
SENTIMENT, COMPLAINT = Task.SENTIMENT, Task.COMPLAINT


@dataclass
class FakeBroadcast:
    """Spark's broadcast: there until it is destroyed."""

    value: bytes
    destroyed: bool = False

    def destroy(self) -> None:
        self.destroyed = True


@dataclass
class FakeContext:
    """Keeps what was broadcast."""

    made: list[FakeBroadcast] = field(default_factory=list)

    def broadcast(self, value: bytes) -> FakeBroadcast:
        self.made.append(FakeBroadcast(value))
        return self.made[-1]

    def kept(self) -> list[bytes]:
        return [one.value for one in self.made if not one.destroyed]


@dataclass
class Told:
    """Records the observer's calls, in a word each."""

    events: list[str] = field(default_factory=list)

    def model_in_use(
        self, task: Task, version: str, trained: datetime, evaluation: Mapping[str, float], labels: Sequence[str]
    ) -> None:
        assert (trained, evaluation, labels) == (TRAINED, {"macro_f1": 0.8}, TASK_LABELS[task])
        self.events.append(f"{task}: {version}")

    def model_failed(self, task: Task, error: PipelineError) -> None:
        self.events.append(f"{task} failed: {type(error).__name__}")

    def model_mended(self, task: Task) -> None:
        self.events.append(f"{task} mended")


def check(data: bytes, task: Task, version: str) -> None:
    if not data.startswith(b"good"):
        raise ScoringError("no model")


class Setting:
    """A registry and a driver that asks it; the clock stands unless it is moved."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.time = folder, 0.0
        self.registry, self.told, self.context = Registry(str(folder)), Told(), FakeContext()
        self.champions = Champions(self.registry, self.told, check=check, clock=lambda: self.time)

    def promote(self, model: bytes, task: Task = SENTIMENT) -> str:
        draft = Manifest(task=task, labels=TASK_LABELS[task], created=TRAINED, metrics={"macro_f1": 0.8})
        version = self.registry.publish(draft, {MODEL: model}).version
        self.registry.promote(task, version, "a test")
        return version

    def batch(self, after: float = 1.0) -> dict[str, str]:
        """The versions that a batch is scored with, so many seconds after the last one."""
        self.time += after
        return {one.task: one.version for one in self.champions.of_batch(self.context)}

    def events(self) -> list[str]:
        """The calls since the last time."""
        told, self.told.events = self.told.events, []
        return told


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(tmp_path / "models")


def test_no_models(setting: Setting) -> None:
    """A registry that is not there is no fault: VADER scores alone."""
    assert (setting.batch(), setting.events(), setting.context.made) == ({}, [], [])


def test_a_promotion_is_in_use_with_the_next_batch(setting: Setting) -> None:
    """Each task has its own champion; the bytes are broadcast once, and told once."""
    v1 = setting.promote(b"good 1")
    assert [setting.batch(), setting.batch()] == [{"sentiment": v1}] * 2
    assert setting.events() == [f"sentiment: {v1}"]
    complaint = setting.promote(b"good c", COMPLAINT)
    v2 = setting.promote(b"good 2")
    assert setting.batch() == {"sentiment": v2, "complaint": complaint}
    assert set(setting.context.kept()) == {b"good c", b"good 2"}


def test_broadcasts_are_released(setting: Setting) -> None:
    """However many promotions: what no batch can use any more is gone."""
    for number in range(10):
        setting.promote(b"good %d" % number)
        setting.batch()
    assert setting.context.kept() == [b"good 9"]


def test_promotions_between_two_batches(setting: Setting) -> None:
    """Only the last one counts."""
    setting.promote(b"good 1")
    v2 = setting.promote(b"good 2")
    assert (setting.batch(), len(setting.context.made)) == ({"sentiment": v2}, 1)


def test_a_model_that_can_not_be_loaded(setting: Setting) -> None:
    """The one before stays; the failure is told once in ten seconds, not at each batch."""
    v1 = setting.promote(b"good 1")
    setting.batch()
    setting.promote(b"bad")
    assert [setting.batch(0.1) for _ in range(50)] == [{"sentiment": v1}] * 50
    assert setting.events() == [f"sentiment: {v1}", "sentiment failed: ScoringError"]
    setting.batch(RETRY_AFTER)
    assert setting.events() == ["sentiment failed: ScoringError"]
    assert setting.context.kept() == [b"good 1"]


def test_a_first_model_that_can_not_be_loaded(setting: Setting) -> None:
    """VADER scores alone, and the failure is told."""
    setting.promote(b"bad")
    assert (setting.batch(), setting.events()) == ({}, ["sentiment failed: ScoringError"])


def test_another_champion_is_tried_at_once(setting: Setting) -> None:
    """Patience is with a version that failed, not with the one that is promoted in its place."""
    setting.promote(b"bad 1")
    setting.batch(0.0)
    setting.promote(b"bad 2")
    setting.batch(0.0)
    good = setting.promote(b"good")
    assert setting.batch(0.0) == {"sentiment": good}
    assert setting.events() == ["sentiment failed: ScoringError"] * 2 + [f"sentiment: {good}"]


def test_a_rollback_of_what_could_not_be_loaded(setting: Setting) -> None:
    """The one in use is the champion again: nothing is loaded anew, the failure is over."""
    v1 = setting.promote(b"good 1")
    setting.batch()
    setting.promote(b"bad")
    setting.batch()
    setting.registry.rollback(SENTIMENT)
    assert setting.batch() == {"sentiment": v1}
    assert setting.events() == [f"sentiment: {v1}", "sentiment failed: ScoringError", "sentiment mended"]
    assert len(setting.context.made) == 1


@pytest.mark.parametrize("name", ["champion.json", "manifest.json", "model.bin"])
@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b"{"), Path.unlink])
def test_a_registry_that_is_damaged(setting: Setting, name: str, spoil: Any) -> None:
    """Whatever is missing or spoilt, the champion before stays; others have nothing to do with it."""
    v1, complaint = setting.promote(b"good 1"), setting.promote(b"good c", COMPLAINT)
    setting.batch()
    v2 = setting.promote(b"good 2")
    whole = {path: path.read_bytes() for path in (setting.folder / "sentiment").rglob("*") if path.is_file()}
    (path,) = [path for path in whole if path.name == name and (v1 not in path.parts)]
    spoil(path)
    setting.events()
    assert setting.batch() == {"sentiment": v1, "complaint": complaint}
    assert setting.events() == ["sentiment failed: ScoringError"]
    path.write_bytes(whole[path])
    assert setting.batch(RETRY_AFTER) == {"sentiment": v2, "complaint": complaint}


def test_a_registry_that_goes_away(setting: Setting) -> None:
    """A folder that is gone is not a registry without models: no command takes a champion's place away."""
    v1 = setting.promote(b"good 1")
    setting.batch()
    aside = setting.folder.with_name("aside")
    shutil.move(setting.folder, aside)
    assert (setting.batch(), setting.batch()) == ({"sentiment": v1},) * 2
    shutil.move(aside, setting.folder)
    assert setting.batch() == {"sentiment": v1}
    assert setting.events() == [f"sentiment: {v1}", "sentiment failed: ScoringError", "sentiment mended"]


def test_a_registry_that_does_not_answer(setting: Setting) -> None:
    """It is left alone for a while, so that it does not hold every batch up."""
    v1 = setting.promote(b"good 1")
    setting.batch()
    aside = setting.folder.with_name("aside")
    shutil.move(setting.folder, aside)
    setting.folder.touch()
    assert setting.batch() == {"sentiment": v1}
    assert setting.events()[1:] == [f"{task} failed: SetupError" for task in Task]
    setting.folder.unlink()
    shutil.move(aside, setting.folder)
    v2 = setting.promote(b"good 2")
    assert (setting.batch(RETRY_AFTER / 2), setting.batch(RETRY_AFTER / 2)) == ({"sentiment": v1}, {"sentiment": v2})
    assert setting.events() == [f"sentiment: {v2}", "complaint mended", "reason mended"]


GOOD = linear_model(SENTIMENT, {"positive": 1.0}).dumps()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no trained model"),
        (b"broken", "no trained model"),
        (GOOD[:-100], "no trained model"),
        (linear_model(COMPLAINT, {"complaint": 1.0}).dumps(), "sentiment v1 is a model of complaint"),
        (linear_model(SENTIMENT, {}, labels=("negative", "angry")).dumps(), "may not say 'angry'"),
        (linear_model(SENTIMENT, {"positive": float("nan")}).dumps(), "do not fit together"),
    ],
)
def test_bytes_that_are_no_model_of_the_task(data: bytes, message: str) -> None:
    """One line, before anything is scored with it."""
    with pytest.raises(ScoringError, match=message):
        load_model(data, SENTIMENT, "v1")


def test_a_model_has_the_version_of_the_registry() -> None:
    """Its bytes do not know it."""
    assert load_model(GOOD, SENTIMENT, "v1").predict(["x"])[0].version == "v1"


class Fetched(FakeBroadcast):
    """Counts how often a worker fetches it."""

    times = 0

    @property
    def value(self) -> bytes:
        self.times += 1
        return GOOD

    @value.setter
    def value(self, value: bytes) -> None:
        pass


def test_a_worker_fetches_what_it_does_not_have() -> None:
    """Once a version, and it keeps those of its batch only."""
    v1, v2 = (Champion(SENTIMENT, version, Fetched(b"")) for version in ("v1", "v2"))
    assert [partition.models_of((v1,))[SENTIMENT].version for _ in range(3)] == ["v1"] * 3
    assert (v1.model.times, v2.model.times) == (1, 0)
    assert partition.models_of((v2,))[SENTIMENT].version == "v2"
    assert partition.models_of((v1,))[SENTIMENT].version == "v1"
    assert (v1.model.times, v2.model.times) == (2, 1)
    assert partition.models_of(()) == {}
