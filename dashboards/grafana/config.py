"""Settings that all boards share: data sources, colours, thresholds."""

from __future__ import annotations

TAG = "tweetpulse"
TAGS = ("sentiment", "operations", "models", "history", "topics")
"""What each board is about, besides; boards of one kind ask the same data sources."""
FOLDER = "tweetpulse"

PROMETHEUS = "tweetpulse-prometheus"
TWEETS = "tweetpulse-elasticsearch"
EVENTS = "tweetpulse-events"
WINDOWS = "tweetpulse-windows"
TOPICS = "tweetpulse-topics"

OVERVIEW = "tweetpulse-overview"
ENTITY = "tweetpulse-entity"
PIPELINE = "tweetpulse-pipeline"
MODELS = "tweetpulse-models"
HISTORY = "tweetpulse-history"
TOPICS_BOARD = "tweetpulse-topics"

NEGATIVE = "#F2495C"
NEUTRAL = "#8E9297"
POSITIVE = "#73BF69"
UNSUPPORTED = "#4A4D52"
VOLUME = "#5794F2"
WARNING = "#FF9830"
EVENT = "#B877D9"
OUTLINE = "#3b3f46"
DARK = "#2a2d33"
BAD, GOOD, QUIET = NEGATIVE, POSITIVE, NEUTRAL
PLAIN = "text"

SCORED = {"negative": NEGATIVE, "neutral": NEUTRAL, "positive": POSITIVE}
"""The colour of each sentiment label that a share is made of, in the order in which they are always shown."""
LABELS = {**SCORED, "unsupported": UNSUPPORTED}
"""VADER's: also what no scorer speaks."""
MODEL_LABELS = {**SCORED, "irrelevant": UNSUPPORTED}
"""A model's: also a tweet that is not about the entity at all."""

CATEGORIES = (
    VOLUME,
    WARNING,
    EVENT,
    "#FADE2A",
    "#8AB8FF",
    "#CA95E5",
    "#FFCB7D",
    "#3274D9",
    "#E0B400",
    "#6E7278",
)
"""For what is neither good nor bad: no red, no green."""

REASONS = {
    f"/^..[{letters}]/": colour
    for letters, colour in zip(("dlq", "objx", "ng", "sf", "ma", "ikv", "tw", "hepy", "rcuz"), CATEGORIES, strict=False)
}
"""Why people complain: pattern of the reason → colour.

Which reasons there are is the model's own word. So a reason has its colour by a hash, the third letter of its name: one
reason has the same colour on every panel, whichever others there are. Two may share one; nine colours that are neither
red nor green are not more.
"""
MOST_REASONS = 20
"""As many as a model may tell apart; a test holds it equal to the pipeline's own bound."""

NUMBERED = {rf"/^\d*{number}\. /": colour for number, colour in zip("1234567890", CATEGORIES, strict=True)}
"""Topics: pattern of the number before a topic's name → colour. The eleventh has that of the first."""

STEPS = {"documents": VOLUME, "models": EVENT}
"""What the time of a chunk goes into: all that is done for each tweet, VADER included, and the trained models."""

KIBANA = "http://127.0.0.1:5601"
"""Where links to Discover lead, until the reader says otherwise at the top of a board."""

NO_MODEL = "Nothing here. No model promoted yet? tweetpulse train"
"""The text of a panel without data. It is a question, since a quiet night looks the same."""
NO_LABELS = "Nothing here. No labelled file replayed? tweetpulse replay"
"""The same of a panel that is about given labels."""
NO_MODEL_OF = {
    task: f"Nothing here. No model of {task} promoted yet? tweetpulse train {task}"
    for task in ("sentiment", "complaint", "reason")
}
"""The same where a panel is about one task: that others have a model is no answer."""
NO_MODEL_YET = "no model yet?"
NO_SENTIMENT_YET = "no model of sentiment yet?"
"""The same where there is little room."""

NO_TOPICS = "Nothing here. No topics found yet? tweetpulse topics"

Steps = tuple[tuple[float | None, str], ...]

NO_STEPS: Steps = ((None, PLAIN),)
NEGATIVE_SHARE: Steps = ((None, PLAIN), (0.4, WARNING), (0.5, BAD))
"""A low negative share is not "good": no green."""
COMPOUND: Steps = ((None, NEGATIVE), (-0.05, NEUTRAL), (0.05, POSITIVE))
"""VADER's own thresholds."""


def worse(warning: float, bad: float) -> Steps:
    """Green below `warning`, orange from there, red from `bad`: for operations, where low is good."""
    return ((None, GOOD), (warning, WARNING), (bad, BAD))
