"""Versions are published whole or not at all, read as they were published, and promoted one at a time."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyarrow import fs

from pipeline.domain.prediction import Task
from pipeline.errors import ConfigError, ScoringError, SetupError
from pipeline.registry import remote, storage
from pipeline.registry.manifest import MODEL, Data, Manifest, Promotion
from pipeline.registry.registry import Registry

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DRAFT = Manifest(
    task=Task.SENTIMENT,
    labels=("negative", "neutral", "positive"),
    created=NOON,
    data=(Data("train.csv", "ab" * 32, 1_000),),
    code_version="0.1.0+abc",
    parameters={"regularisation": 0.1, "words": [1, 2]},
    metrics={"macro_recall": 0.65, "vader_macro_recall": 0.57},
)
SENTIMENT = Task.SENTIMENT


class Clock:
    """A minute later at each look."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        self.time += timedelta(minutes=1)
        return self.time


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A name that an URI would have to quote, and nothing there yet."""
    return tmp_path / "not yet" / "100 % models"


@pytest.fixture
def registry(folder: Path) -> Registry:
    return Registry(str(folder), now=Clock())


def publish(registry: Registry, model: bytes = b"model", minute: int = 0) -> str:
    draft = replace(DRAFT, created=NOON + timedelta(minutes=minute))
    return registry.publish(draft, {MODEL: model, "report.md": b"# good"}).version


def test_a_registry_that_does_not_exist(registry: Registry, folder: Path) -> None:
    """It is one without models, and looking makes nothing."""
    assert [registry.versions(task) for task in Task] == [[], [], []]
    assert [registry.champion(task) for task in Task] == [None, None, None]
    assert registry.history(SENTIMENT) == []
    assert not folder.exists()


def test_publishing(registry: Registry) -> None:
    """A version has its name from time and content, and is found with all that was said of it."""
    published = registry.publish(DRAFT, {MODEL: b"model", "report.md": b"# good"})
    assert published.version.startswith("20261121T120000Z-")
    assert published == replace(DRAFT, version=published.version, files=published.files)
    assert registry.versions(SENTIMENT) == [published]
    assert registry.manifest(SENTIMENT, published.version) == published
    assert registry.read(SENTIMENT, published.version, "report.md") == b"# good"
    assert registry.versions(Task.COMPLAINT) == []


def test_names_are_unique_and_in_order(registry: Registry) -> None:
    """Other bytes or other parameters have another name; the same ones, published again, have the same."""
    first, again, second = publish(registry), publish(registry), publish(registry, b"another")
    third = registry.publish(replace(DRAFT, parameters={}), {MODEL: b"model"}).version
    later = publish(registry, minute=1)
    assert first == again
    assert len({first, second, third, later}) == 4
    assert [manifest.version for manifest in registry.versions(SENTIMENT)][-1] == later


def test_a_half_published_version_is_invisible(registry: Registry, folder: Path) -> None:
    """A version whose publisher was killed before it wrote the manifest is not listed, not read, not promoted."""
    whole, half = publish(registry), publish(registry, b"half")
    (folder / "sentiment" / "versions" / half / "manifest.json").unlink()
    assert [manifest.version for manifest in registry.versions(SENTIMENT)] == [whole]
    for use in (registry.manifest, lambda task, version: registry.promote(task, version, "why not")):
        with pytest.raises(ScoringError, match="no model of sentiment has the version"):
            use(SENTIMENT, half)


def test_the_manifest_is_written_last(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever it is killed, a version without its manifest is what remains."""
    written: list[str] = []
    real = storage.Storage.replace

    def noting(self: storage.Storage, data: bytes, *path: str) -> None:
        written.append(path[-1])
        real(self, data, *path)

    monkeypatch.setattr(storage.Storage, "replace", noting)
    publish(registry)
    assert written == [MODEL, "report.md", "manifest.json"]


def test_nothing_unfinished_is_left(registry: Registry, folder: Path) -> None:
    """Temporary names are gone after the rename."""
    publish(registry)
    registry.promote(SENTIMENT, publish(registry), "first")
    assert {path.name for path in folder.rglob("*") if path.is_file()} == {
        MODEL, "report.md", "manifest.json", "champion.json", ".lock",
    }  # fmt: skip


@pytest.mark.parametrize("spoil", [b"", b"modem", b"model and more"])
def test_a_damaged_file_is_refused(registry: Registry, folder: Path, spoil: bytes) -> None:
    """One bit is enough: neither read nor promoted."""
    version = publish(registry)
    (folder / "sentiment" / "versions" / version / MODEL).write_bytes(spoil)
    with pytest.raises(ScoringError, match=rf"model\.bin of sentiment {version} is not what was published"):
        registry.read(SENTIMENT, version, MODEL)
    with pytest.raises(ScoringError, match="is not what was published"):
        registry.promote(SENTIMENT, version, "better")
    assert registry.champion(SENTIMENT) is None


