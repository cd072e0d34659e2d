"""The live sources that there are. From here come their commands, their settings and their rows in docs/sources.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.section import Section
from pipeline.sources.live.feed import LiveSource
from pipeline.sources.mastodon.settings import MastodonSettings
from pipeline.sources.mastodon.source import MastodonSource
from pipeline.sources.pacing import Clock
from pipeline.sources.source import SourceEvents
from pipeline.sources.twitter.check import doubts, preview
from pipeline.sources.twitter.settings import TwitterSettings
from pipeline.sources.twitter.source import TwitterSource


@dataclass(frozen=True, slots=True)
class Entry:
    """A live source.

    Attributes:
        name: of its command (`tweetpulse collect <name>`) and of its section in the settings, and its metrics' label.
        reads: what it publishes, in a few words.
        section: its settings; those that are marked with `Option` are options of the command.
        make: makes it of its settings.
        doubts: the parts of its settings that the server may refuse, a line each.
        preview: says line by line what a start would do, for `--dry-run`, of its settings and the state folder.
    """

    name: str
    reads: str
    section: type[Section]
    make: Callable[[Any, SourceEvents, Clock], LiveSource]
    preview: Callable[[Any, Path], Sequence[str]] | None = None
    doubts: Callable[[Any], Sequence[str]] = lambda settings: ()


LIVE_SOURCES = (
    Entry("twitter", "what X shows for your rules", TwitterSettings, TwitterSource, preview, doubts),
    Entry("mastodon", "a Mastodon server's public posts", MastodonSettings, MastodonSource),
)
