"""Faulty answers of Elasticsearch or of a proxy before it; a test proxy gives those that no real server can."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from pipeline.settings import Settings
from tests.bulk_answers import BROKEN, ITEMS, STATUSES, TIME_OUT
from tests.fault_proxy import Fault, items_refused, larger_than, says
from tests.faults.actions import answer_with, command, proxy_of, scored_bulk
from tests.faults.case import Case, Run, Setup
from tests.faults.world import World

GROUP = "answers"
_SECONDS = 8.0
_LIMIT = 100_000


def _impatient(settings: Settings) -> Settings:
    elasticsearch = settings.elasticsearch.model_copy(update={"request_timeout": TIME_OUT})
    return settings.model_copy(update={"elasticsearch": elasticsearch})


_PROXIED = Setup(adjust=_impatient, proxied=True)


def _answered(fault: Fault, world: World, seconds: float) -> Iterator[str]:
    if not answer_with(world, fault, seconds, scored_bulk(world)):
        yield "no request was answered so"


def _with(fault: Fault) -> Run:
    return partial(_answered, fault)


def _refused(world: World, seconds: float) -> None:
    """Nobody listens, and connections that were there end."""
    proxy = proxy_of(world)
    proxy.refuse()
    try:
        time.sleep(seconds)
    finally:
        proxy.listen()


def _mapping(world: World, seconds: float) -> Iterator[str]:
    """Documents that Elasticsearch refuses for their own fault are rejected, and indexed after `rejected replay`."""
    world.excused.reasons.add("mapping")
    fault = items_refused(400, "document_parsing_exception", every=25)
    yield from _answered(fault, world, seconds)
    if world.recovered() is None:
        yield "not recovered before the rejected records were sent again"
    command(world, "rejected", "replay", "--reason", "mapping")


_BULK_ENDS: dict[str, tuple[Fault, str]] = {
    "401": (
        says(401, {"error": {"type": "security_exception", "reason": "no"}}),
        "No bulk request is authenticated for 8 s: the stream ends with one line, and is restarted afterwards.",
    ),
    "403 of a missing privilege": (
        says(403, {"error": {"type": "security_exception", "reason": "no"}}),
        "Bulk requests are forbidden for 8 s: the stream ends with one line, and is restarted once they are allowed.",
    ),
    "item 403 of a missing privilege": (
        items_refused(403, "security_exception", every=5),
        "One document of five is forbidden for 8 s: as above.",
    ),
}

CASES = (
    *(
        Case(
            GROUP,
            name,
            f"Each bulk request is answered with {name} for 8 s.",
            _with(fault),
            seconds=_SECONDS,
            short=2.0 if name == "429" else None,
            setup=_PROXIED,
        )
        for name, fault in STATUSES.items()
    ),
    *(
        Case(
            GROUP,
            name,
            f"One document of five of each bulk request is answered with {name.removeprefix('item ')} for 8 s.",
            _with(fault),
            seconds=_SECONDS,
            setup=_PROXIED,
        )
        for name, fault in ITEMS.items()
    ),
    *(
        Case(
            GROUP,
            name,
            f"Each bulk request is answered with {name} for 8 s.",
            _with(fault),
            seconds=_SECONDS,
            setup=_PROXIED,
        )
        for name, fault in BROKEN.items()
    ),
    *(
        Case(GROUP, name, what, _with(fault), seconds=_SECONDS, setup=_PROXIED, ends=True)
        for name, (fault, what) in _BULK_ENDS.items()
    ),
    Case(
        GROUP,
        "413",
        "Requests of more than 100 kB are refused for 8 s.",
        _with(larger_than(_LIMIT, says(413, b"<html>no</html>", html=True))),
        seconds=_SECONDS,
        setup=_PROXIED,
    ),
    Case(
        GROUP,
        "item 400 of a mapping",
        "One document of 25 is refused for its own fault for 8 s; then `tweetpulse rejected replay --reason mapping`.",
        _mapping,
        seconds=_SECONDS,
        setup=_PROXIED,
        fresh=True,
    ),
    Case(
        GROUP,
        "connections refused",
        "Nobody listens at the address of Elasticsearch for 8 s.",
        _refused,
        seconds=_SECONDS,
        setup=_PROXIED,
    ),
)
