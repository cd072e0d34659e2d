"""Tokens in files of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pipeline.errors import ConfigError
from pipeline.sources.mastodon import api
from pipeline.sources.mastodon.settings import MastodonSettings
from pipeline.sources.tokens import token_in
from pipeline.sources.twitter import source
from pipeline.sources.twitter.settings import TwitterSettings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("  hush\n")
    path.chmod(0o600)
    return path


def test_a_file_of_ones_own(file: Path) -> None:
    """The token, and not a word."""
    with capture_logs() as logs:
        assert token_in(file, "token", "X_FILE") == "hush"
    assert logs == []


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_file_that_others_may_read(file: Path, mode: int) -> None:
    """It is read, since some systems hand secrets out so; one line says what to do, without the token."""
    file.chmod(mode)
    with capture_logs() as logs:
        assert source.token_of(TwitterSettings(bearer_token_file=file)) == "hush"
        assert api.token_of(MastodonSettings(access_token_file=file)) == "hush"
    assert [line["event"] for line in logs] == [
        f"the bearer token's file may be read by others: chmod 600 {file}",
        f"the access token's file may be read by others: chmod 600 {file}",
    ]
    assert "hush" not in str(logs)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 10_001])
def test_a_file_that_holds_something_else(file: Path, content: bytes) -> None:
    """One line, and nothing of what is in it."""
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="X_FILE") as raised:
        token_in(file, "token", "X_FILE")
    assert "xxx" not in raised.value.message


def test_an_endless_file() -> None:
    """Only as much is read as a token may have."""
    with pytest.raises(ConfigError, match="too large"):
        token_in(Path("/dev/zero"), "token", "X_FILE")
