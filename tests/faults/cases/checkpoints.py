"""Faults of the checkpoint: damaged, deleted, set back, in use, or not writable."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pipeline import committed_offsets
from pipeline.domain.progress import Partition, newest_committed
from pipeline.embedded.guard import guarded
from pipeline.embedded.ports import free_port
from tests.faults import accounting, actions, broker, folders
from tests.faults.accounting import Counts
from tests.faults.case import Case, Run
from tests.faults.records import reason_of
from tests.faults.supervised import Supervised
from tests.faults.truth import Sent, topic
from tests.faults.world import World
from tests.processes import until

GROUP = "checkpoints"

Damage = Callable[[Path], object]


def _empty(path: Path) -> None:
    os.truncate(path, 0)


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _nuls(path: Path) -> None:
    path.write_bytes(b"\0" * path.stat().st_size)


def _offsets(damage: Damage, world: World, seconds: float) -> None:
    """A batch is planned again after its records were indexed."""
    with _set_back(world):
        damage(_newest(world, "offsets"))
        # As the machine goes down, what has just been written goes with it.
        _newest(world, "commits").unlink(missing_ok=True)


def _commit(damage: Damage, world: World, seconds: float) -> None:
    """A batch is done again as it was; its log line takes the place of the first one."""
    with world.feed.quiet():
        world.drained()
        with world.stream.stopped():
            damage(_newest(world, "commits"))


def _metadata(world: World, seconds: float) -> None:
    with world.feed.quiet():
        world.drained()
        with world.stream.stopped():
            _nuls(world.settings.checkpoint / "metadata")


def _deleted(world: World, seconds: float) -> None:
    with _set_back(world):
        shutil.rmtree(world.settings.checkpoint)


def _deleted_under_it(world: World, seconds: float) -> None:
    """Whatever the stream makes of it, after its next start it reads again what the folder does not say any more."""
    with world.feed.quiet():
        world.drained()
        before = committed_offsets.read(world.settings.checkpoint) or {}
        shutil.rmtree(world.settings.checkpoint)
        world.feed.more(500)
        until(lambda: world.stream.surprises, "the end of a stream that has lost its checkpoint")
        with world.stream.stopped():
            held = broker.held(world.settings.kafka, world.settings.kafka.tweets_topic)
            read = accounting.total(one.counts for log in world.stream.logs for one in accounting.finished(log)).read
            # The last batch may have been indexed though its commit failed: then its records are read again, too.
            if read == world.feed.total:
                before = {(one.topic, one.partition): last for one, (_, last) in held.items()}
            again = _between(world, committed_offsets.read(world.settings.checkpoint) or {}, before)
    world.excused.again = lambda: again


def _older_copy(world: World, seconds: float) -> None:
    """As after restoring a backup."""
    copy = world.settings.checkpoint.with_name("checkpoint.copy")
    with world.feed.quiet():
        world.drained()
        with world.stream.stopped():
            shutil.copytree(world.settings.checkpoint, copy)
    world.until_committed(world.committed + 1, 240.0)
    time.sleep(seconds)
    with _set_back(world):
        shutil.rmtree(world.settings.checkpoint)
        copy.rename(world.settings.checkpoint)


@contextmanager
def _set_back(world: World) -> Iterator[None]:
    """The stream ends cleanly; what the block makes it forget is read again, and is counted here."""
    with world.feed.quiet():
        world.drained()
        with world.stream.stopped():
            before = committed_offsets.read(world.settings.checkpoint) or {}
            yield
            after = committed_offsets.read(world.settings.checkpoint) or {}
            again = _between(world, after, before)
    earlier = world.excused.again() if world.excused.again else Counts()
    world.excused.again = lambda: earlier + again


def _between(world: World, after: Mapping[Partition, int], before: Mapping[Partition, int]) -> Counts:
    name = world.settings.kafka.tweets_topic

    def is_again(one: Sent) -> bool:
        partition = (name, one.at.partition)
        return after.get(partition, 0) <= one.at.offset < before.get(partition, 0)

    return _read_again([one for one in topic(world.settings.kafka) if is_again(one)])


def _read_again(sent: list[Sent]) -> Counts:
    rejected = sum(reason_of(one.key) is not None for one in sent)
    return Counts(read=len(sent), already_there=len(sent) - rejected, rejected=rejected)


def _newest(world: World, kind: str) -> Path:
    folder = world.settings.checkpoint
    number = newest_committed(*([one.name for one in (folder / of).iterdir()] for of in ("offsets", "commits")))
    return folder / kind / str(number)


def _read_only(world: World, seconds: float) -> Iterator[str]:
    first = len(world.stream.lives) - 1
    with folders.read_only(world.settings.checkpoint):
        yield from actions.await_refusal(world, 3, "can't be written (Read-only file system)", first)
        time.sleep(seconds)


def _full(world: World, seconds: float) -> Iterator[str]:
    with world.feed.quiet(), world.stream.stopped():
        folders.move_to_disk(world.settings.checkpoint)
    try:
        world.until_committed(world.committed + 1, 240.0)
        first = len(world.stream.lives) - 1
        folders.fill(world.settings.checkpoint)
        yield from actions.await_refusal(world, 3, "(No space left on device)", first)
        time.sleep(seconds)
        folders.free(world.settings.checkpoint)
        world.until_committed(world.committed + 1, 240.0)
    finally:
        with world.feed.quiet(), world.stream.stopped():
            folders.move_back(world.settings.checkpoint)


def _two_on_one(world: World, seconds: float) -> Iterator[str]:
    """The second stream gets an error; the first one does not notice."""
    lives = len(world.stream.lives)
    with _second(world, world.settings.checkpoint) as second:
        deadline = time.monotonic() + 120
        while not (second.lives and second.lives[0].code is not None) and time.monotonic() < deadline:
            time.sleep(0.25)
        code, said = second.lives[0].code, " ".join(second.lives[0].last_words())
    if code != 9 or "another stream uses the checkpoint" not in said:
        yield f"the second stream ended with {code}: {said}"
    if len(world.stream.lives) != lives:
        yield "the first stream ended"


def _two(world: World, seconds: float) -> Iterator[str]:
    """Each reads all and indexes what the other one has not; in between the data stream rolls over."""
    own = world.settings.checkpoint.with_name("checkpoint.second")
    with _second(world, own) as second:
        deadline = time.monotonic() + 240
        while not (own / "commits").exists() and time.monotonic() < deadline:
            time.sleep(0.25)
        time.sleep(seconds)
        actions.roll_over(world)
        time.sleep(seconds)
        with world.feed.quiet():
            while sum((committed_offsets.read(own) or {}).values()) < world.feed.total and time.monotonic() < deadline:
                time.sleep(0.25)
            with second.stopped():
                read = committed_offsets.read(own) or {}
                again = _between(world, {}, read)
        if second.surprises:
            yield f"the second stream ended: {second.surprises[0].last_words()}"
        world.excused.logs += second.logs
    world.excused.again = lambda: again


@contextmanager
def _second(world: World, own: Path) -> Iterator[Supervised]:
    """Another stream, of the same topic and the same data streams."""
    settings = world.stream.settings
    port = settings.telemetry.model_copy(update={"stream_port": free_port()})
    stream = settings.stream.model_copy(update={"checkpoint": own})
    logs = own.with_name("logs.second")
    logs.mkdir()
    second = Supervised(settings.model_copy(update={"telemetry": port, "stream": stream}), logs)
    with guarded(logs), second.running():
        yield second


def _case(name: str, what: str, run: Run, **options: object) -> Case:
    return Case(GROUP, name, what, run, fresh=True, **options)  # type: ignore[arg-type]


CASES = (
    *(
        _case(
            f"newest offsets file {how}",
            f"As after a power cut, `offsets/N` is {how} and `commits/N` is not there.",
            partial(_offsets, damage),
            short=short,
        )
        for how, damage, short in (("empty", _empty, 0.0), ("cut", _cut, None), ("full of NULs", _nuls, None))
    ),
    *(
        _case(f"newest commit {how}", f"`commits/N` is {how}.", partial(_commit, damage))
        for how, damage in (("empty", _empty), ("full of NULs", _nuls))
    ),
    _case("checkpoint's metadata full of NULs", "`metadata` can't be read.", _metadata),
    _case(
        "checkpoint deleted",
        "It is deleted while the stream is down; the stream then reads everything again.",
        _deleted,
    ),
    _case(
        "checkpoint deleted under a running stream",
        "The stream ends, is restarted, and reads everything again.",
        _deleted_under_it,
        ends=True,
    ),
    _case(
        "older copy of the checkpoint",
        "It is put back, as after restoring a backup: what was read since then is read again.",
        _older_copy,
        seconds=10.0,
    ),
    _case(
        "checkpoint read-only",
        "Its file system is read-only for 10 s; the stream ends with exit code 3 and a cure, and is restarted.",
        _read_only,
        seconds=10.0,
        ends=True,
    ),
    _case(
        "checkpoint on a full disk",
        "The disk is full for 10 s; the stream ends with exit code 3 and a cure, and is restarted.",
        _full,
        seconds=10.0,
        ends=True,
    ),
    _case("two streams on one checkpoint", "The second one ends with exit 9, and the first one goes on.", _two_on_one),
    _case(
        "two streams with a checkpoint each",
        "Both read everything and write to the same data streams, which roll over meanwhile.",
        _two,
        seconds=10.0,
    ),
)
