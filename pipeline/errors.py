"""Every error that this project raises on purpose.

    PipelineError              exit 1
    ├── ConfigError            exit 2   a setting, an argument or a credential is wrong
    ├── SetupError             exit 3   this machine or a server lacks what is needed
    │   └── NewerFormat                 a newer version of this project wrote a file that is to be read
    ├── SinkError              exit 4   a sink did not take what it was given
    │   └── SinkUnavailable             the environment's fault: wait and repeat
    │       └── SinkAway       exit 3   nobody answers at its address
    ├── ScoringError           exit 5   a scorer or a model can't be loaded or used
    ├── SourceError            exit 6   a source can't be read
    ├── NotPromoted            exit 7   a model was held to the champion, and the champion stays
    ├── NothingNew             exit 8   there is nothing to learn that the newest model does not know
    └── AlreadyRunning         exit 9   another process does the same at this moment

Libraries' errors are mapped to these where their calls are made. Messages are one line, name what
is wrong and what to do, and never hold a tweet's text, an author or a secret. All of them survive
pickling, since they travel from Spark's workers to its driver.
"""

from __future__ import annotations

from typing import Any, ClassVar


class PipelineError(Exception):
    """The root: anything that a person can be told in one line."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __reduce__(self) -> tuple[Any, ...]:
        # Otherwise unpickling would call the class with the message alone, and fail for want of a `reason`.
        return _rebuild, (type(self), self.__dict__)


class ConfigError(PipelineError):
    """A setting, an argument or a credential is wrong."""

    exit_code = 2


class SetupError(PipelineError):
    """This machine or a server lacks what is needed: Java, a port, disk space, a reachable address."""

    exit_code = 3


class NewerFormat(SetupError):
    """A newer version of this project wrote a file that is to be read: it is whole, and must not be dropped."""


class SinkError(PipelineError):
    """A sink did not take what it was given."""

    exit_code = 4


class SinkUnavailable(SinkError):
    """The environment's fault, not the documents': worth repeating.

    Attributes:
        reason: one of the sink's `waits`, or `kafka`.
        sink: the sink's name; "" until the stream has put it there.
    """

    def __init__(self, message: str, *, reason: str, sink: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.sink = sink


class SinkAway(SinkUnavailable):
    """A sink does not answer. For whoever does not wait for it, that is as with any other server."""

    exit_code = SetupError.exit_code


class ScoringError(PipelineError):
    """A scorer or a model can't be loaded or used."""

    exit_code = 5


class SourceError(PipelineError):
    """A source can't be read."""

    exit_code = 6


class NotPromoted(PipelineError):
    """A model was held to the champion, and the champion stays: no fault, but a scheduler wants to know."""

    exit_code = 7


class NothingNew(PipelineError):
    """No labelled data has come since the last training: no fault, but a scheduler wants to know."""

    exit_code = 8


class AlreadyRunning(PipelineError):
    """Another process does the same at this moment, and both would be for nothing."""

    exit_code = 9


class TooFew(PipelineError):
    """There are too few tweets for what was asked: no fault, but a scheduler wants to know."""

    exit_code = 10


def _rebuild(kind: type[PipelineError], state: dict[str, Any]) -> PipelineError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    Exception.__init__(error, state["message"])
    return error
