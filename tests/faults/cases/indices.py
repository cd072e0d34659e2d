"""Faults of a data stream's indices and of its templates."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

from elasticsearch import ApiError

from pipeline.domain.alias import ALIAS
from pipeline.domain.document import EVENTS, REJECTED, SCORED, data_stream
from tests.fault_proxy import first
from tests.faults import actions, offline, points
from tests.faults.actions import adjust, backing_indices, older
from tests.faults.case import Case, Setup
from tests.faults.truth import backing, indexed, merged
from tests.faults.world import World, insist

GROUP = "indices"
_SECONDS = 8.0
_PROXIED = Setup(proxied=True)
_WATERMARKS = "cluster.routing.allocation.disk.watermark"


def _red(every: bool, world: World, seconds: float) -> Iterator[str]:
    """Elasticsearch starts without the disk on which its shards lie, and then with it."""
    index = older(world)
    indices = backing_indices(world) if every else [index]
    shards = offline.shards(world.stack, [_uuid(world, one) for one in indices])
    actions.stop_elasticsearch(world)
    with offline.away(world.stack, shards):
        world.repair()
        time.sleep(seconds)
        health = insist(lambda: world.client.cluster.health(index=index))["status"]
        if health != "red":
            yield f"the index was {health}"
        actions.stop_elasticsearch(world)
    world.repair()


def _uuid(world: World, index: str) -> str:
    found = insist(lambda: world.client.indices.get_settings(index=index, name="index.uuid", flat_settings=True))
    return str(found[index]["settings"]["index.uuid"])


def _deleted(world: World, seconds: float) -> None:
    """The documents of the index are gone; a tweet of it that comes again is indexed again."""
    index = older(world)
    world.until_in_batch()
    # The stream seals it before it goes on.
    world.recovered()
    _take(world, [index])
    insist(lambda: world.client.indices.delete(index=index))


def _take(world: World, indices: list[str]) -> None:
    found = indexed(world.settings, only=indices)
    world.excused.taken = merged(world.excused.taken, found) if world.excused.taken else found


def _made_anew(world: World, seconds: float) -> None:
    """All documents are deleted; the stream creates its data streams again."""
    proxy = actions.proxy_of(world)
    proxy.refuse()
    try:
        settings = world.settings.elasticsearch
        indices = [
            index for dataset in (SCORED, REJECTED, EVENTS) for index in backing(world.client, settings, dataset)
        ]
        insist(lambda: world.client.indices.put_settings(index=indices, settings={"index.blocks.write": True}))
        # Elasticsearch still finishes requests whose connections were cut; their documents are counted, too.
        time.sleep(1.0)
        _take(world, indices)
        actions.forget_data_streams(world)
        insist(lambda: world.client.indices.delete(index=indices))
    finally:
        proxy.listen()


def _template(world: World, seconds: float) -> Iterator[str]:
    """A field gets a type that its values are not of, which the next index takes over."""
    world.excused.reasons.add("mapping")
    name = "tweets@scored"
    found = insist(lambda: world.client.cluster.get_component_template(name=name))
    template = found["component_templates"][0]["component_template"]
    template["template"]["mappings"]["properties"]["tweet"]["properties"]["id"] = {"type": "date"}
    insist(lambda: world.client.cluster.put_component_template(name=name, body=template))
    actions.roll_over(world)
    time.sleep(seconds)
    actions.command(world, "setup")
    if world.recovered() is None:
        yield "not recovered before the rejected records were sent again"
    actions.command(world, "rejected", "replay", "--reason", "mapping")


def _flood_stage(world: World, seconds: float) -> Iterator[str]:
    """As much room as it wants is on no disk: Elasticsearch itself makes every index read-only, and lifts that."""
    _cluster(world, {f"{_WATERMARKS}.{level}": "100tb" for level in ("low", "high", "flood_stage")})
    try:
        if not _within(60.0, lambda: _is_blocked(world)):
            yield "Elasticsearch did not block its indices"
        time.sleep(seconds)
    finally:
        _cluster(world, {f"{_WATERMARKS}.{level}": None for level in ("low", "high", "flood_stage")})
    if not _within(60.0, lambda: not _is_blocked(world)):
        yield "Elasticsearch did not lift the block"


def _is_blocked(world: World) -> bool:
    name = "index.blocks.read_only_allow_delete"
    index = backing_indices(world)[-1]
    found = insist(lambda: world.client.indices.get_settings(index=index, name=name, flat_settings=True))
    return bool(found.body.get(index, {}).get("settings", {}).get(name) == "true")


def _cluster(world: World, settings: dict[str, str | None]) -> None:
    insist(lambda: world.client.cluster.put_settings(persistent=settings))


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.25)
    return True


def _close_write(world: World, seconds: float) -> None:
    actions.close(world, backing_indices(world)[-1], seconds)


def _block_write(setting: str, world: World, seconds: float) -> None:
    adjust(world, [backing_indices(world)[-1]], {setting: True}, seconds)


def _unsealed(world: World, seconds: float) -> None:
    """The write blocks of all older indices are lifted by hand."""
    older(world)
    for _ in range(3):
        for index in backing_indices(world)[:-1]:
            insist(partial(world.client.indices.put_settings, index=index, settings={"index.blocks.write": None}))
        actions.roll_over(world)
        time.sleep(seconds / 3)


def _refused_deletion(world: World, seconds: float) -> Iterator[str]:
    try:
        world.client.indices.delete(index=backing_indices(world)[-1])
    except ApiError as error:
        if error.status_code != 400:
            yield f"{error.status_code} for the deletion of a write index"
    else:
        yield "Elasticsearch deleted the write index"


def _rolled_in_bulk(world: World, seconds: float) -> Iterator[str]:
    rolls = partial(actions.roll_over, world)
    for _ in range(3):
        if not actions.at_request(world, actions.scored_bulk(world), first(rolls)):
            yield "there was no bulk request"


def _rolled_in_outage(world: World, seconds: float) -> None:
    proxy = actions.proxy_of(world)
    world.until_in_batch()
    proxy.refuse()
    try:
        actions.roll_over(world, 2)
        time.sleep(seconds)
    finally:
        proxy.listen()


def _repeated(world: World, seconds: float) -> None:
    for _ in range(4):
        actions.roll_over(world)
        world.feed.send(points.again(world, 500))


def _rolled_often(world: World, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        actions.roll_over(world)
        time.sleep(2.0)


def _rejected_closed(world: World, seconds: float) -> None:
    stream = data_stream(REJECTED, world.settings.elasticsearch.namespace)
    insist(lambda: world.client.indices.rollover(alias=stream))
    first_index = insist(lambda: backing(world.client, world.settings.elasticsearch, REJECTED))[0]
    actions.close(world, first_index, seconds)


def _unrefreshed(world: World, seconds: float) -> None:
    """Nothing becomes visible to a search by itself; over two rollovers, with repeats."""
    rolling = threading.Timer(seconds / 2, actions.roll_over, (world,))
    rolling.start()
    adjust(world, backing_indices(world), {"index.refresh_interval": "-1"}, seconds)
    rolling.join()
    world.feed.send(points.again(world, 500))


def _alias(world: World, seconds: float) -> Iterator[str]:
    held = insist(lambda: world.client.indices.get_alias(name=ALIAS, ignore_unavailable=True))
    for name in [name for name, found in held.body.items() if ALIAS in found.get("aliases", {})]:
        insist(partial(world.client.indices.delete_alias, index=name, name=ALIAS))
    time.sleep(seconds)
    actions.command(world, "setup")
    stream = data_stream(SCORED, world.settings.elasticsearch.namespace)
    if ALIAS not in insist(lambda: world.client.indices.get_alias(index=stream)).body[stream]["aliases"]:
        yield "set-up did not make the alias"


CASES = (
    Case(
        GROUP,
        "older index red",
        "Elasticsearch is killed and starts without an older index's files for 8 s, and then with them.",
        partial(_red, False),
        seconds=_SECONDS,
    ),
    Case(
        GROUP,
        "all indices red",
        "Elasticsearch is killed and starts without any index's files for 8 s, and then with them.",
        partial(_red, True),
        seconds=_SECONDS,
    ),
    Case(GROUP, "older index closed", "For 8 s, then it is opened.", actions.close_older, seconds=_SECONDS, short=2.0),
    Case(
        GROUP,
        "older index deleted",
        "By hand. Its documents are gone as with retention: a tweet of it that comes again is indexed again.",
        _deleted,
        fresh=True,
    ),
    Case(
        GROUP,
        "older indices' write block lifted",
        "By hand, three times with a rollover each.",
        _unsealed,
        seconds=6.0,
    ),
    Case(GROUP, "write index closed", "For 8 s, then it is opened.", _close_write, seconds=_SECONDS),
    Case(
        GROUP,
        "write index blocked",
        "`index.blocks.write` is set by hand for 8 s.",
        partial(_block_write, "index.blocks.write"),
        seconds=_SECONDS,
    ),
    Case(
        GROUP,
        "write index read-only",
        "`index.blocks.read_only` is set by hand for 8 s.",
        partial(_block_write, "index.blocks.read_only"),
        seconds=_SECONDS,
    ),
    Case(
        GROUP,
        "disk at flood stage",
        "The watermarks are set above the free space: Elasticsearch makes all indices read-only for 8 s.",
        _flood_stage,
        seconds=_SECONDS,
    ),
    Case(GROUP, "write index deleted", "By hand, which Elasticsearch refuses.", _refused_deletion),
    Case(
        GROUP,
        "data streams deleted",
        "By hand, with all that they hold; the stream makes them anew.",
        _made_anew,
        setup=_PROXIED,
        own_stack=True,
    ),
    Case(
        GROUP,
        "template changed by hand",
        "A field gets a wrong type and the stream is rolled over; cured by `setup` and `rejected replay` after 8 s.",
        _template,
        seconds=_SECONDS,
        fresh=True,
    ),
    Case(
        GROUP,
        "rollover in a bulk request",
        "Between the look-up and the bulk, three times.",
        _rolled_in_bulk,
        setup=_PROXIED,
    ),
    Case(
        GROUP,
        "two rollovers in an outage",
        "While Elasticsearch can't be reached for 8 s in a batch.",
        _rolled_in_outage,
        seconds=_SECONDS,
        setup=_PROXIED,
    ),
    Case(GROUP, "repeats after rollovers", "Four times a rollover, and the first 500 tweets again.", _repeated),
    Case(GROUP, "rollover every 2 s", "For 16 s.", _rolled_often, seconds=16.0),
    Case(
        GROUP,
        "older index of rejected records closed",
        "For 8 s, then it is opened.",
        _rejected_closed,
        seconds=_SECONDS,
    ),
    Case(
        GROUP,
        "refresh switched off",
        "`index.refresh_interval` is -1 for 8 s with a rollover, then 500 tweets come again.",
        _unrefreshed,
        seconds=_SECONDS,
    ),
    Case(GROUP, "alias removed", "By hand for 8 s, made again by `setup`.", _alias, seconds=_SECONDS),
)
