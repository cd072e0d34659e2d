"""Questions about what trained models say of tweets; documents of the time without a model are in none of them."""

from __future__ import annotations

from dashboards.grafana import config
from dashboards.grafana.queries.tweets import ALL, SCORED

LABEL = "tweet.model.label"
PROBABILITY = "tweet.model.probability"
VERSION = "tweet.model.version"
COMPLAINT_PROBABILITY = "tweet.complaint.probability"
COMPLAINT = "tweet.complaint.label"
REASON = "tweet.complaint.reason"

JUDGED = f"{SCORED} AND _exists_:{LABEL}"
"""Tweets with the label of a model, in a language that is scored."""

_BOTH = [f"(tweet.sentiment.label:{label} AND {LABEL}:{label})" for label in config.SCORED]
COMPARED = f"{JUDGED} AND NOT {LABEL}:irrelevant"
"""Those where VADER's label can be compared with the model's: VADER never says that a tweet is irrelevant."""
DIFFERS = f"{COMPARED} AND NOT ({' OR '.join(_BOTH)})"
"""A comparison of two fields of a document would need a script: the pairs are written out instead."""

OPPOSITE = (
    f"{ALL} AND ((tweet.sentiment.label:negative AND {LABEL}:positive)"
    f" OR (tweet.sentiment.label:positive AND {LABEL}:negative)) AND {PROBABILITY}:>0.7"
)
"""One says positive, the other negative, and the model is sure."""

GIVEN = "tweet.label.given"
LABELLED = f"{SCORED} AND _exists_:{GIVEN}"
"""Tweets that came with a label of people's, in a language that is scored."""
_AS_VADER = [f"({GIVEN}:{label} AND tweet.sentiment.label:{label})" for label in config.SCORED]
_AS_MODEL = [f"({GIVEN}:{label} AND {LABEL}:{label})" for label in config.SCORED]
VADER_AGREES = f"{LABELLED} AND ({' OR '.join(_AS_VADER)})"
LABELLED_JUDGED = f"{LABELLED} AND _exists_:{LABEL}"
MODEL_AGREES = f"{LABELLED_JUDGED} AND ({' OR '.join(_AS_MODEL)})"

COMPLAINTS = f"{ALL} AND {COMPLAINT}:complaint"
"""Tweets that need an answer by the model's word, with or without a reason by a second model."""
ASKED = f"{ALL} AND _exists_:{COMPLAINT}"
"""Tweets of which a model has said whether they are complaints."""
