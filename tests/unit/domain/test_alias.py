"""Faults of the alias, and their cures."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.domain.alias import ALIAS, AliasState, alias_actions, alias_state

OURS, THEIRS = "logs-tweets.scored-ours", "logs-tweets.scored-theirs"


def remove(name: str) -> dict[str, Any]:
    return {"remove": {"index": name, "alias": ALIAS}}


def add(name: str) -> dict[str, Any]:
    return {"add": {"index": name, "alias": ALIAS}}


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        (AliasState((OURS,)), None),
        (AliasState((THEIRS,)), None),
        (AliasState(), "points at nothing"),
        (AliasState((OURS, THEIRS)), "so tweets count more than once"),
        (AliasState(("notes",)), "holds no scored tweets"),
        (AliasState((OURS,), (OURS,)), "has a filter"),
    ],
)
def test_what_is_wrong_with_it(state: AliasState, fault: str | None) -> None:
    """It is to name one data stream of scored tweets, whole; of which namespace is not said here."""
    assert (fault in state.fault) if fault and state.fault else state.fault is fault


@pytest.mark.parametrize(
    ("state", "switch", "actions"),
    [
        (AliasState((OURS,)), False, []),
        (AliasState(), False, [add(OURS)]),
        (AliasState((THEIRS,)), False, []),
        (AliasState((THEIRS,)), True, [remove(THEIRS), add(OURS)]),
        (AliasState((OURS, THEIRS)), False, [remove(THEIRS), add(OURS)]),
        (AliasState((THEIRS, "logs-tweets.scored-third")), False, []),
        (AliasState((OURS,), (OURS,)), False, [remove(OURS), add(OURS)]),
        (AliasState(("notes",)), False, [remove("notes"), add(OURS)]),
    ],
)
def test_what_mends_it(state: AliasState, switch: bool, actions: list[Any]) -> None:
    """A namespace that alone has the alias keeps it unless switched; one that shares it gets it alone."""
    assert alias_actions(state, "ours", switch=switch) == actions


def test_from_the_servers_answer() -> None:
    """Other aliases of the same data stream do not count."""
    answer = {
        OURS: {"aliases": {ALIAS: {"filter": {"match_all": {}}}, "mine": {}}},
        THEIRS: {"aliases": {"mine": {}}},
    }
    assert alias_state(answer) == AliasState((OURS,), (OURS,))
    assert alias_state({}) == AliasState()
