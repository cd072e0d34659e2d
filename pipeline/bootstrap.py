"""Composition root: the only builder of sessions, clients and registries."""

from __future__ import annotations

from pipeline.settings import Settings
from pipeline.sources.publisher import Publisher
from pipeline.sources.topics import ensure_topics


def publisher(settings: Settings) -> tuple[Publisher, tuple[str, ...]]:
    """A publisher to the topic of tweets, which is made if absent, and what is to be warned of.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials or the permission.
    """
    topics = ensure_topics(settings.kafka)
    return Publisher(settings.kafka), topics.warnings
