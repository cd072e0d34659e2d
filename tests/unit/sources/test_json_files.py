"""Files of JSON: lines, arrays and pretty-printed objects, of X's API and with names of their own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.identity import content_id
from pipeline.domain.record import Reason, Rejection, decode
from pipeline.domain.sentiment import Label
from pipeline.domain.tweet import Geo, GeoSource, PublicMetrics, Tweet
from pipeline.errors import SourceError
from pipeline.sources import files
from pipeline.sources.files import FileSource, file_source
from pipeline.sources.source import Item, Unreadable
from tests.unit.sources.twitter.test_tweets_v1 import STATUS

V2 = {"id": "1377650090978992134", "text": "hello", "author_id": "7", "created_at": "2021-04-01T15:52:31.000Z"}
OWN = {
    "meta": {"nr": 567588278875213824},
    "body": {"content": "hello", "parts": ["first", "second"]},
    "made": "2015-02-17",
}

Made = Callable[..., FileSource]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    def made(content: bytes, name: str = "tweets.json", **options: Any) -> FileSource:
        path = tmp_path / name
        path.write_bytes(content)
        return file_source(path, **options)

    return made


def texts(source: FileSource) -> list[str]:
    return [item.text if isinstance(item, Tweet) else item.why for item in source]


SHAPES: dict[str, Callable[[list[Any]], bytes]] = {
    "lines": lambda things: b"\r\n".join(map(orjson.dumps, things)),
    "array": orjson.dumps,
    "array, pretty": lambda things: orjson.dumps(things, option=orjson.OPT_INDENT_2),
    "objects, pretty": lambda things: b"\n".join(orjson.dumps(one, option=orjson.OPT_INDENT_2) for one in things),
    "array with a byte order mark": lambda things: b"\xef\xbb\xbf\n" + orjson.dumps(things),
    "lines with a byte order mark": lambda things: b"\xef\xbb\xbf" + b"\n".join(map(orjson.dumps, things)),
    "packed": lambda things: gzip.compress(orjson.dumps(things)),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("thing", "layout"), [(V2, "twitter-v2"), (STATUS, "twitter-v1")])
def test_tweets_of_x_in_every_shape(made: Made, shape: str, thing: dict[str, Any], layout: str) -> None:
    """`auto` knows which API they are of, and each item is the same as on a line of its own."""
    things = [thing, thing | {"lang": "de"}, {"no": "tweet"}]
    source = made(SHAPES[shape](things))
    first, second, third = source
    assert source.layout.name == layout
    assert isinstance(first, Tweet)
    assert isinstance(second, Tweet)
    assert (first.id, second.lang) == (f"x:{thing.get('id_str', thing['id'])}", "de")
    assert isinstance(third, Unreadable)
    assert orjson.loads(third.raw) == {"no": "tweet"}
    assert list(source) == [first, second, third]


def test_an_element_that_is_no_tweet_is_published_as_it_came(made: Made) -> None:
    """Its own bytes, by its number; what comes after it is read."""
    source = made(b'[%s, {"id": "2",  "text": [ 1.50 ]}, {"bad": }, 7, %s]' % ((orjson.dumps(V2),) * 2))
    assert [item for item in source if isinstance(item, Unreadable)] == [
        Unreadable(b'{"id": "2",  "text": [ 1.50 ]}', "item 2", "a tweet whose text is not a string"),
        Unreadable(b'{"bad": }', "item 3", "not JSON: character 8 of 9"),
        Unreadable(b"7", "item 4", "not a JSON object"),
    ]
    assert texts(source)[-1] == "hello"


def test_an_array_that_is_cut_off(made: Made) -> None:
    """All but the last element are tweets."""
    *good, cut = made(orjson.dumps([V2, V2, V2])[:-20])
    assert [type(item) for item in good] == [Tweet, Tweet]
    assert isinstance(cut, Unreadable)


def test_the_layout_is_told_from_the_first_object_that_tells_it(made: Made) -> None:
    """A stream may begin with a notice, or with a line that was cut."""
    lines = [b'{"delete":{"status":{"id":1}}}', b'{"id_str": "12', orjson.dumps(STATUS)]
    source = made(b"\n".join(lines))
    assert source.layout.name == "twitter-v1"
    assert texts(source) == ["a notice (delete), not a tweet", "not JSON: character 14 of 14", "hello"]


def test_no_line_is_json(made: Made) -> None:
    """They are published as they came; whoever replays it is told that nothing in it is a tweet."""
    assert texts(made(b'{"id": "12\n{"id": "13\n')) == ["not JSON: character 10 of 10"] * 2


def test_names_of_ones_own(made: Made) -> None:
    """Dotted paths lead into objects and lists; a number is an id, and everything else as in a table."""
    columns = "id=meta.nr,text=body.content,time=made,entity=body.parts.1"
    for shape in SHAPES.values():
        (tweet,) = made(shape([OWN]), columns=columns)
        assert isinstance(tweet, Tweet)
        assert (tweet.id, tweet.text, tweet.entities) == ("x:567588278875213824", "hello", ("second",))
        assert tweet.written_at is not None
        assert tweet.written_at.isoformat() == "2015-02-17T00:00:00+00:00"


def test_a_field_may_have_a_dot_in_its_name(made: Made) -> None:
    """As tables that were flattened have them."""
    (tweet,) = made(b'{"body.content": "flat", "body": {"content": "deep"}}', columns="text=body.content")
    assert isinstance(tweet, Tweet)
    assert tweet.text == "flat"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"t": "a", "n": 3, "l": "Negative"}, (PublicMetrics(like_count=3), Label.NEGATIVE, None)),
        ({"t": "a", "n": 3.0, "l": None}, (PublicMetrics(like_count=3), None, None)),
        ({"t": "a", "n": True, "l": {"positive": 1}}, (PublicMetrics(), None, None)),
        (
            {"t": "a", "n": -1, "c": [52.5, 13.4]},
            (PublicMetrics(), None, Geo(52.5, 13.4, source=GeoSource.COORDINATES)),
        ),
    ],
)
def test_values_are_what_a_table_would_hold(made: Made, fields: dict[str, Any], expected: object) -> None:
    """Numbers, labels and coordinates; what is no such value is left out."""
    things = [{"t": "first", "n": 0, "l": "", "c": None}, fields]
    _, tweet = made(orjson.dumps(things), columns="text=t,likes=n,label=l,coordinates=c")
    assert isinstance(tweet, Tweet)
    assert (tweet.public_metrics, tweet.given_label, tweet.geo) == expected


def test_an_object_without_its_text_is_rejected_as_an_empty_one(made: Made) -> None:
    """A row of a table that lacks it would be, too; one whose text is none is published as it came."""
    missing, empty, odd, _ = made(
        orjson.dumps([{"n": "17"}, {"t": None}, {"t": {"a": 1}}, {"t": "x", "n": 1}]), columns="text=t,id=n"
    )
    assert [tweet.text for tweet in (missing, empty) if isinstance(tweet, Tweet)] == ["", ""]
    assert odd == Unreadable(b'{"t":{"a":1}}', "item 3", "its text is not a string")


def test_an_unreadable_object_that_would_be_a_record_of_ours_is_rejected_all_the_same(made: Made) -> None:
    """What can't be read with the names that were given must not come in by others."""
    hidden = {"id": "x:1", "text": "not this one", "body": ["no text"]}
    _, item = made(orjson.dumps([{"body": "this one"}, hidden]), columns="text=body")
    assert isinstance(item, Unreadable)
    assert decode(item.raw) == Rejection(Reason.NOT_A_TWEET, "the record is not a JSON object")
    assert orjson.loads(orjson.loads(item.raw)) == hidden


