"""Colours, which mean the same on every dashboard."""

NEGATIVE = "#F2495C"
NEUTRAL = "#8E9297"
POSITIVE = "#73BF69"
VOLUME = "#5794F2"
WARNING = "#FF9830"

SENTIMENT = {"negative": NEGATIVE, "neutral": NEUTRAL, "positive": POSITIVE}

BY_ORDER = "complementary"
"""Kibana's palette for what is neither good nor bad, from blue to orange: the others hand out red and green."""

MOST_REASONS = 20
"""As many as a model may tell apart; which they are is the model's own word."""
