"""The exporter while its servers are killed, hang and come back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psutil
import pytest

from exporters.scrape import Scrape
from exporters.server import scrape_of
from pipeline.embedded import stack
from pipeline.embedded.info import ServerInfo
from tests.stacks import MakeStack, stack_settings

OF_ELASTICSEARCH = ("data_streams", "alias", "disk")
# Of what was never run nobody asks Kafka.
WHOLE = dict.fromkeys(("stream_lag", "windows_lag", "archive_lag", *OF_ELASTICSEARCH), 1.0)
BOUND = 6.0
"""Seconds that a scrape may take at worst: its time-out, and a little for a busy machine."""


@pytest.mark.faults
def test_killed_servers(make_stack: MakeStack) -> None:
    """Success is 0 for what asks the dead server and 1 for the rest; after a restart, on other ports, all is well."""
    info = make_stack()
    with closing(scrape_of(stack_settings(info.state_dir))) as scrape:
        assert success(scrape) == WHOLE
        psutil.Process(info.kafka.pid).kill()
        assert success(scrape) == WHOLE | {"stream_lag": 0.0}
        psutil.Process(info.elasticsearch.pid).kill()
        assert success(scrape) == WHOLE | dict.fromkeys(("stream_lag", *OF_ELASTICSEARCH), 0.0)
        stack.start(stack_settings(info.state_dir))
        assert eventually(scrape) == WHOLE


@pytest.mark.faults
def test_servers_that_hang(make_stack: MakeStack) -> None:
    """A server that takes connections and never answers costs a bounded time, and only its own collectors."""
    info = make_stack()
    with closing(scrape_of(stack_settings(info.state_dir))) as scrape:
        assert success(scrape) == WHOLE
        with hanging(info.elasticsearch):
            assert success(scrape) == WHOLE | dict.fromkeys(OF_ELASTICSEARCH, 0.0)
        assert eventually(scrape) == WHOLE
        with hanging(info.kafka):
            assert success(scrape) == WHOLE | {"stream_lag": 0.0}
        assert eventually(scrape) == WHOLE


def success(scrape: Scrape) -> dict[str, float]:
    """Collector → whether it succeeded, of one scrape that ends in time."""
    begun = time.monotonic()
    found = {
        sample.labels["collector"]: sample.value
        for family in scrape.collect()
        for sample in family.samples
        if family.name == "tweetpulse_exporter_scrape_success"
    }
    assert time.monotonic() - begun < BOUND
    return found


def eventually(scrape: Scrape, seconds: float = 30.0) -> dict[str, float]:
    """Scrape until all succeed, or for so long."""
    until = time.monotonic() + seconds
    while (found := success(scrape)) != WHOLE and time.monotonic() < until:
        time.sleep(0.2)
    return found


@contextmanager
def hanging(server: ServerInfo) -> Iterator[None]:
    """Stop a server's process without ending it."""
    process = psutil.Process(server.pid)
    process.suspend()
    try:
        yield
    finally:
        process.resume()
