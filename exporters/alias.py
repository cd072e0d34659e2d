"""The alias that boards read tweets through: without it they are empty, and no other metric says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric

from exporters.kept import Kept
from exporters.store import Store
from pipeline.domain.alias import AliasState, alias_state
from pipeline.domain.document import SCORED, data_stream


class Alias:
    """A metric of the alias: it is as it should be, as soon as there are tweets that it could show.

    Args:
        namespace: of the data streams.
        connect: opens a client.
    """

    name = "alias"

    def __init__(self, namespace: str, connect: Callable[[], Store]) -> None:
        self._stream = data_stream(SCORED, namespace)
        self._store = Kept(connect)

    def describe(self) -> Sequence[Metric]:
        """The family, empty."""
        return families(None)

    def collect(self) -> Sequence[Metric]:
        """The state at this moment.

        Raises:
            PipelineError: Elasticsearch does not answer, or refuses.
        """
        with self._store.use() as store:
            answer = store.alias(self._stream)
        return families(None if answer is None else alias_state(answer))

    def close(self) -> None:
        """Let go of the client."""
        self._store.close()


def families(state: AliasState | None) -> tuple[Metric, ...]:
    """The family; without a sample where there is no data stream yet."""
    ok = GaugeMetricFamily(
        "tweetpulse_alias_ok",
        "1 if the alias tweetpulse-tweets points at one data stream of scored tweets, without a filter; 0 if it is "
        "gone, filtered or on several. Absent before there is a data stream.",
    )
    if state is not None:
        ok.add_metric([], 0.0 if state.fault else 1.0)
    return (ok,)
