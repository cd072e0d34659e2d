"""Which layout JSON has: X API v2, X API v1.1, or fields with names of their own. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.errors import SourceError
from pipeline.sources import layouts
from pipeline.sources.json_fields import names_of
from pipeline.sources.layouts import V1, V2, Layout
from pipeline.sources.twitter import tweets, tweets_v1

Json = dict[str, Any]


def chosen(things: Sequence[Json], layout: str, own: Layout | None) -> Layout:
    """The layout of a file that begins with these objects.

    Args:
        things: the first objects of the file; there may be none that is readable.
        layout: a name, or `auto`.
        own: as `--columns` describes it; wins over `layout`.

    Raises:
        ConfigError: there is no such layout.
        SourceError: it does not fit; the error names the one that would.
    """
    if own is not None:
        if not own.has_header:
            raise SourceError("it holds JSON, whose fields have names: --columns text=NAME, or text=OUTER.INNER")
        return own
    if layout == "auto":
        return _detected(things)
    wanted = layouts.named(layout)
    if not things or _fits(wanted, things):
        return wanted
    raise SourceError(f"it does not have the layout {layout}{_cure(things)}")


def of_x(things: Sequence[Json]) -> Layout | None:
    """V1 or V2, by the first object that is certainly one."""
    for thing in things:
        if tweets_v1.holds(thing):
            return V1
        if tweets.holds(thing):
            return V2
    return None


def _detected(things: Sequence[Json]) -> Layout:
    found = of_x(things)
    if found or not things:
        return found or V2
    try:
        return layouts.detected(names_of(things), "field")
    except SourceError:
        # Read as X's, each object is rejected with a message that names what it is.
        others = _others(things)
        if others is None:
            raise
        return others


def _others(things: Sequence[Json]) -> Layout | None:
    """V1 or V2 for what else its API answers."""
    for thing in things:
        if tweets_v1.notice_of(thing):
            return V1
        if tweets.other_of(thing):
            return V2
    return None


def _fits(layout: Layout, things: Sequence[Json]) -> bool:
    if layout in (V1, V2):
        found = of_x(things) or _others(things)
        # A tweet of v2 with further fields is not recognised by itself, but is one if `--layout` says so.
        return found is layout or (
            found is None and layout is V2 and any({"id", "text"} <= one.keys() for one in things)
        )
    return layouts.fits(layout, names_of(things))


def _cure(things: Sequence[Json]) -> str:
    try:
        fitting = _detected(things)
    except SourceError as error:
        return f"; {error.message}"
    if fitting.name == layouts.OWN:
        return ", but fields whose names are known: leave --layout out"
    return f": take --layout {fitting.name}, or leave it out"
