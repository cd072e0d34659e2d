"""A real Prometheus with the project's configuration, but for a shorter pace; and what can be asked of it."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pipeline.embedded import prometheus
from pipeline.embedded.folders import give
from pipeline.embedded.guard import guarded
from pipeline.embedded.ports import free_port
from pipeline.embedded.processes import let_live, unprivileged
from tests.processes import until
from tests.rules.debian import program
from tests.stacks import state_folder

PACE = 2
"""Seconds between two scrapes, and between two evaluations of the rules."""

NO_SECRETS: Mapping[str, bytes] = {}

Series = dict[str, str]


@dataclass(frozen=True)
class Prometheus:
    """One that runs."""

    port: int

    def now(self, expression: str) -> list[Series]:
        """The labels of what an expression gives now."""
        return _labels(self._get("query", query=expression))

    def ever(self, expression: str, start: float, end: float) -> list[Series]:
        """The labels of what an expression gives at any time of a span."""
        return _labels(self._get("query_range", query=expression, start=start, end=end, step=PACE))

    def series(self, selector: str) -> list[Series]:
        """The series that a selector selects, of all times."""
        found: list[Series] = self._get("series", **{"match[]": selector})
        return found

    def rules(self) -> list[dict[str, Any]]:
        """All rules, as it has read and evaluated them."""
        return [rule for group in self._get("rules")["groups"] for rule in group["rules"]]

    def _get(self, path: str, **parameters: object) -> Any:
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {json.load(error)['error']}") from None


def paced(configuration: str, seconds: int) -> str:
    """A configuration of Prometheus that scrapes, and evaluates its rules, so often."""
    return re.sub(r"_(interval|timeout): \d+s", rf"_\1: {seconds}s", configuration)


@contextmanager
def scraping(
    targets: Mapping[str, str], configuration: str = "prometheus.yml", secrets: Mapping[str, bytes] = NO_SECRETS
) -> Iterator[Prometheus]:
    """One that scrapes these (job → address), as long as the block runs; `secrets` are files that it reads."""
    port = free_port()
    with state_folder() as state_dir, guarded(state_dir):
        folder = state_dir / "prometheus"
        prometheus.prepare(folder, targets, None)
        text = (folder / "config" / configuration).read_text()
        (folder / "config" / "prometheus.yml").write_text(paced(text, PACE))
        for name, content in secrets.items():
            (folder / "config" / "secrets").mkdir(exist_ok=True)
            (folder / "config" / "secrets" / name).write_bytes(content)
        give(folder, unprivileged())
        let_live(prometheus.start(folder, program("prometheus"), port, unprivileged()))
        until(lambda: prometheus.answers(port), "Prometheus", timeout=60)
        yield Prometheus(port)


def _labels(data: dict[str, Any]) -> list[Series]:
    return [found["metric"] for found in data["result"]]
