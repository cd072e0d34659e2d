"""Training, from labelled rows to a version in the registry."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from pipeline import __version__
from pipeline.domain.prediction import IRRELEVANT, Task, in_order, labels_fault
from pipeline.errors import ConfigError, ScoringError
from pipeline.registry.manifest import HELD_OUT, MODEL, REPORT, SEEN, Manifest
from pipeline.registry.registry import Registry
from pipeline.scoring.linear import LinearModel
from pipeline.scoring.reading import Recipe
from pipeline.training import plots, report, seen, splits
from pipeline.training.evaluation import figures
from pipeline.training.gate import MEASURES
from pipeline.training.labelled import Labelled, Row
from pipeline.training.report import Report
from pipeline.training.splits import Split, Way

if TYPE_CHECKING:
    from pyspark.ml import Model
    from pyspark.sql import DataFrame, SparkSession

TellLine = Callable[[str], None]
"""Told what is being done, in a few words."""

Session = Callable[[], AbstractContextManager["SparkSession"]]
"""Opens a Spark session, for as long as it is needed."""

REPORT_PAGE = "report.md"

FOLDS, CHOOSING_ROWS, CHOOSING_ITERATIONS = 2, 16_000, 25
"""Regularisation is chosen on so many folds, on about so many rows, with so many steps of the optimiser."""

STRENGTHS = (1e-4, 3e-4, 1e-3)
"""Of regularisation, to choose from; what is chosen on fewer rows is lessened for all (see `lessened`)."""

SAME = 1e-9
"""The largest allowed distance between the served probabilities and Spark's own."""

CHECKED_ROWS = 500


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """The settings for training a task's models.

    Attributes:
        recipe: what is read of a text.
        balance: 1 lets each label weigh the same in training, 0 each row; between them is between.
    """

    recipe: Recipe = field(default_factory=Recipe)
    balance: float = 1.0


PLANS: Mapping[Task, TrainingPlan] = {
    Task.SENTIMENT: TrainingPlan(balance=1.0),
    Task.COMPLAINT: TrainingPlan(balance=1.0),
    Task.REASON: TrainingPlan(balance=0.5),
}
_OF_FOUR = TrainingPlan(balance=0.5)
"""Sentiment with *irrelevant* is measured by how many are right, so frequent labels count for more."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to train: the task, the rows, the settings.

    Attributes:
        task: what for.
        labelled: the rows (`labelled.read` of each file, `labelled.combined` of all).
        test: rows to measure on; where it is None, a share of `labelled` is held out.
        held_out: that share, 0…1.
        way: how it is chosen.
        master: Spark's; None is this machine.
    """

    task: Task
    labelled: Labelled
    test: Labelled | None = None
    held_out: float = 0.2
    way: Way = "auto"
    master: str | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """The result of training in Spark.

    Attributes:
        model: what serves.
        strength: of regularisation, as chosen.
        chosen_by: strength → the task's measure, the mean of the folds.
        plain: what the plain model says of the held-out rows.
    """

    model: LinearModel
    strength: float
    chosen_by: Mapping[float, float]
    plain: Sequence[str]


def train(request: Request, registry: Registry, session: Session, tell: TellLine) -> Manifest:
    """Train, measure and publish a version; it is not promoted.

    Raises:
        ConfigError: there is too little to train on.
        SetupError: Java, Spark or the registry is not there.
        ScoringError: what would serve does not say what Spark says.
    """
    tell("holding rows out")
    rows = split_of(request)
    labels = _labels(request.task, rows)
    tell("starting Spark")
    with session() as spark:
        fitted = fit(spark, request.task, labels, rows, tell)
    tell("measuring")
    measured = _report(request, rows, fitted)
    drawn = plots.plots_of(measured)
    measured = replace(measured, plots=tuple(drawn))
    manifest = Manifest(
        task=request.task,
        labels=labels,
        created=datetime.now(UTC),
        parent=registry.champion(request.task),
        data=request.labelled.data,
        code_version=__version__,
        parameters=dict(measured.parameters),
        metrics=measured.metrics(),
    )
    tell(f"publishing to {registry.name}")
    return registry.publish(manifest, _files(rows, fitted.model, measured) | drawn)


def plan_of(task: Task, labels: Sequence[str]) -> TrainingPlan:
    """The plan for training a model with these labels."""
    return _OF_FOUR if IRRELEVANT in labels else PLANS[task]


