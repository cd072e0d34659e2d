"""Labelled rows out of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.domain.prediction import Task
from pipeline.errors import ConfigError, SourceError
from pipeline.training.labelled import Labelled, Row, combined, label_of, read
from tests.datasets import tables
from tests.paths import Data

AIRLINE = "tweet_id,airline_sentiment,negativereason,airline,name,text,tweet_coord,tweet_created,tweet_location"
KAGGLE = "7,Acme,Positive,good\n7,Acme,Positive,so good\n8,Acme,Irrelevant,off\n8,Acme,Negative,\n9,Acme,Angry,grr\n"


def file(folder: Path, text: str, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_kaggle_set_is_grouped_by_id(tmp_path: Path) -> None:
    """Six texts share an id: rows of their own, and one group. What has no text or no label of ours is counted."""
    found = read(Task.SENTIMENT, file(tmp_path, KAGGLE))

    assert [(row.text, row.label, row.group, row.entity) for row in found.rows] == [
        ("good", "positive", "kaggle:7", "Acme"),
        ("so good", "positive", "kaggle:7", "Acme"),
        ("off", "irrelevant", "kaggle:8", "Acme"),
    ]
    assert len({row.key for row in found.rows}) == 3
    assert found.left_out == {"no text": 1, "unknown label": 1}
    assert found.labels(Task.SENTIMENT) == ("positive", "irrelevant")
    assert [(one.name, one.rows, len(one.sha256)) for one in found.data] == [("rows.csv", 3, 64)]


def test_the_airline_set_has_sentiments_and_reasons(tmp_path: Path) -> None:
    """The reason is asked of complaints only; a repeated id is one row, and every row has its time."""
    rows = [
        "567588278875213824,neutral,,Delta,a,when?,,2015-02-16 23:36:05 -0800,",
        "567588278875213825,negative,Can't Tell,Delta,b,bad,,2015-02-16 23:36:06 -0800,",
        "567588278875213825,negative,Late Flight,Delta,b,late,,2015-02-16 23:36:06 -0800,",
    ]
    path = file(tmp_path, "\n".join([AIRLINE, *rows]))

    sentiments, reasons = read(Task.SENTIMENT, path), read(Task.REASON, path)

    assert [row.label for row in sentiments.rows] == ["neutral", "negative"]
    assert sentiments.left_out == {"repeated": 1}
    assert sentiments.rows[0].key == sentiments.rows[0].group == "x:567588278875213824"
    assert sentiments.rows[0].written is not None
    assert [(row.text, row.label) for row in reasons.rows] == [("late", "late_flight")]
    assert reasons.left_out == {"no label": 1, "repeated": 1}


def test_a_header_alone_is_told(tmp_path: Path) -> None:
    """It is not a file whose labels are unknown."""
    with pytest.raises(SourceError, match=r"rows\.csv has a header and no rows$"):
        read(Task.COMPLAINT, file(tmp_path, "tweet_id,text,complaint\n"))


def test_columns_may_be_named(tmp_path: Path) -> None:
    """Any other file will do when it is said which column is what."""
    path = file(tmp_path, "body;mood\nhm;NEUTRAL\nyes;positive\n")

    assert [row.label for row in read(Task.SENTIMENT, path, columns="text=body,label=mood").rows] == [
        "neutral",
        "positive",
    ]
    with pytest.raises(ConfigError, match="which column is the label"):
        read(Task.SENTIMENT, path, columns="text=body")


@pytest.mark.parametrize(
    ("task", "text", "message"),
    [
        (Task.COMPLAINT, KAGGLE, "layout kaggle, without labels of complaint: take complaints, asos"),
        (Task.REASON, "tweet_id,text,complaint\n1,a,1\n", "layout complaints, without labels of reason: take airline"),
        (Task.SENTIMENT, '{"id": "1", "text": "a"}\n', "without labels: sentiment takes kaggle, airline, semeval"),
    ],
)
def test_a_layout_without_the_tasks_labels_is_refused(tmp_path: Path, task: Task, text: str, message: str) -> None:
    """In a line that says which layouts fit."""
    with pytest.raises(ConfigError, match=message):
        read(task, file(tmp_path, text))


def test_labels_in_json(tmp_path: Path) -> None:
    """Of fields as of columns; tweets of X's API have none."""
    path = file(tmp_path, '[{"say": {"body": "hm"}, "mood": "NEUTRAL"}, {"say": {"body": "yes"}}, 7]', "rows.json")
    found = read(Task.SENTIMENT, path, columns="text=say.body,label=mood")
    assert [(row.text, row.label) for row in found.rows] == [("hm", "neutral")]
    assert found.left_out == {"no label": 1, "unreadable": 1}
    status = file(tmp_path, '{"id_str": "20", "full_text": "a", "user": {}}', "statuses.json")
    with pytest.raises(ConfigError, match="holds tweets of X's API, without labels"):
        read(Task.SENTIMENT, status)


