"""compose.yaml, started for real on an engine of the tests' own: `make test-compose`. The tests come in this order."""

from __future__ import annotations

import json
import random
import shutil
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest
import yaml

from pipeline.cli.commands import COMMANDS
from tests.containers import table
from tests.containers.engine import BASE, Engine
from tests.containers.stack import FILES, LOCK, Books, Stack
from tests.paths import ROOT
from tests.processes import until

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1800)]

HERE = Path(__file__).parent
SERVICES = yaml.safe_load(FILES[0].read_text(encoding="utf-8"))["services"]
ONE_SHOT = {"certificates", "accounts", "kafka-accounts", "setup"}
RUNNING = {"kafka", "elasticsearch", "stream", "exporter", "windows", "archive", "demo", "prometheus", "alertmanager"}
MADE_OF = [line[1:] for line in (ROOT / "compose/Dockerfile.dockerignore").read_text().splitlines() if line[0] == "!"]
"""What the builder is given."""
LARGEST = 1.2e9
"""Bytes that the image may have, without what the archive needs."""
OF_THE_ARCHIVE = ("deltalake", "arro3", "zstandard", "cramjam", "snappy", "deprecated", "wrapt")
"""What `requirements-archive.lock` installs beside the other."""
HISTORY = 20_000
"""Tweets that the demo publishes at once when it starts, at least."""

FAULTS = 5
"""Rows of the whole table."""
BURST = 30_000
"""Tweets that are published at once when a part is killed."""


@pytest.fixture(scope="module")
def rows(request: pytest.FixtureRequest) -> Iterator[dict[str, tuple[Books, float]]]:
    """What came of the faults; at the end it is put into the page, if that was asked for."""
    found: dict[str, tuple[Books, float]] = {}
    yield found
    if request.config.getoption("--write-table") and len(found) == FAULTS:
        table.write(found)


def test_the_stack_comes_up_healthy(stack: Stack) -> None:
    """What runs once has ended well; everything else runs, and its health command says that it is healthy."""
    found = stack.services()
    assert set(found) == ONE_SHOT | RUNNING
    assert {name: found[name]["ExitCode"] for name in ONE_SHOT} == dict.fromkeys(ONE_SHOT, 0)
    assert {name: found[name]["Health"] for name in RUNNING} == dict.fromkeys(RUNNING, "healthy")
    assert {name: stack.restarts(name) for name in RUNNING} == dict.fromkeys(RUNNING, 0)


def test_the_image(engine: Engine, stack: Stack) -> None:
    """Small, not of root, with labels, one entry point and a health command."""
    found = engine.inspect("tweetpulse:local")
    script = f"cd /opt/tweetpulse/lib/python3.*/site-packages && du -sbc {' '.join(OF_THE_ARCHIVE)} | tail -n 1"
    more = engine.run("run", "--rm", "--network", "none", "--entrypoint", "sh", "tweetpulse:local", "-c", script)
    sys.stderr.write(f"the image: {found['Size']:,} bytes, {more.stdout.split()[0]} of them for the archive\n")
    assert found["Size"] - int(more.stdout.split()[0]) < LARGEST
    config = found["Config"]
    assert config["User"] == "10001"
    assert config["Entrypoint"] == ["tweetpulse"]
    assert config["Healthcheck"]["Test"] == ["CMD", "tweetpulse", "health"]
    assert config["Labels"]["org.opencontainers.image.title"] == "tweetpulse"


def test_the_image_lists_what_is_in_it(engine: Engine, stack: Stack) -> None:
    """compose/sbom.py finds Debian's packages, Python's and the jars, with their versions."""
    options = ("--rm", "--interactive", "--user", "0", "--network", "none", "--entrypoint", "python")
    script = (ROOT / "compose/sbom.py").read_text(encoding="utf-8")
    found = json.loads(engine.run("run", *options, "tweetpulse:local", "-", input=script).stdout)["components"]
    urls = {one["purl"].partition("@")[0] for one in found}
    assert {"pkg:deb/debian/openjdk-17-jre-headless", "pkg:pypi/pyspark", "pkg:pypi/tweetpulse"} <= urls
    assert {one["name"] for one in found} >= {"spark-sql-kafka-0-10_2.13", "spark-core_2.13"}


