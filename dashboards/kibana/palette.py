"""Colours, which mean the same on every dashboard."""

NEGATIVE = "#F2495C"
NEUTRAL = "#8E9297"
POSITIVE = "#73BF69"
VOLUME = "#5794F2"
WARNING = "#FF9830"

SENTIMENT = {"negative": NEGATIVE, "neutral": NEUTRAL, "positive": POSITIVE}
