"""A challenger is promoted when it is better by more than chance and nowhere much worse; else it is said why not."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.prediction import Task
from pipeline.training import gate
from pipeline.training.gate import MINIMUM_ROWS, SLICE_ROWS, Rows, compare, decide, decide_first, not_comparable
from tests.builders import TASK_LABELS

LABELS = ("negative", "neutral", "positive")


def guess(truth: Sequence[str], share: float, seed: int) -> list[str]:
    """Right in this share of the rows, the next label in the others."""
    drawn = random.Random(seed)
    return [label if drawn.random() < share else LABELS[(LABELS.index(label) + 1) % 3] for label in truth]


def rows(count: int, champion: float, challenger: float, slices: Mapping[str, Sequence[str]] | None = None) -> Rows:
    """As many of each label; the shares are of right answers."""
    truth = [LABELS[place % 3] for place in range(count)]
    return Rows(truth, guess(truth, champion, 1), guess(truth, challenger, 2), slices or {})


def test_better() -> None:
    """By more than chance: promoted, with the figures that say so."""
    decision = decide(Task.SENTIMENT, rows(3_000, 0.6, 0.7))
    assert decision.promote
    assert decision.why.startswith("better by more than chance: macro_recall 0.699 against 0.598 on 3,000 rows")
    assert decision.comparison is not None
    assert 0 < decision.comparison.low < 0.1 < decision.comparison.high


@pytest.mark.parametrize(("champion", "challenger"), [(0.7, 0.6), (0.65, 0.65), (0.65, 0.655)])
def test_not_better(champion: float, challenger: float) -> None:
    """Worse, the same, or by less than chance: the champion stays."""
    decision = decide(Task.SENTIMENT, rows(600, champion, challenger))
    assert (decision.promote, decision.why.partition(":")[0]) == (False, "not better by more than chance")


def test_the_same_answers_are_not_better() -> None:
    """A model that says the same on each row is not promoted: the difference is 0 in every resample."""
    same = rows(900, 0.6, 0.6)
    found = compare(Task.COMPLAINT, Rows(same.truth, same.champion, same.champion, {}))
    assert (found.low, found.high, found.champion) == (0, 0, found.challenger)
    assert not decide(Task.COMPLAINT, Rows(same.truth, same.champion, same.champion, {})).promote


def test_pairs_count() -> None:
    """On the same rows a small gain shows that two samples of their own would hide."""
    truth = [LABELS[place % 3] for place in range(600)]
    champion = guess(truth, 0.6, 1)
    mended = [said if place % 20 else right for place, (said, right) in enumerate(zip(champion, truth, strict=True))]
    assert decide(Task.SENTIMENT, Rows(truth, champion, mended, {})).promote


def test_too_few_rows() -> None:
    """They decide nothing, however clear they look."""
    decision = decide(Task.SENTIMENT, rows(MINIMUM_ROWS - 1, 0.1, 0.9))
    assert (decision.promote, decision.why) == (
        False,
        f"not enough rows that neither was trained on: {MINIMUM_ROWS - 1} of {MINIMUM_ROWS}",
    )


def with_a_worse_slice(count: int) -> Rows:
    """Better everywhere but for Bolt, of which there are so many rows: all of them wrong."""
    better = rows(3_000, 0.6, 0.8)
    names = ["Bolt"] * count + ["Acme"] * (3_000 - count)
    spoilt = [LABELS[(LABELS.index(label) + 1) % 3] for label in better.truth[:count]]
    return Rows(better.truth, better.champion, [*spoilt, *better.challenger[count:]], {"entity": names})


def test_a_slice_that_is_worse() -> None:
    """It is named, with its figures; within the margin it would do no harm."""
    decision = decide(Task.SENTIMENT, with_a_worse_slice(SLICE_ROWS))
    assert not decision.promote
    assert "worse than the margin of 0.05 for entity Bolt: 0.000 against 0.6" in decision.why
    assert decide(Task.SENTIMENT, with_a_worse_slice(SLICE_ROWS), margin=0.9).promote


def test_a_slice_of_few_rows() -> None:
    """It is not looked at: chance would decide. Nor are rows without a name a slice."""
    assert decide(Task.SENTIMENT, with_a_worse_slice(SLICE_ROWS - 1)).promote
    nameless = with_a_worse_slice(SLICE_ROWS)
    names = [name.replace("Bolt", "") for name in nameless.slices["entity"]]
    assert decide(Task.SENTIMENT, Rows(nameless.truth, nameless.champion, nameless.challenger, {"e": names})).promote


def test_deciding_twice() -> None:
    """The same rows have the same decision, to the last digit: the resampling is seeded."""
    assert compare(Task.REASON, rows(500, 0.5, 0.6)) == compare(Task.REASON, rows(500, 0.5, 0.6))


@pytest.mark.parametrize(
    ("champion", "challenger"),
    [(LABELS, (*LABELS, "irrelevant")), (("complaint", "no_complaint"), LABELS)],
)
def test_other_labels(champion: Sequence[str], challenger: Sequence[str]) -> None:
    """Three classes can't be held to four; the order of the labels does not matter."""
    refusal = not_comparable(champion, challenger)
    assert refusal is not None
    assert refusal.why.startswith("not comparable: it says ")
    assert not refusal.promote
    assert not_comparable(challenger, tuple(reversed(challenger))) is None