def split_of(request: Request) -> Split:
    """The rows of both sides.

    Raises:
        ConfigError: one of them would be empty.
    """
    if request.test is None:
        return splits.split(request.labelled.rows, request.way, request.held_out)
    names = ", ".join(dict.fromkeys(one.name for one in request.test.data))
    return splits.apart(request.labelled.rows, request.test.rows, f"in a file of its own ({names})")


def fit(spark: SparkSession, task: Task, labels: tuple[str, ...], rows: Split, tell: TellLine) -> Fitted:
    """Learn from the training rows, by Spark.

    Raises:
        ScoringError: what would serve does not say what Spark says.
    """
    from pyspark.ml import Pipeline

    from pipeline.training import spark_pipeline

    plan = plan_of(task, labels)
    # The rows of a group side by side, and so in one partition.
    learnt = sorted(rows.training, key=lambda row: row.group)
    truth = _places(labels, learnt)
    texts = [row.text for row in learnt]
    training = spark_pipeline.frame(
        spark,
        texts,
        label=truth.astype(np.float64),
        weight=weights(truth, plan.balance),
        fold=np.array(splits.folds(learnt, FOLDS)),
        choosing=_choosing(learnt),
        group=np.unique([row.group for row in learnt], return_inverse=True)[1],
    )
    strength, chosen_by = _chosen(task, labels, training, plan, tell)
    tell(f"learning from {len(texts):,} texts")
    features = spark_pipeline.TweetFeatures(plan.recipe, len(labels))
    fitted = Pipeline(stages=[features, spark_pipeline.logistic_regression(strength)]).fit(training)
    model = spark_pipeline.linear_model(task, labels, fitted)
    held_out = spark_pipeline.frame(spark, [row.text for row in rows.held_out])
    # All rows go through the same code, so a difference shows in some hundreds of them.
    _check_same(model, fitted, held_out.limit(CHECKED_ROWS))
    tell("learning the plain model, to compare with")
    plain: Model = spark_pipeline.plain_pipeline(len(texts)).fit(training)
    said = [labels[place] for place in spark_pipeline.predicted(plain, held_out)]
    return Fitted(model, strength, chosen_by, said)


def weights(truth: NDArray[np.int64], balance: float) -> NDArray[np.float64]:
    """The weight of each row by its label, 1 in the mean (see `TrainingPlan.balance`)."""
    counts = np.bincount(truth)
    found = (1 / counts[truth]) ** balance
    equal: NDArray[np.float64] = found / found.mean()
    return equal


def _chosen(
    task: Task, labels: Sequence[str], training: DataFrame, plan: TrainingPlan, tell: TellLine
) -> tuple[float, dict[float, float]]:
    """The regularisation that does best on folds of groups that were not trained on, and what each came to."""
    from pipeline.training import spark_pipeline

    sample = training.where("choosing")
    found, learnt_from = dict.fromkeys(STRENGTHS, 0.0), 0.0
    for fold in range(FOLDS):
        tell(f"choosing the regularisation: {fold + 1} of {FOLDS}")
        rest, out = sample.where(f"fold <> {fold}"), sample.where(f"fold = {fold}")
        # How much an n-gram tells is learnt from labels, so each fold learns it anew.
        reading = spark_pipeline.TweetFeatures(plan.recipe, len(labels)).fit(rest)
        # Kept in memory, because the model of each strength learns from the same vectors.
        rest, out = reading.transform(rest).persist(), reading.transform(out).persist()
        truth = _in_order(out)
        for strength in STRENGTHS:
            said = spark_pipeline.predicted(
                spark_pipeline.logistic_regression(strength, CHOOSING_ITERATIONS).fit(rest), out
            )
            come_to = figures([labels[place] for place in truth], [labels[place] for place in said], labels)
            found[strength] += come_to.measures()[MEASURES[task]] / FOLDS
        learnt_from += rest.count() / FOLDS
        rest.unpersist()
        out.unpersist()
    return lessened(peak(found), learnt_from / training.count()), found


def peak(come_to: Mapping[float, float]) -> float:
    """The regularisation at the top of the parabola through what some came to, over their logarithms.

    It is never beyond those that were tried. Where no parabola has a top, the best of those that were tried: the
    folds' figures are too uneven to tell neighbours apart, but not which way it goes down.
    """
    best, tried = max(come_to, key=come_to.__getitem__), np.log(list(come_to))
    if len(tried) < 3:
        return best
    # Neighbours differ by less than the folds' noise: a curve through all of them is steadier than the best one.
    bend, slope, _ = np.polyfit(tried, list(come_to.values()), 2)
    if bend >= 0:
        return best
    return float(np.exp(np.clip(-slope / (2 * bend), tried.min(), tried.max())))


