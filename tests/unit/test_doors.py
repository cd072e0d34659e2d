"""Input from outside is limited before it takes memory or time: a test for each way in."""

from __future__ import annotations

import gzip
import io
import threading
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from pipeline.domain.prediction import Task
from pipeline.domain.record import MAX_CHARS, MAX_ENTITIES, MAX_TEXT_CHARS, Reason, Rejection, decode
from pipeline.domain.tweet import Author, Tweet
from pipeline.errors import ScoringError
from pipeline.geo.locator import Locator
from pipeline.registry import storage
from pipeline.registry.manifest import HELD_OUT, MODEL
from pipeline.registry.registry import Registry
from pipeline.scoring import arrays
from pipeline.scoring.analysis import Analyzer
from pipeline.scoring.entities import MAX_NAME_CHARS, MAX_NAMES, hashtags, mentions
from pipeline.scoring.linear import LinearModel
from pipeline.settings import PlacesSettings, ScoringSettings
from pipeline.sinks.elasticsearch.setup import resource
from pipeline.sources import csv_rows, opening
from pipeline.sources.files import file_source
from pipeline.sources.live.feed import Interrupted
from pipeline.sources.mastodon import api as mastodon
from pipeline.sources.mastodon.settings import MastodonSettings
from pipeline.sources.mastodon.statuses import tweet_of as tweet_of_status
from pipeline.sources.mastodon.timelines import timelines_of
from pipeline.sources.source import Unreadable
from pipeline.sources.twitter import api as twitter
from pipeline.sources.twitter.answers import Refused
from pipeline.sources.twitter.settings import TwitterSettings
from pipeline.training.promotion import _held_out
from tests.builders import linear_model, published

MEGABYTE = 1_000_000
FIELDS = {
    "source": ("source",),
    "lang": ("lang",),
    "url": ("url",),
    "user.id": ("user", "id"),
    "user.name": ("user", "name"),
    "user.location": ("user", "location"),
    "geo.place": ("geo", "place"),
    "geo.country": ("geo", "country"),
    "geo.country_code": ("geo", "country_code"),
}
MAPPED = {
    "user.id": "user.id",
    "user.name": "user.name",
    "url": "url.full",
    "lang": "tweet.lang",
    "source": "tweet.source",
    "entities": "tweet.entity",
    "geo.place": "tweet.geo.place",
    "geo.country": "tweet.geo.country",
    "geo.country_code": "tweet.geo.country_code",
}


def peak(step: Callable[[], object]) -> int:
    """The most bytes of Python's that a step took at once."""
    tracemalloc.start()
    try:
        step()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def record(path: tuple[str, ...], value: object) -> bytes:
    inner: Any = value
    for name in reversed(path):
        inner = {name: inner}
    return orjson.dumps({"id": "x:1", "text": "late"} | inner)


# --- the topic


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_a_record_has_a_longest_value(field: str) -> None:
    """A value of the maximum length is taken; a longer one is rejected, and the message holds none of it."""
    most = MAX_CHARS[field]
    assert isinstance(decode(record(FIELDS[field], "é" * most)), Tweet)
    refused = decode(record(FIELDS[field], "é" * (most + 1)))
    assert refused == Rejection(Reason.BAD_FIELD, f"{field} is longer than {most} characters")


@pytest.mark.parametrize("field", MAPPED)
def test_what_is_accepted_is_found_again(field: str) -> None:
    """A field's longest value is what its mapping indexes: nothing is kept that no search finds."""
    mapping = resource("tweets@scored")["template"]["mappings"]
    for name in MAPPED[field].split("."):
        mapping = mapping["properties"][name]
    assert mapping["ignore_above"] == MAX_CHARS[field]
    # Lucene takes no term of more bytes, and Elasticsearch would refuse the document.
    assert MAX_CHARS[field] * 4 < 32_766


