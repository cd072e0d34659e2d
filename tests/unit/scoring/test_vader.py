"""VADER is exact, linear in the text's length, and remembers within bounds."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from vaderSentiment import vaderSentiment

from pipeline.domain.sentiment import Label, Sentiment
from pipeline.scoring import vader
from pipeline.scoring.lexicon import lexicon
from pipeline.scoring.vader import Vader
from tests.unit.scoring.corpus import all_texts
from tests.unit.scoring.timing import assert_linear, seconds

ANALYZER = vaderSentiment.SentimentIntensityAnalyzer()
SCORER = Vader()


def expected(text: str) -> tuple[float, float, float, float]:
    scores = ANALYZER.polarity_scores(text)
    return scores["compound"], scores["pos"], scores["neu"], scores["neg"]


def actual(text: str) -> tuple[float | None, ...]:
    sentiment = SCORER.score(text)
    return sentiment.compound, sentiment.positive, sentiment.neutral, sentiment.negative


@pytest.mark.no_cover
def test_equals_the_reference_on_all_real_texts() -> None:
    """There is no difference from vaderSentiment 3.3.2 over every text of the real data sets that are there."""
    texts = set(all_texts())
    assert len(texts) > 4_000
    assert [text for text in texts if actual(text) != expected(text)] == []


PHRASES = [phrase for phrase in (*vaderSentiment.SPECIAL_CASES, *vaderSentiment.BOOSTER_DICT) if " " in phrase]
RULES = [
    *["no", "or", "nor", "never", "so", "this", "without", "doubt", "at", "very", "least", "but", "kind", "of"],
    *["never so", "never this", "without doubt", "without a doubt", "at least", "very least", "kind of", "no or"],
    *["the", "to", "die", "for", "bad", "ass", "bus", "stop", "yeah", "right", "badass", "isn't", "foon't", "n't"],
]
SIGNS = [
    ":)",
    ":D",
    ":-(",
    "<3",
    "=D",
    "O.o",
    ":@",
    "@>-->--",
    "!",
    "?",
    "!!!",
    "??",
    "...",
    "-",
    "'",
    '"',
    "#",
    "&amp;",
]
EMOJI = ["😀", "😡", "💘", "❤", "❤️", "👍🏽", "🔛", "🆙", "©", "®", "🇺🇸", "👨‍👩‍👧"]  # fmt: skip
STRANGE = ["İ", "ß", "ΑΣ", "K", "ﬁne", "ǅ", "ﬀ", "\u200d", "\ufe0f", "\x00", "é", "ا", "good\u0301", "\ud800"]
SPACES = [" ", "  ", "\n", "\t", "\r\n", "\xa0", "\u2003", "\u3000", "\x1c", "\u200b", ""]

plain_words = st.one_of(
    st.sampled_from(sorted(lexicon().valences)),
    st.sampled_from(["good", "bad", "great", "love", "hate", "kind", "no", "awful", "fine"]),
    st.sampled_from([*sorted(vaderSentiment.BOOSTER_DICT), *vaderSentiment.NEGATE]),
    st.sampled_from(PHRASES),
    st.sampled_from(RULES),
    st.sampled_from(["i", "plane", "a", "B", "42", "AA", "Zürich"]),
)
dressed_words = st.tuples(
    st.sampled_from(["", "", "", "(", '"', "#", "@", "'", "¡"]),
    plain_words,
    st.sampled_from([str, str, str.upper, str.title, str.swapcase]),
    st.sampled_from(["", "", "", "!", "?", ".", ",", "...", "!!!!!", "'s", "😀", "…"]),
).map(lambda parts: parts[0] + parts[2](parts[1]) + parts[3])
# Rules named by word meet a word of the lexicon three, two and one places before it, and after it.
ruled_words = st.tuples(*[st.sampled_from(RULES)] * 3, plain_words, st.sampled_from(RULES)).map(" ".join)
tokens = st.one_of(
    dressed_words, dressed_words, ruled_words, st.sampled_from([*SIGNS, *EMOJI, *STRANGE]), st.text(max_size=3)
)
texts = st.lists(st.tuples(tokens, st.sampled_from([" ", " ", " ", " ", *SPACES])), max_size=24).map(
    lambda pieces: "".join(token + space for token, space in pieces)
)


@pytest.mark.no_cover
@seed(20250301)
@settings(max_examples=2_000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(texts)
def test_equals_the_reference_on_nasty_texts(text: str) -> None:
    """There is no difference on texts made of what the rules look for, in any order and dress."""
    assert actual(text) == expected(text)


# Valences that are halves and two thirds of each other, so that they meet around "but".
ROUND = [
    word for word, valence in lexicon().valences.items() if valence in (0.5, 1.0, 1.5, 2.0, 3.0) and word.isalpha()
]
few_words = st.one_of(st.sampled_from(ROUND), st.sampled_from(["good", "bad", "very", "but", "x"]))


@pytest.mark.no_cover
@seed(20250302)
@settings(max_examples=1_000, deadline=None, database=None)
@given(st.lists(few_words, max_size=60).map(" ".join))
def test_but_changes_the_values_that_the_reference_changes(text: str) -> None:
    """Equal values around "but" are mixed up exactly as the reference mixes them up."""
    assert actual(text) == expected(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "!",
        "?",
        "a",
        "but",
        "BUT",
        "no",
        "NO good",
        "at least good",
        "kind of",
        "the shit",
        "\ud83d",
        "©",
    ],
)
def test_equals_the_reference_on_the_smallest_texts(text: str) -> None:
    """Also the shortest texts, down to none at all, have the reference's numbers."""
    assert actual(text) == expected(text)


