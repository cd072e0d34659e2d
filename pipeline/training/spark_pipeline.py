"""The Spark ML pipeline: our features of a text, and a logistic regression with weights for its classes.

Vectors are made by `pipeline.scoring.features` in Spark's Python workers, so training and serving read alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.ml import Estimator, Model, Pipeline, PipelineModel
from pyspark.ml.classification import LogisticRegression, LogisticRegressionModel
from pyspark.ml.feature import IDF, CountVectorizer, NGram, Normalizer, RegexTokenizer, VectorAssembler
from pyspark.ml.linalg import VectorUDT
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sql
from pyspark.sql.types import StructField, StructType

from pipeline.domain.prediction import Task
from pipeline.scoring.features import Vocabulary, document_frequencies, vectors, vocabulary_of
from pipeline.scoring.linear import LinearModel
from pipeline.scoring.reading import Floats, Recipe, reader_of

AT_LEAST = 2
"""An n-gram that is in fewer texts is not learnt."""

PARTITION_ROWS = 12_500
"""Rows to a partition. How many there are, and so the order in which sums are made, must not depend on the machine."""

ITERATIONS, PLAIN_ITERATIONS, TOLERANCE = 60, 40, 1e-6

_VECTOR = pa.struct(
    [("type", pa.int8()), ("size", pa.int32()), ("indices", pa.list_(pa.int32())), ("values", pa.list_(pa.float64()))]
)
"""The layout in which Spark stores a vector; type 0 is sparse."""


class TweetFeatures(Estimator["TweetVectors"]):
    """Learns which n-grams the column `text` has, and how much each tells of the column `label`.

    The rows of a `group` count once; a group whose rows lie in two partitions counts in both.
    """

    def __init__(self, recipe: Recipe, labels: int) -> None:
        super().__init__()
        self.recipe = recipe
        self.labels = labels

    def _fit(self, dataset: DataFrame) -> TweetVectors:
        recipe, labels = self.recipe, self.labels
        names = [f"label{number}" for number in range(labels)]
        schema = ", ".join(["hash long", *(f"{name} long" for name in names)])
        rows = dataset.select("text", "label", "group")
        counted = rows.mapInArrow(lambda batches: _counted(batches, recipe, names), schema)
        summed = counted.groupBy("hash").agg(*(sql.sum(name).alias(name) for name in names))
        table = summed.where(reduce(add, map(sql.col, names)) >= AT_LEAST).toArrow()
        texts = {int(row["label"]): row["count"] for row in _groups_by_label(rows)}
        vocabulary = vocabulary_of(
            # Spark has no unsigned numbers, so the bits of the hashes come as signed ones.
            table["hash"].to_numpy().view(np.uint64),
            np.column_stack([table[name].to_numpy() for name in names]),
            np.array([texts.get(number, 0) for number in range(labels)], np.int64),
            AT_LEAST,
        )
        return TweetVectors(recipe, vocabulary)


class TweetVectors(Model):
    """Adds the column `features`: the vector of the column `text`."""

    def __init__(self, recipe: Recipe, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.recipe = recipe
        self.vocabulary = vocabulary

    def _transform(self, dataset: DataFrame) -> DataFrame:
        recipe = self.recipe
        known = dataset.sparkSession.sparkContext.broadcast(self.vocabulary)
        schema = StructType([*dataset.schema.fields, StructField("features", VectorUDT(), False)])
        return dataset.mapInArrow(lambda batches: _with_vectors(batches, recipe, known.value), schema)


def logistic_regression(strength: float, iterations: int = ITERATIONS) -> LogisticRegression:
    """Spark's own, on `features`, `label` (a place among the labels) and `weight`.

    Args:
        strength: of the regularisation (L2).
        iterations: of L-BFGS at most.
    """
    # Spark's standardisation would shrink rare n-grams least, and undo what the vocabulary weighs them by.
    return LogisticRegression(
        weightCol="weight", regParam=strength, maxIter=iterations, tol=TOLERANCE, standardization=False
    )


def plain_pipeline(rows: int) -> Pipeline:
    """The usual first attempt, by Spark's own stages: words and pairs of words, TF-IDF, logistic regression."""
    counted = {"words": "word_counts", "pairs": "pair_counts"}
    return Pipeline(
        stages=[
            RegexTokenizer(inputCol="text", outputCol="words", pattern=r"\w\w+", gaps=False),
            NGram(inputCol="words", outputCol="pairs", n=2),
            *(CountVectorizer(inputCol=one, outputCol=counts, minDF=AT_LEAST) for one, counts in counted.items()),
            VectorAssembler(inputCols=list(counted.values()), outputCol="counts"),
            IDF(inputCol="counts", outputCol="weighed"),
            Normalizer(inputCol="weighed", outputCol="features"),
            # The strength of scikit-learn's default: its loss is a sum over the rows, and Spark's is their mean.
            LogisticRegression(regParam=1 / rows, maxIter=PLAIN_ITERATIONS, standardization=False),
        ]
    )


