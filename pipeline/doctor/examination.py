"""All checks at once, each for itself: one that fails or hangs becomes a finding, and holds up none but those on it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pipeline.doctor.finding import Finding, fault, warning
from pipeline.errors import PipelineError

TIMEOUT = 12.0
"""Seconds that a check may take."""


_MARK = "doctor: "


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at.

    Attributes:
        subject: of its findings; no two checks have the same.
        look: gathers the facts and judges them; a PipelineError is a fault that says what to do.
        needs: the subject of the check that must find no fault before this one has a sense.
        timeout: seconds that it may take.
    """

    subject: str
    look: Callable[[], Iterable[Finding]]
    needs: str = ""
    timeout: float = TIMEOUT


def examine(checks: Sequence[Check]) -> list[Finding]:
    """The findings of all checks, in the order of the checks; it never raises for what a check does."""
    runs: dict[str, _Run] = {}
    # A check is listed after the one that it needs, so that one is already running.
    for check in checks:
        runs[check.subject] = _Run(check, runs.get(check.needs))
    return [finding for run in runs.values() for finding in run.findings()]


def hanging() -> bool:
    """True if a check that was given up still runs."""
    return any(thread.name.startswith(_MARK) for thread in threading.enumerate())


class _Run:
    """A check in a thread of its own, which ends with the process if it hangs."""

    def __init__(self, check: Check, needed: _Run | None) -> None:
        self._check = check
        self._needed = needed
        self._found: list[Finding] = []
        self._until = time.monotonic() + check.timeout
        self._done = threading.Event()
        threading.Thread(target=self._run, daemon=True, name=_MARK + check.subject).start()

    def findings(self) -> list[Finding]:
        """The findings, or the one that the check did not end in time."""
        if self._done.wait(max(0.0, self._until - time.monotonic())):
            return self._found
        subject = self._check.subject
        return [
            fault(
                subject,
                f"{subject} did not answer within {self._check.timeout:.0f} s",
                "look whether what it asks hangs, then run `tweetpulse doctor` again",
            )
        ]

    def _run(self) -> None:
        try:
            self._found = self._blocked() or list(self._check.look())
        except PipelineError as error:
            self._found = [fault(self._check.subject, error.message)]
        except Exception as error:
            # Its message may quote a secret or a tweet, so only its kind is told.
            what = f"{self._check.subject} could not be looked at: unexpected {type(error).__name__}"
            self._found = [fault(self._check.subject, what, "report it, with the version of what it asks")]
        finally:
            self._done.set()

    def _blocked(self) -> list[Finding]:
        if self._needed is None or not any(finding.level == "fault" for finding in self._needed.findings()):
            return []
        subject, needs = self._check.subject, self._check.needs
        return [warning(subject, f"not looked at, because of the fault of {needs}", f"mend {needs} first")]
