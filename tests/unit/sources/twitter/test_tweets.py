from datetime import UTC, datetime

import orjson
import pytest

from pipeline.domain.tweet import Author, Geo, GeoSource, Kind, PublicMetrics, Tweet
from pipeline.sources.source import Unreadable
from pipeline.sources.twitter.tweets import items_of

TWEET = {"id": "1377650090978992134", "text": "hello", "created_at": "2021-04-01T15:52:31.000Z", "lang": "en"}
BERLIN = {"id": "p1", "full_name": "Berlin, Germany", "country": "Germany", "country_code": "DE",
          "geo": {"type": "Feature", "bbox": [13.0, 52.0, 14.0, 53.0]}}  # fmt: skip


def items(thing):
    return list(items_of(orjson.dumps(thing), "line 1", source="replay"))


def one(**fields):
    includes = fields.pop("includes", {})
    (item,) = items({"data": TWEET | fields, "includes": includes})
    assert isinstance(item, Tweet)
    return item


def test_a_flat_object_is_a_tweet():
    """As twarc flattens it: the author inside the tweet."""
    author = {"id": "7", "username": "someone", "public_metrics": {"followers_count": 12}}
    assert items(TWEET | {"author_id": "7", "author": author}) == [
        Tweet(
            id="x:1377650090978992134",
            text="hello",
            source="replay",
            written_at=datetime(2021, 4, 1, 15, 52, 31, tzinfo=UTC),
            lang="en",
            author=Author("7", "someone", 12),
            url="https://x.com/someone/status/1377650090978992134",
        )
    ]


def test_a_page_joins_users_and_places():
    """Author and place come from `includes`, by their ids."""
    user = {"id": "7", "username": "someone", "public_metrics": {"followers_count": 12}, "location": " Linz "}
    tweets = [TWEET | {"author_id": "7", "geo": {"place_id": "p1"}}, TWEET | {"id": "2", "author_id": "8"}]
    first, second = items({"data": tweets, "includes": {"users": [user], "places": [BERLIN]}, "meta": {}})
    assert first.author == Author("7", "someone", 12, "Linz")
    assert first.geo == Geo(52.5, 13.5, "Berlin, Germany", "Germany", GeoSource.PLACE, "DE", 0.69)
    assert second.author == Author("8", None, None)
    assert second.url == "https://x.com/i/status/2"


def test_a_streams_rule_tags_are_entities():
    """The brand of a rule is the entity of its tweets; a rule without a tag gives none."""
    rules = [{"id": 1, "tag": "Acme"}, {"id": 2, "tag": None}, {"id": 3, "tag": "Acme"}]
    (tweet,) = items({"data": TWEET, "matching_rules": rules})
    assert tweet.entities == ("Acme",)


def test_a_long_tweet_is_its_note():
    """`text` is cut at 280 characters; the note has all."""
    assert one(note_tweet={"text": "hello, and much more"}).text == "hello, and much more"


def test_a_cut_retweet_gets_the_whole_text_it_repeats():
    """The API cuts it at 140 characters; the original, and its note, are in the includes."""
    original = {"id": "5", "text": "a long te…", "note_tweet": {"text": "a long text to its end"}}
    references = [{"type": "retweeted", "id": "5"}]
    cut = one(text="RT @a_b: a long t…", referenced_tweets=references, includes={"tweets": [original]})
    assert (cut.text, cut.kind) == ("RT @a_b: a long text to its end", Kind.RETWEET)
    assert one(text="RT @a_b: a long t…", referenced_tweets=references).text == "RT @a_b: a long t…"


@pytest.mark.parametrize(
    ("types", "kind"),
    [
        ([], None),
        (["retweeted"], Kind.RETWEET),
        (["quoted"], Kind.QUOTE),
        (["replied_to"], Kind.REPLY),
        (["quoted", "replied_to"], Kind.REPLY),
    ],
)
def test_kinds(types, kind):
    """From the referenced tweets; without any the source does not say."""
    assert one(referenced_tweets=[{"type": type_, "id": "1"} for type_ in types]).kind == kind


def test_a_point_has_its_longitude_first():
    """GeoJSON: longitude, latitude. The point wins over the place's middle, and keeps its name."""
    geo = {"place_id": "p1", "coordinates": {"type": "Point", "coordinates": [-86.58, 34.75]}}
    place = BERLIN | {"country_code": "de"}
    expected = Geo(34.75, -86.58, "Berlin, Germany", "Germany", GeoSource.COORDINATES, "DE")
    assert one(geo=geo, includes={"places": [place]}).geo == expected


