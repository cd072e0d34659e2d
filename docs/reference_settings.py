"""The page of all settings: from the fields of the pydantic classes, and the docstring below each of them."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from pipeline.cli.collect_live import flag_of, options_of
from pipeline.section import Section
from pipeline.setting_names import variable
from pipeline.settings import Settings
from pipeline.sources.table import LIVE_SOURCES

TITLE = "Settings"

_HEAD = """\
A setting is looked for in the environment, then in `.env`, then in `tweetpulse.toml` in the working folder; the first
that has it wins. In `tweetpulse.toml` each section below is a table (`[kafka]`). In the environment a list or a table
is written as JSON (`TWEETPULSE_STREAM__SINKS='["elasticsearch"]'`). An unknown name is an error, and the message names
the setting that was meant. Times are in seconds and sizes in bytes, unless the name says otherwise.
"""
_COLUMNS = ("setting", "value", "default", "meaning", "variable")
_WORDS: dict[Any, str] = {bool: "true or false", int: "whole number", float: "number", str: "text", Path: "path"}


def page() -> str:
    """All sections, the settings without one first."""
    whole = [name for name, field in Settings.model_fields.items() if not _section(field)]
    found = [_HEAD, table(whole)]
    for name, kind in _sections().items():
        found += [f"## `[{name}]`", inspect.cleandoc(kind.__doc__ or ""), table([name])]
    return "\n\n".join(part.strip() for part in found) + "\n"


def table(wanted: Sequence[str], *, without: Sequence[str] = ()) -> str:
    """The rows of these settings: those of a whole section (`kafka`), single ones (`kafka.partitions`, `state_dir`)."""
    columns = [name for name in _COLUMNS if name not in without]
    rows = [[row[name] for name in columns] for one in wanted for row in _rows(one)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, ["-"] * len(columns), *rows))


def meanings(kind: type[BaseModel]) -> dict[str, str]:
    """Field → the docstring below it, on one line."""
    (written,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(written, ast.ClassDef)
    found = {}
    for field, below in zip(written.body, written.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = " ".join(inspect.cleandoc(text).split())
    return found


def _rows(wanted: str) -> Iterator[dict[str, str]]:
    section, _, name = wanted.partition(".")
    kind = _sections().get(section)
    if kind is None:
        yield _row((section,), Settings.model_fields[section], meanings(Settings)[section])
        return
    told = meanings(kind) | _told_by_options(kind)
    for one in [name] if name else kind.model_fields:
        if one not in told:
            raise LookupError(f"{kind.__name__}.{one} has no meaning: write a docstring below it")
        yield _row((section, one), kind.model_fields[one], told[one])


def _sections() -> dict[str, type[Section]]:
    found = {name: kind for name, field in Settings.model_fields.items() if (kind := _section(field))}
    return found | {source.name: source.section for source in LIVE_SOURCES}


def _told_by_options(kind: type[Section]) -> dict[str, str]:
    return {name: f"{option.help} Option: `{flag_of(name, option)}`." for name, _, option in options_of(kind)}


def _row(path: tuple[str, ...], field: FieldInfo, meaning: str) -> dict[str, str]:
    value = _value(field.annotation, field.metadata)
    cells = (f"`{'.'.join(path)}`", value, _default(field), meaning, f"`{variable(path)}`")
    return dict(zip(_COLUMNS, (cell.replace("|", "\\|") for cell in cells), strict=True))


def _value(annotation: Any, metadata: list[Any]) -> str:
    """What may be written there, in words."""
    of = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return _value(of[0], [bound for one in of[1:] for bound in getattr(one, "metadata", [one])])
    if type(None) in of:
        return _value(next(one for one in of if one is not type(None)), metadata)
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{one}`" for one in of)
    if get_origin(annotation) is tuple:
        return f"list: {_value(of[0], [])}"
    if get_origin(annotation) is dict:
        return "table" if of[1] is Any else f"table; {_key(of[0])} → {_value(of[1], [])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return ", ".join(annotation.model_fields)
    if annotation is SecretStr:
        return "secret"
    return _WORDS[annotation] + "".join(_bounds(metadata))


def _key(annotation: Any) -> str:
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return ", ".join(f"`{one}`" for one in annotation)
    return "name"


def _bounds(metadata: list[Any]) -> Iterator[str]:
    for bound in metadata:
        match bound:
            case Gt(gt=least):
                yield f" above {least}"
            case Ge(ge=least):
                yield f" from {least:,}"
            case Le(le=most):
                yield f" to {most:,}"
        if pattern := getattr(bound, "pattern", None):
            yield f", as `{pattern}`"


def _default(field: FieldInfo) -> str:
    if field.default_factory is dict or field.default == {}:
        return "`{}`"
    if field.default_factory:
        return "by user"
    if field.default is None:
        return ""
    return f"`{field.default if isinstance(field.default, str) else json.dumps(field.default)}`"


def _section(field: FieldInfo) -> type[Section] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def names() -> set[str]:
    """Every setting, as `kafka.partitions`."""
    return set(re.findall(r"^\| `([a-z_.]+)`", page(), re.MULTILINE))