def test_a_change_of_the_code_makes_one_layer_anew(engine: Engine, stack: Stack, tmp_path: Path) -> None:
    """All others are those of the image before: libraries and jars are neither installed nor fetched again."""
    for name in MADE_OF:
        copied = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copied(ROOT / name, tmp_path / name)
    with (tmp_path / "pipeline/__init__.py").open("a") as code:
        code.write("# changed\n")
    arguments = ("--build-arg", f"PYTHON_IMAGE={BASE}", "--build-arg", f"LOCK={LOCK}")
    options = ("--network", "host", *arguments, "--file", str(ROOT / "compose/Dockerfile"))
    engine.run("build", *options, "--tag", "tweetpulse-test/changed:local", str(tmp_path))
    before, after = (
        engine.inspect(name)["RootFS"]["Layers"] for name in ("tweetpulse:local", "tweetpulse-test/changed:local")
    )
    assert len(before) == len(after)
    assert len(set(after) - set(before)) == 1


def test_every_command_runs_in_the_image(engine: Engine, stack: Stack) -> None:
    """Also on a read-only file system, without a network and without capabilities."""
    options = ("--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL")
    loop = "; ".join(f"tweetpulse {name} --help > /dev/null || echo {name}" for name in COMMANDS)
    assert engine.run("run", *options, "--entrypoint", "sh", "tweetpulse:local", "-c", loop).stdout == ""
    scored = engine.run("run", *options, "tweetpulse:local", "classify", "not bad at all").stdout
    assert "positive" in scored


def test_spark_keeps_state_in_the_image(engine: Engine, stack: Stack) -> None:
    """By RocksDB, of which the image has the library for its own system: the long series needs it."""
    load = (
        "from pyspark.sql import SparkSession; session = SparkSession.builder.master('local[1]').config("
        "'spark.driver.extraJavaOptions', '-Djava.io.tmpdir=/var/lib/tweetpulse').getOrCreate(); "
        "session._jvm.org.rocksdb.RocksDB.loadLibrary(); print('loaded')"
    )
    options = ("--rm", "--network", "none", "--hostname", "localhost", "--read-only", "--cap-drop", "ALL")
    mounts = ("--tmpfs", "/tmp:exec", "--tmpfs", "/var/lib/tweetpulse:exec,uid=10001")
    done = engine.run("run", *options, *mounts, "--entrypoint", "python", "tweetpulse:local", "-c", load)
    assert done.stdout.splitlines()[-1] == "loaded"


def test_a_model_is_trained_in_the_image(engine: Engine, stack: Stack, tmp_path: Path) -> None:
    """With what the image has left of Spark and of Arrow: training, its evaluation, the plots and the registry."""
    (tmp_path / "rows.csv").write_text(labelled(600))
    tmp_path.chmod(0o755)
    mounts = (
        "--tmpfs",
        "/tmp:exec",
        "--tmpfs",
        "/var/lib/tweetpulse:exec,uid=10001",
        "--volume",
        f"{tmp_path}:/labels:ro",
    )
    train = ("train", "sentiment", "--data", "/labels/rows.csv", "--columns", "id=id,text=text,label=mood", "--json")
    # Spark looks its machine's name up, which nobody knows without a network.
    options = ("--rm", "--network", "none", "--hostname", "localhost", "--read-only", "--cap-drop", "ALL")
    done = engine.run("run", *options, *mounts, "tweetpulse:local", *train)
    assert json.loads(done.stdout)["task"] == "sentiment"


