"""The choice of the held-out rows."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.domain.prediction import Task
from pipeline.errors import ConfigError
from pipeline.training.labelled import Row, read
from pipeline.training.seen import hashes, normalised, seen_of
from pipeline.training.splits import apart, folds, near_repeats, split
from tests.datasets import tables
from tests.paths import Data

WORDS = ("late", "gate", "bag", "crew", "seat", "plane", "staff", "hours", "queue", "phone", "food", "call", "lost")
BEGAN = datetime(2015, 2, 16, tzinfo=UTC)


def rows(count: int, timed: bool = True, seed: int = 5) -> list[Row]:
    """Rows with texts of their own, by rising time."""
    choose = random.Random(seed)
    return [
        Row(
            key=f"x:{number}",
            group=f"x:{number}",
            text=" ".join([f"tweet{choose.random()}".translate(DIGITS), *choose.choices(WORDS, k=9)]),
            label="neutral",
            written=BEGAN + timedelta(minutes=number) if timed else None,
        )
        for number in range(count)
    ]


DIGITS = str.maketrans("0123456789.", "abcdefghijk")


def test_the_latest_are_held_out() -> None:
    """If rows have times, each held-out row is newer than each training row."""
    found = split(rows(200))
    newest = max(row.written for row in found.training if row.written)

    assert newest < min(row.written for row in found.held_out if row.written)
    assert len(found.held_out) == 40
    assert found.how == "by time: the last 20%"


def test_groups_never_part() -> None:
    """Rows of one group are on one side, which does not depend on the other rows, nor on their order."""
    grouped = [replace(row, group=f"set:{number // 6}") for number, row in enumerate(rows(600, timed=False))]
    found, fewer = split(grouped), split(list(reversed(grouped[:300])))
    sides = {row.group for row in found.training}, {row.group for row in found.held_out}

    assert not sides[0] & sides[1]
    assert {row.key for row in fewer.held_out} == {row.key for row in found.held_out} & {
        row.key for row in grouped[:300]
    }
    assert 60 < len(found.held_out) < 180
    assert len(found.training) + len(found.held_out) == 600


def test_a_split_does_not_depend_on_the_order() -> None:
    """The same rows give the same sides in the same order."""
    given = rows(100)

    assert split(given) == split(list(reversed(given)))


def test_what_repeats_a_held_out_text_is_not_trained_on() -> None:
    """Not even with other names, links, numbers, or one word more; and it is counted."""
    held_out = [Row("x:1", "x:1", "@united my bag is lost again and nobody at 3 desks knows where it is", "negative")]
    near = [
        "@delta my bag is LOST again and nobody at 4 desks knows where it is!! http://t.co/x",
        "my bag is lost again and nobody at the desks knows where it is today",
    ]
    training = [Row(f"x:{number}", f"x:{number}", text, "negative") for number, text in enumerate(near, 2)]
    others = rows(20)[5:]

    found = apart([*training, *others], held_out, "for a test")

    assert found.repeats == 2
    assert {row.key for row in found.training} == {row.key for row in others}


def test_unlike_texts_repeat_nothing() -> None:
    """Sharing some words is no repeat, nor is having none."""
    texts = [row.text for row in rows(300)]

    assert not near_repeats(texts, [row.text for row in rows(300, seed=6)]).any()
    assert near_repeats(["", "ok", "@a"], ["fine", "OK!", ":)"]).tolist() == [False, True, False]


def test_what_can_not_be_split_is_said() -> None:
    """No times, or nothing left on one side."""
    with pytest.raises(ConfigError, match="only 0 of 50 rows have a time"):
        split(rows(50, timed=False), "time")
    with pytest.raises(ConfigError, match="0 rows to train on"):
        apart(rows(5), rows(5), "for a test")


def test_folds_keep_groups_together() -> None:
    """And all of them are used."""
    grouped = [replace(row, group=f"set:{number // 6}") for number, row in enumerate(rows(600))]
    found = folds(grouped, 3)

    assert set(found) == {0, 1, 2}
    assert len(set(zip(found, (row.group for row in grouped), strict=True))) == 100


def test_what_was_seen_is_known_again() -> None:
    """By its key, or by its text in other dress; what has nothing but a name is not everything of that kind."""
    seen = seen_of(["x:1", "x:2"], ["My bag, again!", "@a"])

    assert hashes(["x:1", "x:3"]).tolist()[0] in seen
    assert hashes(["x:3"])[0] not in seen
    assert hashes(["my BAG again @united http://t.co/a"])[0] in seen
    assert normalised("@a") != normalised("@b") != ""


def test_the_kaggle_sets_paraphrases_stay_together(data: Data) -> None:
    """No id of a set that leaks is on both sides, and no held-out text is trained on."""
    # The larger one of the real files takes a minute.
    names = {"generated": [tables.KAGGLE, tables.KAGGLE_VALIDATION], "real": [tables.KAGGLE_VALIDATION]}
    for name in names[data.kind]:
        found = split(read(Task.SENTIMENT, data(name)).rows)
        texts = {normalised(row.text) for row in found.held_out}

        assert not {row.group for row in found.training} & {row.group for row in found.held_out}
        assert not [row for row in found.training if normalised(row.text) in texts]
