"""Generated tables in the layouts of known sets: their columns, encodings and oddities, and none of their rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta, timezone
from pathlib import Path

from tests.datasets.words import BRANDS, Words, iso, moment, tweet_id

Row = Sequence[object]

AIRLINE, SEMEVAL = "airline/tweets_first80pct_by_time.csv", "semeval2017/train_2013_2016.csv"
COMPLAINTS, ASOS = "complaints/complaints.csv", "complaints/asos.csv"
KAGGLE, KAGGLE_VALIDATION = "kaggle_entity/twitter_training.csv", "kaggle_entity/twitter_validation.csv"
VADER = "vader/tweets_GroundTruth.txt"

HEADERS: Mapping[str, str] = {
    AIRLINE: "tweet_id,airline_sentiment,airline_sentiment_confidence,negativereason,negativereason_confidence,airline,"
    "airline_sentiment_gold,name,negativereason_gold,retweet_count,text,tweet_coord,tweet_created,tweet_location,"
    "user_timezone",
    SEMEVAL: "tweet_id,created_at_from_snowflake,label,text,source_file,in_tweeteval_val",
    COMPLAINTS: "tweet_id,text,complaint,domain",
    ASOS: "sentiment,text",
}
"""The first line of each file that has a header."""

SENTIMENTS = ("negative", "negative", "neutral", "positive")
REASONS = ("Late Flight", "Can't Tell", "Customer Service Issue", "longlines", "Lost Luggage")
KAGGLE_LABELS = ("Negative", "Positive", "Neutral", "Irrelevant")
LOCAL = timezone(timedelta(hours=-8))


def write(folder: Path) -> None:
    """Write all of them."""
    tables = {
        AIRLINE: airline(), SEMEVAL: semeval(), COMPLAINTS: complaints(), ASOS: asos(),
        KAGGLE: kaggle(), KAGGLE_VALIDATION: kaggle_validation(),
    }  # fmt: skip
    for name, rows in tables.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(f"{HEADERS[name]}\n" if name in HEADERS else "")
            csv.writer(file, lineterminator="\n").writerows(rows)
    (folder / VADER).parent.mkdir(parents=True, exist_ok=True)
    (folder / VADER).write_bytes(vader())


def airline(count: int = 3_000, repeated: int = 8) -> Iterator[Row]:
    """By time, with offsets; some ids are there twice, some texts go over two lines."""
    words = Words("airline")
    for number in [*range(count - repeated), *range(repeated)]:
        label, written = words.random.choice(SENTIMENTS), moment(number)
        yield (
            tweet_id(written, number), label, round(words.random.uniform(0.3, 1), 4),
            words.random.choice(REASONS) if label == "negative" else "", "0.7" if label == "negative" else "",
            BRANDS[number % len(BRANDS)], "", words.name(), "", words.random.choice((0, 0, 0, 0, 1, 7)),
            f"@{BRANDS[number % len(BRANDS)]} {words.text()}" + "\nand nobody calls" * (number % 100 == 0),
            f"[{number % 90}.5, -{number % 180}.25]" if number % 13 == 0 else "",
            f"{written.astimezone(LOCAL):%Y-%m-%d %H:%M:%S} -0800", words.name() if number % 3 else "", "",
        )  # fmt: skip


def semeval(count: int = 600) -> Iterator[Row]:
    """The time beside an id is the one that the id holds."""
    words = Words("semeval")
    for number in range(count):
        label, written = words.random.choice(SENTIMENTS), moment(number)
        origin = f"twitter-{2013 + number % 4}train-A.tsv"
        yield tweet_id(written, number), iso(written), label, words.text(), origin, number % 25 // 24


def complaints(count: int = 400) -> Iterator[Row]:
    """Ids hold the time, which has no column."""
    words = Words("complaints")
    for number in range(count):
        domain = words.random.choice(("apparel", "food", "random_reply", "random_tweet"))
        yield tweet_id(moment(number), number), words.text(), int(number % 3 == 0), domain


def asos(count: int = 300, repeated: int = 3) -> Iterator[Row]:
    """Texts without signs, some of them twice, and no ids."""
    words = Words("asos")
    texts = [f"{words.sentence()} order {number}" for number in range(count - repeated)]
    for number, text in enumerate([*texts, *texts[:repeated]]):
        yield int(number % 5 == 0), text


def kaggle(groups: int = 200) -> Iterator[Row]:
    """Six texts to an id, which paraphrase each other; some are the same, some are empty."""
    words = Words("kaggle")
    for group in range(groups):
        entity, label = BRANDS[group % len(BRANDS)], KAGGLE_LABELS[group % 4]
        texts = _paraphrases(words, words.text(), 6)
        if group % 9 == 0:
            texts[3] = ""
        if group % 10 == 0:
            texts[5] = texts[4]
        yield from ((2_401 + group, entity, label, text) for text in texts)


def kaggle_validation(count: int = 120) -> Iterator[Row]:
    """The set leaks: most texts are in `kaggle` word for word, and some are here twice, with two ids."""
    firsts = [row for number, row in enumerate(kaggle()) if number % 6 == 0][:count]
    for number, (id_, entity, label, text) in enumerate(firsts):
        yield id_, entity, label, firsts[number - 1][3] if number % 8 == 7 else text


def vader(count: int = 420) -> bytes:
    """Tab-separated, without a header and a last line break; not all of it is UTF-8, and some quotes have no end."""
    words = Words("vader")
    texts = [words.text().encode() for _ in range(count)]
    texts[7] += b' "no end'
    texts[20] += b" caf\xe9"
    return b"\n".join(b"%d\t%.8f\t%s" % (n, words.random.uniform(-4, 4), text) for n, text in enumerate(texts, 1))


def _paraphrases(words: Words, text: str, count: int) -> list[str]:
    """The text, and copies of it in which one word is another."""
    found = [text]
    while len(found) < count:
        parts = text.split(" ")
        parts[words.random.randrange(len(parts))] = words.name()
        found.append(" ".join(parts))
    return found


def rows_of(path: Path) -> Iterator[list[str]]:
    """All rows of a table, its header among them."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.reader(file)