def lessened(strength: float, share: float) -> float:
    """The regularisation for all rows, where this one was best for a share of them.

    Spark takes the mean of the rows' losses, so that a prior that stays the same weighs less the more rows there are.
    """
    return strength * share


def _in_order(rows: DataFrame) -> NDArray[np.int64]:
    table = rows.select("place", "label").toArrow()
    found: NDArray[np.int64] = table["label"].to_numpy()[np.argsort(table["place"].to_numpy())].astype(np.int64)
    return found


def _choosing(rows: Sequence[Row]) -> NDArray[np.bool_]:
    """The rows on which the regularisation is chosen: whole groups, about `CHOOSING_ROWS` rows."""
    share = CHOOSING_ROWS / len(rows)
    return np.array([splits.fraction_of(f"choosing {row.group}") < share for row in rows], np.bool_)


def _check_same(model: LinearModel, fitted: Model, rows: DataFrame) -> None:
    from pyspark.ml.functions import vector_to_array

    said = fitted.transform(rows)
    table = said.select("text", vector_to_array(said["probability"]).alias("probability")).toArrow()
    theirs, texts = np.array(table["probability"].to_pylist()), [str(text) for text in table["text"].to_pylist()]
    # What is measured is the model that serves; that it is the one that Spark has trained shows only here.
    apart = float(np.abs(model.probabilities(texts) - theirs).max())
    # Written so that NaN, which compares as false, is refused, too.
    if not apart <= SAME:
        raise ScoringError(f"what would serve is {apart:.1e} from what Spark says: nothing is published")


def _labels(task: Task, rows: Split) -> tuple[str, ...]:
    found = {row.label for row in rows.training}
    if len(found) < 2:
        raise ConfigError(f"there is only one label to learn ({', '.join(sorted(found))}): give rows of others too")
    labels = in_order(task, found)
    fault = labels_fault(task, labels)
    if fault:
        commonest = ", ".join(label for label, _ in Counter(row.label for row in rows.training).most_common(5))
        raise ConfigError(f"{fault} ({commonest}, ...): is it the right column? Else write several of them as one")
    return labels


def _places(labels: Sequence[str], rows: Sequence[Row]) -> NDArray[np.int64]:
    place = {label: number for number, label in enumerate(labels)}
    return np.array([place[row.label] for row in rows], np.int64)


def _report(request: Request, rows: Split, fitted: Fitted) -> Report:
    left_out = Counter(request.labelled.left_out) + Counter(request.test.left_out if request.test else {})
    counts = {
        "trained on": len(rows.training),
        "measured on": len(rows.held_out),
        "left out: (nearly) repeats a held-out row": rows.repeats,
        **{f"left out: {why}": count for why, count in sorted(left_out.items())},
    }
    found = report.report_of(
        fitted.model, rows.held_out, split=rows.how, training=Counter(row.label for row in rows.training), counts=counts
    )
    found = report.with_baseline(found, "plain", rows.held_out, fitted.plain)
    return replace(found, parameters=_parameters(request, fitted))


def _parameters(request: Request, fitted: Fitted) -> dict[str, JsonValue]:
    recipe, plan = fitted.model.recipe, plan_of(request.task, fitted.model.labels)
    return {
        "features": f"words 1 to {recipe.words}, characters {recipe.chars[0]} to {recipe.chars[1]}, VADER and counts",
        "n-grams": len(fitted.model.vocabulary),
        "balance of the labels": plan.balance,
        "regularisation": round(fitted.strength, 9),
        "chosen by": ", ".join(f"{strength:g}: {value:.4f}" for strength, value in fitted.chosen_by.items()),
    }


def _files(rows: Split, model: LinearModel, measured: Report) -> dict[str, bytes]:
    return {
        MODEL: model.dumps(),
        HELD_OUT: _parquet(rows.held_out),
        SEEN: seen.dumps(seen.seen_of((row.key for row in rows.training), (row.text for row in rows.training))),
        REPORT: report.as_json(measured),
        REPORT_PAGE: report.as_markdown(measured).encode(),
    }


def _parquet(rows: Sequence[Row]) -> bytes:
    # Only here, as in `promotion`: whoever trains has Arrow, and other commands read this module without.
    import pyarrow as pa
    from pyarrow import parquet

    names = ("key", "text", "label", "entity", "lang", "source")
    table = pa.table({name: pa.array([str(getattr(row, name)) for row in rows], pa.string()) for name in names})
    file = io.BytesIO()
    parquet.write_table(table, file, compression="zstd")
    return file.getvalue()
