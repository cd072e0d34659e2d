"""A tweet's kind is told from its text, where the record does not say."""

from __future__ import annotations

import pytest

from pipeline.domain.tweet import Kind
from pipeline.scoring.kind import kind_of


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("RT @Delta: late", Kind.RETWEET),
        ("rt @Delta late", Kind.RETWEET),
        ("RT: @Delta late", Kind.RETWEET),
        (" RT @Delta: late", Kind.RETWEET),
        ("RT this, @Delta", Kind.ORIGINAL),
        ("RT @ home", Kind.ORIGINAL),
        ("ART @Delta", Kind.ORIGINAL),
        ("so true RT @Delta: late", Kind.ORIGINAL),
        ("@Delta late", Kind.REPLY),
        ("\u3000＠Delta late", Kind.REPLY),
        ("@ Delta", Kind.ORIGINAL),
        ("@http://x.com", Kind.ORIGINAL),
        (".@Delta late", Kind.ORIGINAL),
        ("late, @Delta", Kind.ORIGINAL),
        ("", Kind.ORIGINAL),
        (" " * 1_000 + "@Delta", Kind.ORIGINAL),
    ],
)
def test_kind(text: str, kind: Kind) -> None:
    """A retweet begins with RT and a mention, a reply with a mention; all else is original."""
    assert kind_of(text) == kind
