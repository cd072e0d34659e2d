"""The moods of the synthetic brands over time: a slow drift each, and a crisis of one of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, pi, sin

from pipeline.sources.phrases import BRANDS, Brand, Mood

CRISIS_BEFORE_SECONDS = 3_000.0
CRISIS_AFTER_SECONDS = 600.0
CRISIS_EVERY_SECONDS = 10_800.0
CRISIS_RISE_SECONDS = 180.0
CRISIS_FADE_SECONDS = 1_800.0
DRIFT_SECONDS = 7_200.0
SLOW_DRIFT_SECONDS = 23_000.0


def crisis(seconds: float) -> float:
    """The strength of the crisis, 0 to 1: one before the start, one ten minutes after, then every three hours."""
    if seconds < CRISIS_AFTER_SECONDS:
        age = seconds + CRISIS_BEFORE_SECONDS
    else:
        age = (seconds - CRISIS_AFTER_SECONDS) % CRISIS_EVERY_SECONDS
    return 0.0 if age < 0 else min(1.0, age / CRISIS_RISE_SECONDS) * exp(-age / CRISIS_FADE_SECONDS)


def drift(seconds: float, phase: float) -> float:
    """The general mood, −0.8 (bad) to 0.8 (good); two waves of different length, so that hours differ."""
    fast = sin(2 * pi * seconds / DRIFT_SECONDS + phase)
    slow = sin(2 * pi * seconds / SLOW_DRIFT_SECONDS + 2 * phase)
    return 0.5 * fast + 0.3 * slow


def mood_weights(seconds: float, phases: Sequence[float], in_crisis: Brand) -> list[float]:
    """The weight of each brand's each mood, in the order of BRANDS and Mood.

    Args:
        seconds: event time after the source's start; negative before it.
        phases: one per brand, in radians, so that they drift apart.
        in_crisis: the brand that crises befall.
    """
    weights = []
    for brand, phase in zip(BRANDS, phases, strict=True):
        depth = crisis(seconds) if brand is in_crisis else 0.0
        shares = _shares(drift(seconds, phase), depth)
        # In a crisis people write more about the brand, too: five times as much at its height.
        weights += [brand.weight * (1 + 4 * depth) * shares[mood] for mood in Mood]
    return weights


def _shares(good: float, depth: float) -> dict[Mood, float]:
    shares = {
        Mood.HAPPY: (0.42 + 0.3 * good) * (1 - 0.9 * depth),
        Mood.ANGRY: 0.22 - 0.2 * good + 2.0 * depth,
        Mood.CALM: 0.3 * (1 - 0.7 * depth),
        Mood.COMPLAINT: 0.06 + 0.4 * depth,
    }
    total = sum(shares.values())
    return {mood: share / total for mood, share in shares.items()}
