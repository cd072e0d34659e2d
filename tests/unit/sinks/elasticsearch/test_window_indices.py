"""The names of the indices of windows, when they are too old, and their template."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from pipeline.sinks.elasticsearch.setup import resource, windows_template
from pipeline.sinks.elasticsearch.window_indices import TEMPLATE, VERSION, expired, index_of

KEPT = {"1m": timedelta(days=30), "1h": timedelta(days=366)}
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

DIGESTS = {1: "aba4fb9bd921425f"}
"""Version → digest of the template, as it was when it was made: add one, never change one."""


def test_a_change_of_the_template_has_a_version_of_its_own() -> None:
    """Whoever changes it raises `window_indices.VERSION` and writes the new digest down here."""
    digest = sha256(json.dumps(resource(TEMPLATE), sort_keys=True).encode()).hexdigest()[:16]
    assert (max(DIGESTS), DIGESTS[VERSION]) == (VERSION, digest)


def test_the_template_names_its_version() -> None:
    """In the field that the server reads, and in `_meta`; before the templates of others."""
    body = windows_template()
    assert (body["version"], body["_meta"]["version"], body["_meta"]["managed_by"]) == (VERSION, VERSION, "tweetpulse")
    assert body["index_patterns"] == ["tweetpulse-windows-*"]


@pytest.mark.parametrize(
    ("name", "is_old"),
    [
        # The whole month has to be older than 30 days.
        ("tweetpulse-windows-default-1m-2025.12", True),
        ("tweetpulse-windows-default-1m-2026.01", False),
        ("tweetpulse-windows-default-1m-2026.03", False),
        ("tweetpulse-windows-default-1h-2024", True),
        ("tweetpulse-windows-default-1h-2025", False),
        # What is not ours, or not understood, stays.
        ("tweetpulse-windows-other-1m-2025.12", False),
        ("tweetpulse-windows-default-5m-2025.12", False),
        ("tweetpulse-windows-default-1m-2025.13", False),
        ("tweetpulse-windows-default-1m-2025.00", False),
        ("tweetpulse-windows-default-1m-2025.12-copy", False),
        ("tweetpulse-windows-default-1h-9999", False),
        ("tweetpulse-windows-default", False),
        ("tweetpulse-labels", False),
    ],
)
def test_old_indices(name: str, is_old: bool) -> None:
    """Those of ours whose last window is older than windows of that length are kept."""
    assert expired([name], "default", KEPT, NOW) == ([name] if is_old else [])


def test_an_index_is_expired_by_the_name_that_it_is_given() -> None:
    """What `index_of` names is understood."""
    name = index_of("default", "1m", 60, NOW - timedelta(days=90))
    assert expired([name], "default", KEPT, NOW) == [name]
