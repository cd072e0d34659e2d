"""Which settings of a source are options of its command, too."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """Marks a field of a source's section: `tags: Annotated[tuple[str, ...], Option("…", "--tag")] = ()`.

    What is given on the command line wins over what is set. An option of several values can be repeated.

    Attributes:
        help: what people are told of it.
        flag: how it is written; else as the field is called, with hyphens.
        wrong: what they are told of a value that can't be one; else what the field's own check says.
    """

    help: str
    flag: str | None = None
    wrong: str | None = None
