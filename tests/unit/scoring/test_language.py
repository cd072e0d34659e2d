"""Unknown is not neutral, and not unsupported."""

from __future__ import annotations

import pytest

from pipeline.scoring.language import speaks


@pytest.mark.parametrize(
    "lang", ["en", "EN", "en-GB", "en_US", "en-Latn-US", None, "", "und", "zxx", "art", "qme", "qst"]
)
def test_is_scored(lang: str | None) -> None:
    """The language itself in whatever region, and what nobody knows the language of."""
    assert speaks(lang, ("en",))


@pytest.mark.parametrize("lang", ["de", "fr-CA", "eng", "e", "qu", "zh-Hant", "in", "enx"])
def test_is_unsupported(lang: str) -> None:
    """Any other known language; Quechua (`qu`) is one."""
    assert not speaks(lang, ("en",))


def test_languages_are_a_setting() -> None:
    """Whatever is listed is spoken."""
    assert [speaks(lang, {"de", "nl"}) for lang in ("de-AT", "nl", "en")] == [True, True, False]
