"""Compares templates, mappings and settings on a server with ours, as the server means them.

The server writes settings as nested or as dotted names, numbers as strings, and adds what is a default: none of that
is a difference. A mapping is compared field by field.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.domain.document import escaped

NOTHING = "nothing"
"""Stands for a value that is absent, on either side of a difference."""

THERE = "there"
"""Stands for an expected value of which the server has nothing."""

LINES = 10
"""So many differences of one place are told; of the others, how many there are."""

_LONGEST = 100
_OURS = frozenset({"_meta", "version"})
"""Said by whoever put the template there; versions are compared by themselves."""
_ADDED_MAPPINGS = frozenset({"_meta", "_data_stream_timestamp"})
_DEFAULTS = {
    ("data_stream.hidden", "false"),
    ("data_stream.allow_custom_routing", "false"),
    ("lifecycle.enabled", "true"),
    ("_source.mode", "stored"),
}

Flat = dict[str, str]
"""Path → value, both as people may read them."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it should be.

    Attributes:
        path: a field (`tweet.lang`), a setting (`index.codec`) or another part of a template.
        expected: what it should be, or "nothing".
        found: what it is, or "nothing".
    """

    path: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{_short(self.path)} should be {_short(self.expected)} and is {_short(self.found)}"


def between(expected: Mapping[str, str], found: Mapping[str, str], *, extra: bool = True) -> list[Difference]:
    """The differences, by path; `extra`: including values that are found and not expected."""
    paths = sorted(expected.keys() | found.keys() if extra else expected.keys())
    pairs = ((path, expected.get(path, NOTHING), found.get(path, NOTHING)) for path in paths)
    return [Difference(path, wanted, there) for path, wanted, there in pairs if wanted != there]


def lines(place: str, differences: Sequence[Difference]) -> list[str]:
    """A line per difference of one place, and one that counts those beyond the first ones."""
    told = [f"{place}: {difference}" for difference in differences[:LINES]]
    beyond = len(differences) - len(told)
    return [*told, f"{place}: {beyond} more"] if beyond else told


def flat_template(body: Mapping[str, Any]) -> Flat:
    """A component or index template."""
    template = body.get("template", {})
    rest = {key: value for key, value in body.items() if key not in (*_OURS, "template")}
    # Flattening drops the empty object, although it is what makes data streams.
    if "data_stream" in rest:
        rest["makes data streams"] = True
    others = {key: value for key, value in template.items() if key not in ("settings", "mappings")}
    parts = (_flat(rest), _flat(others), flat_settings(template.get("settings", {})))
    return {key: value for part in (*parts, flat_mapping(template.get("mappings", {}))) for key, value in part.items()}


def flat_settings(settings: Mapping[str, Any]) -> Flat:
    """Settings of an index, however they are written.

    >>> flat_settings({"index": {"number_of_shards": "1"}}) == flat_settings({"number_of_shards": 1})
    True
    """
    return {path if path.startswith("index.") else f"index.{path}": value for path, value in _flat(settings).items()}


def flat_mapping(mapping: Mapping[str, Any]) -> Flat:
    """A mapping: each field with its type and parameters, and what is said of the whole.

    >>> flat_mapping({"dynamic": True, "properties": {"a": {"properties": {"b": {"type": "keyword", "index": False}}}}})
    {'dynamic': 'true', 'a.b': 'keyword (index false)'}
    """
    whole = {key: value for key, value in mapping.items() if key != "properties" and key not in _ADDED_MAPPINGS}
    return _flat(whole) | dict(_fields(mapping.get("properties", {})))


def composed(templates: Sequence[Mapping[str, Any]], part: str) -> dict[str, Any]:
    """The `settings` or `mappings` of some component templates together, as the server composes them."""
    whole: dict[str, Any] = {}
    for template in templates:
        whole = _merged(whole, template.get("template", {}).get(part, {}))
    return whole


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        key: _merged(one[key], other[key])
        for key in one.keys() & other.keys()
        if isinstance(one[key], Mapping) and isinstance(other[key], Mapping)
    }
    return {**one, **other, **both}


def _fields(properties: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, body in properties.items():
        parameters = {key: value for key, value in body.items() if key not in ("type", "properties")}
        type_ = body.get("type", "object")
        # An object that only holds fields is told by these; one with parameters, or without fields, is told itself.
        if type_ != "object" or parameters or not body.get("properties"):
            yield prefix + name, _field(type_, parameters)
        yield from _fields(body.get("properties", {}), f"{prefix}{name}.")


def _field(type_: str, parameters: Mapping[str, Any]) -> str:
    told = ", ".join(f"{key} {_value(value)}" for key, value in sorted(parameters.items()))
    return f"{type_} ({told})" if told else type_


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Flat:
    flat: Flat = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        elif value is not None:
            flat[prefix + key] = _value(value)
    return {path: value for path, value in flat.items() if (path, value) not in _DEFAULTS}


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _short(text: str) -> str:
    # These words come from templates, which somebody else may have written.
    plain = escaped(text.encode(errors="replace"))
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"
