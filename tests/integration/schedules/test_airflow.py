"""The DAGs in a real Airflow, with commands that do their work on real servers. `make test-airflow` installs one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from pipeline.report.period import Period
from pipeline.settings import Settings
from tests.manifests import DEPLOY
from tests.processes import environment
from tests.streams import scored_stream
from tests.topical import document, planted

AIRFLOW = "TWEETPULSE_TEST_AIRFLOW"
DAGS = ("archive", "report", "retrain", "topics")

pytestmark = pytest.mark.skipif(AIRFLOW not in os.environ, reason=f"needs an Airflow, which {AIRFLOW} names")


class Airflow:
    """An Airflow with our DAGs, whose tasks reach the servers of a test."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.pages = folder / "pages"
        (folder / "dags").mkdir()
        self.pages.mkdir()
        shutil.copy(DEPLOY / "schedules" / "tweetpulse_dags.py", folder / "dags")
        # It reads every name that begins like ours, and knows none that is Airflow's.
        kept = {name: value for name, value in environment(settings).items() if name != AIRFLOW}
        self._environment = kept | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
            "AIRFLOW_VAR_TWEETPULSE_FOLDER": str(folder),
            "AIRFLOW_VAR_TWEETPULSE_PAGES": str(self.pages),
        }
        self.run("db", "migrate")

    def run(self, *arguments: str) -> str:
        """What a command printed, which has to succeed."""
        command = [os.environ[AIRFLOW], *arguments]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False, timeout=240)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout + done.stderr


@pytest.fixture
def airflow(tmp_path: Path, settings: Settings) -> Airflow:
    return Airflow(tmp_path, settings)


@pytest.fixture
def filled(client: Elasticsearch, settings: Settings) -> None:
    """Tweets of two themes, of the last day."""
    now = datetime.now(UTC)
    tweets = planted({"luggage": 150, "coffee": 150}, period=Period(now - timedelta(days=2), now - timedelta(days=1)))
    namespace = settings.elasticsearch.namespace
    lines = [line for one in tweets for line in ({"create": {"_id": one.id}}, document(one, namespace))]
    assert not client.bulk(index=scored_stream(settings), operations=lines, refresh=True)["errors"]


def test_airflow_loads_them(airflow: Airflow) -> None:
    """Each by its name, without an error."""
    assert "No data found" in airflow.run("dags", "list-import-errors")
    listed = airflow.run("dags", "list", "--local", "--output", "plain")
    assert [name for name in DAGS if f"tweetpulse_{name}" in listed] == [*DAGS]


@pytest.mark.usefixtures("filled")
def test_topics_and_the_report_are_written(airflow: Airflow) -> None:
    """A page each, for the day of the run."""
    day = datetime.now(UTC).date().isoformat()
    for name in ("topics", "report"):
        airflow.run("dags", "test", f"tweetpulse_{name}")
    pages = sorted(path.name for path in airflow.pages.iterdir() if path.suffix == ".html")
    assert pages == [f"report-{day}.html", f"topics-{day}.html"]


@pytest.mark.usefixtures("client")
def test_nothing_to_do_is_skipped(airflow: Airflow) -> None:
    """Without tweets a task is not failed: nobody is woken."""
    told = airflow.run("dags", "test", "tweetpulse_topics")
    assert "Bash command returned exit code 10. Skipping." in told
