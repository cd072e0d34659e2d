"""The alias that everything reads tweets through, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.domain.document import SCORED, data_stream

ALIAS = "tweetpulse-tweets"
"""The alias that all readers of tweets use, so that one namespace can take another's place."""


@dataclass(frozen=True, slots=True)
class AliasState:
    """The targets of the alias.

    Attributes:
        holders: the data streams and indices that it names, sorted.
        filtered: those of them of which it shows a part only.
    """

    holders: tuple[str, ...] = ()
    filtered: tuple[str, ...] = ()

    @property
    def fault(self) -> str | None:
        """The fault of the alias for any namespace; None if there is none."""
        if not self.holders:
            return f"the alias {ALIAS} points at nothing, so boards show no tweets"
        if len(self.holders) > 1:
            return f"the alias {ALIAS} points at {', '.join(self.holders)}, so tweets count more than once"
        if not _is_scored(self.holders[0]):
            return f"the alias {ALIAS} points at {self.holders[0]}, which holds no scored tweets"
        if self.filtered:
            return f"the alias {ALIAS} has a filter, so boards show a part of the tweets"
        return None


def alias_state(answer: Mapping[str, Any]) -> AliasState:
    """From the answer of `GET /_alias/<name>`; an empty one is that of an alias that is not there."""
    found = {name: of["aliases"][ALIAS] for name, of in answer.items() if ALIAS in of.get("aliases", {})}
    return AliasState(tuple(sorted(found)), tuple(sorted(name for name, body in found.items() if "filter" in body)))


def alias_actions(state: AliasState, namespace: str, *, switch: bool) -> Sequence[Mapping[str, Any]]:
    """The actions of `POST /_aliases` that mend the alias, all in one step; empty if nothing is to be done.

    Where other namespaces have it and this one does not, it stays with them, unless `switch`. Else it points at this
    namespace alone.
    """
    stream = data_stream(SCORED, namespace)
    if state.holders == (stream,) and not state.filtered:
        return []
    if stream not in state.holders and any(map(_is_scored, state.holders)) and not switch:
        return []
    # One that has a filter is taken away first: adding it again would keep the filter.
    removed = [holder for holder in state.holders if holder != stream or holder in state.filtered]
    return [
        *({"remove": {"index": holder, "alias": ALIAS}} for holder in removed),
        {"add": {"index": stream, "alias": ALIAS}},
    ]


def _is_scored(holder: str) -> bool:
    return holder.startswith(f"logs-{SCORED}-")
