"""A user's own source, named as `module:Class`: one that is iterated, or a live one with feeds."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from pipeline.domain.tweet import Tweet
from pipeline.errors import ConfigError, PipelineError, SourceError
from pipeline.sources.live.feed import LiveSource
from pipeline.sources.live.runtime import MakeSource
from pipeline.sources.pacing import Clock
from pipeline.sources.source import Item, Source, SourceEvents, Unreadable

_NAME = re.compile(r"[a-z0-9_]{1,30}")
_EXAMPLE = "--source my_module:MySource"
_DEBUG = "see where with `tweetpulse --debug collect --source ...`"


class OwnSource:
    """A user's source as a live one: what it lacks of that is filled in, and what it yields is looked at.

    Args:
        source: has a `name` and can be iterated; `acknowledged` and `close` are called where it has them.
        name: its name, which its tweets get as their source.
        spec: how the user named it.
    """

    def __init__(self, source: Source, name: str, spec: str) -> None:
        self.name = name
        self._source = source
        self._spec = spec

    def __iter__(self) -> Iterator[Item]:
        try:
            for item in self._source:
                yield self._checked(item)
        except PipelineError:
            raise
        except Exception as error:
            # Its message may quote a tweet, so only its kind is shown.
            raise SourceError(f"the source {self._spec} failed with {type(error).__name__}: {_DEBUG}") from error

    def acknowledged(self, tweets: Sequence[Tweet]) -> None:
        """Hand on what Kafka has, if the source wants to know."""
        _call(self._source, "acknowledged", tweets)

    def close(self) -> None:
        """Ask the source to end, if it can be asked."""
        _call(self._source, "close")

    def _checked(self, item: Any) -> Item:
        if isinstance(item, Tweet):
            return item if item.source == self.name else replace(item, source=self.name)
        if isinstance(item, Unreadable):
            return item
        raise SourceError(
            f"the source {self._spec} yields a {type(item).__name__}: it is to yield Tweet or Unreadable "
            "(pipeline.domain.tweet, pipeline.sources.source)"
        )


def load_source(spec: str) -> tuple[str, MakeSource]:
    """The name of the source that `module:Class` names, and what makes it.

    Raises:
        ConfigError: there is no such module or class, or it is no source.
    """
    class_ = _class(spec)
    name = getattr(class_, "name", None)
    is_live = hasattr(class_, "waits")
    if not (callable(class_) and (is_live or callable(getattr(class_, "__iter__", None)))):
        raise ConfigError(f"{spec} is no source: it needs `__iter__`, which yields tweets, and a `name`")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigError(f"{spec}.name is to be a label of up to 30 small letters, digits and _, on the class")
    if is_live:
        return name, lambda events, clock: cast(LiveSource, _made(class_, spec, events=events, clock=clock))
    return name, lambda events, clock: OwnSource(_iterated(class_, spec, events, clock), name, spec)


def _class(spec: str) -> Any:
    module_name, colon, class_name = spec.partition(":")
    if not (colon and module_name and class_name.isidentifier()):
        raise ConfigError(f"--source {spec!r} is not module:Class, such as {_EXAMPLE}")
    folder = str(Path.cwd())
    if folder not in sys.path:
        # At the end of the path, so that a file in the folder can't replace an installed module.
        sys.path.append(folder)
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"there is no module {error.name}, which {spec} needs: install it, or go to its folder"
        ) from None
    except Exception as error:
        raise ConfigError(f"{module_name} can't be imported ({type(error).__name__}): {_DEBUG}") from error
    if not hasattr(module, class_name):
        raise ConfigError(f"there is no {class_name} in {module_name}")
    return getattr(module, class_name)


def _iterated(class_: Any, spec: str, events: SourceEvents, clock: Clock) -> Source:
    source: Source = _made(class_, spec, events=events, clock=clock)
    if "events" not in _parameters(class_):
        # It has no way to report that it is connected, so it counts as connected from the start.
        events.connected()
    return source


def _made(class_: Any, spec: str, **known: object) -> Any:
    """An instance, given what its parameters name of what is known."""
    wanted = _parameters(class_)
    try:
        return class_(**{name: value for name, value in known.items() if name in wanted})
    except PipelineError:
        raise
    except TypeError as error:
        raise ConfigError(f"{spec} can't be made: a source takes `events`, `clock` or nothing; {_DEBUG}") from error
    except Exception as error:
        raise ConfigError(f"{spec} can't be made ({type(error).__name__}): {_DEBUG}") from error


def _parameters(class_: Any) -> Sequence[str]:
    try:
        # Classes that are written in C may have no signature.
        return list(inspect.signature(class_).parameters)
    except (TypeError, ValueError):
        return ()


def _call(source: Source, method: str, *arguments: object) -> None:
    function = getattr(source, method, None)
    if callable(function):
        function(*arguments)
