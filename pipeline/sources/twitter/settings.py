"""The settings of X as a source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from pipeline.section import Count, Seconds, Section, Url
from pipeline.sources.live.option import Option

GRAMMAR = (
    'A word, or a rule of X\'s: `"oat milk" lang:en`. `Acme:@acme OR #acme` names a brand for what it finds '
    '(`"Acme Air":…` with a space in it); a single word is its own brand. `from:`, `lang:` and so on are never brands.'
)


class TwitterSettings(Section):
    """The X API, v2. `track` holds rules: a word, or `Brand:rule`, whose tweets get the entity Brand."""

    bearer_token: SecretStr | None = None
    """The credential of an app (app-only)."""
    bearer_token_file: Path | None = None
    """A file that holds the token."""
    track: Annotated[tuple[str, ...], Option(f"{GRAMMAR} Repeatable.")] = ()
    mode: Annotated[
        Literal["stream", "search"],
        Option("stream: X's filtered stream. search: asks every minute, on plans without it."),
    ] = "stream"
    retweets: Annotated[
        Literal["mark", "leave_out"], Option("mark: as kind retweet. leave_out: not even asked for.")
    ] = "mark"
    rule_characters: Count | None = None
    """How long a rule may be: 1,024 for the stream, 512 for the search, where it is not set."""
    backfill_minutes: Annotated[
        int,
        Field(ge=0, le=5),
        Option("What X sends again after a reconnect, on plans that have it.", wrong="takes 0 to 5 minutes"),
    ] = 0
    search_seconds: Seconds = 60.0
    """The pause between two searches for a rule."""
    settle_seconds: Seconds = 30.0
    """How old a tweet is when X's search surely shows it."""
    stall_seconds: Seconds = 30.0
    """The silence after which the connection counts as lost."""
    api_url: Url | None = None
    """Leads all requests elsewhere, with the token."""
