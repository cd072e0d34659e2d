"""The data for a training, when there is something new, and the ways in which it ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.cli.retrain import Ended, exit_code, locks
from pipeline.domain.prediction import Task
from pipeline.errors import AlreadyRunning, ConfigError, NothingNew, NotPromoted, SinkUnavailable, SourceError
from pipeline.registry.manifest import MODEL, Data, Manifest
from pipeline.registry.registry import Registry
from pipeline.settings import ModelsSettings, Settings, TrainingFiles
from pipeline.training.gate import Comparison, Decision, SliceFigures
from pipeline.training.labelled import Labelled
from pipeline.training.labels import Label
from pipeline.training.retrain import ENOUGH, LABELS, Trained, alone, gather, retrain, summary
from tests.builders import TAKEN, linear_model

SENTIMENT = Task.SENTIMENT
COLUMNS = "id=id,text=text,label=label"
FILE = "id,text,label\n1,thank you,positive\n2,late again,negative\n"
BETTER = Decision(True, "better by more than chance")


def label(tweet: str, name: str = "neutral", text: str = "as it was") -> Label:
    return Label(SENTIMENT, tweet, name, text, TAKEN, entities=("Acme", "Best"), lang="en", written=TAKEN)


@pytest.fixture
def files(tmp_path: Path) -> TrainingFiles:
    """Two files with two rows each."""
    (tmp_path / "one.csv").write_text(FILE)
    (tmp_path / "two.csv").write_text(FILE.replace("1,", "3,").replace("2,", "4,"))
    return TrainingFiles(path=str(tmp_path / "*.csv"), columns=COLUMNS)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(str(tmp_path / "models"))


def training(registry: Registry) -> Callable[[Labelled], Manifest]:
    """Publishes a version that says what it was trained on."""
    model = linear_model(SENTIMENT, {"neutral": 1.0})

    def train(labelled: Labelled) -> Manifest:
        manifest = Manifest(task=SENTIMENT, labels=model.labels, created=datetime.now(UTC), data=labelled.data)
        return registry.publish(manifest, {MODEL: model.dumps()})

    return train


def test_all_files_of_a_pattern_and_the_labels_are_learned_from(files: TrainingFiles) -> None:
    """Each is named among the data; a label brings all that is known of its tweet."""
    found = gather(SENTIMENT, [files], [label("x:9")])
    assert [(one.name, one.rows) for one in found.data] == [("one.csv", 2), ("two.csv", 2), (LABELS, 1)]
    (row,) = [row for row in found.rows if row.source == LABELS]
    assert (row.key, row.text, row.label, row.entity, row.lang, row.written) == (
        "x:9", "as it was", "neutral", "Acme", "en", TAKEN,
    )  # fmt: skip
    assert len(found.rows) == 5


def test_what_people_say_wins_over_a_file(files: TrainingFiles) -> None:
    """A tweet that is in a file and was labelled counts once, as it was labelled."""
    known = gather(SENTIMENT, [files], []).rows[0]
    found = gather(SENTIMENT, [files], [label(known.key, "irrelevant", known.text)])
    assert [row.label for row in found.rows if row.key == known.key] == ["irrelevant"]
    assert len(found.rows) == 4


@pytest.mark.parametrize(
    ("pattern", "kind", "words"),
    [
        ("none/*.csv", ConfigError, r"there is no file .*/none/\*.csv: mend models.training.sentiment"),
        ("other.txt", SourceError, "has no row with a label of sentiment"),
    ],
)
def test_a_pattern_that_finds_nothing_is_a_fault(tmp_path: Path, pattern: str, kind: type, words: str) -> None:
    """A file that has gone must not make a worse model without a word."""
    (tmp_path / "other.txt").write_text("id,text,label\n1,hello,no label of ours\n")
    with pytest.raises(kind, match=words):
        gather(SENTIMENT, [TrainingFiles(path=str(tmp_path / pattern), columns=COLUMNS)], [])


def test_nothing_at_all_says_what_to_do() -> None:
    """Neither files nor labels."""
    with pytest.raises(ConfigError, match=r"\[models.training\].*tweetpulse label"):
        gather(SENTIMENT, [], [])


def said(**counts: int) -> list[Label]:
    """So many labels of each name."""
    return [label(f"x:{name}-{number}", name) for name, count in counts.items() for number in range(count)]


def test_labels_alone_are_learned_from_once_there_are_enough() -> None:
    """Fifty of each of two; the rest may be fewer."""
    found = gather(SENTIMENT, [], said(positive=ENOUGH, negative=ENOUGH, neutral=1))
    assert ([one.name for one in found.data], len(found.rows)) == ([LABELS], 2 * ENOUGH + 1)


@pytest.mark.parametrize("counts", [{"positive": 1}, {"positive": ENOUGH, "negative": ENOUGH - 1}, {"positive": 999}])
def test_too_few_labels_alone_are_nothing_to_train_on(counts: dict[str, int]) -> None:
    """It is said how many there are, and how many it takes; beside files any number counts."""
    with pytest.raises(NothingNew) as caught:
        gather(SENTIMENT, [], said(**counts))
    assert ", ".join(f"{count} {name}" for name, count in counts.items()) in caught.value.message
    assert "50 tweets of each of two labels" in caught.value.message
    assert "[models.training]" in caught.value.message


def test_the_same_data_is_nothing_new(registry: Registry, files: TrainingFiles) -> None:
    """A label that is added or changed is; so is --force."""
    train = training(registry)

    def run(labels: list[Label], *, force: bool = False) -> str:
        labelled = gather(SENTIMENT, [files], labels)
        return retrain(registry, SENTIMENT, labelled, train, lambda version: BETTER, force=force).manifest.version

    first = run([label("x:9")])
    with pytest.raises(NothingNew, match=f"{first} was trained on the same 5 rows") as caught:
        run([label("x:9")])
    assert "\n" not in caught.value.message
    assert len(registry.versions(SENTIMENT)) == 1
    assert len({first, run([label("x:9", "positive")]), run([label("x:9", "positive")], force=True)}) == 3


def test_a_version_is_weighed_against_the_champion_of_then(registry: Registry, files: TrainingFiles) -> None:
    """And promoting it is left to whoever asked."""
    train, labelled = training(registry), gather(SENTIMENT, [files], [])
    champion = train(labelled).version
    registry.promote(SENTIMENT, champion, "a test")
    weighed: list[str] = []

    def weigh(version: str) -> Decision:
        weighed.append(version)
        return BETTER

    new = retrain(registry, SENTIMENT, labelled, train, weigh, force=True)
    assert (new.before, weighed) == (champion, [new.manifest.version])
    assert registry.champion(SENTIMENT) == champion


HOLDING = """
import sys, time
from pathlib import Path
from pipeline.training.retrain import alone
from pipeline.domain.prediction import Task
with alone(Path(sys.argv[1]), [Task.SENTIMENT]):
    print("holds", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds the lock of sentiment."""
    with subprocess.Popen([sys.executable, "-c", HOLDING, str(tmp_path)], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"holds\n"
            yield process
        finally:
            process.kill()


def test_two_at_once_do_not_wait_for_each_other(tmp_path: Path, holder: subprocess.Popen[bytes]) -> None:
    """The second one ends in a line; another task is free, and so is this one once the first was killed."""
    with (
        pytest.raises(AlreadyRunning, match="sentiment is being trained by another process"),
        alone(tmp_path, [Task.COMPLAINT, SENTIMENT]),
    ):
        pass
    with alone(tmp_path, [Task.COMPLAINT]):
        pass
    holder.kill()
    holder.wait()
    with alone(tmp_path, [SENTIMENT]):
        pass


def test_locks_are_where_all_who_train_for_a_registry_find_them(tmp_path: Path) -> None:
    """In a local registry itself; for a remote one, on this machine."""

    def folder(registry: str) -> Path:
        return locks(Settings(state_dir=tmp_path, models=ModelsSettings(registry=registry)))

    assert folder(str(tmp_path / "models")) == folder(f"file://{tmp_path}/models") == tmp_path / "models"
    assert folder("s3://one/models").parent == tmp_path / "locks"
    assert folder("s3://one/models") != folder("s3://two/models")


NEW, WORSE = NothingNew("nothing"), NotPromoted("worse")


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([None], 0),
        ([None, WORSE, NEW], 0),
        ([WORSE, NEW], 7),
        ([NEW, NEW], 8),
        ([None, SinkUnavailable("away", reason="connection"), WORSE], 4),
        ([NEW, ConfigError("wrong"), SourceError("gone")], 2),
    ],
)
def test_one_exit_code_for_all_tasks(errors: list[Exception | None], code: int) -> None:
    """A fault before anything else; then whether there is a new champion; then why there is none."""
    assert exit_code([Ended(SENTIMENT, error) for error in errors]) == code  # type: ignore[arg-type]


def test_the_report_says_what_became_of_it() -> None:
    """The decision, what was learned from, and both models on the same rows, with the slices."""
    slices = (SliceFigures("entity", "Acme", 120, 0.7, 0.68),)
    decision = Decision(
        True, "better by more than chance", Comparison("macro_recall", 900, 0.6, 0.65, 0.01, 0.09, slices)
    )
    manifest = Manifest(
        task=SENTIMENT, labels=("negative", "positive"), created=TAKEN, version="20260301T120000Z-abcdef",
        data=(Data("one.csv", "a" * 64, 1_234),),
    )  # fmt: skip
    assert summary(Trained(manifest, "20260201T120000Z-000000", decision)) == (
        "# sentiment: 20260301T120000Z-abcdef is promoted\n"
        "\n"
        "* better by more than chance.\n"
        "* The champion when it was trained: 20260201T120000Z-000000.\n"
        "* Learned from one.csv: 1,234 rows, sha256 aaaaaaaaaaaa.\n"
        "\n"
        "| macro_recall | rows | champion | this one | difference |\n"
        "| - | -: | -: | -: | -: |\n"
        "| all | 900 | 0.600 | 0.650 | +0.050 |\n"
        "| entity: Acme | 120 | 0.700 | 0.680 | -0.020 |\n"
    )
