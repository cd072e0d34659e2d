"""Ask a server on loopback whether it is there."""

from __future__ import annotations

import contextlib
import json
import urllib.request
from http.client import HTTPException
from typing import Any

from pipeline.embedded.ports import HOST

# A proxy of the environment can't reach this machine's loopback.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(port: int, path: str, timeout: float = 2.0) -> dict[str, Any]:
    """The JSON object at a path; empty if nothing answers in time, or with anything else."""
    with (
        contextlib.suppress(OSError, HTTPException, ValueError),
        _OPENER.open(f"http://{HOST}:{port}{path}", timeout=timeout) as answer,
    ):
        found = json.load(answer)
        return found if isinstance(found, dict) else {}
    return {}
