"""The processor time that Elasticsearch takes for a document, and what each field's index costs of it.

    python -m bench fields

The same ready-made documents of the stream are indexed with today's mapping, and with mappings that differ in one
thing each, in interleaved rounds after a warm-up. A difference is judged against today's mapping in the same round,
since the machine's speed changes from minute to minute. `_source` is the same in all of them.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

import psutil
from elasticsearch import Elasticsearch
from rich.console import Console
from rich.table import Table

from bench.ceiling import bulk_bodies
from bench.servers import running
from bench.tweets import tweets
from pipeline.cli.stack import progress
from pipeline.sinks.elasticsearch.bulk import FILTER_PATH
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.setup import resource

DOCUMENTS = int(os.environ.get("BENCH_DOCUMENTS", "20000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
WARM_UP_ROUNDS = 2
TODAY, NOTHING = "today", "no field indexed (_source alone)"

Fields = Mapping[str, Mapping[str, Any]]
NOT_SEARCHED = {"index": False}
NOT_AT_ALL = {"index": False, "doc_values": False}


@dataclass(frozen=True, slots=True)
class Variant:
    """A mapping that differs from today's.

    Attributes:
        fields: field → the parameters that it has otherwise.
        settings: of the index.
        only_source: whether no field is indexed at all.
    """

    fields: Fields = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    only_source: bool = False


_CONSTANTS = ("ecs.version", "data_stream.type", "data_stream.dataset", "data_stream.namespace")
_EVENT = ("event.kind", "event.dataset")
_SHARES = ("tweet.sentiment.positive", "tweet.sentiment.neutral", "tweet.sentiment.negative")
_PLACES = ("kafka.topic", "kafka.partition", "kafka.offset")


def _all(names: tuple[str, ...], parameters: Mapping[str, Any]) -> Fields:
    return dict.fromkeys(names, parameters)


VARIANTS: Mapping[str, Variant] = {
    TODAY: Variant(),
    NOTHING: Variant(only_source=True),
    "the document's constants: values only": Variant(_all(_CONSTANTS + _EVENT, NOT_SEARCHED)),
    "the document's constants: not at all": Variant(_all(_CONSTANTS + _EVENT, NOT_AT_ALL)),
    "the three shares of VADER: values only": Variant(_all(_SHARES, NOT_SEARCHED)),
    "compound: values only": Variant({"tweet.sentiment.compound": NOT_SEARCHED}),
    "place in Kafka: values only": Variant(_all(_PLACES, NOT_SEARCHED)),
    "event.created, event.ingested: values only": Variant(_all(("event.created", "event.ingested"), NOT_SEARCHED)),
    "event.id: values only": Variant({"event.id": NOT_SEARCHED}),
    "event.id: not at all": Variant({"event.id": NOT_AT_ALL}),
    "url.full: values only": Variant({"url.full": NOT_SEARCHED}),
    "user.id, user.name: values only": Variant(_all(("user.id", "user.name"), NOT_SEARCHED)),
    "message without norms": Variant({"message": {"norms": False}}),
    "message without positions": Variant({"message": {"index_options": "freqs"}}),
    "message not searched": Variant({"message": NOT_SEARCHED}),
    "tweet.words: values only": Variant({"tweet.words": NOT_SEARCHED}),
    "tweet.words: not at all": Variant({"tweet.words": NOT_AT_ALL}),
    "translog written every 5 s": Variant(settings={"index.translog.durability": "async"}),
    "refresh every 30 s": Variant(settings={"index.refresh_interval": "30s"}),
    "codec best_compression": Variant(settings={"index.codec": "best_compression"}),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a run.

    Attributes:
        documents: of each variant in each round.
        microseconds: variant → Elasticsearch's processor time for a document: the median of all rounds.
        saved: variant → microseconds less than today's in the same round: the lower quartile, median, upper one.
        stored: variant → bytes of a document on disk.
    """

    documents: int
    rounds: int
    microseconds: dict[str, float]
    saved: dict[str, tuple[float, float, float]]
    stored: dict[str, float]


