"""The fake X as a process of its own: `python -m tests.fake_x --rate 50 --seconds 3600 --every 60`.

It writes tweets at that rate for so long, and ends the stream every so often, each time in another way. It prints a
line of JSON with its address and its token, and serves until it is killed; `GET /report` says what it has written.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Iterator
from itertools import cycle, islice

from tests.fake_x.script import Cut, CutInside, Disconnect, End, Follow, Malformed, Refuse, Repeat, Silence, Step
from tests.fake_x.server import TOKEN, serving, write_steadily

ENDS: tuple[tuple[Step, ...], ...] = (
    (Cut(),),
    (Disconnect(),),
    (Cut(b'{"data": {"id": "17'),),
    (End(), Refuse(503)),
    (Repeat(20), CutInside(), End()),
    (Cut(), Refuse(429, {"title": "Too Many Requests", "status": 429}, reset=2)),
    (Malformed(), Cut()),
    (Silence(),),
)
"""How a stream is ended, one after the other."""


def script(seconds: float, every: float) -> Iterator[Step]:
    """Follow, end, follow, end, ...; the last connection stays."""
    for ends in islice(cycle(ENDS), max(0, int(seconds / every) - 1)):
        yield Follow(every)
        yield from ends
    yield Follow(10 * seconds + 600)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--seconds", type=float, default=3_600.0)
    parser.add_argument("--every", type=float, default=60.0)
    given = parser.parse_args()
    stopping = threading.Event()
    with serving(script(given.seconds, given.every)) as fake:
        fake.search_delay = 1.0
        sys.stdout.write(json.dumps({"url": fake.url, "token": TOKEN}) + "\n")
        sys.stdout.flush()
        while not fake.connected_at:
            threading.Event().wait(0.05)
        threading.Timer(given.seconds, stopping.set).start()
        write_steadily(fake, given.rate, stopping)
        threading.Event().wait()


if __name__ == "__main__":
    main()