def labelled(count: int) -> str:
    """So many rows of CSV: each text has words of its own, and one that gives its mood away."""
    chosen = random.Random(1)
    words = ["".join(chosen.choices("abcdefghijklmnop", k=6)) for _ in range(2_000)]
    moods = ["positive", "negative", "neutral"]
    rows = [
        f"{number},{moods[number % 3]}ly {' '.join(chosen.sample(words, 9))},{moods[number % 3]}"
        for number in range(count)
    ]
    return "\n".join(["id,text,mood", *rows, ""])


def test_tweets_arrive(stack: Stack) -> None:
    """Those of the demo are in Elasticsearch, each once, and the stream is not behind."""
    stack.recovers("its start")
    until(lambda: stack.read() >= HISTORY, "the demo's tweets are read", 300)
    found = stack.books()
    assert found.scored >= HISTORY
    assert found.balance, found


def test_what_is_scored_is_in_the_long_series(stack: Stack) -> None:
    """Read with the rights of the service's own users, and written; the exporter tells its lag."""
    read = partial(stack.total, "windows", 9111, "tweetpulse_windows_records_total")
    until(lambda: read() >= HISTORY, "scored tweets are counted", 300)
    until(lambda: stack.total("windows", 9111, "tweetpulse_windows_documents_total"), "windows are written", 120)
    assert stack.total("exporter", 9109, 'tweetpulse_exporter_scrape_success{collector="windows_lag"}') == 1


def test_every_record_is_archived(stack: Stack) -> None:
    """Each once, also after a kill; the exporter tells the lag from the table's log."""
    archived = partial(stack.total, "archive", 9112, "tweetpulse_archive_records_total")
    until(lambda: archived() >= HISTORY, "records are archived", 300)
    times = stack.restarts("archive")
    stack.kill("archive")
    until(lambda: stack.restarts("archive") > times, "the archive is started again")
    until(lambda: archived() > 0, "it goes on", 300)
    assert stack.total("exporter", 9109, 'tweetpulse_exporter_scrape_success{collector="archive_lag"}') == 1
    assert stack.total("exporter", 9109, "tweetpulse_archive_lag_records") < HISTORY
    told = stack.compose("run", "--rm", "--no-deps", "--no-TTY", "archive", "archive", "info", "--json")
    held = json.loads(told.splitlines()[-1])["held"]
    assert sum(one["records"] for one in held) >= HISTORY
    assert [one["records"] for one in held] == [one["last"] + 1 for one in held]


def test_prometheus_watches(stack: Stack) -> None:
    """It scrapes each part that serves metrics, judges the rules, and knows the Alertmanager."""

    def up() -> set[str]:
        return {
            found["labels"]["job"] for found in stack.prometheus("targets")["activeTargets"] if found["health"] == "up"
        }

    jobs = {f"tweetpulse-{name}" for name in ("stream", "exporter", "windows", "archive")}
    until(lambda: up() == jobs, "Prometheus scrapes them all", 120)
    rules = [rule for group in stack.prometheus("rules")["groups"] for rule in group["rules"]]
    assert rules
    assert [rule["name"] for rule in rules if rule["health"] == "err"] == []
    assert len(stack.prometheus("alertmanagers")["activeAlertmanagers"]) == 1


def test_nothing_listens_outside(engine: Engine, stack: Stack) -> None:
    """No port is published but Grafana's and Kibana's, which are not here: the engine and its proxies do not listen."""
    assert {name: found["Publishers"] for name, found in stack.services().items() if found["Publishers"]} == {}
    listening = [one for process in engine.processes() for one in process.net_connections("inet")]
    assert [one.laddr for one in listening if one.status == psutil.CONN_LISTEN] == []


