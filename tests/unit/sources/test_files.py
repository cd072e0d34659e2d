import gzip
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.identity import content_id
from pipeline.domain.record import Reason, Rejection, decode, encode
from pipeline.domain.sentiment import Label
from pipeline.domain.tweet import Geo, GeoSource, PublicMetrics, Tweet
from pipeline.errors import SourceError
from pipeline.sources.files import file_source
from pipeline.sources.source import Unreadable

AIRLINE = "tweet_id,airline_sentiment,airline,name,text,tweet_coord,tweet_created,tweet_location\n"


@pytest.fixture
def read(tmp_path):
    def read(content, *, name="tweets.csv", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(file_source(path, **options))

    return read


def test_an_airline_row_has_everything(read):
    """Time with its offset, airline as entity, handle, link, the point, and what the profile says."""
    row = '567588278875213824,neutral,Delta,someone,hello,"[40.6, -73.7]",2015-02-16 23:36:05 -0800,"Here, there"\n'
    (tweet,) = read(AIRLINE + row)
    assert tweet.id == "x:567588278875213824"
    assert tweet.written_at == datetime(2015, 2, 17, 7, 36, 5, tzinfo=UTC)
    assert (tweet.text, tweet.source, tweet.entities, tweet.author.name) == ("hello", "replay", ("Delta",), "someone")
    assert tweet.geo == Geo(lat=40.6, lon=-73.7, source=GeoSource.COORDINATES)
    assert tweet.author.location == "Here, there"
    assert tweet.url == "https://x.com/someone/status/567588278875213824"


def test_zero_coordinates_are_none(read):
    """The airline set writes `[0.0, 0.0]` where it knows nothing; what the profile says is left."""
    (tweet,) = read(AIRLINE + '567588278875213824,,Delta,a,hello,"[0.0, 0.0]",,Oslo\n')
    assert (tweet.geo, tweet.author.location) == (None, "Oslo")


def test_a_row_without_a_time_has_that_of_its_id(read):
    """A snowflake id holds the time."""
    (tweet,) = read("tweet_id,text,complaint\n260097528899452929,hello,0\n")
    assert tweet.written_at == datetime(2012, 10, 21, 19, 17, 37, 925_000, UTC)


def test_kaggle_texts_of_one_id_are_different_tweets(read):
    """Six texts share an id there: the id is a hash of both; the second column is the entity."""
    tweets = read('2401,Borderlands,Positive,"one"\n2401,Borderlands,Positive,two\n2401,Borderlands,Positive,one\n')
    one, two = content_id("kaggle", "2401", "one"), content_id("kaggle", "2401", "two")
    assert [tweet.id for tweet in tweets] == [one, two, one]
    assert tweets[0].entities == ("Borderlands",)
    assert tweets[0].url is None


@pytest.mark.parametrize("native_id", ["17", "5.67588E+17", "", "abc"])
def test_an_id_that_is_no_tweets_own_is_hashed_with_the_text(read, native_id):
    """A row's number or what a spreadsheet made of an id would hide other tweets."""
    (tweet,) = read(f"id,text\n{native_id},hello\n")
    assert tweet.id == content_id("file", native_id, "hello")


def test_text_alone_is_enough(read):
    """A file may have texts only; the same text is the same tweet."""
    first, second, third = read("sentiment,text\n0,hello\n1,hello\n1,bye\n")
    assert first.id == second.id != third.id


def test_an_airline_row_keeps_its_label_and_its_counts(read):
    """What people said of it, and how often it was repeated; a file without the column of counts fits, too."""
    header = AIRLINE.replace("name,", "name,retweet_count,")
    (tweet,) = read(header + "567588278875213824,negative,Delta,a,17,hello,,,Oslo\n")
    assert (tweet.given_label, tweet.public_metrics) == (Label.NEGATIVE, PublicMetrics(retweet_count=17))
    (tweet,) = read(AIRLINE + "567588278875213824,Positive,Delta,a,hello,,,Oslo\n")
    assert (tweet.given_label, tweet.public_metrics) == (Label.POSITIVE, PublicMetrics())


def test_a_label_that_is_no_sentiment_is_not_kept_as_one(read):
    """Whether somebody complains is another question."""
    assert [tweet.given_label for tweet in read("sentiment,text\n0,hello\n1,bye\n")] == [None, None]
    assert read("2401,Acme,Irrelevant,hello\n")[0].given_label is None


@pytest.mark.parametrize(
    ("written", "count"),
    [("3", 3), (" 0 ", 0), ("12.0", 12), ("-1", None), ("1.5", None), ("many", None), ("", None), ("9" * 19, None)],
)
def test_counts_of_a_column(read, written, count):
    """Whole numbers, as tables write them; what is none is left out."""
    (tweet,) = read(f"id,text,likes\n1,hello,{written}\n")
    assert tweet.public_metrics == PublicMetrics(like_count=count)
    (tweet,) = read(f"body,n\nhello,{written}\n", columns="text=body,impressions=n")
    assert tweet.public_metrics == PublicMetrics(impression_count=count)


def test_other_columns_by_name(read):
    """`--columns` reads any CSV; a semicolon or a tab between the columns is noticed."""
    (tweet,) = read("n;body;l\n567588278875213824;a,b;de\n", columns="id=n,text=body,lang=l")
    assert (tweet.id, tweet.text, tweet.lang) == ("x:567588278875213824", "a,b", "de")


def test_other_columns_by_position(read):
    """A file without a header."""
    tweets = read("1\t0.5\thello\n2\t0.1\tbye\n", columns="id=1,text=3")
    assert [tweet.text for tweet in tweets] == ["hello", "bye"]


def test_an_empty_text_is_a_tweet(read):
    """Only the stream rejects, and it has a reason for that."""
    (tweet,) = read("id,text\n567588278875213824,\n")
    assert decode(encode(tweet)) == Rejection(Reason.EMPTY_TEXT, "text is empty")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (b"567588278875213824", "columns: 1 instead of 3"),
        (b"567588278875213824,a,b,2015-02-17", "columns: 4 instead of 3"),
        (b"567588278875213824,a\0b,2015-02-17", "a NUL byte"),
    ],
)
def test_a_bad_row_is_published_as_it_came(read, row, why):
    """It names its line, quotes nothing, keeps its bytes, and its neighbours are read."""
    before, bad, after = read(b"id,text,date\n567588278875213825,a,\n" + row + b"\r\n567588278875213826,a,\n")
    assert bad == Unreadable(row, "line 3", why)
    assert isinstance(before, Tweet)
    assert isinstance(after, Tweet)


