"""The pages of the components: each part of the program has one, and each says what a reader asks."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from pipeline.components import SCORERS, SINKS
from pipeline.domain.faults import Fault
from pipeline.sources.table import LIVE_SOURCES
from tests import pages
from tests.paths import ROOT

FOLDER = "docs/components"
PAGES = [page for page in pages.PAGES if page.startswith(f"{FOLDER}/") and not page.endswith("README.md")]


@pytest.fixture
def docs(monkeypatch: pytest.MonkeyPatch) -> Mapping[str, ModuleType]:
    """The scripts of `docs`, which import each other by their bare names."""
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    names = ("components", "component_errors", "component_reasons", "metrics", "reference_settings")
    return {name: importlib.import_module(name) for name in names}


def test_each_component_that_is_found_by_name_has_a_page() -> None:
    """Under its name."""
    names = {*SCORERS, *SINKS, *(source.name for source in LIVE_SOURCES)}
    assert {f"{FOLDER}/{name}.md" for name in names} <= {*PAGES}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_when_to_take_it_and_what_it_can_not_do(page: str) -> None:
    """Above the generated part what it does and when to take it, with an example; below it the limits."""
    above, _, rest = pages.text(page).partition("<!-- python docs/components.py writes this part -->")
    below = rest.partition("<!-- end -->")[2]
    assert "\n**When to take it.** " in above
    assert pages.blocks(page, "sh")
    assert below.startswith("\n\n## Limits\n\n* ")


def test_everything_is_on_a_page(docs: Mapping[str, ModuleType]) -> None:
    docs["components"].require_whole({}, [])


def test_a_new_component_needs_a_page(docs: Mapping[str, ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    """A sink of the table, and a live source, which has one as soon as somebody writes it."""
    components = docs["components"]
    monkeypatch.setattr(components, "SINKS", {"papyrus": "pipeline.sinks.papyrus:Papyrus"})
    with pytest.raises(LookupError, match="papyrus is on no page"):
        components.require_whole({}, [])
    with pytest.raises(LookupError, match=r"there is no page docs/components/ticker\.md"):
        components._page("ticker", "")


def test_a_new_module_command_metric_or_setting_needs_a_page(
    docs: Mapping[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named."""
    components, gauge = docs["components"], docs["metrics"].Described("tweetpulse_mood", "gauge", (), "The mood.")
    with pytest.raises(LookupError, match="dance is on no page"):
        components.require_whole({}, ["dance"])
    with pytest.raises(LookupError, match="tweetpulse_mood is on no page"):
        components.require_whole({"stream": [gauge]}, [])
    modules = list(components._modules())
    monkeypatch.setattr(components, "_modules", lambda: [*modules, "pipeline/weather/rain.py"])
    with pytest.raises(LookupError, match=r"pipeline/weather/rain\.py is on no page"):
        components.require_whole({}, [])
    monkeypatch.setattr(components, "_modules", lambda: modules)
    names = docs["reference_settings"].names()
    monkeypatch.setattr(docs["reference_settings"], "names", lambda: names | {"weather.rain"})
    with pytest.raises(LookupError, match=r"weather\.rain is on no page"):
        components.require_whole({}, [])


def test_a_new_reason_needs_a_meaning(docs: Mapping[str, ModuleType]) -> None:
    """And one that is gone keeps none."""
    reasons = docs["component_reasons"]
    for closed, meanings in ((["old", "new"], {"old": "known"}), (["old"], {"old": "known", "new": "gone"})):
        with pytest.raises(LookupError, match="new"):
            reasons._listed("Reasons", "`metric`", closed, meanings)


def test_waits_are_those_of_the_source(docs: Mapping[str, ModuleType]) -> None:
    """As they grow: X's from 5 s, doubled up to 320 s."""
    (waits,) = (source.make.waits for source in LIVE_SOURCES if source.name == "twitter")  # type: ignore[attr-defined]
    assert docs["component_reasons"]._grown(waits, Fault.SERVER, refused=False) == "5, 10, 20, … up to 320"


def test_errors_are_those_of_the_code(docs: Mapping[str, ModuleType], tmp_path: Path) -> None:
    """Each once, with its exit code; values are left out, variables are code, what is put together elsewhere is not."""
    (tmp_path / "module.py").write_text(
        "def fail(path, error):\n"
        "    if path:\n"
        '        raise ConfigError(f"{path} is no <file>: set TWEETPULSE_KAFKA__CA_FILE, or " f"{error}{path}")\n'
        '    raise SinkUnavailable("nobody answers there", reason="connection") from None\n'
        "def again(error):\n"
        '    raise SinkUnavailable("nobody answers there", reason="connection")\n'
        '    raise SetupError(f"{error}: {error}")\n'
        '    raise ValueError("this is not one of ours")\n'
    )
    section = docs["component_errors"].section([tmp_path / "module.py"])
    assert section.splitlines()[-2:] == [
        "| 2 | … is no \\<file>: set `TWEETPULSE_KAFKA__CA_FILE`, or … |",
        "| 4 (waits) | nobody answers there |",
    ]
    (tmp_path / "module.py").write_text("")
    assert docs["component_errors"].section([tmp_path / "module.py"]) == ""
