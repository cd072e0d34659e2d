import pytest

from pipeline.errors import ConfigError, SourceError
from pipeline.sources import layouts


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (["tweet_id", "airline_sentiment", "airline", "name", "text", "tweet_coord", "tweet_created", "tweet_location"],
         "airline"),
        (["2401", "Borderlands", "Positive", "a text"], "kaggle"),
        (["tweet_id", "created_at_from_snowflake", "label", "text", "source_file"], "semeval"),
        (["tweet_id", "text", "complaint", "domain"], "complaints"),
        (["sentiment", "text"], "asos"),
        (["Date", "Tweet", "Username"], "file"),
    ],
)  # fmt: skip
def test_auto_knows_the_layouts(first, expected):
    """The first row tells which layout it is; usual names are known without a preset."""
    assert layouts.detected(first).name == expected


def test_usual_names_give_their_roles():
    """A file of somebody's own, with names that say what they are, needs no options."""
    assert layouts.detected(["Date", "Tweet", "Username", "x"]).columns == {
        "text": "Tweet", "time": "Date", "author": "Username",
    }  # fmt: skip


def test_a_header_that_fits_nothing_names_the_layouts_and_the_columns():
    """Who sees this error can write --columns from it."""
    with pytest.raises(SourceError) as error:
        layouts.detected(["when", "what", "who"])
    assert "airline, kaggle, semeval, complaints, asos, twitter-v1, twitter-v2" in error.value.message
    assert "3 columns: when, what, who" in error.value.message
    assert error.value.message.endswith("for example --columns text=what")


def test_a_first_row_of_content_is_not_shown():
    """An error holds no tweet's text."""
    with pytest.raises(SourceError) as error:
        layouts.detected(["12", "my own secret thoughts!"])
    assert "secret" not in error.value.message
    assert error.value.message.endswith("for example --columns text=2")


@pytest.mark.parametrize(
    ("first", "example"),
    [
        (["post_id", "body", "made"], "id=post_id,text=body"),
        (["a", "b"], "text=b"),
        (["1", "2024-01-01", "what somebody wrote"], "text=3"),
    ],
)
def test_the_example_is_of_the_files_own_columns(first, example):
    """It can be tried as it stands."""
    with pytest.raises(SourceError) as error:
        layouts.detected(first)
    assert error.value.message.endswith(f"for example --columns {example}")
    assert layouts.bind(layouts.from_columns(example), first).value(first, "text")


def test_one_column_is_one():
    """And several are several."""
    with pytest.raises(SourceError, match="the first row has 1 column: x; say"):
        layouts.detected(["x"])


def test_columns_by_name():
    """`--columns` maps roles to names."""
    assert layouts.from_columns("id=a, text=b,time=c").columns == {"id": "a", "text": "b", "time": "c"}


def test_columns_by_position():
    """Positions mean a file without a header."""
    layout = layouts.from_columns("id=1,text=3")
    assert (layout.columns, layout.has_header) == ({"id": 1, "text": 3}, False)


@pytest.mark.parametrize("spec", ["", "text", "text=", "body=a", "text=a,text=b", "id=a", "id=1,text=b"])
def test_wrong_columns_are_a_config_error(spec):
    """A spec that can't be meant is refused before anything is published."""
    with pytest.raises(ConfigError):
        layouts.from_columns(spec)


def test_a_column_that_the_file_lacks_is_named():
    """The error says which column, and what the file has."""
    with pytest.raises(SourceError, match="no column body for text: the file has 2 columns: id, text"):
        layouts.bind(layouts.from_columns("text=body"), ["id", "text"])


def test_a_position_that_the_file_lacks_is_named():
    """Positions count from 1: there is no 0, and none after the last."""
    for position in (0, 3):
        with pytest.raises(SourceError, match=f"no column {position} for text"):
            layouts.bind(layouts.from_columns(f"text={position}"), ["12", "hello there"])


def test_an_unknown_layout_is_a_config_error():
    """The error names those that are there."""
    with pytest.raises(ConfigError, match="airline, kaggle"):
        layouts.named("facebook")