def test_a_row_with_a_bad_time_keeps_what_was_understood(read):
    """The stream rejects it by its time, so that it can be mended and sent again: it is no foreign bytes."""
    before, bad, after = read(b"id,text,date,user\n567588278875213825,a,,\n567588278875213824,b,yesterday,me\n1,c,,\n")
    assert (bad.where, bad.why) == ("line 3", "its time is not one")
    rejection = decode(bad.raw)
    assert (rejection.reason, rejection.error) == (Reason.BAD_TIME, "created_at is not an ISO 8601 time")
    mended = decode(bad.raw.replace(b"yesterday", b"2015-02-17T00:00:00Z"))
    assert (mended.id, mended.text, mended.author.name) == ("x:567588278875213824", "b", "me")
    assert (before.text, after.text) == ("a", "c")


def test_a_bad_time_without_end_stays_small(read):
    """A column of megabytes is none of its record."""
    _, bad = read("text,date\na,\nb," + "9" * 100_000 + "\n")
    assert len(bad.raw) < 1_000
    assert decode(bad.raw).reason == Reason.BAD_TIME


@pytest.mark.parametrize(
    ("content", "layout", "told"),
    [
        (AIRLINE + "567588278875213824,,Delta,a,hello,,,Oslo\n", "kaggle", "take --layout airline, or leave it out"),
        ("2401,Acme,Positive,hello\n", "airline", "take --layout kaggle, or leave it out"),
        (AIRLINE + "567588278875213824,,Delta,a,hello,,,Oslo\n", "twitter-v2", "take --layout airline"),
        ("id,text\n1,hello\n", "airline", "columns whose names are known: leave --layout out"),
        ("first,second\n1,hello\n", "airline", "for example --columns text=second"),
        ('{"id": "1", "text": "secret"}\n', "airline", "take --layout twitter-v2, or leave it out"),
        ('{"id": "1", "text": "secret"}\n', "twitter-v1", "take --layout twitter-v2, or leave it out"),
        ('[{"id_str": "1", "full_text": "secret", "user": {}}]', "twitter-v2", "take --layout twitter-v1"),
        ('{"made": 1, "body": {"content": "secret"}}\n', "twitter-v2", "for example --columns text=body.content"),
        ('[{"made": 1, "tweet": "secret"}]', "kaggle", "but fields whose names are known: leave --layout out"),
        ("id,entity,mood,text\n1,Acme,Positive,hello\n", "kaggle", "columns whose names are known"),
    ],
)
def test_a_layout_that_does_not_fit_is_refused_with_the_one_that_would(read, content, layout, told):
    """Before anything of it is read as something else; nothing of its content is shown."""
    with pytest.raises(SourceError) as error:
        read(content, layout=layout)
    assert told in error.value.message
    assert "secret" not in error.value.message
    assert "hello" not in error.value.message


