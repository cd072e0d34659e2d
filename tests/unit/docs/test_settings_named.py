"""The settings that the pages name."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field, create_model

from pipeline.setting_names import FOREIGN, unknown_key, unknown_variable
from pipeline.settings import Settings
from pipeline.sources.table import LIVE_SOURCES
from tests import pages
from tests.paths import ROOT

_SECTIONS: dict[str, Any] = {one.name: (one.section, Field(default_factory=one.section)) for one in LIVE_SOURCES}
EVERYTHING = create_model("Everything", __base__=Settings, **_SECTIONS)
"""The settings with the sections that live sources read."""

_NAME = re.compile(r"\bTWEETPULSE_[A-Z0-9]+(?:_+[A-Z0-9]+)*")
_DOTTED = re.compile(rf"({'|'.join(EVERYTHING.model_fields)})\.([a-z_]+)(?: = .+)?")
_OTHERS = re.compile(r"(?:kafka\.(?:topic|partition|offset)|\w+\.(?:json|py|md|toml|crt))")
"""Fields of documents, and files."""


def variables(page: str) -> set[str]:
    return set(_NAME.findall(pages.text(page)))


def dotted(page: str) -> set[tuple[str, str]]:
    """`kafka.partitions`, with a value or without."""
    codes = (code for code in pages.code(page) if not _OTHERS.fullmatch(code))
    return {(found[1], found[2]) for code in codes if (found := _DOTTED.fullmatch(code))}


@cache
def elsewhere() -> str:
    """The files that read variables which are no settings: provisioned ones, and tests."""
    folders = ("dashboards/grafana/provisioning", "compose", "tests")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".yaml"}]
    files.append(ROOT / "dashboards/grafana/defaults.env")
    return "\n".join(path.read_text(encoding="utf-8") for path in files if path != Path(__file__))


@pytest.mark.parametrize("page", pages.PAGES)
def test_variables_are_settings(page: str) -> None:
    """Or are read by Grafana's provisioned files, or by tests."""
    names = variables(page)
    assert unknown_variable(names, EVERYTHING) is None
    assert [name for name in names if name.startswith(FOREIGN) and name not in elsewhere()] == []


@pytest.mark.parametrize("page", pages.PAGES)
def test_settings_are_there(page: str) -> None:
    assert [told for one, two in dotted(page) if (told := unknown_key({one: {two: None}}, EVERYTHING))] == []


@pytest.mark.parametrize("page", pages.PAGES)
def test_tables_of_settings_are_read(page: str) -> None:
    """Each TOML block is TOML, with settings that exist and values that they take."""
    for block in pages.blocks(page, "toml"):
        table = tomllib.loads(block)
        assert unknown_key(table, EVERYTHING) is None
        for name, values in table.items():
            EVERYTHING.model_fields[name].annotation(**values) if name != "components" else None  # type: ignore[misc]


def test_a_typo_is_noticed() -> None:
    """Of a variable, and of a setting."""
    assert "KAFKA__PARTITIONS" in str(unknown_variable(["TWEETPULSE_KAFKA__PARTITION"], EVERYTHING))
    assert "kafka.partitions" in str(unknown_key({"kafka": {"partition": 1}}, EVERYTHING))
    assert "twitter.mode" in str(unknown_key({"twitter": {"mod": ""}}, EVERYTHING))
