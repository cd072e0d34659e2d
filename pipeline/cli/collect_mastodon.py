"""`collect mastodon`: a Mastodon server's public timelines."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from pydantic import ValidationError

from pipeline.cli.app import settings as current_settings
from pipeline.cli.collect import collect, collect_from
from pipeline.errors import ConfigError
from pipeline.settings import MastodonSettings
from pipeline.sources.mastodon.source import MastodonSource
from pipeline.sources.mastodon.statuses import NAME
from pipeline.sources.mastodon.timelines import GRAMMAR


@collect.command()
def mastodon(
    tag: Annotated[list[str] | None, typer.Option(help=GRAMMAR)] = None,
    url: Annotated[str | None, typer.Option(help="The server, such as https://mastodon.social.")] = None,
    local: Annotated[bool, typer.Option("--local", help="Only what the server's own people write.")] = False,
) -> None:
    """Publish a Mastodon server's public posts, from now on; what was missed since the last run comes too."""
    settings = current_settings()
    section = _with(settings.mastodon, tags=tuple(tag or ()), url=url, local=local)
    collect_from(settings, NAME, lambda events, clock: MastodonSource(section, events, settings.state_dir, clock))


def _with(section: MastodonSettings, **given: Any) -> MastodonSettings:
    """What the arguments say wins over what is set."""
    try:
        return MastodonSettings(**dict(section) | {name: value for name, value in given.items() if value})
    except ValidationError:
        raise ConfigError("--url is no server's address: write it as https://mastodon.social") from None
