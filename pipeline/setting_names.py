"""The names of settings, so that a typo is told with the name that was meant. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

PREFIX = "TWEETPULSE_"
DELIMITER = "__"
FOREIGN = ("TWEETPULSE_GRAFANA_", "TWEETPULSE_TEST_")
"""Variables that are read by others than the settings: Grafana's provisioned files, and tests."""

Path = tuple[str, ...]
Model = type[BaseModel]


def unknown_variable(names: Iterable[str], model: Model, others: Collection[str] = ()) -> str | None:
    """The fault of the first environment variable that looks like a setting and is none.

    `others`: sections that are read elsewhere.
    """
    for name in sorted(name.upper() for name in names):
        if name.startswith(PREFIX) and not name.startswith(FOREIGN):
            path = tuple(name.removeprefix(PREFIX).lower().split(DELIMITER))
            if path[0] not in others and not _is_known(path, model):
                meant = nearest(path, model)
                return _told(name, variable(meant) if meant else None)
    return None


def unknown_key(table: Mapping[str, Any], model: Model, others: Collection[str] = (), above: Path = ()) -> str | None:
    """The fault of the first key of a TOML table that is no setting; `others`: sections that are read elsewhere."""
    for key, value in table.items():
        path = (*above, key)
        if path[0] in others:
            continue
        if not _is_known(path, model):
            return unknown(path, model)
        if isinstance(value, Mapping) and (told := unknown_key(value, model, others, path)):
            return told
    return None


def unknown(path: Path, model: Model) -> str:
    """What is said of a name in a file that no setting has."""
    meant = nearest(path, model)
    return _told(".".join(path), f"{'.'.join(meant)} ({variable(meant)})" if meant else None)


def nearest(path: Path, model: Model) -> Path | None:
    """The setting or section whose name is most like this one, if any is."""
    known = {".".join(one): one for one in _paths(model)}
    found = difflib.get_close_matches(".".join(path).lower(), known, n=1)
    return known[found[0]] if found else None


def variable(path: Path) -> str:
    """The environment variable of a setting: `("kafka", "partitions")` → `TWEETPULSE_KAFKA__PARTITIONS`."""
    return PREFIX + DELIMITER.join(path).upper()


def _is_known(path: Path, model: Model) -> bool:
    first, *rest = path
    field = model.model_fields.get(first)
    if field is None:
        return False
    below = _section(field.annotation)
    return not rest or below is None or _is_known(tuple(rest), below)


def _paths(model: Model, above: Path = ()) -> Iterator[Path]:
    for name, field in model.model_fields.items():
        yield (*above, name)
        if below := _section(field.annotation):
            yield from _paths(below, (*above, name))


def _section(annotation: Any) -> Model | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _told(name: str, meant: str | None) -> str:
    return f"{name} is no setting: " + (
        f"did you mean {meant}?" if meant else "all of them are in pipeline/settings.py"
    )
