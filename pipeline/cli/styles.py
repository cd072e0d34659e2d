"""Colours mean one thing in every terminal view, as on the boards."""

from __future__ import annotations

from pipeline.domain.sentiment import Label

SCORED = {Label.NEGATIVE: "red", Label.NEUTRAL: "bright_black", Label.POSITIVE: "green"}
"""The labels that a share is made of, in the order in which they are shown."""

LABELS = {**SCORED, Label.UNSUPPORTED: "dim"}
"""All of them."""
