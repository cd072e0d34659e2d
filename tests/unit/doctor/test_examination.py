"""Checks run for themselves: what one of them does wrong is a finding, and holds up no other."""

from __future__ import annotations

import threading
import time

from pipeline.doctor.examination import Check, examine
from pipeline.doctor.finding import Finding, fault, ok, warning
from pipeline.errors import SetupError


def refuse() -> list[Finding]:
    raise SetupError("the server does not answer: start it")


def test_what_fails_is_a_finding() -> None:
    """Ours with its own words; any other by its kind alone, since its message may quote a secret."""

    def break_() -> list[Finding]:
        raise RuntimeError("the password is sesame")

    ours, other = examine([Check("a", refuse), Check("b", break_)])
    assert ours == fault("a", "the server does not answer: start it")
    assert (other.level, "RuntimeError" in other.what, "sesame" in other.text) == ("fault", True, False)


def test_what_hangs_is_a_finding_and_holds_up_no_other() -> None:
    """All run at once, and none is waited for longer than its time."""
    never = threading.Event()

    def hang() -> list[Finding]:
        never.wait()
        return []

    began = time.monotonic()
    found = examine([Check(f"{n}", hang, timeout=0.5) for n in range(20)] + [Check("well", lambda: [ok("well", "is")])])
    never.set()
    assert time.monotonic() - began < 5
    assert [finding.level for finding in found] == ["fault"] * 20 + ["ok"]
    assert found[0].what == "0 did not answer within 0 s"


def test_what_needs_another_is_not_looked_at_after_its_fault() -> None:
    """It says so; a warning stops nothing."""
    looked: list[str] = []

    def look(subject: str) -> list[Finding]:
        looked.append(subject)
        return [ok(subject, "is well")]

    found = examine(
        [
            Check("away", refuse),
            Check("on it", lambda: look("on it"), needs="away"),
            Check("slow", lambda: [warning("slow", "is slow", "wait")]),
            Check("on that", lambda: look("on that"), needs="slow"),
        ]
    )
    assert [(one.subject, one.level) for one in found] == [
        ("away", "fault"),
        ("on it", "warning"),
        ("slow", "warning"),
        ("on that", "ok"),
    ]
    assert found[1].text == "not looked at, because of the fault of away; cure: mend away first"
    assert looked == ["on that"]