def frame(spark: SparkSession, texts: Sequence[str], **columns: NDArray[Any]) -> DataFrame:
    """The texts, each in its `place`, and a `group` of its own unless told otherwise: in parts of `PARTITION_ROWS`."""
    places = np.arange(len(texts))
    table = pa.table({"place": places, "text": pa.array(texts, pa.string()), "group": places, **columns})
    name = "spark.sql.execution.arrow.maxRecordsPerBatch"
    before = str(spark.conf.get(name))
    # Spark makes a partition of each Arrow batch, as the session is told to (`localRelationThreshold`).
    spark.conf.set(name, PARTITION_ROWS)
    try:
        return spark.createDataFrame(table)
    finally:
        spark.conf.set(name, before)


def predicted(model: Model, rows: DataFrame) -> NDArray[np.int64]:
    """The place of the predicted label of each row, in the rows' order."""
    table = model.transform(rows).select("place", "prediction").toArrow()
    found: NDArray[np.int64] = table["prediction"].to_numpy()[np.argsort(table["place"].to_numpy())].astype(np.int64)
    return found


def linear_model(task: Task, labels: tuple[str, ...], fitted: PipelineModel) -> LinearModel:
    """The model that serves, made of the fitted stages `TweetVectors` and Spark's logistic regression."""
    read, regression = fitted.stages
    assert isinstance(read, TweetVectors)
    assert isinstance(regression, LogisticRegressionModel)
    weights, intercept = _coefficients(regression)
    return LinearModel(task, "", labels, read.recipe, read.vocabulary, weights, intercept)


def _coefficients(model: LogisticRegressionModel) -> tuple[Floats, Floats]:
    """Weights (features × labels) and intercepts; of two labels Spark has the difference only."""
    weights, intercept = model.coefficientMatrix.toArray().T, model.interceptVector.toArray()
    # The label without coefficients gets zeros: adding the same to the scores of both changes no probability.
    if weights.shape[1] == 1:
        weights, intercept = np.hstack([np.zeros_like(weights), weights]), np.array([0.0, intercept[0]])
    return np.ascontiguousarray(weights), intercept


def _groups_by_label(rows: DataFrame) -> list[Any]:
    found: list[Any] = rows.select("label", "group").distinct().groupBy("label").count().collect()
    return found


def _counted(batches: Iterable[pa.RecordBatch], recipe: Recipe, names: list[str]) -> Iterator[pa.RecordBatch]:
    """The n-grams of a partition's texts, and in how many of its groups of texts of each label each is."""
    found = []
    for batch in batches:
        labels = batch.column("label").to_numpy().astype(np.int64)
        reading = reader_of(recipe).read(_texts(batch))
        groups = batch.column("group").to_numpy()
        found.append(document_frequencies(reading, labels, len(names), groups))
    if not found:
        return
    hashes, places = np.unique(np.concatenate([one for one, _ in found]), return_inverse=True)
    counts = np.concatenate([each for _, each in found])
    columns = [np.bincount(places, column, len(hashes)).astype(np.int64) for column in counts.T]
    arrays = [pa.array(column) for column in (hashes.view(np.int64), *columns)]
    yield pa.RecordBatch.from_arrays(arrays, names=["hash", *names])


def _with_vectors(
    batches: Iterable[pa.RecordBatch], recipe: Recipe, vocabulary: Vocabulary
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        features = _column(_texts(batch), recipe, vocabulary)
        yield pa.RecordBatch.from_arrays([*batch.columns, features], names=[*batch.schema.names, "features"])


def _texts(batch: pa.RecordBatch) -> list[str]:
    found: list[Any] = batch.column("text").to_pylist()
    return found


def _column(texts: Sequence[str], recipe: Recipe, vocabulary: Vocabulary) -> Any:
    found = vectors(reader_of(recipe).read(texts), vocabulary)
    starts = pa.array(found.starts, pa.int32())
    fields = [
        pa.array(np.zeros(len(texts), np.int8)),
        pa.array(np.full(len(texts), found.width, np.int32)),
        pa.ListArray.from_arrays(starts, pa.array(found.indices, pa.int32())),
        pa.ListArray.from_arrays(starts, pa.array(found.values, pa.float64())),
    ]
    return pa.StructArray.from_arrays(fields, fields=list(_VECTOR))
