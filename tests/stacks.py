"""Settings for tests: nothing of them comes from the environment or from a file."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from pipeline.embedded import info
from pipeline.embedded.info import StackInfo
from pipeline.embedded.stack import start
from pipeline.errors import SetupError
from pipeline.settings import (
    ArchiveSettings,
    EmbeddedSettings,
    KafkaSettings,
    LogSettings,
    ModelsSettings,
    PrivacySettings,
    ScoringSettings,
    Settings,
    StreamSettings,
    TelemetrySettings,
    WindowsSettings,
    load,
)
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings

MakeStack = Callable[[], StackInfo]
"""The fixture `make_stack`: each call starts a stack for the test alone."""


def stack_settings(state_dir: Path) -> Settings:
    """Settings for a stack on free ports; the JVM parts come from the user's own cache."""
    return Settings(
        state_dir=state_dir,
        cache_dir=load().cache_dir,
        kafka=KafkaSettings(),
        elasticsearch=ElasticsearchSettings(),
        stream=StreamSettings(),
        windows=WindowsSettings(),
        scoring=ScoringSettings(),
        models=ModelsSettings(),
        archive=ArchiveSettings(),
        privacy=PrivacySettings(),
        telemetry=TelemetrySettings(stream_port=0, exporter_port=0, source_port=0, windows_port=0, archive_port=0),
        embedded=EmbeddedSettings(kafka_port=0, elasticsearch_port=0, prometheus_port=0, grafana_port=0),
        log=LogSettings(),
    )


def settings_of(stack: StackInfo, *, mark: str, folder: Path) -> Settings:
    """Settings pointing at a running stack, with names of their own."""
    return stack_settings(stack.state_dir).model_copy(
        update={
            "kafka": KafkaSettings(
                bootstrap_servers=stack.kafka.address,
                tweets_topic=f"tweets-{mark}",
                scored_topic=f"tweets.scored-{mark}",
                rejected_topic=f"tweets.rejected-{mark}",
                assistance_topic=f"tweets.assistance-{mark}",
            ),
            # A busy machine is no fault of the server's: only tests of waiting are impatient.
            "elasticsearch": ElasticsearchSettings(
                url=stack.elasticsearch.address,
                namespace=f"t{mark}",
                request_timeout=60,
                labels_index=f"tweetpulse-labels-{mark}",
                topics_index=f"tweetpulse-topics-{mark}",
            ),
            "stream": StreamSettings(checkpoint=folder / "checkpoint"),
            "windows": WindowsSettings(checkpoint=folder / "windows"),
            "models": ModelsSettings(registry=str(folder / "models")),
            "privacy": PrivacySettings(folder=folder / "privacy"),
            "archive": ArchiveSettings(uri=str(folder / "archive"), commit_seconds=0.5),
        }
    )


def repaired(state_dir: Path) -> StackInfo:
    """Restart the dead servers of a stack on the ports that they had, which their users know.

    A process that was killed is gone before its threads are, which hold its port: so it is tried again for a while.
    """
    known = info.load(state_dir)
    assert known
    settings = stack_settings(state_dir)
    ports = {f"{one.name}_port": one.port for one in known.servers}
    there = settings.model_copy(update={"embedded": EmbeddedSettings(**ports, start_timeout=300)})
    for attempt in Retrying(
        retry=retry_if_exception_type(SetupError), wait=wait_fixed(2), stop=stop_after_delay(300), reraise=True
    ):
        with attempt:
            return start(there)
    raise AssertionError


@contextmanager
def state_folder() -> Iterator[Path]:
    """An empty folder that the servers' unprivileged user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="tweetpulse-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