@pytest.mark.parametrize("service", ["stream", "demo", "elasticsearch", "kafka", "prometheus"])
def test_nothing_inside_reaches_outside(engine: Engine, stack: Stack, service: str) -> None:
    """The internal network has no way out: not by an address, and no name is resolved."""
    program = "import socket; socket.create_connection(('1.1.1.1', 53), timeout=3)"
    tried = engine.run("exec", stack.container(service), "python3", "-c", program, check=False)
    assert "OSError" in tried.stderr or "TimeoutError" in tried.stderr, tried


def test_only_the_broker_reaches_its_open_listener(engine: Engine, stack: Stack) -> None:
    """From another container, the port without TLS and password is closed."""
    program = "import socket; socket.create_connection(('kafka', {}), timeout=3)"
    for port, closed in ((9092, False), (9093, True), (9094, True)):
        tried = engine.run("exec", stack.container("stream"), "python3", "-c", program.format(port), check=False)
        assert ("ConnectionRefusedError" in tried.stderr) is closed


def test_a_secret_is_known_where_it_is_needed_alone(engine: Engine, stack: Stack) -> None:
    """Neither another container, nor the image, nor any log has it."""
    secrets = stack.secrets
    image = str(engine.inspect("tweetpulse:local")) + engine.run("history", "--no-trunc", "tweetpulse:local").stdout
    assert [name for name, value in secrets.items() if value in image] == []
    for service in stack.services():
        told = str(engine.inspect(stack.container(service)))
        given = {name for name in secrets if f"${{{name}:?" in str(SERVICES[service].get("environment"))}
        assert {name for name, value in secrets.items() if value in told} == given, service
        done = engine.run("logs", stack.container(service))
        assert [name for name, value in secrets.items() if value in done.stdout + done.stderr] == [], service
        assert "PRIVATE KEY" not in done.stdout + done.stderr


@pytest.mark.parametrize("service", ["stream", "exporter", "windows", "archive", "setup", "demo"])
def test_a_part_is_refused_what_is_not_its_work(stack: Stack, service: str) -> None:
    """By Elasticsearch (403) and by Kafka, with the user and the password that the container has."""
    assert stack.python(service, HERE / "rights.py").splitlines()[-1] == "refused"


@pytest.mark.parametrize("service", ["stream", "kafka", "elasticsearch"])
def test_a_killed_part_comes_back(stack: Stack, rows: dict[str, tuple[Books, float]], service: str) -> None:
    """The engine starts it again, the stream catches up, and every tweet is there once."""
    times, publishing = stack.restarts(service), stack.burst(BURST)
    begun = time.monotonic()
    stack.kill(service)
    until(lambda: stack.restarts(service) > times, f"{service} is started again")
    stack.recovers(f"{service} was killed", lambda: stack.healthy(service))
    seconds = time.monotonic() - begun
    publishing.wait(timeout=300)
    rows[f"`{service}` killed amid a burst"] = kept(stack, seconds)


def test_the_engine_starts_again(engine: Engine, stack: Stack, rows: dict[str, tuple[Books, float]]) -> None:
    """The containers that ran come back, in whatever order."""
    engine.stop()
    begun = time.monotonic()
    engine.start()
    stack.recovers("the engine was restarted", lambda: all(map(stack.healthy, RUNNING)))
    rows["the engine stopped and started"] = kept(stack, time.monotonic() - begun)


def test_down_and_up_keep_the_data(stack: Stack, rows: dict[str, tuple[Books, float]]) -> None:
    """Containers and networks are made anew, and go on with the volumes that are there."""
    known = stack.books()
    stack.compose("down")
    assert stack.services() == {}
    begun = time.monotonic()
    stack.up()
    stack.recovers("down and up")
    books, _ = rows["`down`, then `up`"] = kept(stack, time.monotonic() - begun)
    assert books.records > known.records
    assert books.scored > known.scored


def kept(stack: Stack, seconds: float) -> tuple[Books, float]:
    """The books after a fault, which must balance."""
    found = stack.books()
    assert found.balance, found
    return found, seconds
