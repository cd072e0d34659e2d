"""The settings of a container, as the program reads them in its pod."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.settings import Settings, load
from tests.manifests import Object, environment

SettingsOf = Callable[[Object, list[Object]], Settings]


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SettingsOf:
    """Of a container among the objects of its overlay; what this process was told does not count."""
    monkeypatch.chdir(tmp_path)

    def read(container: Object, objects: list[Object]) -> Settings:
        [text] = [one["data"]["tweetpulse.toml"] for one in objects if "tweetpulse.toml" in one.get("data", {})]
        (tmp_path / "tweetpulse.toml").write_text(text, encoding="utf-8")
        for name in [name for name in os.environ if name.startswith("TWEETPULSE_")]:
            monkeypatch.delenv(name)
        for name, value in environment(container, objects).items():
            monkeypatch.setenv(name, value)
        return load()

    return read
