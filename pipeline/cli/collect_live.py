"""`collect <name>`: a command for each live source of the table, with its settings as options."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import Parameter, Signature
from typing import Annotated, Any, get_origin

import typer
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from rich.markup import escape

from pipeline.cli.app import err, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.collect import collect, collect_from
from pipeline.errors import ConfigError
from pipeline.section import Section
from pipeline.settings import load_section
from pipeline.sources.live.option import Option
from pipeline.sources.table import LIVE_SOURCES, Entry

DRY_RUN = "Ask the server about the settings, say what a start would do, and change nothing."


def options_of(section: type[Section]) -> Iterator[tuple[str, FieldInfo, Option]]:
    """The fields of a section that are options."""
    for name, field in section.model_fields.items():
        for mark in field.metadata:
            if isinstance(mark, Option):
                yield name, field, mark


def flag_of(name: str, option: Option) -> str:
    """The option's name on the command line."""
    return option.flag or f"--{name.replace('_', '-')}"


def command_of(source: Entry) -> Callable[..., None]:
    """A function for typer to make a command of: its parameters are the options in the source's section."""

    def run(**given: Any) -> None:
        dry_run = given.pop("dry_run", False)
        settings = current_settings()
        section = with_options(load_section(source.name, source.section), given)
        for doubt in source.doubts(section):
            err.print(f"warning: {doubt}", markup=False, soft_wrap=True)
        if dry_run and source.preview:
            for line in source.preview(section, settings.state_dir):
                out.print(line, markup=False, soft_wrap=True)
            return
        collect_from(settings, source.name, lambda events, clock: source.make(section, events, clock))

    parameters = list(_parameters(source))
    run.__doc__ = f"Publish {source.reads}, from now on; what was missed since the last run comes too."
    # typer reads the annotations and the signature, which stand here as if they were written down.
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return run


def with_options(section: Section, given: dict[str, Any]) -> Section:
    """The section with the given options, which override the settings.

    Raises:
        ConfigError: an option has an invalid value.
    """
    # A flag that is not given is False, and must not switch off what the settings switch on.
    changed = {name: value for name, value in given.items() if value is not None and value is not False}
    try:
        return type(section)(**dict(section) | changed)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        name = str(fault["loc"][0])
        option = next(option for known, _, option in options_of(type(section)) if known == name)
        raise ConfigError(f"{flag_of(name, option)} {option.wrong or fault['msg']}") from None


def _parameters(source: Entry) -> Iterator[Parameter]:
    for name, field, option in options_of(source.section):
        given = typer.Option(flag_of(name, option), help=escape(option.help))
        yield _parameter(name, _type_of(field), given)
    if source.preview:
        yield _parameter("dry_run", bool, typer.Option("--dry-run", help=DRY_RUN))


def _parameter(name: str, type_: Any, given: Any) -> Parameter:
    default = False if type_ is bool else None
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[type_, given])


def _type_of(field: FieldInfo) -> Any:
    """The type for typer: a list for several values; None stands for an option that is not given."""
    if field.annotation is bool:
        return bool
    return (list[str] if get_origin(field.annotation) is tuple else field.annotation) | None  # type: ignore[operator]


for _source in LIVE_SOURCES:
    collect.command(_source.name)(command_of(_source))
