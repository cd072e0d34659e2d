"""A collector in tests: it runs in a thread, into a real broker."""

from __future__ import annotations

import threading
import urllib.request
from typing import Self

from prometheus_client.parser import text_string_to_metric_families

from pipeline import bootstrap
from pipeline.kafka.publisher import Published
from pipeline.settings import Settings
from pipeline.sources.live.runtime import MakeSource


class Collecting:
    """A collector that runs in a thread."""

    def __init__(self, settings: Settings, name: str, make: MakeSource) -> None:
        self.stop = threading.Event()
        self._ready = threading.Event()
        self.published: list[Published] = []
        self.error: Exception | None = None
        self._settings = settings
        self._name = name
        self._make = make
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            with bootstrap.collection(self._settings, self._name, self._make, self.stop) as self.collection:
                bootstrap.topic_of_tweets(self._settings)
                self._ready.set()
                self.collection.run(self.published.append)
        except Exception as error:
            self.error = error
        finally:
            self._ready.set()

    def __enter__(self) -> Self:
        self.thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(60)

    @property
    def tweets(self) -> int:
        """The number of tweets that Kafka has acknowledged."""
        return self.published[-1].tweets if self.published else 0

    def metric(self, name: str, **labels: str) -> float:
        """A sample of its /metrics; 0 if there is none."""
        with urllib.request.urlopen(self.collection.url, timeout=5) as answer:
            families = text_string_to_metric_families(answer.read().decode())
        wanted = {"source": self._name, **labels}
        found = [s.value for family in families for s in family.samples if s.name == name and s.labels == wanted]
        return found[0] if found else 0.0
