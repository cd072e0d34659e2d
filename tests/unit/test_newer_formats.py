"""A file that a newer version of this project wrote is refused in one line, and is there unchanged afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from pipeline.archive.table import ArchiveTable
from pipeline.committed_offsets import read as committed
from pipeline.committed_offsets import topic_ids
from pipeline.domain.prediction import Task
from pipeline.domain.progress import TOPICS_FILE, format_topic_ids
from pipeline.errors import NewerFormat
from pipeline.privacy.forgotten import ForgottenList, entries_in, head
from pipeline.registry.registry import Registry
from pipeline.reprocess.progress import Progress, file_of
from pipeline.reprocess.progress import load as load_progress
from pipeline.reprocess.progress import save as save_progress
from pipeline.scoring.models import loaded
from pipeline.sources.live.saved import load, save
from pipeline.stream.checkpoint import mend
from pipeline.windows.tally import Tally, decoded
from tests.builders import linear_model, promoted

KEY = b"k" * 32
V1, V2 = 'v1\n{}\n{"tweets":{"0":5}}', 'v2\n{"new":1}\n{"tweets":{"0":9}}'


def rewritten(path: Path, old: bytes, new: bytes) -> Path:
    """The file, with its format changed."""
    content = path.read_bytes()
    assert content.count(old) == 1
    path.write_bytes(content.replace(old, new))
    return path


def checkpoint(folder: Path, newest: str, content: str) -> Path:
    """The newest file of a checkpoint of two batches; of the others the format is known."""
    for name, whole in {"offsets/0": V1, "commits/0": "v1\n{}", "offsets/1": V1, "commits/1": "v1\n{}"}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if name == newest else whole)
    return folder / newest


def test_the_progress_of_a_checkpoint(tmp_path: Path) -> None:
    """The exporter says so."""
    newer = checkpoint(tmp_path, "offsets/1", V2)
    refused(newer, partial(committed, tmp_path))


@pytest.mark.parametrize(("name", "content"), [("offsets/1", V2), ("commits/1", "v2\n{}")])
def test_a_checkpoint_is_not_taken_for_damaged(tmp_path: Path, name: str, content: str) -> None:
    """Else the batches of the newer version would be dropped, and with them what was read."""
    newer = checkpoint(tmp_path, name, content)
    refused(newer, partial(mend, tmp_path))


def test_the_ids_of_topics(tmp_path: Path) -> None:
    """Or the stream would read on in another topic."""
    newer = tmp_path / TOPICS_FILE
    newer.write_bytes(format_topic_ids({"tweets": "x"}).replace(b'"format":1', b'"format":2'))
    refused(newer, partial(topic_ids, tmp_path))


def test_the_ids_of_topics_before_they_had_a_format(tmp_path: Path) -> None:
    """The map alone; it is written with its format from then on."""
    (tmp_path / TOPICS_FILE).write_text('{"tweets":"x"}')
    assert topic_ids(tmp_path) == {"tweets": "x"}
    (tmp_path / TOPICS_FILE).write_bytes(format_topic_ids({"tweets": "x"}))
    assert topic_ids(tmp_path) == {"tweets": "x"}


@pytest.mark.parametrize("name", ["champion.json", "versions/*/manifest.json"])
def test_the_registry(tmp_path: Path, name: str) -> None:
    """Neither the champion's file nor a manifest is damaged, so nothing is to be deleted or trained anew."""
    registry = Registry(str(tmp_path))
    version = promoted(registry, linear_model(Task.SENTIMENT, {"positive": 1.0}))
    (path,) = (tmp_path / Task.SENTIMENT).glob(name)
    newer = rewritten(path, b'"format": 1', b'"format": 2')
    ask = registry.champion if name == "champion.json" else partial(registry.manifest, version=version)
    refused(newer, partial(ask, Task.SENTIMENT))


def test_the_registry_before_it_had_a_format(tmp_path: Path) -> None:
    """What names no format is of the first one."""
    registry = Registry(str(tmp_path))
    version = promoted(registry, linear_model(Task.SENTIMENT, {"positive": 1.0}))
    for path in (tmp_path / Task.SENTIMENT).rglob("*.json"):
        rewritten(path, b',\n  "format": 1', b"")
    assert registry.champion(Task.SENTIMENT) == version
    assert registry.manifest(Task.SENTIMENT, version).format == 1


def test_a_model(tmp_path: Path) -> None:
    """Its header is inside of an archive."""
    model, newer = linear_model(Task.SENTIMENT, {"positive": 1.0}), tmp_path / "model.bin"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.scoring.linear.FORMAT", 2)
        newer.write_bytes(replace(model).dumps())
    refused(newer, lambda: loaded(newer.read_bytes(), "v"))


def test_the_list_of_the_forgotten(tmp_path: Path) -> None:
    """It is read, and it is added to."""
    newer = tmp_path / "forgotten"
    newer.write_bytes(head(KEY).replace(b" 1 ", b" 2 ") + b"e" * 40)
    refused(newer, lambda: entries_in(newer.read_bytes(), KEY))
    refused(newer, lambda: ForgottenList(tmp_path).add(KEY, [b"e" * 16]))


def test_where_a_source_was(tmp_path: Path) -> None:
    """Else it would begin anew, and what was missed meanwhile would never be asked for."""
    save(tmp_path / "x.json", {})
    newer = rewritten(tmp_path / "x.json", b'"version":2', b'"version":3')
    refused(newer, partial(load, newer))


def test_the_archive(tmp_path: Path) -> None:
    """Its table is not written to."""
    archive = ArchiveTable(str(tmp_path / "archive"), {})
    archive.ensure()
    (newer,) = (tmp_path / "archive/_delta_log").glob("*0.json")
    rewritten(newer, b'"description":"tweetpulse archive, format 1', b'"description":"tweetpulse archive, format 2')
    refused(newer, archive.ensure)


def test_the_progress_of_a_reprocessing(tmp_path: Path) -> None:
    """Else it would begin anew, and count what is there as already there."""
    newer = file_of(tmp_path, "again")
    save_progress(newer, Progress("", {}, 0, []))
    rewritten(newer, b'"format":1', b'"format":2')
    refused(newer, partial(load_progress, newer))


def refused(newer: Path, read: Callable[[], object]) -> None:
    """A line that says what to do; and the file stays as it was."""
    before = newer.read_bytes()
    with pytest.raises(NewerFormat) as error:
        read()
    assert "newer version of tweetpulse" in error.value.message
    assert "\n" not in error.value.message
    assert newer.read_bytes() == before


def test_an_open_window() -> None:
    """What the query of windows has counted so far."""
    newer = Tally().encoded().replace(b'"format":1', b'"format":2')
    with pytest.raises(NewerFormat, match="the checkpoint of the windows was written by a newer version"):
        decoded(newer)
