"""The judgement of `make soak ARGS=whole` on its figures; the run itself takes minutes and is started by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, replace
from typing import Any

import psutil

from bench import footprint
from bench.footprint import Sample, quarters, sampled
from bench.usage import parts
from bench.whole import Burst, Figures, Plan
from tests.faults.oracle import Verdict
from tests.processes import until

GOOD = Verdict(10, 1, 8, 1, 0, 0)


def _samples(memory: list[float]) -> list[Sample]:
    return [Sample(5.0 * n, {"jvm": size}, {"jvm": 100}, {"jvm": 50}, 0) for n, size in enumerate(memory)]


def _figures(**fields: Any) -> Figures:
    samples = _samples([500.0] * 8)
    given = Figures(Plan(), 1_000, 700, Burst(100, 1.0, 2.0), GOOD, [], [], quarters(samples), samples)
    return replace(given, **fields)


def test_what_is_flat_is_flat() -> None:
    """Nothing to say of it; a first quarter that swings is no growth."""
    assert _figures().wrong == []
    assert not any(one.grew for one in quarters(_samples([400, 500, 450, 480, 470, 480, 500, 490])))


def test_what_grows_is_told() -> None:
    """Of whichever part, if it ran long enough to say so."""
    grown = quarters(_samples([500.0, 500.0, 550.0, 600.0, 650.0, 700.0, 750.0, 800.0]))
    assert [str(one) for one in grown if one.grew] == ["memory of jvm: 500 MB in the first quarter, 775 in the last"]
    assert len(_figures(quarters=grown).wrong) == 1
    assert _figures(quarters=grown, plan=Plan(minutes=5)).wrong == []


def test_all_else_that_is_wrong_is_told() -> None:
    """A loss, a stream that ended, a burst that stayed."""
    wrong = _figures(verdict=replace(GOOD, lost=1), exits=[{"said": "x"}], burst=Burst(100, 1.0, None)).wrong
    assert len(wrong) == 3


_FORKS = """
import os, signal, time
daemon = os.fork()
if not daemon:
    os.setpgid(0, 0)
    if os.fork():
        time.sleep(100)
    print(os.getpid(), flush=True)
time.sleep(100)
"""


def test_a_worker_whose_daemon_was_killed_is_sampled() -> None:
    """It goes on working, as a child of nobody."""
    with subprocess.Popen(
        [sys.executable, "-c", _FORKS], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as stream:
        assert stream.stdout
        worker = psutil.Process(int(stream.stdout.readline()))
        try:
            worker.parent().kill()
            until(lambda: worker not in psutil.Process(stream.pid).children(recursive=True), "it is an orphan")
            assert ("workers", worker) in parts(psutil.Process(stream.pid), {})
        finally:
            worker.kill()
            stream.kill()


def test_a_process_is_sampled(monkeypatch) -> None:
    """This one, which holds memory, files and threads; and there is a picture of it."""
    monkeypatch.setattr(footprint, "PERIOD", 0.05)
    with sampled(os.getpid, lambda: 7) as samples:
        deadline = time.monotonic() + 60
        while len(samples) < 4 and time.monotonic() < deadline:
            time.sleep(0.05)
    assert min(samples[0].memory["driver"], samples[0].files["driver"], samples[0].threads["driver"]) > 0
    assert samples[0].lag == 7
    assert json.loads(json.dumps(asdict(samples[0])))["memory"] == samples[0].memory
    drawn = footprint.picture(samples)
    assert drawn
    assert drawn.startswith(b"\x89PNG")
