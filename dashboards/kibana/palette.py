"""Colours, which mean the same on every dashboard."""

NEGATIVE = "#F2495C"
NEUTRAL = "#8E9297"
POSITIVE = "#73BF69"
VOLUME = "#5794F2"
GUESSED = "#B9D2FA"
"""Of a volume that is a guess: paler."""
WARNING = "#FF9830"
EVENT = "#B877D9"

SENTIMENT = {"negative": NEGATIVE, "neutral": NEUTRAL, "positive": POSITIVE}

MEANS = ((NEGATIVE, -1.0), ("#B0B4B9", -0.05), ("#CDE8C9", 0.05), ("#A0D499", 0.15), (POSITIVE, 0.3))
"""The colour of a mean compound, and from where on: VADER's own limits, and steps between them and the best.

The mean of many tweets is seldom below -0.05 and mostly a little above: one green would hide what differs.
"""

SHARES = ((NEUTRAL, 0.0), ("#D9CBB5", 0.2), ("#F7CF95", 0.3), (WARNING, 0.4), (NEGATIVE, 0.5))
"""The colour of a negative share, and from where on: Grafana's limits, and steps below them, where most shares are.

A low one is not "good": no green.
"""

EARLIER = ("#98A2B3", "#B5BCC9", "#CDD2DB", "#E0E3E9")
"""Of the weeks before, the last one first: the further away, the paler."""

CATEGORIES = (
    *(VOLUME, WARNING, EVENT),
    *("#FADE2A", "#8AB8FF", "#CA95E5", "#FFCB7D", "#3274D9", "#E0B400", "#6E7278"),
)
"""For what is neither good nor bad, in the order in which it comes: no red, no green, and none too pale to be seen."""

MOST_REASONS = 20
"""As many as a model may tell apart; which they are is the model's own word."""
