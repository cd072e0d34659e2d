"""The account's rules, and whose tweets are taken."""

from __future__ import annotations

from pipeline.domain.tweet import Kind
from pipeline.errors import ConfigError
from tests.fake_x import Send
from tests.processes import until

RETWEET = {"referenced_tweets": [{"type": "retweeted", "id": "1"}]}


def tags(x):
    return sorted((rule["value"], rule["tag"]) for rule in x.rules.values())


def test_the_account_gets_our_rules_and_keeps_the_others(x, collect):
    """The missing are made, ours that are gone are deleted, those of others stay."""
    x.add_rule("gone", "tweetpulse/Gone")
    x.add_rule("kept", "tweetpulse/Kept")
    x.add_rule("renamed", "tweetpulse/Before")
    x.add_rule("theirs", "somebody else's")
    with collect(track=("Kept:kept", "After:renamed", "new")):
        until(lambda: x.connected_at, "the connection", 20)
    assert tags(x) == [
        ("kept", "tweetpulse/Kept"),
        ("new", "tweetpulse/new"),
        ("renamed", "tweetpulse/After"),
        ("theirs", "somebody else's"),
    ]


def test_as_many_rules_as_x_takes_at_once_are_sent(x, collect):
    """And the others in further requests."""
    with collect(track=tuple(f"word{number}" for number in range(250))):
        until(lambda: x.connected_at, "the connection", 20)
    assert len(x.rules) == 250
    assert sum(method == "POST" for method, _, _ in x.seen) == 3


def test_a_tweet_has_the_brands_of_its_rules(x, collect):
    """Of all that it matches; what only a foreign rule matches is counted, and not taken."""
    x.add_rule("stranger", "theirs")
    x.add_rule("shared", "theirs too")
    x.play(Send(text="acme and oats"), Send(text="oats"), Send(text="stranger"), Send(text="shared"))
    with collect(track=("Acme:acme", "Oats:oats OR porridge", "Shared:shared")) as run:
        until(lambda: run.collecting.tweets == 3, "three tweets", 20)
        until(lambda: run.collecting.metric("tweetpulse_source_passed_over_total") == 1, "the fourth", 20)
    assert {tweet.text: tweet.entities for tweet in run.tweets()} == {
        "acme and oats": ("Acme", "Oats"),
        "oats": ("Oats",),
        "shared": ("Shared",),
    }
    assert {tweet.source for tweet in run.tweets()} == {"twitter"}


def test_retweets_are_marked(x, collect):
    x.play(Send(text="RT @a: acme", fields=RETWEET), Send(text="acme"))
    with collect() as run:
        run.until_all()
    assert {tweet.text: tweet.kind for tweet in run.tweets()} == {"RT @a: acme": Kind.RETWEET, "acme": None}


def test_retweets_are_left_out(x, collect):
    """X is not even asked for them."""
    x.play(Send(text="RT @a: acme", fields=RETWEET), Send(text="acme"))
    with collect(retweets="leave_out") as run:
        until(lambda: run.collecting.tweets == 1, "one tweet", 20)
    assert [tweet.text for tweet in run.tweets()] == ["acme"]
    assert tags(x) == [('(acme OR "acme air") -is:retweet', "tweetpulse/Acme")]


def test_a_rule_that_x_does_not_take_is_named(x, collect):
    """With what X says of it."""
    with collect(track=("acme", "unthinkable")) as run:
        run.collecting.thread.join(20)
    assert type(run.collecting.error) is ConfigError
    assert str(run.collecting.error) == "X does not take the rule 'unthinkable': no viable alternative"


def test_all_that_a_record_holds_is_asked_for(x, collect):
    """Author, place and referenced tweets are joined."""
    x.play(Send(1))
    with collect() as run:
        run.until_all()
    (asked,) = x.streams()
    assert {"author_id", "geo.place_id", "referenced_tweets.id"} <= set(asked["expansions"].split(","))
    assert {"created_at", "lang", "geo", "note_tweet", "public_metrics"} <= set(asked["tweet.fields"].split(","))
    (tweet,) = run.tweets()
    assert (tweet.author.name, tweet.author.followers, tweet.lang) == ("someone", 12, "en")
    assert tweet.written_at is not None
