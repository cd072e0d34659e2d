"""Colours, which mean the same as on the boards; a test holds them equal, since neither imports the other."""

from __future__ import annotations

from pipeline.domain.sentiment import Label

LABELS = {
    Label.NEGATIVE: "#F2495C",
    Label.NEUTRAL: "#8E9297",
    Label.POSITIVE: "#73BF69",
    Label.UNSUPPORTED: "#4A4D52",
}
"""Every label, in the order in which they are shown; the last is in no share."""

VOLUME = "#5794F2"
WARNING = "#FF9830"

NEGATIVE_SHARE = ((0.4, WARNING), (0.5, LABELS[Label.NEGATIVE]))
"""From which negative share on a number has which colour; a low share is not "good", and has none."""
