"""A chunk of records becomes documents and rejections; each record is counted once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.document import REJECTED, SCORED, Coordinates
from pipeline.domain.outcome import Durations
from pipeline.domain.prediction import Task
from pipeline.domain.record import Reason, Rejection, encode
from pipeline.domain.tweet import Tweet
from pipeline.privacy.guard import Guard
from pipeline.scoring.analysis import Analyzer
from pipeline.settings import PrivacySettings, ScoringSettings
from pipeline.stream.chunk import (
    NO_MODELS,
    Chunk,
    Models,
    Record,
    RejectedRecord,
    dumps,
    refuse,
    refused_documents,
    score_chunk,
)
from tests.builders import AT, INGESTED, TAKEN, WRITTEN, full_tweet, linear_model, tweet, tweets
from tests.mapping import unmapped

ANALYZER = Analyzer(ScoringSettings(entities={"Acme": ("acme",), "Bolt": ("bolt",)}))

SENTIMENT = replace(
    linear_model(Task.SENTIMENT, {"neutral": 0.5}, {"late": {"negative": 4.0}, "thanks": {"positive": 4.0}}),
    version="s1",
)
COMPLAINTS = replace(linear_model(Task.COMPLAINT, {"no_complaint": 1.0}, {"late": {"complaint": 4.0}}), version="c1")
REASONS = replace(linear_model(Task.REASON, {"late_flight": 2.0}), version="r1")
CHAMPIONS = {Task.SENTIMENT: SENTIMENT, Task.COMPLAINT: COMPLAINTS, Task.REASON: REASONS}


def records(values: Iterable[bytes | None]) -> list[Record]:
    return [Record(value, Coordinates("tweets", 0, offset, TAKEN)) for offset, value in enumerate(values)]


def scored(*values: bytes | None, models: Models = NO_MODELS, clock: Callable[[], float] = lambda: 0.0) -> Chunk:
    return score_chunk(
        records(values),
        ANALYZER,
        models,
        namespace="default",
        tracked=frozenset({"Acme", "Bolt"}),
        clock=clock,
        now=lambda: INGESTED,
    )


def documents(chunk: Chunk) -> dict[str, Any]:
    return {id_: orjson.loads(body) for id_, body in chunk.documents}


def test_accepted_and_rejected() -> None:
    """In the records' order, each with what belongs to it."""
    chunk = scored(encode(tweet(text="great")), None, b"{", encode(tweet(id="x:2", text="awful")))
    assert [(id_, document["message"]) for id_, document in documents(chunk).items()] == [
        ("x:1", "great"),
        ("x:2", "awful"),
    ]
    assert [refused.rejection.reason for refused in chunk.refused] == [Reason.NO_VALUE, Reason.NOT_JSON]
    assert [refused.record.at.offset for refused in chunk.refused] == [1, 2]


def test_a_message_has_no_references() -> None:
    """`&amp;` is `&` there; what was said of the text, and its words, are the same. What is hidden is still found."""
    text = "late &amp; sad &lt;3, mail ann&#64;example.org"
    plain = ANALYZER.analyze_all([tweet(text=text)])[0]
    (document,) = documents(scored(encode(tweet(text=text)))).values()
    assert document["message"] == "late & sad <3, mail ann@example.org"
    assert document["tweet"]["sentiment"]["compound"] == plain.sentiment.compound
    assert document["tweet"]["clean"] == plain.clean
    guard = Guard(PrivacySettings(redact=("email",)), b"", frozenset(), ScoringSettings())
    chunk = score_chunk(records([encode(tweet(text=text))]), ANALYZER, namespace="default", guard=guard)
    assert documents(chunk)["x:1"]["message"] == "late & sad <3, mail [email]"


def test_counting() -> None:
    """Read, scored and rejected add up; no document is counted before Elasticsearch has answered."""
    outcome = scored(encode(tweet(text="great")), None, encode(tweet(id="x:2", text="a table"))).outcome
    assert (outcome.read, outcome.scored, outcome.rejected) == (
        Counter(tweets=3),
        Counter(positive=1, neutral=1),
        Counter(no_value=1),
    )
    assert outcome.indexed.total() == 0


def test_matches_are_counted_for_tracked_entities() -> None:
    """A tweet counts for every tracked brand it names, and once for all others together."""
    named = tweet(text="great acme, great bolt", entities=("Strange", "Stranger"))
    assert scored(encode(named)).outcome.entities == Counter(
        {("Acme", "positive"): 1, ("Bolt", "positive"): 1, ("other", "positive"): 1}
    )


