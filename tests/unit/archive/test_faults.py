"""Errors of stores, as delta-rs says them, and the reasons to wait that they mean."""

from __future__ import annotations

import pytest
from deltalake.exceptions import CommitFailedError, DeltaError, SchemaMismatchError, TableNotFoundError

from pipeline.archive.faults import WAITS, fault_of
from pipeline.errors import SetupError, SinkUnavailable

UNABLE = "Generic LocalFileSystem error: Unable to open file /a/part-0.parquet#1: "


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError("Generic S3 error: Error performing GET http://h/b: client error (Connect)"), "away"),
        (DeltaError(f"Failed to parse parquet: External: {UNABLE}Not a directory (os error 20)"), "away"),
        (TableNotFoundError("No files in log segment"), "away"),
        (DeltaError(f"{UNABLE}Read-only file system (os error 30)"), "denied"),
        (OSError(f"{UNABLE}Permission denied (os error 13)"), "denied"),
        (OSError("Generic S3 error: Server returned non-2xx status code: 403 Forbidden: AccessDenied"), "denied"),
        (DeltaError(f"{UNABLE}No space left on device (os error 28)"), "full"),
        (CommitFailedError("Failed to commit transaction: Concurrent transaction failed."), "conflict"),
        (DeltaError("something that nobody has seen"), "other"),
    ],
)
def test_what_is_waited_for(error: Exception, reason: str) -> None:
    """One line, without what the library says, which may quote addresses with secrets."""
    found = fault_of(error, "/archive")
    assert isinstance(found, SinkUnavailable)
    assert (found.reason, "\n" in found.message, str(error) in found.message) == (reason, False, False)
    assert found.reason in WAITS


def test_what_waiting_does_not_mend() -> None:
    assert isinstance(fault_of(SchemaMismatchError("types"), "/archive"), SetupError)