@pytest.mark.parametrize(
    ("metrics", "promote", "why"),
    [
        (
            {"macro_recall": 0.65, "vader_macro_recall": 0.57, "most_frequent_macro_recall": 0.33},
            True,
            "the first model of sentiment: macro_recall 0.650 against 0.570 of vader",
        ),
        (
            {"macro_recall": 0.57, "vader_macro_recall": 0.57},
            False,
            "not better than what needs no training: macro_recall 0.570 against 0.570 of vader",
        ),
        ({"macro_recall": 0.9}, False, "its manifest does not say what it and a baseline reached (macro_recall)"),
        ({"vader_macro_recall": 0.1}, False, "its manifest does not say what it and a baseline reached (macro_recall)"),
    ],
)
def test_the_first_model(metrics: dict[str, float], promote: bool, why: str) -> None:
    """It must beat the best of what needs no training, by what its report says."""
    decision = decide_first(Task.SENTIMENT, metrics)
    assert (decision.promote, decision.why) == (promote, why)


def plain(task: Task, truth: Sequence[str], said: Sequence[str]) -> float:
    """The measure by its definition, label by label."""
    shares = []
    for label in set(truth):
        hits = sum(a == b == label for a, b in zip(truth, said, strict=True))
        whole = truth.count(label) if task is Task.SENTIMENT else (truth.count(label) + said.count(label)) / 2
        shares.append(hits / whole)
    return sum(shares) / len(shares)


@pytest.mark.parametrize("task", list(Task))
@given(st.data())
def test_measures(task: Task, data: st.DataObject) -> None:
    """Macro-recall of sentiment, macro-F1 of the others, over the labels that occur."""
    label = st.sampled_from(TASK_LABELS[task])
    drawn = data.draw(st.lists(st.tuples(label, label, label), min_size=1, max_size=30))
    truth, champion, challenger = map(list, zip(*drawn, strict=True))
    found = compare(task, Rows(truth, champion, challenger, {}))
    assert found.champion == pytest.approx(plain(task, truth, champion))
    assert found.challenger == pytest.approx(plain(task, truth, challenger))


def test_the_interval_is_that_of_resampled_rows() -> None:
    """Drawing row numbers, as a bootstrap is told, gives the same bounds."""
    found = rows(400, 0.6, 0.66)
    truth, champion, challenger = (np.array(said) for said in (found.truth, found.champion, found.challenger))
    drawn = np.random.default_rng(7)
    differences = []
    for _ in range(gate.RESAMPLES):
        place = drawn.integers(0, 400, 400)
        after, before = (
            np.mean([np.mean(said[place][truth[place] == label] == label) for label in LABELS])
            for said in (challenger, champion)
        )
        differences.append(after - before)
    comparison = compare(Task.SENTIMENT, found)
    assert [comparison.low, comparison.high] == pytest.approx(np.quantile(differences, [0.05, 0.95]), abs=0.006)