def test_columns_that_json_lacks_are_refused(read):
    """A field that none of the first objects has, and positions, which fields don't have."""
    with pytest.raises(SourceError, match="no field body for text: the first objects have 2 fields: id, text"):
        read('{"id": "1", "text": "secret"}\n', columns="text=body")
    with pytest.raises(SourceError, match="it holds JSON, whose fields have names: --columns text=NAME"):
        read('{"id": "1", "text": "secret"}\n', columns="text=2")


def test_an_unclosed_quote_costs_what_it_swallows_and_no_more(read):
    """CSV can't tell where it was meant to end; after its longest field the reading goes on."""
    items = read('id,text\n1,"oh' + "x" * 140_000 + "\n2,fine\n")
    assert [item.where for item in items if isinstance(item, Unreadable)] == ["line 2"]
    assert [item.text for item in items if isinstance(item, Tweet)] == ["fine"]


def test_a_text_over_several_lines_names_its_first(read):
    """A bad row that spans lines is found where it begins, with all its bytes."""
    _, bad, _ = read('id,text\n1,"a\nb"\n2,"c\nd",e\n3,f\n')
    assert bad == Unreadable(b'2,"c\nd",e', "line 4", "columns: 3 instead of 2")


def test_stray_bytes_become_replacement_characters_and_are_counted(tmp_path):
    """A file that is not UTF-8 throughout is read to its end."""
    path = tmp_path / "tweets.csv"
    path.write_bytes("\N{BYTE ORDER MARK}id,text\n1,caf\n".encode() + b"2,caf\xe9\n")
    source = file_source(path)
    assert [item.text for item in source] == ["caf", "caf�"]
    assert source.mended_lines == 1


def test_gzip_is_read(read):
    """`.gz` needs no unpacking."""
    assert [item.text for item in read(gzip.compress(b"id,text\n1,hello\n"), name="t.csv.gz")] == ["hello"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\n\n", "is empty"),
        ("a.json", b"[]", "a.json: it holds nothing"),
        ("a.json", b"[{}]", "the first objects have 0 fields"),
        ("a.xlsx", b"PK\x03\x04", "is a ZIP archive"),
        ("a.parquet", b"PAR1", "is a Parquet file"),
        ("a.csv", b"x" * 200_000, "its first line is neither CSV nor JSON"),
        ("a.csv", "id,text".encode("utf-16"), "is UTF-16"),
        # Without the time of now, or two processes of one run would not have the same tests.
        ("a.csv.gz", gzip.compress(b"id,text\n" * 9_000, mtime=0)[:60], "damaged"),
        ("a.csv.gz", b"id,text\n", "damaged"),
    ],
)
def test_a_file_that_is_none_says_what_to_do(read, name, content, message):
    """One line, before anything is published."""
    with pytest.raises(SourceError, match=message):
        read(content, name=name)


def test_a_file_that_is_not_there_is_named(tmp_path):
    """So is a folder."""
    with pytest.raises(SourceError, match="no such file"):
        file_source(tmp_path / "gone.csv")
    with pytest.raises(SourceError, match="is a directory"):
        file_source(tmp_path)


def test_a_file_can_be_read_again(tmp_path):
    """A loop reads it anew."""
    path = tmp_path / "tweets.csv"
    path.write_text("id,text\n1,hello\n")
    source = file_source(path)
    assert list(source) == list(source) != []


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1, max_size=50).filter(str.strip)


@given(st.lists(st.tuples(st.integers(10**17, 10**18), TEXT), min_size=1, max_size=5))
def test_what_a_file_holds_is_what_the_stream_decodes(tmp_path_factory, rows):
    """Any text survives the way file → tweet → record → tweet."""
    path = tmp_path_factory.mktemp("any") / "tweets.csv"
    quoted = ((number, text.replace('"', '""')) for number, text in rows)
    path.write_text("id,text\n" + "".join(f'{number},"{text}"\n' for number, text in quoted), newline="")
    tweets: list[Any] = list(file_source(path))
    assert [tweet.text for tweet in tweets] == [text for _, text in rows]
    assert [decode(encode(tweet)) for tweet in tweets] == tweets
