"""A Mastodon server as a source: its public timeline, or those of tags, a feed each."""

from __future__ import annotations

from pipeline.sources.live.feed import Waits
from pipeline.sources.mastodon.api import Api
from pipeline.sources.mastodon.feed import TimelineFeed
from pipeline.sources.mastodon.settings import MastodonSettings
from pipeline.sources.mastodon.statuses import NAME
from pipeline.sources.mastodon.timelines import tags_of, timelines_of
from pipeline.sources.mastodon.waits import WAITS
from pipeline.sources.pacing import Clock
from pipeline.sources.source import SourceEvents


class MastodonSource:
    """Public posts of a server, from now on; what was missed since the last time comes too.

    Args:
        settings: the server, the tags, the token.
        events: told what is left of the server's rate limit.
        clock: the time.

    Raises:
        ConfigError: a tag is none, or the token's file can't be read.
    """

    name = NAME
    waits: Waits = WAITS

    def __init__(self, settings: MastodonSettings, events: SourceEvents, clock: Clock | None = None) -> None:
        timelines = timelines_of(settings)
        brands = {tag.name: tag.brand for tag in tags_of(settings.tags)}
        self._api = Api(settings, events.budget, (clock or Clock()).now)
        self.state = f"mastodon-{self._api.instance.replace(':', '-')}"
        self.feeds = tuple(
            TimelineFeed(timeline, self._api, brands, events, settings.stall_seconds) for timeline in timelines
        )

    def close(self) -> None:
        """Let go of all connections."""
        self._api.close()
