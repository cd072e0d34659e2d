"""A shortened run of `make chaos`, and the effect of its seed."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from tests.faults.breaking import run
from tests.faults.chaos import exits
from tests.faults.plan import KINDS, Kind, planned
from tests.faults.world import opened
from tests.stacks import MakeStack

SEED, SECONDS, RATE = 11, 40.0, 150.0


def _short(kind: Kind) -> Kind:
    return replace(kind, seconds=(min(kind.seconds[0], 2.0), min(kind.seconds[1], 4.0)))


@pytest.mark.timeout(1_200)
def test_a_minute_of_chaos(make_stack: MakeStack, tmp_path: Path) -> None:
    """Kills, short freezes and rollovers by a fixed seed: nothing lost, nothing twice, the metrics are the truth."""
    said: list[str] = []
    with opened(make_stack(), tmp_path / "world", seed=SEED, rate=RATE) as world:
        plan = planned(SEED, tuple(map(_short, KINDS)), pause=(0.5, 3.0))
        verdict, happened = run(world, SECONDS, plan, said.append)
        assert verdict.ok, "\n".join((str(verdict), *verdict.examples, *said, *map(str, exits(world))))
    assert verdict.produced > 0
    assert happened
    # A part may be away when its turn comes, since the stream is just starting.
    assert [one for one in happened if one.fault and "NothingThere" not in one.fault] == []


def test_the_seed_decides_faults_and_durations() -> None:
    """Every kind comes in the end, and lasts as long as it may."""
    one, two, other = (list(islice(planned(seed), 400)) for seed in (1, 1, 2))
    assert one == two != other
    assert {fault.kind for fault in one} == set(KINDS)
    assert all(fault.kind.seconds[0] <= fault.seconds <= fault.kind.seconds[1] for fault in one)