def test_a_record_names_so_many_entities_and_no_more() -> None:
    """Neither more of them nor longer ones."""
    name = "n" * MAX_CHARS["entities"]
    full = [f"{number:03}{name}"[: MAX_CHARS["entities"]] for number in range(MAX_ENTITIES)]
    assert isinstance(decode(record(("entities",), full)), Tweet)
    for wrong in ([*full, "one more"], [name + "x"], ["same"] * (MAX_ENTITIES + 1)):
        refused = decode(record(("entities",), wrong))
        assert isinstance(refused, Rejection)
        assert refused.reason is Reason.BAD_FIELD


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"id":"x","text":"t","user":{"name":'])
@pytest.mark.parametrize("depth", [500, 2_000, 1_000_000])
def test_a_record_nested_without_end(opening: bytes, depth: int) -> None:
    """However deep: it is rejected, and neither the worker's stack nor its memory is used up."""
    closing = b"]" if opening == b"[" else b"}" * opening.count(b"{")
    for value in (opening * depth, opening * depth + b"1" + closing * depth):
        assert isinstance(decode(value), Rejection)


def test_a_nested_field_that_nobody_asked_for_is_left_out() -> None:
    """A record may have more fields: none of them goes on."""
    deep = b'{"id":"x:1","text":"t","more":' + b"[" * 900 + b"]" * 900 + b"}"
    assert isinstance(decode(deep), Tweet)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 4_000, "1" + "0" * 400])
def test_numbers_without_end(number: str) -> None:
    """A count and degrees are rejected where they can't be ones."""
    for field in ('"user":{"followers":%s}', '"geo":{"lat":%s,"lon":1}'):
        assert isinstance(decode(('{"id":"x","text":"t",' + field % number + "}").encode()), Rejection)


# --- the text


@pytest.mark.parametrize(("sign", "names_of"), [("#", hashtags), ("@", mentions)])
def test_a_text_of_nothing_but_names(sign: str, names_of: Callable[[str], tuple[str, ...]]) -> None:
    """The first two hundred are kept, and none that the index would not find."""
    text = " ".join(f"{sign}n{number}" for number in range(20_000))[:MAX_TEXT_CHARS]
    assert names_of(text) == tuple(f"n{number}" for number in range(MAX_NAMES))
    assert all(len(name) <= MAX_NAME_CHARS for name in names_of(f"{sign}{'a' * 90_000} {sign}b"))


