"""A stack that ends with whoever started it, however that ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.embedded.stack import stop

_WATCH = """
import sys
from pathlib import Path
sys.stdin.buffer.read()
from pipeline.embedded.stack import stop
stop(Path(sys.argv[1]), delete_data=sys.argv[2] == "True")
"""


@contextmanager
def guarded(state_dir: Path, *, delete_data: bool = False) -> Iterator[None]:
    """Stop the stack of a state folder when the block ends, and also if this process is killed in it.

    A watching process holds a pipe from this one: its end says that this process is gone.
    """
    command = [sys.executable, "-c", _WATCH, str(state_dir), str(delete_data)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True):
        try:
            yield
        finally:
            stop(state_dir, delete_data=delete_data)
