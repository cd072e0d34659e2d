"""Hashtags and mentions are read as X reads them; tracked entities are found at word boundaries."""

from __future__ import annotations

import pytest

from pipeline.scoring.entities import EntityFinder, hashtags, mentions
from tests.unit.scoring.timing import assert_linear, seconds


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("no tag", ()),
        ("#Fail", ("fail",)),
        ("#a #B #A", ("a", "b")),
        ("(#one )#two [#three ]#four ’#five’#six", ("one", "two", "three", "four", "five", "six")),
        ("#end. #end2! #snake_case #1st", ("end", "end2", "snake_case", "1st")),
        ("＃ｆｕｌｌ", ("ｆｕｌｌ",)),
        ("#mañana #München #Čeština", ("mañana", "münchen", "čeština")),
        ("#日本語。#サッカー #트위터 #русский", ("日本語", "サッカー", "트위터", "русский")),
        ("#महात्मा_१२३४ #বাংলা #ผู้เริ่ม #السياسة", ("महात्मा_१२३४", "বাংলা", "ผู้เริ่ม", "السياسة")),
        ("#il·lusió #וכו׳", ("il·lusió", "וכו׳")),
        ("❤️#love", ("love",)),
        ("#love❤️", ("love",)),
    ],
)
def test_hashtags_are_read(text: str, tags: tuple[str, ...]) -> None:
    """Letters and marks of every script belong to a hashtag; punctuation and emoji end it."""
    assert hashtags(text) == tags


@pytest.mark.parametrize(
    "text",
    [
        *["#", "# x", "#16", "#_ #1_2 #〃", "word#tag", "日本語#日本語", "#one#two", "&#39; &#x27;", "##"],
        *["http://x.com/#tag", "x.com/a#tag", "HTTPS://X.COM/#tag", "#http://x.com", "#️⃣"],
    ],
)
def test_what_is_no_hashtag(text: str) -> None:
    """Neither numbers, nor what is inside a word or a URL, nor character references are hashtags."""
    assert hashtags(text) == ()


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("no one", ()),
        ("@Delta hi @delta and @jet_Blue99", ("delta", "jet_blue99")),
        ("(@a) .@b, @c's", ("a", "b", "c")),
        ("の@userに", ("user",)),
        ("RT@one RT:@two rt @three", ("one", "two", "three")),
        ("＠wide", ("wide",)),
        ("@_@ (cc: @user)", ("user",)),
        ("@user\n@other", ("user", "other")),
        ("me@example.com @a@example.com x!@y x@@y &@z", ()),
        ("@ñandu @alice\u00ec @http://x.com", ()),
        ("http://x.com/@user medium.com/@user", ()),
    ],
)
def test_mentions_are_read(text: str, handles: tuple[str, ...]) -> None:
    """Handles are what X links: no e-mail addresses, nothing in a URL; case does not matter."""
    assert mentions(text) == handles


FINDER = EntityFinder(
    {
        "Acme": ("acme", "ACME Rocket Shoes"),
        "Delta": ("@Delta", "#delta"),
        "Home Depot": ("home depot",),
        "AT&T": ("AT&T",),
        "Straße": ("STRASSE",),
        "Creed": ("Assassin's Creed",),
        "日本": ("日本",),
        "nothing": ("", " "),
        "Shoes": ("rocket shoes",),
    }
)


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("ACME!", ("Acme",)),
        ("acme's @acme #Acme acme", ("Acme",)),
        ("acmes, macme, acme_x, #acmesale", ()),
        ("the delta of a river", ()),
        ("@DELTA", ("Delta",)),
        ("love #Delta", ("Delta",)),
        ("home\n depot and Acme", ("Home Depot", "Acme")),
        ("home, depot", ()),
        ("at&amp;t", ("AT&T",)),
        ("AT&T", ("AT&T",)),
        ("at t", ()),
        ("die Straße", ("Straße",)),
        ("Assassin’s creed", ("Creed",)),
        ("acme rocket shoes", ("Acme", "Shoes")),
        ("日本 へ", ("日本",)),
        ("http://acme.com/acme info@delta.com me@acme", ()),
        ("", ()),
    ],
)
def test_entities_are_found(text: str, entities: tuple[str, ...]) -> None:
    """Whole words, phrases over any whitespace, handles and tags, in the order of the text."""
    assert FINDER.find(text) == entities


def test_no_entities_are_tracked() -> None:
    """Without keywords nothing is found."""
    assert EntityFinder({}).find("acme") == ()


def test_entities_that_share_a_keyword_are_both_found() -> None:
    """One keyword may name two entities."""
    assert EntityFinder({"a": ("x", "X"), "b": ("x",)}).find("x") == ("a", "b")


def test_the_number_of_keywords_does_not_count() -> None:
    """A thousand times the keywords cost less than three times the time."""
    text = "so the brand12 plane landed late and nobody at #brand7 said why " * 50
    few = EntityFinder({f"b{n}": (f"brand{n}", f"@brand{n}") for n in range(20)})
    many = EntityFinder({f"b{n}": (f"brand{n}", f"@brand{n}") for n in range(20_000)})
    assert many.find(text) == few.find(text) == ("b12", "b7")
    assert seconds(lambda: [many.find(text) for _ in range(50)]) < 3 * seconds(
        lambda: [few.find(text) for _ in range(50)]
    )


LONG = ["#a ", "#", "#1", "#a_1", "@a ", "@", "@a", "a.", "a-", "http://", "www.", "/a.b", "acme ", "home ", "x@", "&"]


@pytest.mark.no_cover
@pytest.mark.parametrize("piece", LONG)
def test_time_is_linear_in_the_length(piece: str) -> None:
    """No text makes a pattern go back over it again and again."""
    assert_linear(lambda text: (hashtags(text), mentions(text), FINDER.find(text)), piece)
