"""What sections of settings are made of: the base class, and the types that several of them use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]
Port = Annotated[int, Field(ge=0, le=65535)]
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


def _without_credentials(url: str) -> str:
    if "@" in url:
        # An address is shown to people, in errors and by `status`.
        raise ValueError("it holds a user or a password, which have settings of their own")
    return url


Url = Annotated[str, AfterValidator(_without_credentials)]


class Section(BaseModel):
    """A section is frozen, and an unknown name in it is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
