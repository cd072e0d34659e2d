"""VADER's data come from its package, once."""

from __future__ import annotations

import subprocess
import sys

import pytest
from vaderSentiment import vaderSentiment

from pipeline.errors import ScoringError
from pipeline.scoring.lexicon import lexicon


def test_is_the_packages_own() -> None:
    """Nothing is added or lost but emoji of several characters, which the reference can't meet either."""
    analyzer = vaderSentiment.SentimentIntensityAnalyzer()
    assert lexicon().valences == analyzer.lexicon
    assert lexicon().emojis.items() <= analyzer.emojis.items()
    assert lexicon().idioms == vaderSentiment.SPECIAL_CASES


def test_is_read_once() -> None:
    """All scorers of a process share one."""
    assert lexicon() is lexicon()


def test_importing_reads_nothing() -> None:
    """The package is imported and its files are read at first use, not at import."""
    code = "import sys, pipeline.scoring.analysis; sys.exit('vaderSentiment.vaderSentiment' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_broken_package_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing file of the package says what to install."""

    def missing() -> None:
        raise FileNotFoundError("vader_lexicon.txt")

    monkeypatch.setattr(vaderSentiment, "SentimentIntensityAnalyzer", missing)
    with pytest.raises(ScoringError, match=r"install vaderSentiment==3\.3\.2"):
        lexicon.__wrapped__()
