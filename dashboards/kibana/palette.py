"""Colours, which mean the same on every dashboard."""

NEGATIVE = "#F2495C"
NEUTRAL = "#8E9297"
POSITIVE = "#73BF69"
VOLUME = "#5794F2"
WARNING = "#FF9830"

SENTIMENT = {"negative": NEGATIVE, "neutral": NEUTRAL, "positive": POSITIVE}

REASONS = {
    "customer_service": "#5794F2",
    "late_flight": "#FF9830",
    "cancelled_flight": "#B877D9",
    "lost_luggage": "#FADE2A",
    "bad_flight": "#8AB8FF",
    "flight_attendant": "#CA95E5",
    "booking_problem": "#FFCB7D",
    "long_lines": "#3274D9",
    "damaged_luggage": "#E0B400",
    "other": "#6E7278",
}
"""Why people complain: none of it good or bad, so none is red or green; the same as in Grafana."""
