"""Elasticsearch: the server, its disks and clock, what set-up made there, and what this user may do."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from pipeline.doctor.clock import judge_clock
from pipeline.doctor.configuration import is_loopback
from pipeline.doctor.finding import Finding, fault, ok, warning
from pipeline.domain.alias import ALIAS, AliasState, alias_state
from pipeline.domain.disks import Disk, disks_of
from pipeline.domain.document import SCORED, data_stream
from pipeline.sinks.elasticsearch import setup
from pipeline.sinks.elasticsearch.backing import generation
from pipeline.sinks.elasticsearch.client import (
    ApiError,
    AuthorizationException,
    Elasticsearch,
    connect,
    elasticsearch_errors,
)
from pipeline.sinks.elasticsearch.differences import THERE, Difference
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from pipeline.sinks.elasticsearch.templates import or_none

OLDEST, NEWEST = (8, 11), (9,)
"""Older ones know no retention of data streams; newer major versions may refuse this client."""

_TIMEOUT = 4.0
_SETUP = "tweetpulse setup"
_AS_SETUP = "run `tweetpulse doctor` as the user of set-up"
_SHOWN = 3
WRITER = (
    "create_doc",
    "read",
    "delete",
    "indices:admin/refresh*",
    "indices:monitor/settings/get",
    "indices:admin/block/add",
    "indices:admin/settings/update",
)
"""What the stream does with its data streams; as in `compose/roles/tweetpulse_writer.json`."""


def server(settings: ElasticsearchSettings) -> list[Finding]:
    """Check that it answers, its version, and that all shards of ours are there.

    Raises:
        SinkUnavailable: it does not answer.
        ConfigError: it refuses this user.
    """
    with _asking(settings) as client:
        nodes = client.nodes.info(metric="os", filter_path="nodes.*.version")["nodes"]
        health = client.cluster.health(index=f"logs-tweets.*-{settings.namespace}", expand_wildcards="all")
    versions = sorted({node["version"] for node in nodes.values()})
    return [judge_version(settings.url, versions), *judge_health(health["status"])]


def judge_version(url: str, versions: Sequence[str]) -> Finding:
    """By the versions of all nodes."""
    told = f"Elasticsearch {', '.join(versions)} answers at {url}"
    numbers = [tuple(int(part) for part in version.split("-")[0].split(".")) for version in versions]
    if min(numbers)[:2] < OLDEST:
        return fault("elasticsearch", told, f"update it to {'.'.join(map(str, OLDEST))} or newer")
    if max(numbers)[:1] > NEWEST:
        return warning("elasticsearch", f"{told}; this client is for 8 and {NEWEST[0]}", "update tweetpulse")
    return ok("elasticsearch", told)


def judge_health(status: str) -> list[Finding]:
    """Red: some shard can't be read, so that the stream waits."""
    if status != "red":
        return []
    return [
        fault(
            "elasticsearch",
            "some index of ours is red: tweets in it can't be found, and the stream waits",
            "GET /_cluster/allocation/explain says why; bring the node with the shard back, or restore a snapshot",
        )
    ]


def disks(settings: ElasticsearchSettings) -> list[Finding]:
    """The nodes' disks, and whether a full one has closed our indices to documents.

    Raises:
        SinkUnavailable: the server does not answer.
        ConfigError: it refuses this user.
    """
    with _asking(settings) as client:
        stats = client.nodes.stats(metric="fs")
        blocked = client.indices.get_settings(
            index=f"logs-tweets.*-{settings.namespace}", name="index.blocks.*,index.creation_date"
        )
    return judge_disks(disks_of(stats.body), sorted(_closed(blocked.body)))


def judge_disks(found: Sequence[Disk], closed: Sequence[str]) -> list[Finding]:
    """By what is free, and by the indices that take no documents."""
    subject, cure = "elasticsearch disk", "shorten elasticsearch.retention and run `tweetpulse setup`, or add disk"
    told = [
        warning(subject, f"{disk.node} has {disk.free / 1e9:.1f} GB free, {disk.free / disk.total:.0%}", cure)
        for disk in found
        if disk.free < disk.watermarks["low"]
    ]
    if closed:
        what = f"{closed[0]}{f' and {len(closed) - 1} more' if len(closed) > 1 else ''} takes no documents"
        unblock = "make room on the disk, which opens it again; if it was closed by hand, take index.blocks.* away"
        told.append(fault(subject, what, unblock))
    free = ", ".join(f"{disk.node} has {disk.free / 1e9:.1f} GB free" for disk in found)
    return told or [ok(subject, free)]


def clock(subject: str, settings: ElasticsearchSettings) -> list[Finding]:
    """The nodes' clocks.

    Raises:
        SinkUnavailable: the server does not answer.
        ConfigError: it refuses this user.
    """
    with _asking(settings) as client:
        before = time.time()
        nodes = client.nodes.stats(metric="os", filter_path="nodes.*.name,nodes.*.timestamp")["nodes"]
        after = time.time()
    times = {str(node["name"]): node["timestamp"] / 1000 for node in nodes.values()}
    return [judge_clock(subject, f"node {name}", theirs, before, after) for name, theirs in sorted(times.items())]


