"""This machine's clock against the servers': lag, freshness, retention and refills go by all of them."""

from __future__ import annotations

from pipeline.doctor.finding import Finding, fault, ok, warning

SKEW = 5.0
"""Seconds that are told."""

MUCH = 60.0
"""Seconds by which lag and freshness are worth nothing."""

_CURE = "let both keep time by NTP (`timedatectl set-ntp true`)"


def judge_clock(subject: str, name: str, theirs: float, before: float, after: float) -> Finding:
    """By what a server says, in seconds of the epoch, and this machine's time before and after it was asked."""
    # The server read its clock at some moment between the two, so a time between them shows no difference.
    skew = theirs - after if theirs > after else min(0.0, theirs - before)
    if abs(skew) < SKEW:
        return ok(subject, f"{name} and this machine agree within {SKEW:.0f} s")
    told = f"the clock of {name} is {abs(skew):,.0f} s {'ahead of' if skew > 0 else 'behind'} this machine's"
    return (fault if abs(skew) >= MUCH else warning)(subject, told, _CURE)


def judge_newest(subject: str, topic: str, appended: float | None, now: float) -> Finding:
    """By when Kafka got its newest record, in seconds of the epoch; None where there is none."""
    if appended is None:
        return ok(subject, f"{topic} has no record to compare the broker's clock by")
    ahead = appended - now
    if ahead < SKEW:
        return ok(subject, f"the newest record of {topic} is of {max(0.0, -ahead):,.0f} s ago by this machine's clock")
    told = f"the newest record of {topic} is {ahead:,.0f} s in the future by this machine's clock"
    return (fault if ahead >= MUCH else warning)(subject, told, _CURE)