@pytest.mark.parametrize(
    ("bbox", "middle"), [([-2.0, 50.0, -1.0, 51.0], (50.5, -1.5)), ([179.0, -18.0, -178.0, -17.0], (-17.5, -179.5))]
)
def test_the_middle_of_a_place(bbox, middle):
    """Also of one across the date line."""
    geo = one(geo={"place_id": "p1"}, includes={"places": [BERLIN | {"geo": {"bbox": bbox}}]}).geo
    assert (geo.lat, geo.lon) == middle


@pytest.mark.parametrize(
    ("bbox", "confidence"),
    [
        ([13.3, 52.4, 13.5, 52.6], 0.9),
        ([13.0, 52.5, 13.0, 52.5], 0.9),
        ([13.0, 52.0, 14.0, 53.0], 0.69),
        ([177.0, -20.0, -178.0, -16.0], None),
        ([-171.8, 18.9, -67.0, 71.4], None),
    ],
)
def test_how_sure_the_middle_of_a_place_is(bbox, confidence):
    """Less the larger the place; a country, or a large state, has no middle at all, and keeps its name."""
    geo = one(geo={"place_id": "p1"}, includes={"places": [BERLIN | {"geo": {"bbox": bbox}}]}).geo
    assert geo.confidence == confidence
    assert (geo.lat is None) == (confidence is None)
    assert geo.country == "Germany"


def test_a_location_that_is_too_long_does_not_cost_the_tweet():
    """A record takes no such field, so it is left out."""
    assert one(author={"username": "a", "location": "x" * 513}).author.location is None
    assert one(author={"username": "a", "location": 7}).author.location is None


@pytest.mark.parametrize("geo", [{}, {"place_id": "unknown"}, {"coordinates": {"coordinates": [200, 100]}}, "here"])
def test_a_place_that_says_nothing_is_none(geo):
    """Nothing is made up."""
    assert one(geo=geo).geo is None


@pytest.mark.parametrize(
    ("thing", "why"),
    [
        ({"data": [{"id": "1", "username": "a", "name": "b"}]}, "users, not tweets"),
        ({"data": [{"id": "1", "owner_id": "2", "name": "b"}]}, "lists, not tweets"),
        ({"data": [{"start": "", "end": "", "tweet_count": 3}]}, "counts, not tweets"),
        ({"id": "1", "action": "delete", "reason": "protected"}, "compliance events, not tweets"),
        ({"errors": [{"title": "operational-disconnect"}]}, "errors, not tweets"),
        ({"meta": {"result_count": 0}}, "meta, not tweets"),
        ({"data": [], "meta": {"result_count": 0}}, "a page without tweets"),
        ({"data": None}, "a page without tweets"),
        ({"a": 1}, "neither a tweet nor a page of tweets"),
        ([1, 2], "not a JSON object"),
    ],
)
def test_other_responses_are_refused_by_their_name(thing, why):
    """The whole line is published as it came."""
    assert items(thing) == [Unreadable(orjson.dumps(thing), "line 1", why)]


def test_a_cut_line_is_unreadable():
    """The error gives the place in the line, but none of its content."""
    line = orjson.dumps(TWEET)[:30]
    assert list(items_of(line, "line 9", source="replay")) == [
        Unreadable(line, "line 9", "not JSON: character 30 of 30")
    ]


@pytest.mark.parametrize("bad", [{"id": "1"}, {"text": "x"}, {"id": "y", "text": "x"}, {"id": "1", "text": 3}, 7,
                                 {"id": "1", "text": "x", "created_at": "then"}])  # fmt: skip
def test_one_bad_tweet_leaves_its_page(bad):
    """Its neighbours are read, and it is published alone."""
    first, second, third = items({"data": [TWEET, bad, TWEET]})
    assert isinstance(first, Tweet)
    assert (second.raw, second.where) == (orjson.dumps(bad), "line 1, item 2")
    assert isinstance(third, Tweet)


def test_odd_shapes_never_raise():
    """Fields of other types than documented are left out, and the tweet is there."""
    odd = dict.fromkeys(("author", "referenced_tweets", "geo", "note_tweet", "author_id", "lang"), 3)
    (tweet,) = items({"data": TWEET | odd, "includes": {"users": 3, "places": [3]}, "matching_rules": [3]})
    assert tweet.text == "hello"


def test_public_metrics_are_kept():
    """In X's own names; what is no count is left out, and costs nothing else."""
    counts = {"like_count": 3, "retweet_count": 0, "reply_count": -1, "quote_count": "7", "impression_count": 2**63}
    assert one(public_metrics=counts).public_metrics == PublicMetrics(like_count=3, retweet_count=0)
    assert one(public_metrics=[1]).public_metrics == PublicMetrics()