def test_a_tweet_of_nobody() -> None:
    """One that names no brand counts for none."""
    assert scored(encode(tweet())).outcome.entities == Counter()


def test_the_newest_time_is_of_accepted_tweets() -> None:
    """Whatever the order; without an accepted tweet there is none."""
    later = WRITTEN + timedelta(hours=2)
    values = [encode(tweet(id=f"x:{time}", written_at=time)) for time in (WRITTEN, later, WRITTEN)]
    assert scored(*values).outcome.newest == later.timestamp()
    assert scored(None).outcome.newest is None


def test_repeats_keep_their_first_record() -> None:
    """An id that comes twice has two documents here, and the record that a later refusal is about."""
    chunk = scored(encode(tweet(text="first")), encode(tweet(text="second")))
    assert [orjson.loads(body)["message"] for _, body in chunk.documents] == ["first", "second"]
    assert chunk.records["x:1"].at.offset == 0


def test_scoring_time_is_one_observation() -> None:
    """A chunk's time counts once, not once a record."""
    once = Durations()
    once.observe(2.0)
    ticks = iter([10.0, 11.0, 11.0, 12.0])
    outcome = scored(encode(tweet()), None, clock=lambda: next(ticks)).outcome
    assert (outcome.scoring, outcome.predicting) == (once, Durations())


def test_a_document_is_complete() -> None:
    """It is mapped, in UTC, and says when it was ingested."""
    document = documents(scored(encode(full_tweet())))["x:1"]
    assert unmapped(document, SCORED) == set()
    assert (document["@timestamp"], document["event"]["ingested"]) == ("2015-02-24T11:35:00Z", "2026-03-01T12:00:01Z")


@given(st.lists(st.one_of(st.none(), st.binary(max_size=20), tweets.map(encode)), max_size=8))
def test_nothing_is_lost(values: list[bytes | None]) -> None:
    """Whatever the records hold, each is a document or a rejection, and all of that is JSON that the mapping takes."""
    chunk = scored(*values, models=CHAMPIONS)
    rejected = refused_documents(chunk.refused, INGESTED, "default")
    assert len(chunk.documents) + len(rejected) == chunk.outcome.read.total() == len(values)
    assert chunk.outcome.scored.total() == len(chunk.documents)
    found = {
        dataset: [orjson.loads(body) for _, body in of]
        for dataset, of in ((SCORED, chunk.documents), (REJECTED, rejected))
    }
    assert {field for dataset, of in found.items() for one in of for field in unmapped(one, dataset)} == set()


def test_refused_later() -> None:
    """A document that Elasticsearch refuses is counted and kept like any rejection."""
    chunk = scored(encode(tweet()))
    refuse(chunk, RejectedRecord(Rejection(Reason.MAPPING, "too odd"), chunk.records["x:1"]))
    ((id_, body),) = refused_documents(chunk.refused, INGESTED, "default")
    assert chunk.outcome.rejected == Counter(mapping=1)
    assert (id_, orjson.loads(body)["error"]) == ("tweets-0-0-1772366400000", {"type": "mapping", "message": "too odd"})


class Unwritable(Analyzer):
    """Finds a word that has no JSON."""

    def analyze_all(self, tweets: Sequence[Tweet]) -> Any:
        return [replace(one, words=("\ud800",)) for one in super().analyze_all(tweets)]


def test_what_no_json_can_hold() -> None:
    """It is rejected alone, without its words; its neighbours are documents."""
    chunk = score_chunk([Record(encode(tweet()), AT)], Unwritable(ScoringSettings()), namespace="default")
    assert [refused.rejection for refused in chunk.refused] == [
        Rejection(Reason.BAD_FIELD, "no JSON can hold it: TypeError")
    ]
    assert (chunk.documents, chunk.outcome.scored, chunk.outcome.newest) == ([], Counter(), None)


def test_times_are_written_in_utc() -> None:
    """`Z`, not an offset of zero."""
    assert dumps({"at": WRITTEN}) == b'{"at":"2015-02-24T11:35:00Z"}'