def test_a_file_that_is_gone(registry: Registry, folder: Path) -> None:
    """The error is that of a version that never existed."""
    version = publish(registry)
    (folder / "sentiment" / "versions" / version / MODEL).unlink()
    for name in (MODEL, "other.bin"):
        with pytest.raises(ScoringError, match=f"has no file {name}"):
            registry.read(SENTIMENT, version, name)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"task": "sentiment"}', b"\xff"])
def test_a_damaged_manifest(registry: Registry, folder: Path, text: bytes) -> None:
    """It is an error where the version is asked for; the others are still listed."""
    spoilt, whole = publish(registry), publish(registry, b"whole")
    (folder / "sentiment" / "versions" / spoilt / "manifest.json").write_bytes(text)
    with pytest.raises(ScoringError, match="is damaged"):
        registry.manifest(SENTIMENT, spoilt)
    assert [manifest.version for manifest in registry.versions(SENTIMENT)] == [whole]


@pytest.mark.parametrize("version", ["", "..", "../../etc", "20261121T120000Z-abc", "20261121T120000Z-abcdef/x"])
def test_a_version_is_no_path(registry: Registry, version: str) -> None:
    """A typed version can't name a path outside of the registry."""
    with pytest.raises(ScoringError, match="is not a version"):
        registry.read(SENTIMENT, version, MODEL)


@pytest.mark.parametrize(
    ("draft", "files", "message"),
    [
        (DRAFT, {"report.md": b""}, r"needs the file model\.bin"),
        (DRAFT, {MODEL: b"", "../x": b""}, "no name for a model's file"),
        (DRAFT, {MODEL: b"", "manifest.json": b""}, "no name for a model's file"),
        (replace(DRAFT, labels=("negative", "angry")), {MODEL: b""}, "may not say 'angry': it knows negative, neutral"),
        (replace(DRAFT, labels=("negative",)), {MODEL: b""}, "two labels or more"),
        (replace(DRAFT, task=Task.COMPLAINT), {MODEL: b""}, "a model of complaint may not say 'negative'"),
    ],
)
def test_what_can_not_be_published(
    registry: Registry, folder: Path, draft: Manifest, files: dict[str, bytes], message: str
) -> None:
    """A version that the stream could not use is refused before anything is written."""
    with pytest.raises(ScoringError, match=message):
        registry.publish(draft, files)
    assert not folder.exists()


def test_promoting_and_rolling_back(registry: Registry) -> None:
    """The history says who, when, why and in whose place; rolling back twice goes back two versions."""
    a, b, c = (publish(registry, model) for model in (b"a", b"b", b"c"))
    for version in (a, b, c):
        registry.promote(SENTIMENT, version, f"better than before: {version[-6:]}")
    assert [registry.rollback(SENTIMENT), registry.champion(SENTIMENT)] == [b, b]
    assert [registry.rollback(SENTIMENT), registry.champion(SENTIMENT)] == [a, a]
    with pytest.raises(ScoringError, match=f"no champion before {a}"):
        registry.rollback(SENTIMENT)
    assert [(one.version, one.previous, one.rollback) for one in registry.history(SENTIMENT)] == [
        (a, None, False),
        (b, a, False),
        (c, b, False),
        (b, c, True),
        (a, b, True),
    ]
    assert registry.history(SENTIMENT)[0] == Promotion(
        a, NOON + timedelta(minutes=1), f"better than before: {a[-6:]}", None
    )
    assert registry.history(SENTIMENT)[-1].why == f"rollback of {b}"


def test_rolling_back_without_a_champion(registry: Registry) -> None:
    """There is nothing to go back to."""
    with pytest.raises(ScoringError, match="no champion before the first one"):
        registry.rollback(SENTIMENT)


def test_rolling_back_to_a_damaged_version(registry: Registry, folder: Path) -> None:
    """The champion stays."""
    a, b = publish(registry, b"a"), publish(registry, b"b")
    registry.promote(SENTIMENT, a, "first")
    registry.promote(SENTIMENT, b, "better")
    (folder / "sentiment" / "versions" / a / MODEL).write_bytes(b"spoilt")
    with pytest.raises(ScoringError, match="is not what was published"):
        registry.rollback(SENTIMENT)
    assert registry.champion(SENTIMENT) == b


def test_promoting_the_champion(registry: Registry) -> None:
    """It is said, and the history stays as it is: a rollback must not lead to itself."""
    version = publish(registry)
    registry.promote(SENTIMENT, version, "first")
    with pytest.raises(ScoringError, match="is the champion of sentiment already"):
        registry.promote(SENTIMENT, version, "again")
    assert len(registry.history(SENTIMENT)) == 1


