"""Why a server died, in one sentence, out of its own last lines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

PORT_TAKEN = "its port was taken by another process: repeat, or choose another port"

_CAUSES = (
    (r"No space left on device|Disk quota exceeded", "the disk is full: free some space and repeat"),
    (r"Address already in use|BindException|BindHttpException|BindTransportException", PORT_TAKEN),
    (
        r"java\.lang\.OutOfMemoryError|Cannot allocate memory|insufficient memory|Could not reserve enough space",
        "there is not enough memory: end something else, or change TWEETPULSE_EMBEDDED__KAFKA_HEAP or "
        "TWEETPULSE_EMBEDDED__ELASTICSEARCH_HEAP",
    ),
    (
        r"Invalid initial heap size|Invalid maximum heap size|Initial heap size set to a larger value|Too small",
        "its memory is set wrong: mend TWEETPULSE_EMBEDDED__KAFKA_HEAP or TWEETPULSE_EMBEDDED__ELASTICSEARCH_HEAP",
    ),
    (
        r"cannot (up|down)grade|IndexFormatTooNew|IndexFormatTooOld|Invalid cluster\.id|InconsistentCluster"
        r"|UnsupportedVersion|Unknown metadata\.version|CorruptStateException|Found problem",
        "its data is damaged or from another version: `tweetpulse down --delete-data` deletes it, then repeat",
    ),
    (
        r"failed to obtain node lock|Failed to acquire lock|LockObtainFailed",
        "another process uses its data: `tweetpulse down` ends it, then repeat",
    ),
    (
        r"AccessDeniedException|Permission denied",
        "it may not read or write its folder: choose another with --state-dir",
    ),
)
_COMPLAINT = re.compile(r"\b(error|fatal)\b.{5,}|exception|could not|cannot", re.IGNORECASE)
_NOISE = re.compile(r"^\s*at |\b(INFO|DEBUG|TRACE)\b|^[A-Za-z.]*warning", re.IGNORECASE)
_SILENT = "nothing in its log says why, so it was killed: by somebody, or by the system for lack of memory"


def cause(lines: Iterable[str]) -> str:
    """The cause that the last lines of a log speak of, and what to do about it."""
    kept = [line.strip() for line in lines if not _NOISE.search(line)]
    # From the end: the server survived what it complained of earlier.
    for line in reversed(kept):
        for pattern, sentence in _CAUSES:
            if re.search(pattern, line):
                return sentence
    complaints = [line for line in kept if _COMPLAINT.search(line)]
    return f"it said: {complaints[-1][:200]}" if complaints else _SILENT


def last_lines(*logs: Path, count: int = 200) -> list[str]:
    """The last lines of each log that is there."""
    return [
        line
        for log in logs
        if log.exists()
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
    ]
