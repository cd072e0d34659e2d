"""Airflow's DAGs for tweetpulse: put this file into the folder of DAGs. Airflow 3.1 or newer.

Tasks run the command `tweetpulse`, which has to be on the worker's PATH, in an environment of its own if you like. The
Airflow variable `tweetpulse_folder` names the folder with `tweetpulse.toml`, by default /etc/tweetpulse, and
`tweetpulse_pages` the folder for pages, by default /var/lib/tweetpulse. Passwords are in the worker's environment, such
as TWEETPULSE_ELASTICSEARCH__PASSWORD.

A command that had nothing to do is a skipped task, not a failed one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

FOLDER = "{{ var.value.get('tweetpulse_folder', '/etc/tweetpulse') }}"
PAGES = "{{ var.value.get('tweetpulse_pages', '/var/lib/tweetpulse') }}"
# The day of the run. A run that is repeated later is about the same day.
DAY = "{{ dag_run.run_after | ds }}"
CHAMPION_STAYS, NOTHING_NEW, ALREADY_RUNNING, TOO_FEW = 7, 8, 9, 10


def dag(name: str, schedule: str, hours: int, description: str) -> DAG:
    """A DAG that runs alone, and fails if it takes longer than these hours."""
    return DAG(
        f"tweetpulse_{name}",
        schedule=schedule,
        start_date=datetime(2026, 1, 1),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=hours),
        default_args={"retries": 2, "retry_delay": timedelta(minutes=10)},
        tags=["tweetpulse"],
        description=description,
    )


def task(name: str, command: str, fine: tuple[int, ...] = ()) -> BashOperator:
    """A command; with one of the exit codes `fine` the task is skipped."""
    return BashOperator(task_id=name, bash_command=command, cwd=FOLDER, skip_on_exit_code=fine)


with dag("retrain", "30 3 * * 1", 6, "Train the models anew, and promote what is better"):
    task("retrain", "tweetpulse retrain", (CHAMPION_STAYS, NOTHING_NEW, ALREADY_RUNNING))

with dag("topics", "30 4 * * *", 3, "What people talked about in the 7 days before"):
    task("topics", f"tweetpulse topics --to {DAY} --output '{PAGES}/topics-{DAY}.html'", (TOO_FEW,))

with dag("report", "0 6 * * 1", 1, "A page of the last week"):
    task("report", f"tweetpulse report --last 7d --output '{PAGES}/report-{DAY}.html'")

with dag("archive", "30 2 * * *", 4, "Compact and vacuum the raw archive"):
    task("archive", "tweetpulse archive compact && tweetpulse archive vacuum")
