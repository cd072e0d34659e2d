"""A name is not a feeling."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.scoring.lexicon import lexicon
from pipeline.scoring.names import FEW, FeelingNames, scored_text
from pipeline.scoring.patterns import LETTERS
from pipeline.scoring.vader import Vader
from tests.datasets import tables
from tests.paths import Data, real_data
from tests.unit.scoring.corpus import column
from tests.unit.scoring.timing import assert_linear, seconds

NAMES = FeelingNames(["United", "@united", "#united", "Delta", "Best Buy", "best", "H&M love", ""], lexicon().valences)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@united I love it", "  I love it"),
        ("I love @united's crew", "I love  's crew"),
        ("me@love.com :@ @>-->--", "me@love.com :@ @>-->--"),
        ("United is great", "United is great"),
    ],
)
def test_mentions_are_left_out(text: str, left: str) -> None:
    """Mentions go; e-mail addresses, emoticons and words stay."""
    assert scored_text(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("United is great", "  is great"),
        ("UNITED, #united", " ,  "),
        ("reunited with unitedly", "reunited with unitedly"),
        ("Delta is late", "Delta is late"),
        ("best  buy is the best", "  is the  "),
        ("H&M love", " "),
        ("ununited united", "ununited  "),
    ],
)
def test_names_that_are_feelings_are_left_out(text: str, left: str) -> None:
    """Tracked names with a word of the lexicon go, as whole words; other names stay as they are."""
    assert scored_text(text, NAMES) == left


def test_people_agree_more_without_mentions() -> None:
    """On the airline tweets, each once, mentions left out lower the disagreement with people from 51.5 % to 45.0 %."""
    path = real_data(tables.AIRLINE)
    labels = dict(zip(column(path, "tweet_id"), column(path, "airline_sentiment"), strict=True))
    texts = dict(zip(column(path, "tweet_id"), column(path, "text"), strict=True))
    score = Vader().score
    verbatim = sum(score(text).label != labels[tweet] for tweet, text in texts.items())
    nameless = sum(score(scored_text(text)).label != labels[tweet] for tweet, text in texts.items())
    assert (len(texts), round(verbatim / len(texts), 3), round(nameless / len(texts), 3)) == (11_704, 0.515, 0.45)


def alternation(names: list[str], text: str) -> str:
    """The text without the names, by one pattern of all names, whose cost grows with their number."""
    words = [name.lstrip("@#").lower().split() for name in names]
    phrases = sorted((r"\s+".join(map(re.escape, name)) for name in words if name), key=len, reverse=True)
    if not phrases:
        return text
    pattern = rf"#?(?<![{LETTERS}])(?:{'|'.join(phrases)})(?![{LETTERS}])"
    return re.sub(pattern, " ", text, flags=re.IGNORECASE)


class Everything:
    """Any word is a feeling."""

    def __contains__(self, word: object) -> bool:
        return True


SIGNS = st.sampled_from(
    [
        *"abAB1_#@!&-'. ",
        "\t",
        "ſ",
        "s",
        "K",
        "k",
        "İ",
        "i",
        "I",
        "ı",
        "ß",
        "ẞ",
        "ss",
        "\u0301",
        "é",
        "É",
        "ς",
        "Σ",
        "😀",
    ]
)
NAME = st.lists(SIGNS, min_size=1, max_size=4).map("".join)
TEXT = st.lists(SIGNS | NAME, max_size=30).map("".join)
MORE = [f"{first}{second}zz" for first in string.ascii_lowercase for second in "xyz"]


@given(st.lists(NAME, max_size=6), TEXT, st.booleans())
def test_few_and_many_are_found_as_by_one_pattern(names: list[str], text: str, many: bool) -> None:
    """Names within names, letters that only look alike to case, marks, tags, signs: the same is left."""
    wanted = names + MORE * many
    assert len(MORE) > FEW
    assert FeelingNames(wanted, Everything()).left_out_of(text) == alternation(wanted, text)


@pytest.mark.no_cover
@pytest.mark.parametrize("many", [False, True])
def test_whole_files_are_left_the_same(data: Data, many: bool) -> None:
    """The airline tweets, with names out of their own words."""
    texts = list(column(data(tables.AIRLINE), "text"))
    names = ["united", "best", "best buy", "late", "late flight", "thank you", "thank", "h&m"]
    wanted = names + [f"{word} love" for word in dict.fromkeys(" ".join(texts).split())][:200] * many
    found = FeelingNames(wanted, Everything())
    assert [found.left_out_of(text) for text in texts[:2_000]] == [alternation(wanted, text) for text in texts[:2_000]]


@pytest.mark.no_cover
def test_the_number_of_names_does_not_count(data: Data) -> None:
    """A thousand cost less than three times what a score costs; by one pattern it was twenty times."""
    texts = list(column(data(tables.AIRLINE), "text"))[:3_000]
    some, many = (FeelingNames([f"brand{n} love" for n in range(count)], lexicon().valences) for count in (20, 1_000))

    def work(names: FeelingNames) -> float:
        return seconds(lambda: [names.left_out_of(text) for text in texts])

    assert work(many) < 3 * work(some) + 0.02


@pytest.mark.no_cover
@pytest.mark.parametrize("piece", ["united ", "#", "best ", "best  buy", "a", "#united", " ", "ſ"])
def test_the_time_is_linear_in_the_length(piece: str) -> None:
    """Whatever is repeated."""
    for names in (NAMES, FeelingNames([*MORE, "united", "best", "best buy"], Everything())):
        assert_linear(names.left_out_of, piece)