def test_what_the_champions_say_is_in_the_document() -> None:
    """Label, probability and version of each; the reason only of a complaint; all of it is mapped."""
    chunk = scored(encode(tweet(text="late")), encode(tweet(id="x:2", text="thanks")), models=CHAMPIONS)
    late, thanks = (document["tweet"] for document in documents(chunk).values())
    (said,), (complaint,) = SENTIMENT.predict(["late"]), COMPLAINTS.predict(["late"])
    assert late["model"] == {"label": "negative", "probability": said.probability, "version": "s1"}
    assert late["complaint"] == {
        "label": "complaint",
        "probability": complaint.probability,
        "version": "c1",
        "reason": "late_flight",
    }
    assert (thanks["model"]["label"], thanks["complaint"]["label"]) == ("positive", "no_complaint")
    assert "reason" not in thanks["complaint"]
    assert [unmapped(document, SCORED) for document in documents(chunk).values()] == [set(), set()]


def test_without_models() -> None:
    """VADER alone: no field of a model, and nothing is counted of one."""
    chunk = scored(encode(tweet(text="late")))
    (document,) = documents(chunk).values()
    assert {"model", "complaint"} & document["tweet"].keys() == set()
    assert (chunk.outcome.predictions, chunk.outcome.compared, chunk.complaints) == (Counter(), Counter(), set())


def test_models_are_not_asked_in_a_language_that_no_scorer_speaks() -> None:
    """Nothing is said of such a tweet; its neighbours keep what is said of them."""
    texts = [("x:1", "late", "en"), ("x:2", "late", "de"), ("x:3", "thanks", "en")]
    chunk = scored(*[encode(tweet(id=id_, text=text, lang=lang)) for id_, text, lang in texts], models=CHAMPIONS)
    labels = {id_: document["tweet"].get("model", {}).get("label") for id_, document in documents(chunk).items()}
    assert labels == {"x:1": "negative", "x:2": None, "x:3": "positive"}
    assert chunk.outcome.predictions.total() == 5


def test_a_chunk_that_no_model_is_asked_about() -> None:
    """Rejected records and other languages only: nothing to predict is no fault."""
    chunk = scored(None, encode(tweet(lang="de")), models=CHAMPIONS)
    assert (len(chunk.documents), chunk.outcome.predictions) == (1, Counter())


def test_predictions_and_disagreements_are_counted() -> None:
    """VADER and the model are compared where both say negative, neutral or positive."""
    values = [("x:1", "late"), ("x:2", "thanks"), ("x:3", "a table")]
    outcome = scored(*[encode(tweet(id=id_, text=text)) for id_, text in values], models=CHAMPIONS).outcome
    assert outcome.scored == Counter(neutral=2, positive=1)
    assert outcome.predictions == Counter(
        {
            ("sentiment", "negative"): 1,
            ("sentiment", "neutral"): 1,
            ("sentiment", "positive"): 1,
            ("complaint", "complaint"): 1,
            ("complaint", "no_complaint"): 2,
            ("reason", "late_flight"): 1,
        }
    )
    assert (outcome.compared, outcome.disagreements) == (Counter(sentiment=3), Counter(sentiment=1))


def test_irrelevant_is_not_compared() -> None:
    """VADER does not know the word."""
    outsider = {Task.SENTIMENT: replace(linear_model(Task.SENTIMENT, {"irrelevant": 3.0}), version="s2")}
    outcome = scored(encode(tweet()), models=outsider).outcome
    assert (outcome.predictions, outcome.compared) == (Counter({("sentiment", "irrelevant"): 1}), Counter())


def test_what_needs_assistance() -> None:
    """The ids of complaints; of an id that comes twice the first tweet counts, as in Elasticsearch."""
    values = [("x:1", "late"), ("x:2", "thanks"), ("x:2", "late"), ("x:3", "late"), ("x:3", "thanks")]
    chunk = scored(*[encode(tweet(id=id_, text=text)) for id_, text in values], models=CHAMPIONS)
    assert chunk.complaints == {"x:1", "x:3"}


def test_predicting_is_timed_by_itself() -> None:
    """Scoring is all but the models; each is one observation a chunk."""
    ticks = iter([10.0, 11.0, 14.0, 15.0])
    outcome = scored(encode(tweet()), models=CHAMPIONS, clock=lambda: next(ticks)).outcome
    scoring, predicting = Durations(), Durations()
    scoring.observe(2.0)
    predicting.observe(3.0)
    assert (outcome.scoring, outcome.predicting) == (scoring, predicting)
