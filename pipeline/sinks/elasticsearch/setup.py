"""Templates, data streams, the alias, the indices of labels, topics and windows: made if absent, mended if changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from typing import Any

from elasticsearch import ApiError, AuthorizationException, Elasticsearch

from pipeline.domain.alias import ALIAS, alias_actions, alias_state
from pipeline.domain.document import EVENTS, REJECTED, SCORED, data_stream
from pipeline.errors import SetupError
from pipeline.sinks.elasticsearch import plain_index, upkeep, window_indices
from pipeline.sinks.elasticsearch.client import elasticsearch_errors, error_type
from pipeline.sinks.elasticsearch.differences import Difference, composed
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings
from pipeline.sinks.elasticsearch.templates import COMPONENT, INDEX, Kind, inspect_template, or_none, put_template
from pipeline.sinks.elasticsearch.upkeep import Wanted

VERSION = 4
"""Of all templates together. When it grows, `setup` updates them and rolls the data streams over."""

_COMPONENTS = ("tweets@settings", "tweets@mappings", "tweets@scored", "tweets@events")
_DATASETS = (SCORED, REJECTED, EVENTS)
_MATCHES_NOTHING = {"setup": "no document has this field, so the mapping refuses it"}


Templates = dict[str, tuple[Kind, dict[str, Any]]]
"""Name → what kind of template it is, and its body."""


@dataclass(frozen=True, slots=True)
class SetupReport:
    """What `setup` changed, a line each; empty where everything was there already. `warnings`: what it left."""

    changes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def set_up(client: Elasticsearch, settings: ElasticsearchSettings, *, switch: bool = False) -> SetupReport:
    """Bring the server to what this version of the project needs.

    `switch` points the alias at this namespace, away from the one that holds it.

    Raises:
        SinkUnavailable: the server does not answer.
        ConfigError: the user lacks a privilege.
        SetupError: the server refuses a template, or another template makes the indices of a data stream.
    """
    changes: list[str] = []
    with elasticsearch_errors(settings):
        for name, (kind, body) in templates(settings).items():
            changes += put_template(client, kind, name, body)
        for stream in wanted(settings):
            changes += _ensure_stream(client, stream.stream)
            changes += upkeep.mend(client, stream)
            changes += upkeep.keep_for(client, stream)
        changes += _ensure_alias(client, settings, switch=switch)
        for index, mapping in _plain(settings).items():
            changes += plain_index.ensure(client, index, mapping)
        changes += window_indices.ensure(client, windows_template(), settings.namespace)
    return SetupReport(tuple(changes))


def inspect(client: Elasticsearch, settings: ElasticsearchSettings) -> dict[str, list[Difference] | None]:
    """The differences between the server and what `set_up` makes: templates, write indices, plain indices.

    It changes nothing. None stands for what this user may not look at.

    Raises:
        SinkUnavailable: the server does not answer.
        ConfigError: it refuses the user.
        SetupError: a template is newer than this program, or another one makes the indices of a data stream.
    """
    looks = {
        name: partial(inspect_template, client, kind, name, body) for name, (kind, body) in templates(settings).items()
    }
    looks |= {stream.stream: partial(upkeep.inspect_stream, client, stream) for stream in wanted(settings)}
    looks[window_indices.TEMPLATE] = partial(
        inspect_template, client, INDEX, window_indices.TEMPLATE, windows_template()
    )
    looks |= {name: partial(plain_index.inspect, client, name, mapping) for name, mapping in _plain(settings).items()}
    with elasticsearch_errors(settings):
        return {name: _unless_denied(look) for name, look in looks.items()}


def templates(settings: ElasticsearchSettings) -> Templates:
    """All templates, in the order in which the server takes them: components first."""
    components = {name: (COMPONENT, component_template(name, settings)) for name in _COMPONENTS}
    return components | {f"logs-{name}": (INDEX, index_template(name, settings)) for name in _DATASETS}


def wanted(settings: ElasticsearchSettings) -> list[Wanted]:
    """The data streams as they should be."""
    return [_wanted(dataset, settings) for dataset in _DATASETS]


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


def windows_template() -> dict[str, Any]:
    """The index template of windows, which is as `resources/` has it but for its version."""
    return window_indices.versioned(resource(window_indices.TEMPLATE))


def _wanted(dataset: str, settings: ElasticsearchSettings) -> Wanted:
    parts = [component_template(name, settings) for name in resource(f"logs-{dataset}")["composed_of"]]
    return Wanted(
        stream=data_stream(dataset, settings.namespace),
        mappings=composed(parts, "mappings"),
        settings=composed(parts, "settings"),
        retention=settings.retention,
        version=VERSION,
    )


def _plain(settings: ElasticsearchSettings) -> dict[str, str]:
    """The plain indices, and their mappings."""
    return {settings.labels_index: plain_index.LABELS, settings.topics_index: plain_index.TOPICS}


def _unless_denied(look: Callable[[], list[Difference]]) -> list[Difference] | None:
    try:
        return look()
    except AuthorizationException:
        return None


def _versioned(body: dict[str, Any]) -> dict[str, Any]:
    body["version"] = VERSION
    body["_meta"]["version"] = VERSION
    return body


def _ensure_stream(client: Elasticsearch, stream: str) -> list[str]:
    if or_none(lambda: client.indices.get_settings(index=stream, name="index.creation_date")) is not None:
        return []
    try:
        client.indices.create_data_stream(name=stream)
    except ApiError as error:
        # A server without the API of data streams takes its path for that of an index or a document (ADR 0001).
        if error.status_code not in (400, 404, 405):
            raise
        _create_by_refusal(client, stream)
    return [f"made the data stream {stream}"]


def _create_by_refusal(client: Elasticsearch, stream: str) -> None:
    """For a server without a data stream API: a bulk request makes it, and its only document is refused."""
    operations: list[dict[str, Any]] = [{"create": {}}, {"@timestamp": 0, **_MATCHES_NOTHING}]
    client.bulk(index=stream, operations=operations, require_data_stream=True)
    if or_none(lambda: client.indices.get_settings(index=stream, name="index.creation_date")) is None:
        raise SetupError(f"Elasticsearch did not make the data stream {stream}: does another template claim its name?")


def _ensure_alias(client: Elasticsearch, settings: ElasticsearchSettings, *, switch: bool) -> list[str]:
    """The alias is never on two namespaces: their tweets would count twice."""
    state = alias_state(or_none(lambda: client.indices.get_alias(name=ALIAS)) or {})
    actions = alias_actions(state, settings.namespace, switch=switch)
    if not actions:
        return []
    try:
        client.indices.update_aliases(actions=actions)
    except ApiError as error:
        if error_type(error) != "invalid_alias_name_exception":
            raise
        raise SetupError(
            f"an index is named {ALIAS}, so there can be no such alias; something wrote to it while there was none: "
            f"look at it, delete it (DELETE /{ALIAS}), then run `tweetpulse setup`"
        ) from None
    return [f"pointed the alias {ALIAS} at {data_stream(SCORED, settings.namespace)}"]
