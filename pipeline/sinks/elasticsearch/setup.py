"""Templates, data streams, the alias, the index of labels: made if absent, updated when their version grows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from elasticsearch import ApiError, Elasticsearch

from pipeline.domain.document import EVENTS, REJECTED, SCORED, data_stream
from pipeline.elasticsearch_client import elasticsearch_errors
from pipeline.errors import SetupError
from pipeline.settings import ElasticsearchSettings
from pipeline.sinks.elasticsearch import label_index

VERSION = 1
"""Of all templates together. When it grows, `setup` updates them and rolls the data streams over."""

ALIAS = "tweetpulse-tweets"
"""What everything that reads tweets reads, so that one namespace can take another's place."""

_COMPONENTS = ("tweets@settings", "tweets@mappings", "tweets@scored", "tweets@events")
_DATASETS = (SCORED, REJECTED, EVENTS)
_MATCHES_NOTHING = {"setup": "no document has this field, so the mapping refuses it"}


@dataclass(frozen=True, slots=True)
class SetupReport:
    """What `setup` changed, a line each; empty where everything was there already."""

    changes: tuple[str, ...] = field(default_factory=tuple)


def set_up(client: Elasticsearch, settings: ElasticsearchSettings, *, switch: bool = False) -> SetupReport:
    """Bring the server to what this version of the project needs.

    `switch` points the alias at this namespace, away from the one that holds it.

    Raises:
        SinkUnavailable: the server does not answer.
        ConfigError: the user lacks a privilege.
        SetupError: the server refuses a template.
    """
    with elasticsearch_errors(settings):
        # Data streams are looked at before the templates change, or an update would never be seen.
        outdated = [name for name in _streams(settings) if _is_outdated(client, name)]
        changes = _put_templates(client, settings)
        for stream in _streams(settings):
            changes += _ensure_stream(client, stream)
        for stream in outdated:
            client.indices.rollover(alias=stream)
            changes.append(f"rolled {stream} over to version {VERSION}")
        changes += _ensure_alias(client, settings, switch=switch)
        changes += label_index.ensure(client, settings.labels_index)
    return SetupReport(tuple(changes))


def resource(name: str) -> dict[str, Any]:
    """A template as it lies in `resources/`."""
    text = files("pipeline.sinks.elasticsearch").joinpath("resources", f"{name}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def component_template(name: str, settings: ElasticsearchSettings) -> dict[str, Any]:
    """A component template with its version and, for `tweets@settings`, what the settings say."""
    body = _versioned(resource(name))
    if name == "tweets@settings":
        body["template"]["settings"] |= {
            "index.number_of_shards": settings.shards,
            "index.refresh_interval": settings.refresh_interval,
        }
    return body


def index_template(dataset: str, settings: ElasticsearchSettings) -> dict[str, Any]:
    """The index template of a data stream, with its retention."""
    body = _versioned(resource(f"logs-{dataset}"))
    body["template"] = {
        "lifecycle": {"data_retention": settings.retention},
        "mappings": {"_meta": {"version": VERSION, "managed_by": "tweetpulse"}},
    }
    return body


def _streams(settings: ElasticsearchSettings) -> list[str]:
    return [data_stream(dataset, settings.namespace) for dataset in _DATASETS]


def _versioned(body: dict[str, Any]) -> dict[str, Any]:
    body["version"] = VERSION
    body["_meta"]["version"] = VERSION
    return body


def _put_templates(client: Elasticsearch, settings: ElasticsearchSettings) -> list[str]:
    changes: list[str] = []
    for name in _COMPONENTS:
        body = component_template(name, settings)
        changes += _put(
            name,
            body,
            lambda name: client.cluster.get_component_template(name=name)["component_templates"][0][
                "component_template"
            ],
            lambda name, body: client.cluster.put_component_template(name=name, body=body),
        )
    for dataset in _DATASETS:
        body = index_template(dataset, settings)
        changes += _put(
            f"logs-{dataset}",
            body,
            lambda name: client.indices.get_index_template(name=name)["index_templates"][0]["index_template"],
            lambda name, body: client.indices.put_index_template(name=name, body=body),
        )
    return changes


def _put(
    name: str,
    body: dict[str, Any],
    get: Callable[[str], Any],
    put: Callable[[str, dict[str, Any]], Any],
) -> list[str]:
    there = _or_none(lambda: get(name))
    found = there.get("version", 0) if there else 0
    if found > VERSION:
        raise SetupError(
            f"the template {name} is of version {found}, newer than this program's {VERSION}: update tweetpulse"
        )
    put(name, body)
    if found == VERSION:
        return []
    return [f"{'updated' if there else 'made'} the template {name}, version {VERSION}"]


def _is_outdated(client: Elasticsearch, stream: str) -> bool:
    answer = _or_none(lambda: client.indices.get_mapping(index=stream, filter_path="*.mappings._meta.version"))
    if answer is None:
        return False
    newest = sorted(answer)[-1] if answer else None
    version = answer[newest]["mappings"]["_meta"]["version"] if newest else 0
    return bool(version < VERSION)


def _ensure_stream(client: Elasticsearch, stream: str) -> list[str]:
    if _or_none(lambda: client.indices.get_settings(index=stream, name="index.creation_date")) is not None:
        return []
    try:
        client.indices.create_data_stream(name=stream)
    except ApiError as error:
        if error.status_code not in (400, 404, 405):
            raise
        _create_by_refusal(client, stream)
    return [f"made the data stream {stream}"]


def _create_by_refusal(client: Elasticsearch, stream: str) -> None:
    """Where the server has no data stream API: a bulk makes the data stream, and its only document is refused."""
    operations: list[dict[str, Any]] = [{"create": {}}, {"@timestamp": 0, **_MATCHES_NOTHING}]
    client.bulk(index=stream, operations=operations, require_data_stream=True)
    if _or_none(lambda: client.indices.get_settings(index=stream, name="index.creation_date")) is None:
        raise SetupError(f"Elasticsearch did not make the data stream {stream}: does another template claim its name?")


def _ensure_alias(client: Elasticsearch, settings: ElasticsearchSettings, *, switch: bool) -> list[str]:
    """The alias is never on two namespaces: their tweets would count twice."""
    stream = data_stream(SCORED, settings.namespace)
    aliased = _or_none(lambda: client.indices.get_alias(name=ALIAS)) or {}
    holders = [name for name, found in aliased.items() if ALIAS in found["aliases"]]
    if stream in holders or (holders and not switch):
        return []
    actions = [{"remove": {"index": holder, "alias": ALIAS}} for holder in holders]
    client.indices.update_aliases(actions=[*actions, {"add": {"index": stream, "alias": ALIAS}}])
    return [f"pointed the alias {ALIAS} at {stream}"]


def _or_none(request: Callable[[], Any]) -> Any | None:
    try:
        return request()
    except ApiError as error:
        if error.status_code == 404:
            return None
        raise