def templates(settings: ElasticsearchSettings) -> list[Finding]:
    """Compares the server with what set-up would make.

    Raises:
        SinkUnavailable: the server does not answer.
        ConfigError: it refuses this user.
        SetupError: a template is newer than this program, or another one makes our indices.
    """
    with _asking(settings) as client:
        return judge_templates(setup.inspect(client, settings))


def judge_templates(places: Mapping[str, Sequence[Difference] | None]) -> list[Finding]:
    """By the differences of each template, data stream and the plain indices; None: this user may not look there."""
    absent = [place for place, found in places.items() if found and found[0].expected == THERE]
    denied = [place for place, found in places.items() if found is None]
    told = [
        fault("templates", f"{place} is not as it should be: {_some(found)}", _SETUP)
        for place, found in places.items()
        if found and place not in absent
    ]
    if absent:
        told.append(fault("templates", f"not there: {', '.join(absent)}", _SETUP))
    if denied:
        told.append(warning("templates", f"this user may not look at {', '.join(denied)}", _AS_SETUP))
    return told or [
        ok("templates", "templates, data streams and the indices of labels and topics are as they should be")
    ]


def alias(settings: ElasticsearchSettings) -> list[Finding]:
    """The alias that everything reads tweets through.

    Raises:
        SinkUnavailable: the server does not answer.
        ConfigError: it refuses this user.
    """
    with _asking(settings) as client:
        try:
            answer = or_none(lambda: client.indices.get_alias(name=ALIAS))
            index = answer is None and bool(client.indices.exists(index=ALIAS))
        except AuthorizationException:
            return [warning("alias", f"this user may not look at {ALIAS}", _AS_SETUP)]
    return [judge_alias(alias_state(answer or {}), settings.namespace, index=index)]


def judge_alias(state: AliasState, namespace: str, *, index: bool) -> Finding:
    """By where it points; `index`: whether an index has its name."""
    stream = data_stream(SCORED, namespace)
    if index:
        what = f"an index is named {ALIAS}, so there can be no such alias"
        return fault("alias", what, f"look at it, delete it (DELETE /{ALIAS}), then run `{_SETUP}`")
    switch = _SETUP if not state.holders or stream in state.holders else f"{_SETUP} --switch"
    if state.fault:
        return fault("alias", state.fault, switch)
    if state.holders != (stream,):
        return warning("alias", f"{ALIAS} points at {state.holders[0]}, and not at this namespace", switch)
    return ok("alias", f"{ALIAS} points at {stream}")


def roles(settings: ElasticsearchSettings) -> list[Finding]:
    """Checks the user's privileges if security is on.

    Raises:
        SinkUnavailable: the server does not answer.
        ConfigError: it refuses this user.
    """
    cluster = ["monitor", "manage_index_templates"]
    streams = {"names": ["logs-tweets.*"], "privileges": [*WRITER, "manage"]}
    with _asking(settings) as client:
        try:
            answer = client.security.has_privileges(cluster=cluster, index=[streams]).body
        except ApiError as error:
            # These are the answers of a server whose security is off, or that is built without it.
            if error.status_code not in (400, 404, 405, 500):
                raise
            answer = None
    return judge_roles(answer, local=is_loopback(urlsplit(settings.url).hostname or ""))


def judge_roles(answer: Mapping[str, Any] | None, *, local: bool) -> list[Finding]:
    """By the answer of `_security/user/_has_privileges`, None where security is off; `local`: on loopback."""
    if answer is None:
        told = "Elasticsearch's security is off: whoever reaches it may do everything"
        return [ok("roles", told) if local else warning("roles", told, "set xpack.security.enabled: true there")]
    cluster, user = answer["cluster"], answer["username"]
    streams = answer["index"].get("logs-tweets.*", {})
    missing = [f"{name} on logs-tweets.*" for name in WRITER if not streams.get(name)]
    missing += [] if cluster.get("monitor") else ["monitor on the cluster"]
    if missing:
        cure = "give it the role of compose/roles/tweetpulse_writer.json"
        return [fault("roles", f"{user} lacks what the stream needs: {', '.join(missing)}", cure)]
    if cluster.get("manage_index_templates") and streams.get("manage"):
        return [ok("roles", f"{user} may do what the stream and set-up need")]
    return [ok("roles", f"{user} may do what the stream needs; set-up is another user's (`run --no-setup`)")]


@contextmanager
def _asking(settings: ElasticsearchSettings) -> Iterator[Elasticsearch]:
    with elasticsearch_errors(settings), connect(settings) as client:
        yield client.options(request_timeout=min(_TIMEOUT, settings.request_timeout))


def _closed(settings: Mapping[str, Any]) -> Iterator[str]:
    """Indices that somebody or a full disk has blocked; a write block of an older one is the stream's own seal."""
    # Sorted by age, so that the newest index of each data stream, which is written to, replaces the others.
    newest = {_stream_of(name): name for name in sorted(settings, key=generation)}
    for name, body in settings.items():
        blocks = {block for block, on in body["settings"]["index"].get("blocks", {}).items() if on == "true"}
        if blocks - ({"write"} if name not in newest.values() else set()):
            yield name


def _stream_of(index: str) -> str:
    return index.rsplit("-", 2)[0]


def _some(found: Sequence[Difference]) -> str:
    beyond = len(found) - _SHOWN
    return "; ".join(map(str, found[:_SHOWN])) + (f"; {beyond} more" if beyond > 0 else "")