def test_promoting_what_was_held_to_another(registry: Registry) -> None:
    """If another version was promoted after the comparison, the comparison does not count."""
    a, b, c = (publish(registry, model) for model in (b"a", b"b", b"c"))
    registry.promote(SENTIMENT, a, "first", held_to=None)
    registry.promote(SENTIMENT, b, "better than a", held_to=a)
    for held_to in (a, None):
        with pytest.raises(ScoringError, match=f"{b} was promoted meanwhile"):
            registry.promote(SENTIMENT, c, "better than a", held_to=held_to)
    assert registry.champion(SENTIMENT) == b


@pytest.mark.parametrize("text", ["", "{", '{"history": 1}', '{"history": [{"version": 1}]}'])
def test_a_damaged_champion(registry: Registry, folder: Path, text: str) -> None:
    """It is no registry without a champion: the stream must not fall back to none."""
    registry.promote(SENTIMENT, publish(registry), "first")
    (folder / "sentiment" / "champion.json").write_text(text)
    with pytest.raises(ScoringError, match=r"champion\.json of sentiment is damaged: restore it"):
        registry.champion(SENTIMENT)


def _promote_all(folder: str, versions: list[str], begin: Callable[[], object]) -> None:
    begin()
    for version in versions:
        Registry(folder).promote(SENTIMENT, version, "raced")


def test_promotes_that_race(registry: Registry, folder: Path) -> None:
    """Two processes promote at once: no promotion is lost, and each names whose place it took."""
    versions = [publish(registry, str(number).encode()) for number in range(20)]
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(2)
    racers = [
        spawn.Process(target=_promote_all, args=(str(folder), versions[half::2], barrier.wait)) for half in (0, 1)
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    history = registry.history(SENTIMENT)
    assert [racer.exitcode for racer in racers] == [0, 0]
    assert {promotion.version for promotion in history} == set(versions)
    assert [promotion.previous for promotion in history] == [None, *(one.version for one in history[:-1])]


def test_what_is_written_down_is_json(registry: Registry, folder: Path) -> None:
    """People and other programs can read it."""
    version = publish(registry)
    registry.promote(SENTIMENT, version, "first")
    manifest = json.loads((folder / "sentiment" / "versions" / version / "manifest.json").read_bytes())
    assert (manifest["version"], manifest["created"]) == (version, "2026-11-21T12:00:00Z")
    assert json.loads((folder / "sentiment" / "champion.json").read_bytes())["history"][0]["version"] == version


def test_a_uri_of_a_file(registry: Registry, folder: Path) -> None:
    """A folder may be given as a URI too."""
    version = publish(registry)
    assert [one.version for one in Registry(folder.as_uri()).versions(SENTIMENT)] == [version]


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("ftp://host/models", "no registry can be at ftp://"),
        ("s3://key:secret@bucket/models", "holds a password"),
    ],
)
def test_a_uri_that_can_not_be_used(uri: str, message: str) -> None:
    """It is said at once, without the password."""
    with pytest.raises(ConfigError, match=message) as caught:
        Registry(uri)
    assert "secret" not in caught.value.message


def test_a_registry_that_can_not_be_reached(tmp_path: Path) -> None:
    """One line, for all that is asked of it."""
    file = tmp_path / "file"
    file.touch()
    registry = Registry(str(file / "models"))
    for ask in (registry.champion, registry.history, registry.rollback):
        with pytest.raises(SetupError, match=r"the registry of models .* can't be (read|written): Not a directory"):
            ask(SENTIMENT)
    with pytest.raises(SetupError, match="can't be written: Not a directory"):
        publish(registry)


@pytest.mark.parametrize(("uri", "part"), [("hdfs://127.0.0.1:1/m", "HadoopFileSystem"), ("s3://b/m", "S3FileSystem")])
def test_a_pyarrow_that_lacks_a_file_system(monkeypatch: pytest.MonkeyPatch, uri: str, part: str) -> None:
    """The message says in one line what to do."""
    monkeypatch.delattr(fs, part)

    def refuse(uri: str) -> object:
        raise NotImplementedError("built without it")

    monkeypatch.setattr(remote, "Remote", refuse)
    with pytest.raises(SetupError, match=r"this pyarrow is built without \w+://, install one"):
        Registry(uri).champion(SENTIMENT)


def test_hadoop_that_is_not_there() -> None:
    """Its libraries are named, in one line."""
    with pytest.raises(SetupError, match="hdfs://") as caught:
        Registry("hdfs://127.0.0.1:1/models").champion(SENTIMENT)
    assert "\n" not in caught.value.message