def run() -> Figures:
    """Index with all mappings in turns, and print what each costs."""
    with progress() as tell, running(tell) as (info, settings), closing(connect(settings.elasticsearch)) as client:
        server = psutil.Process(info.elasticsearch.pid)
        patient = client.options(request_timeout=120)
        bodies = bulk_bodies(settings, tweets(DOCUMENTS))
        spent: dict[str, list[float]] = {name: [] for name in VARIANTS}
        stored: dict[str, float] = {}
        for turn in range(WARM_UP_ROUNDS + ROUNDS):
            tell("fields", f"round {turn + 1} of {WARM_UP_ROUNDS + ROUNDS}, the first {WARM_UP_ROUNDS} do not count")
            for name in _in_turn(turn):
                seconds, stored[name] = _indexed(patient, server, VARIANTS[name], bodies)
                if turn >= WARM_UP_ROUNDS:
                    spent[name].append(seconds / DOCUMENTS * 1e6)
    figures = Figures(
        DOCUMENTS,
        ROUNDS,
        {name: median(all_) for name, all_ in spent.items()},
        {name: _saved(spent[TODAY], all_) for name, all_ in spent.items() if name != TODAY},
        stored,
    )
    _print(figures)
    return figures


def _in_turn(turn: int) -> list[str]:
    """The variants' names, beginning each round with another one: whoever is first finds the server idle."""
    names = [*VARIANTS]
    at = turn * 7 % len(names)
    return names[at:] + names[:at]


def _saved(today: list[float], other: list[float]) -> tuple[float, float, float]:
    differences = [mine - theirs for mine, theirs in zip(today, other, strict=True)]
    low, middle, high = quantiles(differences, n=4) if len(differences) > 1 else differences * 3
    return low, middle, high


def _indexed(
    client: Elasticsearch, server: psutil.Process, variant: Variant, bodies: list[bytes]
) -> tuple[float, float]:
    """Processor seconds of the server for all documents, and bytes of one on disk in a single segment."""
    index = "bench-fields"
    client.indices.create(index=index, mappings=_mappings(variant), settings=_settings(variant))
    try:
        before = sum(server.cpu_times()[:2])
        for body in bodies:
            lines: Any = body
            answer = client.bulk(index=index, operations=lines, filter_path=FILTER_PATH + ",errors")
            if answer["errors"]:
                raise ValueError(f"a document was refused: {answer}")
        client.indices.refresh(index=index)
        spent = sum(server.cpu_times()[:2]) - before
        client.indices.forcemerge(index=index, max_num_segments=1)
        client.indices.flush(index=index, force=True)
        store = client.indices.stats(index=index, metric="store")["indices"][index]["primaries"]["store"]
        return spent, store["size_in_bytes"] / DOCUMENTS
    finally:
        client.indices.delete(index=index)


def _mappings(variant: Variant) -> dict[str, Any]:
    if variant.only_source:
        return {"dynamic": False, "_source": {"mode": "stored"}}
    found = copy.deepcopy(resource("tweets@mappings")["template"]["mappings"])
    found["properties"] |= copy.deepcopy(resource("tweets@scored")["template"]["mappings"]["properties"])
    for name, parameters in variant.fields.items():
        _field(found, name).update(parameters)
    return found


def _field(mappings: dict[str, Any], name: str) -> dict[str, Any]:
    found = mappings
    for part in name.split("."):
        found = found["properties"][part]
    return found


def _settings(variant: Variant) -> dict[str, Any]:
    settings = resource("tweets@settings")["template"]["settings"] | {"index.refresh_interval": "1s"}
    return settings | {"index.number_of_shards": 1, "index.store.stats_refresh_interval": "0ms"} | variant.settings


def _print(figures: Figures) -> None:
    title = (
        f"Elasticsearch's processor time for a document (µs); {figures.documents:,} documents, {figures.rounds} rounds"
    )
    table = Table("mapping", "µs", "saved", "quartiles", "bytes on disk", title=title)
    for name, spent in figures.microseconds.items():
        low, middle, high = figures.saved.get(name, (0.0, 0.0, 0.0))
        table.add_row(
            name, f"{spent:.1f}", f"{middle:+.1f}", f"{low:+.1f} … {high:+.1f}", f"{figures.stored[name]:.0f}"
        )
    Console().print(table)
