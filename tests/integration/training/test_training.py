"""Training by the real Spark, on generated rows."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import orjson
import pytest
from pyarrow import parquet
from pyspark.ml import Pipeline
from pyspark.ml.functions import vector_to_array
from pyspark.sql import SparkSession

from pipeline.domain.prediction import Task
from pipeline.errors import ConfigError
from pipeline.registry.manifest import HELD_OUT, MODEL, REPORT, SEEN
from pipeline.registry.registry import Registry
from pipeline.scoring.linear import LinearModel
from pipeline.scoring.reading import Recipe
from pipeline.training import spark_pipeline
from pipeline.training.labelled import Labelled, Row, read
from pipeline.training.seen import hashes
from pipeline.training.spark_pipeline import TweetFeatures, frame, linear_model, logistic_regression
from pipeline.training.splits import split
from pipeline.training.train import Request, fit, train
from tests.datasets import tables
from tests.integration.training.conftest import generated
from tests.paths import real_data

Session = Callable[[], AbstractContextManager[SparkSession]]

LABELS = ("negative", "neutral", "positive")
ODD = ["", "   ", "zzzz unknown", "not good 😡 #NotGood :( @a http://t.co/x", "\ud800 lone", "lovely " * 60]


def quiet(_: str) -> None:
    """Tell nobody."""


@pytest.mark.parametrize("labels", [LABELS, LABELS[:2]])
def test_what_serves_says_what_spark_says(training_spark: SparkSession, labels: tuple[str, ...]) -> None:
    """The same probabilities within 1e-9, for three labels and for two, also of texts that training never saw."""
    rows = [row for row in generated(300) if row.label in labels]
    truth = np.array([labels.index(row.label) for row in rows], np.float64)
    trained = frame(training_spark, [row.text for row in rows], label=truth, weight=np.linspace(0.5, 2, len(rows)))
    fitted = Pipeline(stages=[TweetFeatures(Recipe(), len(labels)), logistic_regression(1e-4)]).fit(trained)
    texts = [row.text for row in generated(200, seed=9)] + [text for text in ODD if text.isprintable() or "\n" in text]

    said = fitted.transform(frame(training_spark, texts))
    table = said.select("text", vector_to_array(said["probability"]).alias("probability")).toArrow()
    theirs = np.array(table["probability"].to_pylist())
    ours = linear_model(Task.SENTIMENT, labels, fitted).probabilities(list(map(str, table["text"].to_pylist())))

    np.testing.assert_allclose(ours, theirs, atol=1e-9)
    assert len(table) == len(texts)


def test_the_same_data_give_the_same_model(training_spark: SparkSession) -> None:
    """Trained twice, on rows in another order, the coefficients are the same within 1e-6."""
    rows = generated(400)
    one, other = (
        fit(training_spark, Task.SENTIMENT, LABELS, split(given), quiet) for given in (rows, list(reversed(rows)))
    )

    assert one.strength == other.strength
    np.testing.assert_array_equal(one.model.vocabulary.hashes, other.model.vocabulary.hashes)
    np.testing.assert_allclose(one.model.weights, other.model.weights, atol=1e-6)
    np.testing.assert_allclose(one.model.intercept, other.model.intercept, atol=1e-6)
    assert one.plain == other.plain


def test_a_version_is_published_whole(open_spark: Session, registry_folder: str, labelled: Labelled) -> None:
    """Its model, report, plots, held-out rows and seen rows; better than VADER; not promoted."""
    registry, told = Registry(registry_folder), list[str]()

    manifest = train(Request(task=Task.SENTIMENT, labelled=labelled), registry, open_spark, told.append)
    version = manifest.version
    model = LinearModel.loads(registry.read(Task.SENTIMENT, version, MODEL))
    report = orjson.loads(registry.read(Task.SENTIMENT, version, REPORT))
    held_out = parquet.read_table(io.BytesIO(registry.read(Task.SENTIMENT, version, HELD_OUT))).to_pylist()
    seen = np.load(io.BytesIO(registry.read(Task.SENTIMENT, version, SEEN)))

    assert registry.champion(Task.SENTIMENT) is None
    assert model.labels == manifest.labels == LABELS
    assert {"confusion.png", "reliability.png", "precision_recall.png", "report.md"} < set(manifest.files)
    assert manifest.metrics["macro_recall"] > manifest.metrics["vader_macro_recall"] + 0.1
    assert report["rows"]["measured on"] == report["model"]["rows"] == len(held_out) == 120
    assert report["rows"]["left out: no text"] == 2
    assert set(report["baselines"]) == {"plain", "vader"}
    assert report["slices"]["entity"]["Acme"]["rows"] > 50
    assert [row["label"] for row in held_out].count("negative") == report["classes"]["held out"]["negative"]
    assert not np.isin(hashes([row["key"] for row in held_out]), seen).any()
    assert np.isin(hashes([labelled.rows[0].key, labelled.rows[0].text]), seen).all()
    said = [prediction.label for prediction in model.predict([row["text"] for row in held_out])]
    right = sum(one == row["label"] for one, row in zip(said, held_out, strict=True))
    assert right / len(held_out) == pytest.approx(manifest.metrics["accuracy"])
    assert "starting Spark" in told


def test_measured_on_a_file_of_its_own(open_spark: Session, registry_folder: str, labelled: Labelled) -> None:
    """All other rows are trained on, but for what repeats a row of that file."""
    test = Labelled((*generated(80, seed=8), labelled.rows[0]), {}, labelled.data)
    renamed = Labelled(tuple(_renamed(row) for row in test.rows), {}, test.data)
    request = Request(task=Task.SENTIMENT, labelled=labelled, test=renamed)

    manifest = train(request, Registry(registry_folder), open_spark, quiet)
    report = orjson.loads(Registry(registry_folder).read(Task.SENTIMENT, manifest.version, REPORT))

    assert report["split"] == "in a file of its own (made.csv)"
    assert report["rows"]["measured on"] == 81
    assert report["rows"]["left out: (nearly) repeats a held-out row"] >= 1
    assert report["rows"]["trained on"] == 600 - report["rows"]["left out: (nearly) repeats a held-out row"]


def test_real_complaints_are_told(open_spark: Session, registry_folder: str) -> None:
    """On ids that training never saw: floors well below what is reached, and above the plain model and VADER."""
    rows = read(Task.COMPLAINT, real_data(tables.COMPLAINTS))
    registry = Registry(registry_folder)

    manifest = train(Request(task=Task.COMPLAINT, labelled=rows, way="group"), registry, open_spark, quiet)
    report = orjson.loads(registry.read(Task.COMPLAINT, manifest.version, REPORT))

    assert manifest.metrics["macro_f1"] > 0.78
    assert manifest.metrics["macro_f1"] > report["baselines"]["plain"]["macro_f1"] + 0.01
    assert manifest.metrics["macro_f1"] > manifest.metrics["vader_macro_f1"] + 0.1


def test_one_label_can_not_be_learnt(open_spark: Session, registry_folder: str, labelled: Labelled) -> None:
    """Said before Spark is started."""
    rows = tuple(row for row in labelled.rows if row.label == "neutral")

    with pytest.raises(ConfigError, match="only one label to learn"):
        train(Request(task=Task.SENTIMENT, labelled=Labelled(rows)), Registry(registry_folder), open_spark, quiet)


def test_partitions_do_not_depend_on_the_machine(training_spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of as many rows as said, in the rows' order."""
    monkeypatch.setattr(spark_pipeline, "PARTITION_ROWS", 4)

    parts = frame(training_spark, [str(number) for number in range(11)]).rdd.glom().collect()

    assert [[row["place"] for row in part] for part in parts] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10]]


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two strengths to choose from are as good as three."""
    monkeypatch.setattr("pipeline.training.train.STRENGTHS", (1e-4, 1e-3))
    monkeypatch.setattr("pipeline.training.train.CHOOSING_ITERATIONS", 5)


def _renamed(row: Row) -> Row:
    return Row(f"{row.key}0", f"{row.group}0", row.text, row.label, row.entity, row.lang, row.written, row.source)
