"""A collector of X in a thread, against the fake X and a real broker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.settings import Settings
from pipeline.sources.live.runtime import resume_file
from pipeline.sources.pacing import Clock
from pipeline.sources.source import SourceEvents
from pipeline.sources.twitter.ids import id_at
from pipeline.sources.twitter.settings import TwitterSettings
from pipeline.sources.twitter.source import TwitterSource
from tests.collecting import Collecting
from tests.fake_x import FakeX, serving
from tests.fake_x.server import TOKEN
from tests.integration.sources.twitter.run import RULE, Run

Collect = Callable[..., Any]


@pytest.fixture
def x() -> Iterator[FakeX]:
    """A fake X whose search knows a tweet after a tenth of a second."""
    with serving() as fake:
        yield fake


@pytest.fixture
def twitter(x: FakeX) -> TwitterSettings:
    """Settings that lead to it, and that are impatient."""
    return TwitterSettings(
        bearer_token=TOKEN, track=(RULE,), api_url=x.url, settle_seconds=0.6, stall_seconds=1.5, search_seconds=0.3
    )


@pytest.fixture
def collect(x: FakeX, twitter: TwitterSettings, settings: Settings, tmp_path: Path) -> Collect:
    """Starts a collector; it ends with the block. The same state and topic each time."""

    @contextmanager
    def run(**changed: Any) -> Iterator[Run]:
        own = twitter.model_copy(update=changed)
        mine = settings.model_copy(update={"state_dir": tmp_path / "state"})

        def make(events: SourceEvents, clock: Clock) -> TwitterSource:
            return TwitterSource(own, events, clock)

        with Collecting(mine, "twitter", make) as collecting:
            yield Run(x, settings, collecting)

    return run


@pytest.fixture
def remembered(tmp_path: Path) -> Callable[..., None]:
    """Writes what a former run remembers, as it was written before the runtime of live sources."""

    def write(newest: datetime, *gaps: dict[str, int]) -> None:
        path = resume_file(tmp_path / "state", "twitter")
        path.parent.mkdir(parents=True)
        path.write_bytes(orjson.dumps({"version": 1, "newest": id_at(newest), "gaps": gaps}))

    return write
