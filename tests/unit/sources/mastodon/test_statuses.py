from datetime import UTC, datetime

import pytest

from pipeline.domain.record import decode, encode
from pipeline.domain.tweet import Author, Kind
from pipeline.sources.mastodon.statuses import NotAStatus, id_of, tweet_of
from pipeline.sources.mastodon.text import text_of
from tests.fake_mastodon import FIRST_ID, status_of

LINK = (
    '<a href="https://example.org/a/very/long/way" rel="nofollow"><span class="invisible">https://</span>'
    '<span class="ellipsis">example.org/a/very</span><span class="invisible">/long/way</span></a>'
)
MENTION = '<span class="h-card"><a href="https://home.example/@bob" class="u-url mention">@<span>bob</span></a></span>'
HASHTAG = '<a href="https://home.example/tags/fail" class="mention hashtag" rel="tag">#<span>fail</span></a>'


def tweet(**fields):
    return tweet_of(status_of(0, "late again") | fields, "mastodon.social", {"acme": "Acme"})


def test_a_status_is_a_tweet():
    """With all that the API says of it."""
    found = tweet(tags=[{"name": "ACME"}, {"name": "other"}])
    assert (found.id, found.text, found.source) == (f"home.example:{FIRST_ID}", "late again", "mastodon")
    assert (found.lang, found.kind, found.entities) == ("en", Kind.ORIGINAL, ("Acme",))
    assert found.author == Author("https://home.example/users/ann", "ann@home.example", 12)
    assert found.written_at == datetime(2030, 1, 1, 12, tzinfo=UTC)
    assert found.url == f"https://home.example/@ann/{FIRST_ID}"
    assert decode(encode(found)) == found


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one<br>two<br />three</p><p>four</p>", "one\ntwo\nthree\n\nfour"),
        (f"<p>{MENTION} see {LINK} {HASHTAG}</p>", "@bob see https://example.org/a/very/long/way #fail"),
        ("<p>R&amp;D &lt;3 &#39;ok&#39; :blobcat:</p>", "R&D <3 'ok' :blobcat:"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<script>alert(1)</script>plain", "plain"),
        ("no tags & none", "no tags & none"),
        ("", ""),
    ],
)
def test_html_is_the_text_that_people_see(html, text):
    """Lines and paragraphs stay, links are whole, entities are signs, emoji keep their names."""
    assert text_of(html) == text


@pytest.mark.parametrize(
    ("uri", "id_"),
    [
        ("https://Mastodon.Social/users/ann/statuses/42", "mastodon.social:42"),
        ("https://mastodon.social/ap/users/7/statuses/42", "mastodon.social:42"),
        ("https://home.example/users/ann/statuses/42/activity", "home.example:/users/ann/statuses/42/activity"),
        ("https://misskey.example/notes/9abc", "misskey.example:/notes/9abc"),
        ("https://blog.example/?p=7", "blog.example:/?p=7"),
        ("tag:old.example,2017-01-01:objectId=1", "tag:old.example,2017-01-01:objectId=1"),
        (None, "seen.example:5"),
        ("http://[::1", "seen.example:5"),
    ],
)  # fmt: skip
def test_an_id_is_where_it_was_written(uri, id_):
    """The same status seen through two servers is one document."""
    assert id_of({"id": "5", "uri": uri}, "seen.example") == id_


def test_kinds():
    """Replies, quotes and boosts are told apart; a boost has what it repeats, and its own id."""
    assert tweet(in_reply_to_id="5").kind is Kind.REPLY
    assert tweet(quote={"state": "accepted"}).kind is Kind.QUOTE
    boost = tweet(content="", reblog=status_of(1, "the original"))
    assert (boost.kind, boost.text) == (Kind.RETWEET, "the original")


def test_a_content_warning_stands_before_the_text():
    """It is what people see first, and says something."""
    assert tweet(spoiler_text="politics").text == "politics\n\nlate again"


def test_a_picture_alone_is_no_tweet():
    """There is nothing to be scored."""
    assert tweet(content="<p></p>") is None


@pytest.mark.parametrize(
    "fields",
    [{"id": None}, {"id": ""}, {"content": None}, {"created_at": None}, {"created_at": "noon"}, {"spoiler_text": 7}],
)
def test_what_is_no_status_is_refused(fields):
    """By what it lacks, without a word of it."""
    with pytest.raises(NotAStatus, match=r"^a status w"):
        tweet(**fields)


def test_odd_fields_do_no_harm():
    """An optional field with a wrong type is left out."""
    found = tweet(account=None, tags=None, language=7, url="javascript:alert(1)", uri=7)
    assert (found.author, found.entities, found.lang, found.url) == (Author(), (), None, None)
    assert tweet(account={"followers_count": -1, "acct": "ann"}).author == Author(None, "ann", None)
