"""Composition root: the only builder of sessions, clients and registries."""

from __future__ import annotations

from pipeline.settings import Settings
from pipeline.sources.pacing import Clock
from pipeline.sources.publisher import Publisher
from pipeline.sources.topics import Topics, ensure_topics


def topics(settings: Settings) -> Topics:
    """Make the topics that are absent.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials or the permission.
    """
    return ensure_topics(settings.kafka)


def publisher(settings: Settings, clock: Clock | None = None) -> Publisher:
    """A publisher to the topic of tweets; `clock` says when it is to stop.

    Raises:
        SetupError: the broker does not answer.
        ConfigError: it refuses the credentials.
    """
    return Publisher(settings.kafka, clock=clock or Clock())
