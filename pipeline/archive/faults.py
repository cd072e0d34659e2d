"""What a store's error means: its reason, one of a closed list, by which the reader waits. Pure."""

from __future__ import annotations

import re

from deltalake.exceptions import CommitFailedError, DeltaProtocolError, SchemaMismatchError, TableNotFoundError

from pipeline.errors import PipelineError, SetupError, SinkUnavailable

KAFKA, AWAY, DENIED, FULL, CONFLICT, OTHER = "kafka", "away", "denied", "full", "conflict", "other"
WAITS = (KAFKA, AWAY, DENIED, FULL, CONFLICT, OTHER)
"""Every reason to wait: values of the label `reason`."""

SINK = "archive"

_FULL = re.compile(r"No space left|os error 28\b|Disk quota|QuotaExceeded|InsufficientStorage", re.IGNORECASE)
_DENIED = re.compile(
    r"Permission denied|Read-only file system|os error (?:1|13|30)\b|\b40[13]\b|AccessDenied|Forbidden|Unauthorized"
    r"|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken",
    re.IGNORECASE,
)

_AWAY = re.compile(r"Generic|Invalid table (?:location|version)|No files in log segment|File not found")

_SAID = {
    AWAY: "it does not answer, or is not there: start it, or mount it",
    DENIED: "it does not let this user write: grant it, or set TWEETPULSE_ARCHIVE__STORAGE_OPTIONS",
    FULL: "its disk is full: free some",
    CONFLICT: "another program changed it meanwhile",
    OTHER: "it fails for a reason of its own",
}


def fault_of(error: BaseException, uri: str) -> PipelineError:
    """The error of ours that says what the library's says.

    Returns:
        SinkUnavailable, with its reason, where waiting may mend it; else SetupError. Nobody knows all errors of all
        stores, so that an unknown one is waited for too: giving up would be no better, and the metric shows it.
    """
    if isinstance(error, SchemaMismatchError | DeltaProtocolError):
        return SetupError(
            f"the archive {uri} has columns of other types, or a protocol that delta-rs does not write: "
            "set TWEETPULSE_ARCHIVE__URI to another"
        )
    reason = _reason(error)
    return SinkUnavailable(f"the archive {uri} takes nothing now: {_SAID[reason]}", reason=reason, sink=SINK)


def _reason(error: BaseException) -> str:
    text = str(error)
    if _FULL.search(text):
        return FULL
    if _DENIED.search(text):
        return DENIED
    if isinstance(error, CommitFailedError):
        return CONFLICT
    return AWAY if isinstance(error, OSError | TableNotFoundError) or _AWAY.search(text) else OTHER
