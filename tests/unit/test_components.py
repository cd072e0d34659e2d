"""Scorers and sinks by name."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from pipeline import components
from pipeline.components import SCORERS, SINKS, scorers_of, sinks_of
from pipeline.errors import ConfigError
from pipeline.settings import Settings

MODULE = """
class Deaf:
    name = "deaf"
    languages = frozenset({"de"})

    def __init__(self, loud: bool = False) -> None:
        if loud:
            raise ValueError("too loud")

class Made:
    name, waits, failures = "made", (), ()

    def __init__(self, url: str) -> None:
        self.url = url

    @classmethod
    def made(cls, settings):
        return cls(settings.elasticsearch.url)
"""


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's own module."""
    (tmp_path / "of_a_user.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "of_a_user", raising=False)


def settings(**sections: dict[str, Any]) -> Settings:
    return Settings.model_validate(sections)


def test_all_of_ours_are_made() -> None:
    """Each name of the tables is a component of that name."""
    assert [one.name for one in scorers_of(settings(scoring={"scorers": [*SCORERS]}))] == [*SCORERS]
    assert [one.name for one in sinks_of(settings(stream={"sinks": [*SINKS]}))] == [*SINKS]


def test_a_users_own_class() -> None:
    """With its options; or by its own `made`, which gets all settings."""
    found = settings(
        scoring={"scorers": ["vader", "of_a_user:Deaf"]},
        stream={"sinks": ["of_a_user:Made"]},
        components={"deaf": {"loud": False}},
    )
    assert [one.name for one in scorers_of(found)] == ["vader", "deaf"]
    (sink,) = sinks_of(found)
    assert sink.url == "http://127.0.0.1:9200"  # type: ignore[attr-defined]


def test_an_installed_package_names_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """By an entry point."""

    def of_group(*, group: str) -> list[EntryPoint]:
        return [EntryPoint("deaf one", "of_a_user:Deaf", group)] if group == "tweetpulse.scorers" else []

    monkeypatch.setattr(components, "entry_points", of_group)
    assert [one.name for one in scorers_of(settings(scoring={"scorers": ["deaf one"]}))] == ["deaf"]
    with pytest.raises(ConfigError, match="known are deaf one, vader"):
        scorers_of(settings(scoring={"scorers": ["nobody"]}))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"scoring": {"scorers": ["nobody"]}}, "there is no scorer 'nobody': known are vader"),
        ({"scoring": {"scorers": ["nowhere:Scorer"]}}, "the scorer nowhere:Scorer can't be imported"),
        ({"scoring": {"scorers": ["of_a_user:Nobody"]}}, "the scorer of_a_user:Nobody can't be imported"),
        (
            {"scoring": {"scorers": ["of_a_user:Deaf"]}, "components": {"deaf": {"loud": True}}},
            r"can't be made \(ValueError: too loud\): see its options in \[components\]",
        ),
        (
            {"scoring": {"scorers": ["of_a_user:Deaf"]}, "components": {"deaf": {"quiet": True}}},
            r"can't be made \(TypeError",
        ),
        ({"stream": {"sinks": ["of_a_user:Made", "of_a_user:Made"]}}, "two sinks are named made"),
        ({"scoring": {"languages": ["en", "de"]}}, r"names de, which no scorer speaks \(vader: en\)"),
    ],
)
def test_what_is_wrong_is_one_line(given: dict[str, Any], said: str) -> None:
    """It names the setting, and what to do."""
    found = settings(**given)
    with pytest.raises(ConfigError, match=said) as told:
        scorers_of(found), sinks_of(found)
    assert "\n" not in told.value.message


def test_a_language_that_an_own_scorer_speaks() -> None:
    """Settings may name it then."""
    found = settings(scoring={"scorers": ["vader", "of_a_user:Deaf"], "languages": ["de"]})
    assert len(scorers_of(found)) == 2
