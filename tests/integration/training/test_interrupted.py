"""Training that is interrupted leaves nothing: no process, no file."""

from __future__ import annotations

import csv
import random
import signal
from pathlib import Path

import psutil
import pytest

from tests.processes import descendants, running, until
from tests.stacks import stack_settings


def labelled(path: Path) -> Path:
    """Enough rows to begin with."""
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghijklmnop", k=5)) for _ in range(500)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "label"])
        for number in range(600):
            label, sign = chance.choice([("positive", "great"), ("negative", "awful")])
            writer.writerow([10**10 + number, " ".join([sign, *chance.choices(words, k=9)]), label])
    return path


@pytest.mark.parametrize("moment", ["as it is launched", "when its files are there"])
def test_a_ctrl_c_while_spark_starts(moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit code is 130, the JVM has ended, and no temporary file is left: neither ours, nor in the usual places."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("TMPDIR", str(elsewhere))
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", f"-Djava.io.tmpdir={elsewhere} -XX:-UsePerfData")
    settings, log = stack_settings(tmp_path / "a state"), tmp_path / "log"
    data = labelled(tmp_path / "labels.csv")
    temporary = settings.state_dir / "tmp"
    columns = "id=id,text=text,label=label"
    command = ("-m", "pipeline", "train", "sentiment", "--data", str(data), "--columns", columns)
    with running(settings, *command, log=log) as process:
        until(lambda: "starting Spark" in log.read_text() or process.poll() is not None, "Spark is being started")
        assert process.poll() is None, log.read_text()
        until(lambda: any(child.name() == "java" for child in descendants(process)), "a JVM")
        if moment != "as it is launched":
            until(lambda: list(temporary.glob("*/spark-*")), "files of Spark's")
        started = descendants(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=300) == 130
    assert [child for child in started if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []
    assert [path.name for path in temporary.iterdir() if path.is_dir()] == []
    assert list(elsewhere.iterdir()) == []
