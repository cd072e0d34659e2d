"""Authors, e-mail addresses and phone numbers, taken out of what leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.tweet import Author, Tweet
from pipeline.privacy.hiding import Hiding, link_without_name
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.scoring.analysis import Analyzer
from pipeline.settings import PrivacySettings, ScoringSettings
from tests.builders import full_tweet, tweet, tweets
from tests.unit.scoring.timing import assert_linear

HASHES = Pseudonyms(b"a key of some length")
ANALYZER = Analyzer(ScoringSettings(entities={"Acme": ("acme", "#acmesupport")}))


def hiding(**settings: Any) -> Hiding:
    return Hiding(PrivacySettings(**settings), HASHES, ["acme", "@united", "#acmesupport"])


REDACT = hiding(redact=("email", "phone"))
HASH, DROP = hiding(authors="hash"), hiding(authors="drop")


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.com",
        "ann.smith+news@mail.example.co.uk",
        "jürgen@müller.example",
        "o'neill_99%x@example.travel",
    ],
)
def test_addresses(address: str) -> None:
    """Whatever stands around them stays."""
    for text in ("write to {}.", "<{}>", "mailto:{}?subject=x", "{}, or later", "https://example.org/?q={}"):
        assert REDACT.text(text.format(address)) == text.format("[email]")
    assert REDACT.text(f"or {address.replace('@', '＠')}") == "or [email]"


@pytest.mark.parametrize(
    "number",
    [
        "+49 30 1234567",
        "+1 (555) 234-5678",
        "+442079460958",
        "+49 (0) 151/12345678",
        "0049 151 12345678",
        "(555) 234-5678",
        "555-234-5678",
        "555.234.5678",
        "1-800-555-1234",
        "030/1234567",
        "030 / 1234567",
        "0151-12345678",
        "020 7946 0958",
        "01 23 45 67 89",
        "01.23.45.67.89",
        "03012345678",
    ],
)
def test_numbers(number: str) -> None:
    """As they are written here and there."""
    for text in ("call {} now", "tel:{}", "({})" if "(" not in number else "{}!", "{}", "ours is {}, thanks"):
        assert REDACT.text(text.format(number)) == text.format("[phone]")


@pytest.mark.parametrize(
    "text",
    [
        "567588278875213824",
        "x:1170025343920402432",
        "order 5551234567, flight UA 1234567",
        "2015-02-24 11:35:00 and 24.02.2015, 02/24/2015, 01.02.2015 10:30, 20150224",
        "$1,234,567.00 1.000.000 € 0,99 +1000000 +10000000",
        "#123456 #0301234567 @5551234567 @0301234567",
        "192.168.100.100 and 10.0.0.1:9200",
        "0.123456789 3.1415926535",
        "won 3-0, 021 022, 2010 2014 2018, 90-60-90",
        "09.30 10.30 11.30 and 08:30-16:30",
        "https://example.org/0301234567/555-234-5678",
        "@ann @ann@example.social .@ann",
        "50%@noon and me@home",
    ],
)
def test_what_is_neither(text: str) -> None:
    """Ids, dates, prices, hashtags, handles, addresses of pages: nothing of them is damaged."""
    assert REDACT.text(text) == text


def test_only_what_is_asked_for() -> None:
    """Each by itself; and nothing by default, where the very same objects come back."""
    text = "ann@example.com +49 30 1234567 @ann"
    assert hiding(redact=("email",)).text(text) == "[email] +49 30 1234567 @ann"
    assert hiding(redact=("phone",)).text(text) == "ann@example.com [phone] @ann"
    one = full_tweet(text=text)
    said = ANALYZER.analyze(one)
    shown = hiding().of(one, said)
    assert shown[0] is one
    assert shown[1] is said


def test_words_are_of_what_is_left() -> None:
    """Neither parts of an address nor the signs in its place are words; the numbers of the sentiment stay."""
    one = tweet(text="Great! #love ann.smith@example.com +49 30 1234567 #tag")
    before = ANALYZER.analyze(one)
    _, said = REDACT.of(one, before)
    assert (said.clean, said.words, said.hashtags) == (
        "Great love tag",
        ("great", "love", "tag"),
        ("love", "tag"),
    )
    assert (said.sentiment, said.entities, said.kind) == (before.sentiment, before.entities, before.kind)


def test_authors_hashed() -> None:
    """The same person is the same hash, as author and where others mention them, in whatever case."""
    one = full_tweet(text="RT @Bob: @acme hi @ann", author=Author("7", "Bob", 12), url="https://x.com/Bob/status/5")
    shown, said = HASH.of(one, ANALYZER.analyze(one))
    assert shown.author == Author(HASHES.user_id("7"), HASHES.name("bob"), 12)
    assert shown.text == f"RT @{HASHES.name('BOB')}: @acme hi @{HASHES.name('ann')}"
    assert said.mentions == (HASHES.name("bob"), "acme", HASHES.name("ann"))
    assert shown.url == "https://x.com/i/status/5"
    assert (shown.id, said.entities) == ("x:1", ("Acme",))
    assert ANALYZER.analyze(shown).mentions == said.mentions


def test_authors_dropped() -> None:
    """Nobody but the tracked brands is named."""
    one = full_tweet(text="@bob and @united", author=Author("7", "Bob", 12), url="https://example.social/@bob/5")
    shown, said = DROP.of(one, ANALYZER.analyze(one))
    assert (shown.author, shown.text, said.mentions, shown.url) == (
        Author(followers=12),
        "@user and @united",
        ("united",),
        None,
    )


def test_profiles_in_links() -> None:
    """A link to a profile names its owner; a link to a tweet still works."""
    links = "https://x.com/Ann/status/1 https://twitter.com/ann x.com/i/status/2 https://x.com/search?q=a"
    assert (
        DROP.text(links) == "https://x.com/i/status/1 https://twitter.com/i x.com/i/status/2 https://x.com/search?q=a"
    )
    fediverse = "https://h.example/@ann/2 https://h.example/users/ann/statuses/3"
    assert DROP.text(fediverse) == "https://h.example/@user/2 https://h.example/users/user/statuses/3"


def test_ids_that_name_their_author() -> None:
    """Such as of some servers of the fediverse: hashed, the same every time; the origin stays."""
    one = tweet(
        id="pixelfed.example:/p/ann/42", author=Author("https://pixelfed.example/users/ann", "ann@pixelfed.example")
    )
    first, again = (HASH.of(one, ANALYZER.analyze(one))[0] for _ in range(2))
    assert first.id == again.id == HASHES.event_id(one.id)
    assert first.id.startswith("pixelfed.example:")
    assert "ann" not in first.id
    assert HASH.of(tweet(author=Author(name="1")), ANALYZER.analyze(tweet()))[0].id == "x:1"


def test_links_without_names() -> None:
    """A link that is not a tweet's address is left out, since it may hold a name anywhere."""
    assert link_without_name("https://mobile.twitter.com/ann/status/12?s=20") == "https://x.com/i/status/12"
    assert link_without_name("https://example.social/@ann/1") is None
    assert link_without_name(None) is None


@given(tweets, st.sampled_from(["hash", "drop"]))
def test_no_author_leaves(one: Tweet, authors: str) -> None:
    """Whatever the tweet: neither the author's id nor their name is where authors are; nothing is raised."""
    marked = replace(one, author=Author("id-of-ann-4711", "ann_4711", 3), text=f"{one.text} @ann_4711")
    shown, said = hiding(authors=authors, redact=("email", "phone")).of(marked, ANALYZER.analyze(marked))
    assert (
        b"4711"
        not in orjson.dumps([shown.text, shown.author, said], default=str).replace(
            marked.text.removesuffix(" @ann_4711").encode("utf-8", "replace"), b""
        )
        or "4711" in one.text
    )
    assert shown.author.name != "ann_4711"


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a.",
        "a@",
        "@a.",
        "@a@",
        "0",
        "0 ",
        "0-",
        "+1",
        "+49 ",
        "(555) ",
        "01.",
        "a@b.",
        "http://",
        "/users/",
        "'@",
        "￿@a.",
    ],
)
def test_time_grows_with_the_length(piece: str) -> None:
    """Hostile texts cost what others cost."""
    both = hiding(authors="drop", redact=("email", "phone"))
    assert_linear(both.text, piece)