def test_a_document_is_no_larger_than_a_few_times_its_text() -> None:
    """Whatever the text is made of."""
    analyzer = Analyzer(ScoringSettings())
    for piece in ("#a1 ", "@b2 ", "#" + "x" * 500 + " ", "word ", "😀 ", "a" * 100_000):
        text = (piece * (MAX_TEXT_CHARS // len(piece) + 1))[:MAX_TEXT_CHARS]
        found = analyzer.analyze(Tweet(id="x:1", text=text, source="s"))
        lists = (*found.hashtags, *found.mentions, *found.words)
        assert sum(map(len, lists)) <= 2 * len(text)
        assert len(lists) <= 2 * MAX_NAMES + 50


# --- what an author's profile says of where they are


@pytest.mark.parametrize("piece", ["Berlin, ", "a", "\u0301", "ﷺ", " - ", "(("])
def test_a_profile_without_end(piece: str) -> None:
    """It names no place, and nothing of it is remembered, however long it is and whatever it is made of."""
    locator = Locator(PlacesSettings())
    long = Tweet(id="x:1", text="late", source="s", author=Author(location=piece * (MEGABYTE // len(piece))))
    assert locator.of(replace(long, author=Author(location="Berlin, Germany"))) is not None
    assert peak(lambda: locator.of(long)) < MEGABYTE // 10
    assert locator.of(long) is None


# --- the registry


def bomb() -> bytes:
    """An archive of 100 MB of zeros in a hundred thousand bytes."""
    file = io.BytesIO()
    np.savez_compressed(file, header=np.zeros(100 * MEGABYTE, np.uint8))
    return file.getvalue()


def boastful(name: str = "header.npy") -> bytes:
    """An archive whose array says that it has 8 TB, and has nothing."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, array_header())
    return file.getvalue()


def array_header() -> bytes:
    file = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue()


@pytest.mark.parametrize("make", [bomb, boastful])
def test_a_model_that_would_fill_the_memory(make: Callable[[], bytes]) -> None:
    """It is refused before any memory is taken for what it says it holds."""
    data = make()

    def load() -> None:
        with pytest.raises(ScoringError, match="no trained model"):
            LinearModel.loads(data)

    assert peak(load) < 5 * MEGABYTE


def test_arrays_that_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where they are what they say."""
    data = linear_model(Task.SENTIMENT, {}).dumps()
    LinearModel.loads(data)
    monkeypatch.setattr(arrays.archive_of, "__defaults__", (100,))
    with pytest.raises(ScoringError, match="no trained model"):
        LinearModel.loads(data)


def test_an_array_whose_header_boasts() -> None:
    """The file of seen rows is checked in the same way; pickled objects are never loaded."""
    objects = io.BytesIO()
    np.save(objects, np.array([{}], dtype=object), allow_pickle=True)
    for data in (array_header(), objects.getvalue(), b"", b"\x93NUMPY"):
        with pytest.raises(arrays.FAULTS):
            arrays.array_of(data)


def test_a_file_of_the_registry_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not read to its end."""
    monkeypatch.setattr(storage, "MAX_FILE_BYTES", 1_000)
    registry = Registry(str(tmp_path))
    version = published(registry, b"x" * 900)
    assert registry.read(Task.SENTIMENT, version, MODEL) == b"x" * 900
    path = tmp_path / "sentiment" / "versions" / version / MODEL
    with path.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(ScoringError, match="is larger than"):
        registry.read(Task.SENTIMENT, version, MODEL)


def test_held_out_rows_that_would_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The unpacked size of a column is checked before it is unpacked."""
    import pyarrow as pa
    from pyarrow import parquet

    file = io.BytesIO()
    names = ("key", "text", "label", "entity", "lang")
    parquet.write_table(pa.table({name: ["x" * 100] * 1_000 for name in names}), file, use_dictionary=False)
    registry = Registry(str(tmp_path))
    version = published(registry, b"a model", files={HELD_OUT: file.getvalue()})
    assert len(_held_out(registry, Task.SENTIMENT, version)["text"]) == 1_000
    monkeypatch.setattr(arrays, "MAX_BYTES", 100_000)
    with pytest.raises(ScoringError, match="too large"):
        _held_out(registry, Task.SENTIMENT, version)


# --- files that are replayed or learnt from


def test_a_row_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quotes that go on over every line: what was read is unreadable, and the rows after it are read."""
    monkeypatch.setattr(csv_rows, "LONGEST_ROW", 10_000)
    path = tmp_path / "tweets.csv"
    path.write_bytes(b'id,text\n1,first\n"' + b"a\n" * 20_000 + b"2,last\n")
    items = list(file_source(path, columns="id=id,text=text"))
    assert [item.text for item in items if isinstance(item, Tweet)] == ["first", "last"]
    unreadable = [item.raw for item in items if isinstance(item, Unreadable)]
    assert max(map(len, unreadable)) <= 10_010
    whys = [item.why for item in items if isinstance(item, Unreadable)]
    assert whys[0] == "a row of over 10,000 bytes: a quote before it is not closed"


def test_a_line_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes in pieces, each of which is unreadable."""
    monkeypatch.setattr(opening, "LONGEST_LINE", MEGABYTE)
    path = tmp_path / "tweets.csv"
    with path.open("wb") as file:
        file.write(b"id,text\n")
        file.writelines(b"," * MEGABYTE for _ in range(30))
    source = file_source(path, columns="id=id,text=text")
    widths = [len(row) for row in source.each(lambda row, columns: row) if not isinstance(row, Unreadable)]
    assert widths == [MEGABYTE + 1] * 30


def test_a_line_of_json_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part says so, with the number of the line; those before and after it are read."""
    monkeypatch.setattr(opening, "LONGEST_LINE", 1_000)
    path = tmp_path / "tweets.jsonl"
    line = b'{"id":"%d","text":"a"}\n'
    path.write_bytes(line % 1 + b'{"id":"2","text":"' + b"a" * 2_500 + b'"}\n' + line % 3 + b"{")
    first, *parts, last, cut = file_source(path)
    assert [item.id for item in (first, last) if isinstance(item, Tweet)] == ["x:1", "x:3"]
    told = [(item.where, item.why) for item in (*parts, cut) if isinstance(item, Unreadable)]
    assert told == [("line 2", "a part of a line of over 1,000 bytes")] * 3 + [("line 4", "not JSON: character 1 of 1")]


def test_a_field_that_is_too_long(tmp_path: Path) -> None:
    """It says so; the rows around it are read."""
    path = tmp_path / "tweets.csv"
    path.write_bytes(b"id,text\n1,first\n2," + b"a" * 140_000 + b"\n3,last\n")
    first, long, last = file_source(path, columns="id=id,text=text")
    assert [item.text for item in (first, last) if isinstance(item, Tweet)] == ["first", "last"]
    assert isinstance(long, Unreadable)
    assert (long.where, long.why) == ("line 3", "a field of over 131,072 characters, or an unclosed quote before it")


def test_a_packed_file_is_read_as_a_stream(tmp_path: Path) -> None:
    """Rows come one by one, however many are in it."""
    path = tmp_path / "tweets.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"id,text\n")
        for _ in range(20):
            file.write(b"1,late again\n" * 100_000)
    rows = file_source(path, columns="id=id,text=text").each(lambda row, columns: None)
    assert peak(lambda: sum(1 for _ in islice(rows, 20_000))) < 5 * MEGABYTE


def test_an_array_is_read_as_a_stream(tmp_path: Path) -> None:
    """Elements come one by one, however many are in it, packed or not."""
    path = tmp_path / "tweets.json.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"[")
        for _ in range(20):
            file.write(b'{"id": "1", "text": "late again", "author_id": "7"},' * 20_000)
    source = file_source(path)
    assert peak(lambda: sum(1 for _ in islice(source, 4_000))) < 3 * MEGABYTE


@pytest.mark.parametrize("piece", [b"[", b'{"a":', b'"', b'"\\', b"]", b",", b'{"a":"'])
def test_an_array_of_nothing_but_signs(tmp_path: Path, piece: bytes) -> None:
    """Whatever opens without end: it takes linear time, comes in pieces, and is rejected."""
    path = tmp_path / "tweets.json"
    path.write_bytes(b'[{"id": "1", "text": "late", "author_id": "7"},' + piece * (MEGABYTE // 5 // len(piece)))
    first, *rest = file_source(path)
    assert isinstance(first, Tweet)
    assert all(isinstance(item, Unreadable) for item in rest)


# --- answers of X and of Mastodon


class _Packed(BaseHTTPRequestHandler):
    """Answers everything with a JSON list of 50 MB, in a few bytes."""

    body = gzip.compress(b"[" + b" " * 50 * MEGABYTE + b"]")
    status = 200

    def do_GET(self) -> None:
        self.send_response(type(self).status)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def packed(status: int = 200) -> Iterator[str]:
    kind = type("Packed", (_Packed,), {"status": status})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_page_of_mastodon_that_unpacks_without_end() -> None:
    """It is an interruption like a server's fault, and is not unpacked whole."""
    with packed() as url:
        settings = MastodonSettings(url=url)
        api = mastodon.Api(settings, lambda *_: None)

        def ask() -> None:
            with pytest.raises(Interrupted):
                api.newest(timelines_of(settings)[0])

        assert peak(ask) < 3 * mastodon.MAX_ANSWER_BYTES


@pytest.mark.parametrize("status", [200, 400, 503])
def test_an_answer_of_x_that_unpacks_without_end(status: int) -> None:
    """Whatever it is said to be; also where a stream is asked for and an error comes."""
    with packed(status) as url:
        api = twitter.Api(TwitterSettings(api_url=url), "token")

        def ask() -> None:
            with pytest.raises(Refused):
                api.count("acme")
            if status != 200:
                with pytest.raises(Refused):
                    api.connect()

        assert peak(ask) < 3 * twitter.MAX_ANSWER_BYTES
        api.close()


def test_a_status_with_long_names_is_a_tweet_all_the_same() -> None:
    """A name that is too long is left out, so that the tweet is not rejected for it."""
    long = "https://example.org/" + "x" * 5_000
    status = {
        "id": "7", "uri": "https://example.org/users/a/statuses/7", "url": long, "content": "<p>late</p>",
        "created_at": "2026-01-01T00:00:00Z", "language": "e" * 99,
        "account": {"id": "1", "uri": long, "url": long, "acct": "n" * 5_000},
    }  # fmt: skip
    tweet = tweet_of_status(status, "example.org", {})
    assert tweet is not None
    assert (tweet.url, tweet.author.id, tweet.author.name, tweet.lang) == (status["uri"], "1", None, None)
