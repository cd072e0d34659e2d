"""Reading a checkpoint folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.committed_offsets import local, read
from pipeline.errors import ConfigError, SetupError
from tests.paths import ROOT

RECORDED = ROOT / "tests" / "fixtures" / "exporters" / "checkpoint"
TOPIC = "tweets-recorded"


def test_a_batch_that_failed_does_not_count() -> None:
    """The recorded checkpoint has `offsets/2` but no `commits/2`: progress is that of batch 1."""
    assert (RECORDED / "offsets" / "2").exists()
    assert read(RECORDED) == {(TOPIC, 0): 2, (TOPIC, 1): 2, (TOPIC, 2): 2, (TOPIC, 3): 0}


def test_before_the_first_commit(tmp_path: Path) -> None:
    """Progress is where the query began."""
    shutil.copytree(RECORDED, tmp_path / "c", ignore=shutil.ignore_patterns("commits"))
    assert read(tmp_path / "c") == {(TOPIC, number): 0 for number in range(4)}


def test_a_query_that_never_ran(tmp_path: Path) -> None:
    """It has no progress, which is not progress 0."""
    assert read(tmp_path / "absent") is None


def test_a_checkpoint_that_cannot_be_read(tmp_path: Path) -> None:
    """One line says which and why."""
    (tmp_path / "offsets").write_text("not a folder")
    with pytest.raises(SetupError, match=r"can't be read \(Not a directory\)"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("setting", "path"),
    [("/data/c", "/data/c"), ("c", "c"), ("file:///data/c", "/data/c"), ("file:/data/c", "/data/c")],
)
def test_local_checkpoints(setting: str, path: str) -> None:
    """A path stays as it is; Spark's `file:` URI becomes one."""
    assert local(Path(setting)) == Path(path)


@pytest.mark.parametrize("setting", ["s3a://bucket/c", "hdfs://name:9000/c", "abfss://c@account.example/c"])
def test_remote_checkpoints(setting: str) -> None:
    """One clear line says that it is not supported, and what to do."""
    with pytest.raises(ConfigError, match=r"^the checkpoint is on \w+, and the exporter reads local folders only"):
        local(Path(setting))