def test_the_words_that_count() -> None:
    """Each with its valence where it stands: denied, before and after "but"; emoji by their words."""
    assert SCORER.explain("it is NOT good, but I love it") == [
        ("good,", pytest.approx(1.9 * -0.74 / 2)),
        ("love", pytest.approx(3.2 * 1.5)),
    ]
    assert [word for word, _ in SCORER.explain("I love 😍 it")] == ["love", "smiling"]
    assert SCORER.explain("the plane landed") == SCORER.explain("") == []


@given(texts)
def test_any_text_can_be_explained(text: str) -> None:
    """A text without a word to name has no sentiment."""
    assert bool(SCORER.score(text).compound) <= bool(SCORER.explain(text))


def test_labels_follow_the_thresholds() -> None:
    """The label is told from the compound; nothing said at all is neutral."""
    assert [SCORER.score(text).label for text in ("I love it", "the plane", "I hate it", "")] == [
        Label.POSITIVE,
        Label.NEUTRAL,
        Label.NEGATIVE,
        Label.NEUTRAL,
    ]


def test_zero_has_no_sign() -> None:
    """The reference says -0.0 where feelings almost cancel out; here it is 0.0, as it is to be shown."""
    assert repr(expected("hate good fine")[0]) == "-0.0"
    assert repr(SCORER.score("hate good fine").compound) == "0.0"


LONG = {
    "emoji": "😡",
    "emoji apart": "😀 ",
    "lexicon words": "good bad ",
    "one long token": "good",
    "punctuation": "!?.,",
    "punctuation tokens": "!!! ??? ",
    "but": "but ",
    "feelings around but": "good but awful ",
    "newlines": "\n",
    "capitals": "GREAT plane ",
    "negations": "never so good without doubt not ",
    "idioms": "kiss of death to die for ",
    "apostrophes": "n't'",
    "strange": "İ\u200d ",
}


@pytest.mark.no_cover
@pytest.mark.parametrize("piece", LONG.values(), ids=LONG)
def test_time_is_linear_in_the_length(piece: str) -> None:
    """No path of the scorer is quadratic."""
    assert_linear(SCORER.score, piece)


def test_4000_emoji_take_less_than_100_ms() -> None:
    """The reference takes over a minute for this text."""
    assert seconds(lambda: SCORER.score("😡" * 4_000)) < 0.1


def test_the_memory_of_tokens_is_bounded() -> None:
    """Endless new tokens leave no more than the cache's size behind, and long ones are never kept."""
    scorer = Vader()
    for start in range(0, 100_000, 100):
        scorer.score(" ".join(f"token{number}" for number in range(start, start + 100)))
    scorer.score("x" * 1_000)
    assert 0 < len(scorer._words) <= 32_768
    assert max(map(len, scorer._words)) <= 40


def test_survives_pickling() -> None:
    """A pickled scorer says the same, and carries no memory of texts with it."""
    scorer = Vader()
    scorer.score("a very telling token")
    pickled = pickle.dumps(scorer)
    assert len(pickled) < 100
    assert pickle.loads(pickled).score("good") == scorer.score("good")


def test_constants_are_the_packages_own() -> None:
    """The numbers that the rules hold are those of the installed package."""
    assert [vader.EXCLAMATION * n for n in range(5)] == [ANALYZER._amplify_ep("!" * n) for n in range(5)]
    assert [vader._emphasis("?" * n) for n in range(6)] == [ANALYZER._amplify_qm("?" * n) for n in range(6)]


def test_nothing_said_is_one_object() -> None:
    """Texts without a feeling are neutral as a whole."""
    assert SCORER.score("the plane landed") == Sentiment(Label.NEUTRAL, 0.0, 0.0, 1.0, 0.0)
