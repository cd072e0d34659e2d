"""Objects against the schemas of Kubernetes, and of the operators where their definitions are at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from tests.manifests import DEPLOY, OVERLAYS, Object, built, of_executors, read, written

NAMED = "TWEETPULSE_TEST_CRDS"
"""A folder with the operators' CustomResourceDefinitions; without one, their objects are not checked."""

MISSING = "needs kubernetes-validate: `make env` installs it"
OLDEST, NEWEST = "1.30", "1.37"
"""The versions of Kubernetes."""
_OPERATORS = ("monitoring.coreos.com", "kafka.strimzi.io", "elasticsearch.k8s.elastic.co", "kibana.k8s.elastic.co")


def is_of_kubernetes(one: Object) -> bool:
    return not one["apiVersion"].startswith(_OPERATORS)


def told_by_kubernetes(one: Object, version: str) -> str | None:
    """What its own schema says of an object; None if nothing."""
    schemas: Any = pytest.importorskip("kubernetes_validate", reason=MISSING)
    try:
        schemas.validate(one, version, strict=True)
    except schemas.ValidationError as error:
        return f"{one['kind']} {one['metadata'].get('name')}: {error}"
    return None


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_fits_the_schemas_of_kubernetes(overlay: str) -> None:
    """Unknown fields are errors."""
    objects = [*built(overlay), of_executors(built(overlay))]
    found = [told_by_kubernetes(one, NEWEST) for one in objects if is_of_kubernetes(one)]
    assert len(found) > 20
    assert [told for told in found if told] == []


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_what_is_written_fits_the_schemas_of_kubernetes(version: str) -> None:
    """Also without kustomize, and the examples."""
    found = [told_by_kubernetes(one, version) for one in written() if is_of_kubernetes(one)]
    assert [told for told in found if told] == []


def test_an_unknown_field_is_noticed() -> None:
    [claim] = read(DEPLOY / "base/state.yaml")
    wrong = claim | {"spec": claim["spec"] | {"storageClass": "fast"}}
    assert "storageClass" in str(told_by_kubernetes(wrong, NEWEST))


@pytest.fixture(scope="module")
def definitions() -> dict[tuple[str, str], Object]:
    """The schema of each kind of the operators, by its version and its name."""
    if NAMED not in os.environ:
        pytest.skip(f"needs the operators' definitions in a folder that {NAMED} names")
    folder = Path(os.environ[NAMED])
    return {
        (f"{one['spec']['group']}/{version['name']}", one["spec"]["names"]["kind"]): strict(
            version["schema"]["openAPIV3Schema"]
        )
        for path in sorted(folder.glob("*.yaml"))
        for one in read(path)
        for version in one["spec"]["versions"]
    }


def strict(schema: Any) -> Any:
    """As the API server takes it: a field that is not in it would be dropped."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    # The metadata of an object is Kubernetes's own.
    closed = "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields")
    inner = {key: strict(value) for key, value in schema.items()}
    return inner | ({"additionalProperties": False} if closed and "additionalProperties" not in schema else {})


def told_by_operator(one: Object, definitions: dict[tuple[str, str], Object]) -> Iterator[str]:
    schema = definitions[one["apiVersion"], one["kind"]]
    for error in Draft7Validator(schema).iter_errors(one):
        yield f"{one['kind']} {one['metadata']['name']}: {error.json_path}: {error.message}"


def test_objects_of_operators_fit_their_definitions(definitions: dict[tuple[str, str], Object]) -> None:
    """Prometheus's, Kafka's, Elasticsearch's and Kibana's."""
    objects = [one for one in written() if not is_of_kubernetes(one)]
    assert {one["kind"] for one in objects} >= {"ServiceMonitor", "PrometheusRule", "Kafka", "KafkaUser", "Kibana"}
    assert [told for one in objects for told in told_by_operator(one, definitions)] == []


def test_an_unknown_field_of_an_operator_is_noticed(definitions: dict[tuple[str, str], Object]) -> None:
    [monitor] = [one for one in written() if one["kind"] == "ServiceMonitor"]
    wrong = monitor | {"spec": monitor["spec"] | {"jobLabl": "x"}}
    assert "jobLabl" in "".join(told_by_operator(wrong, definitions))
