"""The supervisor, and what a world leaves behind: nothing."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from pipeline.embedded.info import StackInfo
from pipeline.embedded.processes import of_stack
from tests.faults.actions import kill
from tests.faults.records import records
from tests.faults.supervised import PARTS
from tests.faults.world import opened
from tests.processes import until


def test_a_killed_stream_is_started_again_and_a_frozen_one_is_ended(stack: StackInfo, tmp_path: Path) -> None:
    """Every part of it is found; a death by our hand is no surprise; in the end no process is left, stopped or not."""
    with opened(stack, tmp_path / "world") as world:
        world.feed.send(islice(records(1), 200))
        assert world.drained()
        assert {part: bool(world.process(part)) for part in PARTS} == dict.fromkeys(PARTS, True)
        kill(world, "driver")
        until(lambda: len(world.stream.lives) == 2, "the next process", timeout=240)
        world.feed.send(islice(records(2), 50))
        assert world.drained()
        assert (world.stream.lives[0].code, world.stream.surprises) == (-9, [])
        jvm = world.process("jvm")
        assert jvm
        jvm.suspend()
        assert of_stack(tmp_path / "world" / "logs")
    assert of_stack(tmp_path / "world" / "logs") == []
    assert not jvm.is_running()