def test_usual_names_and_known_sets_as_json(made: Made) -> None:
    """A table that was saved as JSON is known by the same names as the table."""
    airline = {
        "tweet_id": 567588278875213824, "airline_sentiment": "negative", "airline": "Delta", "name": "a",
        "retweet_count": 1, "text": "hello", "tweet_coord": None, "tweet_created": "2015-02-16 23:36:05 -0800",
        "tweet_location": None,
    }  # fmt: skip
    source = made(orjson.dumps([airline]))
    (tweet,) = source
    assert isinstance(tweet, Tweet)
    assert source.layout.name == "airline"
    assert (tweet.id, tweet.entities, tweet.given_label) == ("x:567588278875213824", ("Delta",), Label.NEGATIVE)
    (tweet,) = made(b'{"id": "17", "text": "hello", "username": "someone", "public_metrics": {}, "likes": 2}')
    assert isinstance(tweet, Tweet)
    assert (tweet.id, tweet.url) == ("x:17", "https://x.com/i/status/17")
    (tweet,) = made(b'{"id": "17", "text": "hello", "username": "someone", "likes": 2}')
    assert isinstance(tweet, Tweet)
    assert (tweet.id, tweet.author.name) == (content_id("file", "17", "hello"), "someone")


def test_a_page_over_several_lines_is_one_value(made: Made) -> None:
    """As `curl … | jq .` leaves it."""
    page = orjson.dumps({"data": [V2, V2 | {"id": "2"}], "meta": {"result_count": 2}}, option=orjson.OPT_INDENT_2)
    assert texts(made(page)) == ["hello", "hello"]


def test_rows_of_objects_for_training(made: Made) -> None:
    """What training reads of columns, it reads of fields; tweets of X's API have no columns."""
    rows = made(orjson.dumps([{"t": "a", "l": "x"}]), columns="text=t,label=l").each(
        lambda row, columns: columns.value(row, "label")
    )
    assert list(rows) == ["x"]
    with pytest.raises(SourceError, match="holds tweets of X's API, and no columns"):
        list(made(orjson.dumps([V2])).each(lambda row, columns: row))


def test_few_values_tell_the_layout(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the size of the file, no more of it is held than that."""
    monkeypatch.setattr(files, "LOOKED_AT_BYTES", 1_000)
    with pytest.raises(SourceError, match="no field other for text"):
        made(b"\n".join([orjson.dumps({"t": "x" * 600})] * 2 + [b'{"other": "late"}']), columns="text=other")


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["t", "id", "n", "l"]), st.none() | st.integers() | st.text(max_size=5)),
        max_size=4,
    )
)
def test_any_object_is_a_tweet_or_refused(
    tmp_path_factory: pytest.TempPathFactory, things: list[dict[str, Any]]
) -> None:
    """Whatever the fields hold, nothing is raised, and nothing is lost."""
    path = tmp_path_factory.mktemp("any") / "tweets.json"
    path.write_bytes(
        b'[{"t": "first", "id": "1", "n": 1, "l": ""}' + b"".join(b"," + _dumps(thing) for thing in things) + b"]"
    )
    items: list[Item] = list(file_source(path, columns="text=t,id=id,likes=n,label=l"))
    assert len(items) == len(things) + 1


def _dumps(thing: dict[str, Any]) -> bytes:
    return json.dumps(thing).encode()
