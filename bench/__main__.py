"""`python -m bench [name ...]`: all benchmarks or some; figures are printed, and kept in `bench/results/`."""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
NAMES = (
    "scoring",
    "exporter",
    "drain",
    "archive",
    "latency",
    "scraped",
    "models",
    "training",
    "boards",
    "windows",
    "profile",
    "places",
    "fields",
)


def main(names: list[str]) -> int:
    """Run the benchmarks of these names, or all of them; the exit code."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"bench: there is no {', '.join(unknown)}: choose from {', '.join(NAMES)}", file=sys.stderr)
        return 2
    for name in names or NAMES:
        load = os.getloadavg()[0]
        found = importlib.import_module(f"bench.{name}").run()
        print(f"kept in {_keep(name, found, load)}\n")
    return 0


def _keep(name: str, found: Any, load: float) -> Path:
    machine = {"cores": os.cpu_count(), "load_before": round(load, 2), "python": platform.python_version()}
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}-{time.strftime('%Y%m%dT%H%M%S')}.json"
    figures = asdict(found)
    if picture := figures.pop("picture", b""):
        path.with_suffix(".png").write_bytes(picture)
    path.write_text(json.dumps({"bench": name, "machine": machine, "figures": figures}, indent=2) + "\n")
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
