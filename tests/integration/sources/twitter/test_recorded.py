"""Whole responses of the API, served by the stream: every field is where a user expects it."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from pipeline.domain.tweet import Kind, Tweet
from pipeline.sources.twitter.tweets import items_of, response_items
from tests.fake_x import Malformed, Send
from tests.processes import until

FILES = (
    "2sets", "brexit", "cashtags", "cotweet", "edited", "edited_after", "edited_before", "entities_test", "flat",
    "geo_tweets", "kpop", "many_urls", "media_policy_violation_off", "media_policy_violation_on", "media_tweet",
    "mentions_tweet", "noflat", "quoted_edit", "two_tweets", "verified_type", "withheld",
)  # fmt: skip
OURS = [{"id": "1000", "tag": "tweetpulse/Acme"}]


def messages(data, name):
    """The tweets of a file, one to a message, as the stream sends them."""
    for line in data(f"twitter_v2/{name}.jsonl").read_bytes().splitlines():
        response = orjson.loads(line)
        held = response.get("data", response)
        for tweet in held if isinstance(held, list) else [held]:
            yield {"data": tweet, "includes": response.get("includes", {}), "matching_rules": OURS}


def expected(sent):
    """As decode has them, from the responses alone."""
    found = [item for message in sent for item in response_items(message, "here", source="twitter")]
    return {tweet.id: replace(tweet, entities=("Acme",)) for tweet in found if isinstance(tweet, Tweet)}


def test_every_recorded_tweet_passes_through(data, x, collect):
    """All files at once, through tweepy, HTTP and Kafka; what is there twice comes once."""
    sent = [message for name in FILES for message in messages(data, name)]
    wanted = expected(sent)
    assert len(wanted) > 1_000
    x.play(Send(raw=tuple(sent)))
    with collect() as run:
        until(lambda: run.collecting.tweets >= len(wanted), "all of them", 60)
        assert run.errors("malformed") == 0
    found = run.tweets()
    assert len(found) == len(wanted)
    differing = [tweet.id for tweet in found if tweet != wanted[tweet.id]]
    # Of one that is in two files, with and without its author, the first counts.
    assert {decoded.id for decoded in found} == set(wanted)
    assert len(differing) < len(wanted) / 10


def test_a_recorded_stream_with_a_cut_line(data, x, collect):
    """Its other lines are there, and the cut one is published as it came."""
    lines = data("twitter_v2/streaming_output_with_error.jsonl").read_bytes().splitlines()
    for line in lines:
        x.play(Malformed(line))
    with collect() as run:
        until(lambda: run.errors("malformed") == 1, "the cut line", 20)
        until(lambda: not x.script, "the script", 20)
        # Their rules are somebody else's.
        until(lambda: run.collecting.metric("tweetpulse_source_passed_over_total") == 7, "the others", 20)
    assert run.values() == [line for line in lines if len(line) == 44]


def decoded(data, name):
    """Every tweet of a file."""
    lines = data(f"twitter_v2/{name}.jsonl").read_bytes().splitlines()
    return [item for line in lines for item in items_of(line, "here", source="twitter") if isinstance(item, Tweet)]


def raw(data, name):
    return {message["data"]["id"]: message["data"] for message in messages(data, name)}


@pytest.mark.parametrize("name", FILES)
def test_text_time_and_author(data, name):
    """Every tweet has them as the API has them; a long one its note, a cut retweet what it repeats."""
    by_id = raw(data, name)
    for tweet in decoded(data, name):
        sent = by_id[tweet.id.removeprefix("x:")]
        note = (sent.get("note_tweet") or {}).get("text")
        is_retweet = any(ref["type"] == "retweeted" for ref in sent.get("referenced_tweets", ()))
        assert tweet.text == (note or sent["text"]) or (is_retweet and tweet.text.startswith(sent["text"][:-1]))
        assert (tweet.written_at is None) == ("created_at" not in sent)
        assert tweet.author.id == sent.get("author_id")
        assert tweet.lang == sent.get("lang")


@pytest.mark.parametrize(
    ("name", "shows"),
    [
        ("geo_tweets", lambda tweets: sorted(tweet.geo.source for tweet in tweets) == ["coordinates", "place"]),
        ("cashtags", lambda tweets: all("$" in tweet.text for tweet in tweets)),
        ("quoted_edit", lambda tweets: [tweet.kind for tweet in tweets] == [Kind.REPLY]),
        ("kpop", lambda tweets: Kind.RETWEET in {tweet.kind for tweet in tweets}),
        ("mentions_tweet", lambda tweets: all("@" in tweet.text for tweet in tweets)),
        ("many_urls", lambda tweets: all("https://t.co/" in tweet.text for tweet in tweets)),
        ("withheld", lambda tweets: all(tweet.author.id and tweet.written_at for tweet in tweets)),
        ("edited", lambda tweets: all(tweet.url and tweet.url.endswith(tweet.id[2:]) for tweet in tweets)),
    ],
)
def test_what_is_special_of_a_file(data, name, shows):
    """Places, cashtags, quotes, links, edits."""
    tweets = decoded(data, name)
    assert tweets
    assert shows(tweets)
