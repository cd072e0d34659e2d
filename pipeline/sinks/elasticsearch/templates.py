"""Component and index templates: put where they are absent, older or changed by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from elasticsearch import ApiError, Elasticsearch

from pipeline.errors import SetupError
from pipeline.sinks.elasticsearch.differences import NOTHING, THERE, Difference, between, flat_template, lines

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """Component or index templates: how one is read, and how it is put."""

    get: Callable[[Elasticsearch, str], Body]
    put: Callable[[Elasticsearch, str, Body], object]


COMPONENT = Kind(
    lambda client, name: client.cluster.get_component_template(name=name)["component_templates"][0][
        "component_template"
    ],
    lambda client, name, body: client.cluster.put_component_template(name=name, body=body),
)
INDEX = Kind(
    lambda client, name: client.indices.get_index_template(name=name)["index_templates"][0]["index_template"],
    lambda client, name, body: client.indices.put_index_template(name=name, body=body),
)


def put_template(client: Elasticsearch, kind: Kind, name: str, body: Body) -> list[str]:
    """Put a template where it is absent, older or changed; says what it did, a line each.

    Raises:
        SetupError: the server has a newer one.
    """
    there = or_none(lambda: kind.get(client, name))
    differences = template_differences(name, body, there)
    if there is not None and there.get("version", 0) == body["version"] and not differences:
        return []
    kind.put(client, name, body)
    if there is None or there.get("version", 0) < body["version"]:
        return [f"{'updated' if there else 'made'} the template {name}, version {body['version']}"]
    return [f"changed the template {name}", *lines(name, differences)]


def template_differences(name: str, body: Body, there: Body | None) -> list[Difference]:
    """The differences between a template and ours.

    Raises:
        SetupError: it is of a newer version than this program's.
    """
    found = (there or {}).get("version", 0)
    if found > body["version"]:
        raise SetupError(
            f"the template {name} is of version {found}, newer than this program's {body['version']}: update tweetpulse"
        )
    return between(flat_template(body), flat_template(there or {}))


def inspect_template(client: Elasticsearch, kind: Kind, name: str, body: Body) -> list[Difference]:
    """The differences between a template and ours; an older version counts as one difference."""
    there = or_none(lambda: kind.get(client, name))
    if there is None:
        return [Difference("template", THERE, NOTHING)]
    found = template_differences(name, body, there)
    older = there.get("version", 0) < body["version"]
    return [Difference("version", str(body["version"]), str(there.get("version", 0)))] if older else found


def or_none(request: Callable[[], Any]) -> Any | None:
    """The answer to a request; None if it is 404."""
    try:
        return request()
    except ApiError as error:
        if error.status_code == 404:
            return None
        raise
