"""The result of a check: a line on the state of something, and a cure if it is not as it should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "fault"]
"""A fault keeps something from working, now or at the next start. A warning does not, yet."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        level: how it is.
        subject: what was looked at (`topics`, `alias`, ...), a word of a closed list.
        what: how it is, in a line that says what cures it too where that depends on a server's answer.
        cure: a command or a setting; empty where nothing is wrong.
    """

    level: Level
    subject: str
    what: str
    cure: str = ""

    @property
    def text(self) -> str:
        """Both in one line."""
        return f"{self.what}; cure: {self.cure}" if self.cure else self.what


def ok(subject: str, what: str) -> Finding:
    """As it should be."""
    return Finding("ok", subject, what)


def warning(subject: str, what: str, cure: str = "") -> Finding:
    """It works, and will not always."""
    return Finding("warning", subject, what, cure)


def fault(subject: str, what: str, cure: str = "") -> Finding:
    """Something does not work."""
    return Finding("fault", subject, what, cure)
