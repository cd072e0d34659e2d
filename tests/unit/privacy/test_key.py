"""The secret of the keyed hashes."""

from __future__ import annotations

from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pipeline.errors import ConfigError, SetupError
from pipeline.privacy.key import secret_key
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.settings import PrivacySettings, Settings


def settings(**fields: Any) -> Settings:
    return Settings.model_construct(privacy=PrivacySettings(**fields))


def test_made_once(tmp_path: Path) -> None:
    """On first use, readable by its owner only, and the same from then on, also for concurrent processes."""
    own = settings(folder=tmp_path / "privacy")
    keys = set(ThreadPool(8).map(lambda _: secret_key(own), range(32)))
    assert len(keys) == 1
    assert [path.name for path in (tmp_path / "privacy").iterdir()] == ["key"]
    assert (tmp_path / "privacy" / "key").stat().st_mode & 0o777 == 0o600


def test_as_set(tmp_path: Path) -> None:
    """By its value, or by a file without its last newline; no key is created then."""
    file = tmp_path / "a-key"
    file.write_text("0123456789abcdef\n")
    key = secret_key(settings(key_file=file, folder=tmp_path / "p"))
    assert key == secret_key(settings(key=SecretStr("0123456789abcdef"), folder=tmp_path / "p"))
    assert key != secret_key(settings(key=SecretStr("0123456789abcdeF")))
    assert len(secret_key(settings(key=SecretStr("long" * 100)))) == len(key) == 32
    assert not (tmp_path / "p").exists()


def test_what_is_wrong(tmp_path: Path) -> None:
    """Too short, absent, or two of them: said without showing any of it."""
    file = tmp_path / "short"
    file.write_text("hush-hush")
    for wrong, told in (
        (settings(key=SecretStr("hush-hush")), "shorter than 16"),
        (settings(key_file=file), "shorter than 16"),
        (settings(key_file=tmp_path / "absent"), "can't be read"),
        (settings(key=SecretStr("x" * 16), key_file=file), "set one"),
    ):
        with pytest.raises(ConfigError, match=told) as raised:
            secret_key(wrong)
        assert "hush" not in raised.value.message
    (tmp_path / "blocked").write_text("")
    with pytest.raises(SetupError, match="TWEETPULSE_PRIVACY__FOLDER"):
        secret_key(settings(folder=tmp_path / "blocked"))


def test_hashes_depend_on_the_key_and_on_the_kind() -> None:
    """Without the key nobody can try names; the key is not shown either."""
    one, other = Pseudonyms(b"k" * 16), Pseudonyms(b"l" * 16)
    assert one.user_id("7") == one.user_id("7") != other.user_id("7")
    assert one.name("7") not in one.user_id("7")
    assert one.name("Ann") == one.name("ann")
    assert (len(one.user_id("7")), len(one.name("7"))) == (32, 20)
    assert "kkkk" not in repr(one)
