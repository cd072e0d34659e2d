"""Fetches the real data sets that may be fetched, verifies them, and says where to get the others.

    make data
    python -m tests.datasets [FOLDER]

FOLDER is by default the one that tests look into: TWEETPULSE_TEST_DATA, else a folder of the cache.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.datasets.fetching import Unreachable, fetch
from tests.datasets.published import BY_HAND, DataSet, data_sets
from tests.paths import data_folder


def run(sets: Sequence[DataSet], folder: Path) -> int:
    """Fetch them; the exit code: 0, or 1 if a file is missing."""
    _say(f"Into {folder}:")
    for one in sets:
        megabytes = sum(file.size for file in one.fetched) / 1e6
        _say(f"  {one.name}: {one.what}; licence: {one.licence}; {megabytes:.1f} MB from {one.address}")
    wrong = list[str]()
    try:
        for one in sets:
            wrong += fetch(one, folder, _say)
    except Unreachable as error:
        wrong.append(str(error))
    for line in wrong:
        sys.stderr.write(f"make data: {line}\n")
    lacking = {name: what for name, what in BY_HAND.items() if not (folder / name).exists()}
    if lacking:
        _say(f"Not fetched, because no publisher is known to have these very files; put them into {folder} yourself:")
    for name, what in lacking.items():
        _say(f"  {name}: {what}")
    return int(bool(wrong))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(run(data_sets(), Path(sys.argv[1]) if sys.argv[1:] else data_folder()))
    except KeyboardInterrupt:
        sys.stderr.write("make data: stopped; what is there is kept, and the next time goes on from it\n")
        sys.exit(130)
