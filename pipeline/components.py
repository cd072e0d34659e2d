"""Scorers and sinks by name: ours, those of installed packages, and a user's own class as `module:Class`.

The stream, the command line and the doctor find components only through this table. A package names its own as entry
points (`tweetpulse.scorers`, `tweetpulse.sinks`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from pipeline.errors import ConfigError, PipelineError
from pipeline.ports import Scorer, Sink
from pipeline.settings import Settings

SCORERS: Mapping[str, str] = {"vader": "pipeline.scoring.vader_scorer:VaderScorer"}
SINKS: Mapping[str, str] = {"elasticsearch": "pipeline.sinks.elasticsearch.sink:ElasticsearchSink"}


def scorers_of(settings: Settings) -> tuple[Scorer, ...]:
    """The scorers that `scoring.scorers` names, in its order.

    Raises:
        ConfigError: a scorer can't be found or created, or none speaks a language of `scoring.languages`.
    """
    found: tuple[Scorer, ...] = _all(settings.scoring.scorers, SCORERS, "scorer", settings)
    check_languages(settings.scoring.languages, found)
    return found


def sinks_of(settings: Settings) -> tuple[Sink, ...]:
    """The sinks that `stream.sinks` names, in its order; nothing is connected yet.

    Raises:
        ConfigError: a sink can't be found or created, or two have the same name.
    """
    found: tuple[Sink, ...] = _all(settings.stream.sinks, SINKS, "sink", settings)
    names = [one.name for one in found]
    if len({*names}) != len(names):
        raise ConfigError(f"stream.sinks: two sinks are named {_repeated(names)}: give one of them another name")
    return found


def check_languages(languages: Sequence[str] | None, scorers: Sequence[Scorer]) -> None:
    """Settings may only narrow what scorers speak.

    Raises:
        ConfigError: no scorer speaks one of the languages.
    """
    if languages is None or any(not one.languages for one in scorers):
        return
    spoken = {language for one in scorers for language in one.languages}
    unspoken = sorted(set(languages) - spoken)
    if unspoken:
        known = "; ".join(f"{one.name}: {', '.join(sorted(one.languages))}" for one in scorers)
        raise ConfigError(
            f"scoring.languages names {unspoken[0]}, which no scorer speaks ({known}): leave it out, "
            "or add a scorer that speaks it to scoring.scorers"
        )


def _all(names: Sequence[str], ours: Mapping[str, str], kind: str, settings: Settings) -> tuple[Any, ...]:
    return tuple(_made(name, _found(name, ours, kind), settings, kind) for name in names)


def _found(name: str, ours: Mapping[str, str], kind: str) -> Any:
    # Ours come first, so that no installed package can take the place of one.
    path = ours.get(name) or _installed(name, kind) or name
    module, _, attribute = path.partition(":")
    if not attribute:
        known = ", ".join(sorted({*ours, *_entry_points(kind)}))
        raise ConfigError(f"there is no {kind} {name!r}: known are {known}, and your own as module:Class")
    try:
        found: Any = import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"the {kind} {name} can't be imported ({error}): is its folder in PYTHONPATH?") from None
    return found


def _installed(name: str, kind: str) -> str | None:
    return _entry_points(kind).get(name)


def _entry_points(kind: str) -> dict[str, str]:
    return {one.name: one.value for one in entry_points(group=f"tweetpulse.{kind}s")}


def _made(name: str, component: Any, settings: Settings, kind: str) -> Any:
    make = getattr(component, "made", None)
    try:
        if make is not None:
            return make(settings)
        return component(**settings.components.get(getattr(component, "name", name), {}))
    except PipelineError:
        raise
    except Exception as error:
        # It may be a user's own class, which can raise anything: the command still prints one line.
        raise ConfigError(
            f"the {kind} {name} can't be made ({type(error).__name__}: {error}): "
            "see its options in [components] of tweetpulse.toml"
        ) from error


def _repeated(names: Sequence[str]) -> str:
    return next(name for name in names if names.count(name) > 1)