def test_a_file_without_labels_is_refused(tmp_path: Path) -> None:
    """There is nothing to learn from it."""
    with pytest.raises(SourceError, match="no row with a label of sentiment"):
        read(Task.SENTIMENT, file(tmp_path, "text,label\na,?\n"), columns="text=text,label=label")


@pytest.mark.parametrize(
    ("task", "value", "expected"),
    [
        (Task.SENTIMENT, " Positive ", "positive"),
        (Task.SENTIMENT, "1", None),
        (Task.COMPLAINT, "1", "complaint"),
        (Task.COMPLAINT, "0", "no_complaint"),
        (Task.COMPLAINT, "no_complaint", "no_complaint"),
        (Task.REASON, "Can't Tell", "other"),
        (Task.REASON, "longlines", "long_lines"),
        (Task.REASON, "Flight Booking Problems", "booking_problem"),
        (Task.REASON, "Damaged Luggage", "damaged_luggage"),
        (Task.REASON, "customer_service", "customer_service"),
        (Task.REASON, "", None),
        (Task.REASON, "Late parcel", "late_parcel"),
        (Task.REASON, "Size / colour?", "size_colour"),
        (Task.REASON, "Wi-Fi", "wi-fi"),
        (Task.REASON, "Verspätung", "verspätung"),
        (Task.REASON, "x" * 41, None),
        (Task.REASON, "positive", None),
        (Task.REASON, "?!", None),
    ],
)
def test_labels_are_those_of_the_task(task: Task, value: str, expected: str | None) -> None:
    """However a file writes them."""
    assert label_of(task, value) == expected


def test_what_is_said_later_counts() -> None:
    """A correction takes the place of what was said of the same tweet, and everything left out adds up."""
    before = Labelled((Row("x:1", "x:1", "a", "neutral"), Row("x:2", "x:2", "b", "neutral")), {"no text": 1})
    after = Labelled((Row("x:1", "x:1", "a", "negative"),), {"no text": 2})

    both = combined([before, after])

    assert [(row.key, row.label) for row in both.rows] == [("x:1", "negative"), ("x:2", "neutral")]
    assert both.left_out == {"no text": 3, "repeated": 1}


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("task", "name", "generated", "real"),
    [
        (Task.SENTIMENT, tables.AIRLINE, 2_992, 11_704),
        (Task.SENTIMENT, tables.SEMEVAL, 600, 49_486),
        (Task.COMPLAINT, tables.COMPLAINTS, 400, 2_745),
        (Task.COMPLAINT, tables.ASOS, 297, 1_715),
    ],
)
def test_whole_files_are_read(data: Data, task: Task, name: str, generated: int, real: int) -> None:
    """By their first row alone, each row with a label."""
    assert len(read(task, data(name)).rows) == {"generated": generated, "real": real}[data.kind]
