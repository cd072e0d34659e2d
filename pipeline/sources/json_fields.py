"""JSON objects as rows: which fields there are, by dotted paths, and what they hold as a column's text. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import orjson

from pipeline.domain.record import decode
from pipeline.domain.tweet import Tweet
from pipeline.errors import SourceError
from pipeline.sources import layouts
from pipeline.sources.layouts import Columns, Layout, Role
from pipeline.sources.rows import BadRow
from pipeline.sources.source import Unreadable

T = TypeVar("T")

DEEPEST = 3
"""Objects within objects whose fields are shown as paths; `--columns` may name deeper ones."""

_ABSENT = object()


def names_of(things: Iterable[dict[str, Any]]) -> list[str]:
    """The paths of all fields that hold a value, in the order of their first appearance."""
    return list(dict.fromkeys(path for thing in things for path in _paths(thing)))


def holds(thing: dict[str, Any], path: str) -> bool:
    """True if the object has this field, also if nothing is in it."""
    return _value_at(thing, path) is not _ABSENT


def bind(layout: Layout) -> Columns:
    """The layout's fields as columns; an object may lack some."""
    paths = _named(layout)
    return Columns(layout, {role: position for position, role in enumerate(paths)}, len(paths))


def require(layout: Layout, things: Sequence[dict[str, Any]]) -> None:
    """Check that a file that begins with these objects has the layout's fields.

    Raises:
        SourceError: none of them has one that the layout names.
    """
    for role, path in layout.columns.items():
        if not any(holds(thing, str(path)) for thing in things):
            names = layouts.listed(names_of(things), is_header=True, of="field")
            raise SourceError(f"no field {path} for {role}: the first objects have {names}")


def item_of(value: bytes, where: str, columns: Columns, make: Callable[[list[str], Columns], T]) -> T | Unreadable:
    """What `make` makes of a JSON object; where it raises BadRow, and for all else, the value is unreadable."""
    try:
        thing = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        return Unreadable(value, where, f"not JSON: character {error.pos} of {len(value)}")
    if not isinstance(thing, dict):
        return Unreadable(value, where, "not a JSON object")
    try:
        return make([_text_of(_value_at(thing, path), role) for role, path in _named(columns.layout).items()], columns)
    except BadRow as why:
        return Unreadable(why.record or value, where, str(why))


def rejectable(item: T | Unreadable) -> T | Unreadable:
    """The item. An object that is unreadable here, and which the stream would take for a record of ours, is wrapped.

    It then is a JSON string, which holds all of it and is rejected as any other.
    """
    if isinstance(item, Unreadable) and isinstance(decode(item.raw), Tweet):
        return Unreadable(orjson.dumps(item.raw.decode()), item.where, item.why)
    return item


def _named(layout: Layout) -> dict[Role, str]:
    """Role → path."""
    return {role: str(path) for role, path in {**layout.columns, **layout.optional}.items()}


def _paths(thing: dict[str, Any], prefix: str = "", depth: int = DEEPEST) -> Iterator[str]:
    for name, value in thing.items():
        if isinstance(value, dict) and depth:
            yield from _paths(value, f"{prefix}{name}.", depth - 1)
        else:
            yield prefix + name


def _value_at(thing: Any, path: str) -> Any:
    """What a path leads to: `body.content`, `tags.0`, or a field that is itself called so."""
    if isinstance(thing, dict) and path in thing:
        return thing[path]
    name, dot, rest = path.partition(".")
    if isinstance(thing, list):
        inner = thing[int(name)] if name.isdecimal() and int(name) < len(thing) else _ABSENT
    else:
        inner = thing.get(name, _ABSENT) if isinstance(thing, dict) else _ABSENT
    return _value_at(inner, rest) if dot and inner is not _ABSENT else inner


def _text_of(value: Any, role: Role) -> str:
    """A value as a table would hold it; nothing where it is absent, or is no value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        # Tables with empty cells turn whole numbers into floats when they are exported, such as 12.0.
        return str(int(value)) if value.is_integer() else str(value)
    if role == "coordinates" and isinstance(value, list):
        return orjson.dumps(value).decode()
    if role == "text" and value is not None and value is not _ABSENT:
        raise BadRow("its text is not a string")
    return ""
