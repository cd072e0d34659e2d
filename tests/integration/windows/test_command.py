"""`tweetpulse windows` as a process: its metrics, its end, and one at a time."""

from __future__ import annotations

import random
import signal
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from pipeline.embedded.ports import HOST, free_port
from pipeline.settings import Settings
from tests.processes import running, until
from tests.windowed import publish_scored, said, stored


def metrics(port: int) -> dict[tuple[str, str], float]:
    """(name, result or query) → value; empty while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=5) as page:
            families = list(text_string_to_metric_families(page.read().decode()))
    except OSError:
        return {}
    samples = [sample for family in families for sample in family.samples]
    return {(one.name, one.labels.get("result", one.labels.get("query", ""))): one.value for one in samples}


def test_it_counts_until_it_is_told_to_end(settings: Settings, tmp_path: Path) -> None:
    """What it has counted is on its page and in its last line; a second one is refused; SIGTERM ends it with 0."""
    port, log, second = free_port(), tmp_path / "windows.log", tmp_path / "second.log"
    telemetry = settings.telemetry.model_copy(update={"windows_port": port})
    settings = settings.model_copy(update={"telemetry": telemetry})
    choose, now = random.Random(8), datetime.now(UTC)
    publish_scored(settings, [said(f"x:{number}", now, choose) for number in range(7)])
    with running(settings, "-m", "pipeline", "windows", log=log) as windows:
        until(lambda: metrics(port).get(("tweetpulse_windows_records_total", "counted")) == 7, "all are counted")
        assert metrics(port)["tweetpulse_query_active", "windows"] == 1
        elsewhere = settings.model_copy(update={"telemetry": telemetry.model_copy(update={"windows_port": 0})})
        with running(elsewhere, "-m", "pipeline", "windows", log=second) as refused:
            assert refused.wait(timeout=120) == 9, second.read_text()
        windows.send_signal(signal.SIGTERM)
        assert windows.wait(timeout=120) == 0, log.read_text()
    assert "another `tweetpulse windows` uses the checkpoint" in second.read_text()
    assert "TWEETPULSE_WINDOWS__CHECKPOINT" in second.read_text()
    told = "read 7 scored tweets: 7 counted, 0 repeated, 0 late, 0 dated ahead, 0 unreadable"
    assert told in log.read_text()
    assert sum(w["window"]["tweets"] + w["window"]["retweets"] for w in stored(settings).values() if _is_all(w)) == 7


def _is_all(window: dict[str, dict[str, object]]) -> bool:
    return (window["window"]["scope"], window["window"]["length"]) == ("all", "1m")
