"""The settings of Mastodon as a source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from pipeline.section import Seconds, Section, Url
from pipeline.sources.live.option import Option

GRAMMAR = "A hashtag, or Brand:hashtag to name whom it is about; repeatable. All public posts without one."


class MastodonSettings(Section):
    """A Mastodon server's public streaming API. Without `tags` (`acme`, `Brand:acme`): all that the server sees."""

    url: Annotated[
        Url,
        Field(pattern=r"^https?://[^/?#]+/?$"),
        Option(
            "The server, such as https://mastodon.social.",
            wrong="is no server's address: write it as https://mastodon.social",
        ),
    ] = "https://mastodon.social"
    tags: Annotated[tuple[str, ...], Option(GRAMMAR, "--tag")] = ()
    local: Annotated[bool, Option("Only what the server's own people write.")] = False
    access_token: SecretStr | None = None
    """Most servers stream only to clients that have one."""
    access_token_file: Path | None = None
    """A file that holds the token."""
    stall_seconds: Seconds = 60.0
    """The silence after which the connection counts as lost."""
