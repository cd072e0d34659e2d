"""A collector of X in a thread, against the fake X and a real broker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.domain.record import decode
from pipeline.domain.tweet import Tweet
from pipeline.settings import Settings, TwitterSettings
from pipeline.sources.twitter.ids import id_at
from pipeline.sources.twitter.source import TwitterSource, state_file
from tests.collecting import Collecting
from tests.fake_x import FakeX, serving
from tests.fake_x.server import TOKEN
from tests.integration.sources.reading import records
from tests.processes import until

RULE = 'Acme:acme OR "acme air"'


@dataclass
class Run:
    """A collector under way, and what is in its topic."""

    x: FakeX
    settings: Settings
    collecting: Collecting

    def tweets(self) -> list[Tweet]:
        """What is in the topic, repeats included."""
        return [tweet for tweet in map(decode, self.values()) if isinstance(tweet, Tweet)]

    def values(self) -> list[bytes]:
        """The records themselves."""
        return [record.value for record in records(self.settings.kafka)]

    def ids(self) -> list[str]:
        """The ids, sorted."""
        return sorted(tweet.id for tweet in self.tweets())

    def errors(self, reason: str) -> float:
        """How often that went wrong, by the metrics."""
        return self.collecting.metric("tweetpulse_source_errors_total", reason=reason)

    def gaps(self, outcome: str) -> float:
        """How many gaps ended so, by the metrics."""
        return self.collecting.metric("tweetpulse_source_gaps_total", outcome=outcome)

    def until_all(self) -> None:
        """Wait until the script is over, all that was written is in Kafka, and no gap is open."""
        until(lambda: not self.x.script, "the script", 60)
        until(lambda: self.collecting.tweets >= len(self.x.event_ids()) or self.collecting.error, "all tweets", 60)
        source = self.collecting.collector.source
        until(lambda: not source.resume.gaps or self.collecting.error, "the gaps to close", 60)


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
        with Collecting(
            settings, "twitter", lambda events, clock: TwitterSource(own, events, tmp_path / "state", clock)
        ) as collecting:
            yield Run(x, settings, collecting)

    return run


@pytest.fixture
def remembered(tmp_path: Path) -> Callable[..., None]:
    """Writes what a former run remembers."""

    def write(newest: datetime, *gaps: dict[str, int]) -> None:
        path = state_file(tmp_path / "state")
        path.parent.mkdir(parents=True)
        path.write_bytes(orjson.dumps({"version": 1, "newest": id_at(newest), "gaps": gaps}))

    return write


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)
