"""`stack.json` and what is made of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.embedded.discover import brought, with_embedded
from pipeline.embedded.info import ServerInfo, StackInfo, forget, load, save
from pipeline.embedded.processes import started_at
from pipeline.errors import SetupError
from pipeline.settings import KafkaSettings, Settings
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from tests.stacks import stack_settings


def server(name: str, address: str, *, started: float | None = None) -> ServerInfo:
    """A server whose process is this one, unless it started at another time."""
    began = started_at(os.getpid()) if started is None else started
    return ServerInfo.model_validate(
        {"name": name, "address": address, "port": 1, "version": "1", "pid": os.getpid(), "started": began}
    )


@pytest.fixture
def both(tmp_path: Path) -> StackInfo:
    servers = (server("kafka", "127.0.0.1:1"), server("elasticsearch", "http://127.0.0.1:2"))
    info = StackInfo(state_dir=tmp_path, servers=servers)
    save(info)
    return info


def addresses(settings: Settings) -> tuple[str, str]:
    return settings.kafka.bootstrap_servers, settings.elasticsearch.url


def test_what_is_saved_is_loaded(both: StackInfo) -> None:
    """The file holds all of it."""
    assert load(both.state_dir) == both


def test_nothing_is_loaded_where_nothing_is_or_it_is_spoilt(both: StackInfo) -> None:
    """A missing and a spoilt file count as no stack; forgetting twice is fine."""
    (both.state_dir / "stack.json").write_text('{"state_dir":', encoding="utf-8")
    assert load(both.state_dir) is None
    forget(both.state_dir)
    forget(both.state_dir)
    assert load(both.state_dir) is None


def test_a_server_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    """Asking a stack for a server it does not have says what to run."""
    info = StackInfo(state_dir=tmp_path, servers=())
    with pytest.raises(SetupError, match="has no kafka: run `tweetpulse up`"):
        _ = info.kafka


def test_settings_get_the_running_addresses(both: StackInfo) -> None:
    """Settings without an address get those of the embedded servers."""
    assert addresses(with_embedded(stack_settings(both.state_dir))) == ("127.0.0.1:1", "http://127.0.0.1:2")


def test_addresses_that_are_set_win(both: StackInfo) -> None:
    """A server of one's own is never replaced; the other one is filled in."""
    settings = stack_settings(both.state_dir).model_copy(update={"kafka": KafkaSettings(bootstrap_servers="mine:9092")})
    assert brought(settings) == ("kafka",)
    assert addresses(with_embedded(settings)) == ("mine:9092", "http://127.0.0.1:2")


def test_other_settings_of_a_section_stay(both: StackInfo) -> None:
    """Only the address changes."""
    elasticsearch = ElasticsearchSettings(namespace="mine")
    settings = stack_settings(both.state_dir).model_copy(update={"elasticsearch": elasticsearch})
    assert with_embedded(settings).elasticsearch.namespace == "mine"


def test_a_recycled_process_id_is_not_ours(tmp_path: Path) -> None:
    """A process with the same id that started at another time is another process."""
    save(StackInfo(state_dir=tmp_path, servers=(server("kafka", "127.0.0.1:1", started=1.0),)))
    settings = stack_settings(tmp_path)
    assert with_embedded(settings) == settings
