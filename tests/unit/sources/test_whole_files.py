"""Over whole files of every layout."""

import pytest

from pipeline.domain.record import decode, encode
from pipeline.domain.tweet import Tweet
from pipeline.errors import SourceError
from pipeline.sources.files import file_source
from pipeline.sources.source import Unreadable
from tests.datasets import tables


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("name", "layout", "generated", "real"),
    [
        (tables.AIRLINE, "airline", (3_000, 2_992, 3_000), (11_712, 11_704, 11_712)),
        (tables.KAGGLE, "kaggle", (1_200, 1_180, 0), (59_670, 57_503, 0)),
        (tables.KAGGLE_VALIDATION, "kaggle", (120, 120, 0), (786, 786, 0)),
        (tables.SEMEVAL, "semeval", (600, 600, 600), (49_486, 49_486, 49_486)),
        (tables.COMPLAINTS, "complaints", (400, 400, 400), (2_745, 2_745, 2_745)),
        (tables.ASOS, "asos", (300, 297, 0), (1_722, 1_715, 0)),
    ],
)
def test_every_row_of_every_set_is_a_tweet(data, name, layout, generated, real):
    """`auto` knows the layout, and nothing is lost: so many rows, ids and times."""
    source = file_source(data(name))
    items = list(source)
    assert source.layout.name == layout
    assert [item for item in items if isinstance(item, Unreadable)] == []
    timed = sum(item.written_at is not None for item in items)
    counted = (len(items), len({item.id for item in items}), timed)
    assert counted == {"generated": generated, "real": real}[data.kind]


def test_a_semeval_id_holds_the_time_beside_it(data):
    """The time of an id is the one that the file's column says."""
    by_column = file_source(data(tables.SEMEVAL))
    by_id = file_source(by_column.file.path, columns="id=tweet_id,text=text")
    assert [tweet.written_at for tweet in by_id] == [tweet.written_at for tweet in by_column]


@pytest.mark.parametrize(
    ("name", "tweets", "unreadable"),
    [
        ("2sets", 200, 0), ("brexit", 100, 0), ("cashtags", 1, 0), ("cotweet", 1, 0), ("counts", 0, 1),
        ("edited", 1, 0), ("edited_after", 1, 0), ("edited_before", 1, 0), ("entities_test", 474, 0), ("flat", 100, 0),
        ("geo_tweets", 2, 0), ("kpop", 100, 0), ("lists", 0, 2), ("many_urls", 1, 0),
        ("media_policy_violation_off", 100, 0), ("media_policy_violation_on", 100, 0), ("media_tweet", 1, 0),
        ("mentions_tweet", 1, 0), ("noflat", 100, 0), ("quoted_edit", 1, 0), ("streaming_output_with_error", 7, 1),
        ("tweets_compliance", 0, 2), ("two_tweets", 1, 0), ("users", 0, 1), ("users_compliance", 0, 2),
        ("verified_type", 1, 0), ("withheld", 215, 0),
    ],
)  # fmt: skip
def test_every_response_of_the_api_is_read_or_refused(data, name, tweets, unreadable):
    """What a file holds decodes to itself; what is no tweet is refused, one line each."""
    items = list(file_source(data(f"twitter_v2/{name}.jsonl")))
    read = [item for item in items if isinstance(item, Tweet)]
    assert (len(read), len(items) - len(read)) == (tweets, unreadable)
    assert [decode(encode(tweet)) for tweet in read] == read


def test_the_cut_line_of_the_stream_is_the_unreadable_one(data):
    """The eighth line of the recorded stream breaks off."""
    items = file_source(data("twitter_v2/streaming_output_with_error.jsonl"))
    (cut,) = [item for item in items if isinstance(item, Unreadable)]
    assert (cut.where, len(cut.raw)) == ("line 8", 44)


def test_flat_and_paged_are_the_same_tweets(data):
    """twarc's flattened file and the page it was made of give the same ids, kinds and authors."""
    flat, paged = (list(file_source(data(f"twitter_v2/{name}.jsonl"))) for name in ("flat", "noflat"))
    assert [(t.id, t.kind, t.author) for t in flat] == [(t.id, t.kind, t.author) for t in paged]


def test_a_file_with_tabs_and_without_a_header_is_read_to_its_end(data):
    """VADER's; the generated one is not UTF-8 throughout, which is counted."""
    source = file_source(data(tables.VADER), columns="id=1,text=3")
    tweets = sum(isinstance(item, Tweet) for item in source)
    assert (tweets, source.mended_lines) == {"generated": (420, 1), "real": (4_200, 0)}[data.kind]


def test_an_empty_file_says_so(data):
    """Not a silent replay of nothing."""
    with pytest.raises(SourceError, match="is empty"):
        file_source(data("twitter_v2/empty.json"))
