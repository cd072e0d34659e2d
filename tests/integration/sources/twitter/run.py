"""A collector of X under way, and what is in its topic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipeline.domain.record import decode
from pipeline.domain.tweet import Tweet
from pipeline.settings import Settings
from pipeline.sources.live.resume import Resume
from tests.collecting import Collecting
from tests.fake_x import FakeX
from tests.processes import until
from tests.records import records

RULE = 'Acme:acme OR "acme air"'


@dataclass
class Run:
    """A collector under way, and what is in its topic."""

    x: FakeX
    settings: Settings
    collecting: Collecting

    @property
    def resume(self) -> Resume:
        """The content of the resume file."""
        return self.collecting.collection.runtime.resume

    def tweets(self) -> list[Tweet]:
        """The tweets in the topic, repeats included."""
        return [tweet for tweet in map(decode, self.values()) if isinstance(tweet, Tweet)]

    def values(self) -> list[bytes]:
        """The records themselves."""
        return [record.value for record in records(self.settings.kafka)]

    def ids(self) -> list[str]:
        """The ids, sorted."""
        return sorted(tweet.id for tweet in self.tweets())

    def errors(self, reason: str) -> float:
        """The number of errors of this kind, by the metrics."""
        return self.collecting.metric("tweetpulse_source_errors_total", reason=reason)

    def gaps(self, outcome: str) -> float:
        """The number of gaps with this outcome, by the metrics."""
        return self.collecting.metric("tweetpulse_source_gaps_total", outcome=outcome)

    def until_all(self) -> None:
        """Wait until the script is over, all that was written is in Kafka, and no gap is open."""
        until(lambda: not self.x.script, "the script", 60)
        until(lambda: self.collecting.tweets >= len(self.x.event_ids()) or self.collecting.error, "all tweets", 60)
        until(lambda: not self.resume.gaps() or self.collecting.error, "the gaps to close", 60)


def ago(seconds: float) -> datetime:
    """So long before now."""
    return datetime.now(UTC) - timedelta(seconds=seconds)
