"""The embedded stack, started for real."""

from __future__ import annotations

import pwd
import socket
from contextlib import closing

import psutil
import pytest
from elasticsearch import Elasticsearch
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from pipeline.embedded import elasticsearch
from pipeline.embedded.info import StackInfo
from pipeline.embedded.ports import HOST, claim
from pipeline.embedded.processes import of_stack
from pipeline.embedded.stack import start, stop
from pipeline.settings import Settings
from tests.records import records
from tests.stacks import stack_settings, state_folder


def test_a_document_goes_in_and_out(settings: Settings) -> None:
    """An indexed document can be searched for."""
    with Elasticsearch(settings.elasticsearch.url) as client:
        index = f"test-{settings.elasticsearch.namespace}"
        client.index(index=index, id="1", document={"a": 1}, refresh=True)
        assert client.get(index=index, id="1")["_source"] == {"a": 1}


def test_a_record_goes_in_and_out(settings: Settings) -> None:
    """A record that is sent to a topic can be read from it."""
    servers, topic = settings.kafka.bootstrap_servers, settings.kafka.tweets_topic
    admin = KafkaAdminClient(bootstrap_servers=servers)
    admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=servers)
    producer.send(topic, b"value").get(timeout=20)
    producer.close()
    assert [record.value for record in records(settings.kafka)] == [b"value"]


def test_nothing_listens_beyond_loopback(stack: StackInfo) -> None:
    """All ports of all processes are bound to 127.0.0.1."""
    listening = {
        connection.laddr.ip.removeprefix("::ffff:")
        for process in of_stack(stack.state_dir)
        for connection in process.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_a_port_that_is_taken_meanwhile_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may open the port while Elasticsearch is still on its way to it."""
    with state_folder() as folder, closing(socket.create_server((HOST, 0))) as other:
        drawn = [other.getsockname()[1]]

        def draw(port: int, server: str, option: str) -> int:
            return drawn.pop() if server == "Elasticsearch" and drawn else claim(port, server, option)

        monkeypatch.setattr("pipeline.embedded.stack.claim", draw)
        try:
            started = start(stack_settings(folder / "state"))
            assert (drawn, started.elasticsearch.port == other.getsockname()[1]) == ([], False)
            assert elasticsearch.answers(started.elasticsearch.port)
            assert {server.pid for server in started.servers} <= {one.pid for one in of_stack(folder / "state")}
        finally:
            stop(folder / "state")


def test_servers_never_run_as_root(stack: StackInfo) -> None:
    """Started by root they run as `nobody`, otherwise as the user that started them."""
    root = pwd.getpwuid(0).pw_name
    assert root not in {process.username() for process in of_stack(stack.state_dir)}
