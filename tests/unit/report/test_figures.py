"""Answers of Elasticsearch → figures. That it gives such answers is tested on a real one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.report.figures import Complaints, Counts, Figures, Indexed, Rejected, Shown, Term, figures
from tests.reporting import DAY, UNTIL, mood


def buckets(**counts: int) -> dict[str, Any]:
    return {"buckets": [{"key": name, "doc_count": count} for name, count in counts.items()]}


def answer(*, asked: int = 0, **labels: int) -> dict[str, Any]:
    """Of the aggregation of tweets: those of the period are all of its first interval."""
    moment = {"key": round(DAY.since.timestamp() * 1_000), "labels": buckets(**labels)}
    now = {"labels": buckets(**labels), "over_time": {"buckets": [moment]}}
    more = {
        "hashtags": buckets(fail=3),
        "words": buckets(queue=2),
        "entities": {"value": 7},
        "asked": {"doc_count": asked},
        "complaints": {"doc_count": 5, "reasons": buckets(late=3, lost=1)},
    }
    before = {"labels": buckets(positive=2)}
    named = {"key": "Acme", "now": now, "before": before}
    only_retweeted = {
        "key": "Nobody",
        "now": {"labels": buckets(), "over_time": buckets()},
        "before": {"labels": buckets()},
    }
    return {
        "aggregations": {
            "now": now | more,
            "before": before,
            "retweets": {"doc_count": 4},
            "entities": {"buckets": [named, only_retweeted]},
        }
    }


def read(tweets: dict[str, Any], *sources: dict[str, Any]) -> Figures:
    at = round((UNTIL - timedelta(hours=1)).timestamp() * 1_000)
    newest = {"hits": {"hits": [{"_source": source, "sort": [at, "x:1"]} for source in sources]}}
    reasons = {"doc_count": 6, "reasons": buckets(not_json=6)}
    rejected = {"aggregations": {"now": reasons, "before": {"doc_count": 1}}}
    return figures(DAY, None, tweets, newest, rejected, Indexed(9, 6))


def test_a_share_is_of_the_scored_tweets() -> None:
    """What is unsupported is a tweet, and in no share; where nothing is scored there is none."""
    found = read(answer(negative=1, positive=3, unsupported=6)).whole
    assert (found.now, found.now.tweets, found.now.negative_share) == (Counts(1, 0, 3, 6), 10, 0.25)
    assert Counts(unsupported=6).negative_share is None


def test_the_change_is_in_points_and_known_only_where_both_shares_are() -> None:
    """A share of nothing is not 0."""
    assert mood("", Counts(negative=3, positive=1), Counts(negative=1, positive=1)).change == 25
    assert mood("", Counts(negative=3), Counts(unsupported=1)).change is None
    assert mood("", Counts(unsupported=1), Counts(negative=3)).change is None


def test_each_interval_has_its_counts() -> None:
    """Also those without a tweet, of which Elasticsearch says nothing."""
    over_time = read(answer(negative=2)).whole.over_time
    assert (over_time[0], set(over_time[1:]), len(over_time)) == (Counts(negative=2), {Counts()}, len(DAY.moments))


def test_what_only_retweets_name_is_no_entity_of_the_report() -> None:
    """They are counted nowhere else either; how many entities there are is told."""
    found = read(answer(negative=2))
    assert ([one.name for one in found.entities], found.entities_in_all, found.retweets) == (["Acme"], 7, 4)
    assert found.entities[0].before == Counts(positive=2)


def test_complaints_are_told_of_only_where_a_model_spoke() -> None:
    """Those without a reason are those that no reason was counted for."""
    assert read(answer()).complaints is None
    found = read(answer(asked=8)).complaints
    assert found == Complaints(8, 5, (Term("late", 3), Term("lost", 1)))
    assert found.without_reason == 1


def test_a_tweet_may_lack_what_is_not_known_of_it() -> None:
    """Neither an entity nor a link is there always."""
    tweet = {"message": "late", "tweet": {"entity": ["Acme"], "sentiment": {"compound": -0.5}}}
    whole, bare = read(answer(), tweet | {"url": {"full": "https://x.com/1"}}, {"message": "late"}).newest
    at = datetime(2026, 3, 2, 11, tzinfo=UTC)
    assert whole == Shown(at, "late", ("Acme",), -0.5, "https://x.com/1")
    assert bare == Shown(at, "late", (), None, None)


def test_rejected_records_and_what_was_indexed() -> None:
    """As they were counted."""
    found = read(answer())
    assert (found.rejected, found.indexed) == (Rejected(6, 1, (Term("not_json", 6),)), Indexed(9, 6))
