"""A server that can't be reached is named, for whoever is offline or has mistyped it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipeline.errors import SourceError
from pipeline.sources.live.feed import Interrupted
from pipeline.sources.mastodon import api as mastodon
from pipeline.sources.mastodon.settings import MastodonSettings
from pipeline.sources.mastodon.timelines import Timeline
from pipeline.sources.twitter.answers import Refused, interruption
from pipeline.sources.twitter.api import Api
from pipeline.sources.twitter.check import ask
from pipeline.sources.twitter.settings import TwitterSettings


@pytest.fixture
def nobody() -> Iterator[str]:
    """A host that refuses every connection."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


def test_x_is_asked_and_not_there(nobody: str, tmp_path: Path) -> None:
    """`collect twitter --dry-run`: one line."""
    settings = TwitterSettings(api_url=f"http://{nobody}", bearer_token=SecretStr("token"), track=("acme",))
    with pytest.raises(SourceError) as error:
        ask(settings, tmp_path)
    assert error.value.message.startswith(f"{nobody} can't be reached: is this machine online")


def test_xs_stream_is_not_there(nobody: str) -> None:
    """What the runtime logs, and waits for."""
    with pytest.raises(Refused) as refused:
        Api(TwitterSettings(api_url=f"http://{nobody}"), "token").connect()
    assert interruption(refused.value.refusal).host == nobody


def test_a_mastodon_server_is_not_there(nobody: str) -> None:
    """The same."""
    api = mastodon.Api(MastodonSettings(url=f"http://{nobody}"), lambda *_: None)
    with pytest.raises(Interrupted) as interrupted:
        api.stream(Timeline("public", "public", "timelines/public"))
    assert interrupted.value.host == nobody
