"""The paths of the files that tests read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from pipeline.settings import default_cache_dir

ROOT = Path(__file__).parent.parent
NAMED = "TWEETPULSE_TEST_DATA"

Kind = Literal["generated", "real"]


@dataclass(frozen=True, slots=True)
class Data:
    """The data sets of one kind; generated ones are always there.

    Attributes:
        kind: which one.
        folder: in which the sets have folders of their own.
    """

    kind: Kind
    folder: Path

    def __call__(self, name: str) -> Path:
        """The path of a file or a set; the test is skipped where it is absent."""
        path = self.folder / name
        if not path.exists():
            pytest.skip(f"needs {name} of the real tweets: `make data` fetches it, or says where to get it")
        return path


def data_folder() -> Path:
    """Where the real tweets are: the folder that is named, else the one beside the checkout, else in the cache."""
    beside = ROOT.parent / "shared" / "data"
    if NAMED in os.environ:
        return Path(os.environ[NAMED]).expanduser()
    return beside if beside.is_dir() else default_cache_dir() / "test-data"


def real_data(name: str) -> Path:
    """A file or a set of the real tweets; the test is skipped where it is absent."""
    return Data("real", data_folder())(name)


def kinds() -> list[Kind]:
    """What tests of layouts run on: generated data, and real data where there are any."""
    folder = data_folder()
    return ["generated", "real"] if folder.is_dir() and any(folder.iterdir()) else ["generated"]
