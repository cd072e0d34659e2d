"""Accounts without the stream: the search is asked again and again."""

from __future__ import annotations

import time

from tests.fake_x import Refuse
from tests.integration.sources.twitter.run import ago
from tests.processes import until

BRANDS = ("Acme:acme", "Oats:oats")


def test_each_tweet_comes_once(x, collect):
    """Round by round from where the last one ended; with all brands whose rules find it."""
    texts = ["acme", "oats", "acme oats"]
    with collect(mode="search", track=BRANDS) as run:
        for number in range(12):
            x.archive.write(texts[number % 3])
            time.sleep(0.25)
        until(lambda: run.collecting.tweets == 12, "all tweets", 20)
        assert run.collecting.metric("tweetpulse_source_connected") == 1
        assert run.gaps("refilled") == 0
    assert run.ids() == sorted(x.event_ids())
    assert {tweet.text: tweet.entities for tweet in run.tweets()} == {
        "acme": ("Acme",), "oats": ("Oats",), "acme oats": ("Acme", "Oats"),
    }  # fmt: skip
    assert (x.streams(), x.rules) == ([], {})


def test_it_goes_on_where_it_was_left(x, collect):
    """Tweets written between two runs come with the next start; acknowledged ones do not come again."""
    with collect(mode="search") as run:
        x.archive.write("acme one")
        until(lambda: run.collecting.tweets == 1, "the first", 20)
    for _ in range(230):
        x.archive.write("acme meanwhile")
    with collect(mode="search") as run:
        until(lambda: run.collecting.tweets >= 230, "the others", 20)
        until(lambda: len(x.searches()) > 5, "another round", 20)
    assert run.ids() == sorted(x.event_ids())


def test_a_round_that_is_broken_off_is_made_good(x, collect, remembered):
    """The newest come first, so that a stop between two pages leaves the older ones for the next start."""
    remembered(ago(600))
    x.search_refusals.extend([None, Refuse(429, {"title": "Too Many Requests"}, reset=60)])
    for _ in range(150):
        x.archive.write("acme", age=300)
    with collect(mode="search") as run:
        until(lambda: run.collecting.tweets >= 99, "a page", 20)
        assert run.errors("rate_limit") == 1
        assert run.collecting.metric("tweetpulse_source_connected") == 0
    with collect(mode="search") as run:
        until(lambda: set(run.ids()) == x.event_ids(), "the rest", 20)


def test_a_longer_pause_spends_less_of_the_budget(x, collect):
    """One round, where there would be several: what is there is collected, and then the server is left alone."""
    x.archive.write("acme", age=60)
    with collect(mode="search", search_seconds=600.0) as run:
        until(lambda: run.collecting.tweets == 1, "the tweet", 20)
        asked = len(x.searches())
        time.sleep(1.5)
        assert len(x.searches()) == asked


def test_its_faults_are_waited_out(x, collect):
    x.search_refusals.extend([Refuse(503), None, Refuse(429, {"title": "Too Many Requests"}, reset=1)])
    with collect(mode="search") as run:
        x.archive.write("acme")
        until(lambda: run.collecting.tweets == 1, "the tweet", 30)
        until(lambda: run.errors("rate_limit"), "the limit", 30)
        until(lambda: run.collecting.metric("tweetpulse_source_connected") == 1, "the next round", 30)
        assert run.collecting.metric("tweetpulse_source_reconnects_total") == 1
    assert run.collecting.error is None


def test_a_plan_without_search_ends_it(x, collect):
    x.search_refusals.append(Refuse(403, {"title": "Client Forbidden", "reason": "client-not-enrolled"}))
    with collect(mode="search") as run:
        run.collecting.thread.join(20)
    assert "attach the app to a project whose plan has recent search" in str(run.collecting.error)
