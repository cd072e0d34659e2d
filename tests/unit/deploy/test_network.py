"""Who listens where, who finds whom, and who reaches whom."""

from __future__ import annotations

import json
import re

import pytest

from tests.manifests import OVERLAYS, Object, built, containers, named, of_executors, of_kind, templates, written
from tests.unit.deploy.conftest import SettingsOf

PARTS = {"stream", "executor", "windows", "archive", "retrain", "twitter", "mastodon", "demo", "forget"}
by_overlay = pytest.mark.parametrize("overlay", OVERLAYS)


@by_overlay
def test_parts_listen_where_settings_say(overlay: str, settings_of: SettingsOf) -> None:
    """Metrics, the driver and its blocks."""
    found = settings_of(named(built(overlay), "stream"), built(overlay))
    telemetry, conf = found.telemetry, found.stream.spark_conf
    expected = {
        ("stream", "metrics"): telemetry.stream_port,
        ("stream", "driver"): int(conf["spark.driver.port"]),
        ("stream", "blocks"): int(conf["spark.driver.blockManager.port"]),
        ("exporter", "exporter"): telemetry.exporter_port,
        ("collector", "metrics"): telemetry.source_port,
        ("windows", "metrics"): telemetry.windows_port,
        ("archive", "metrics"): telemetry.archive_port,
    }
    for _, part in containers(built(overlay)):
        for port in part.get("ports", []):
            assert port["containerPort"] == expected[part["name"], port["name"]]


@by_overlay
def test_the_network_lets_through_what_settings_say(overlay: str, settings_of: SettingsOf) -> None:
    """Prometheus to metrics, executors to the driver, and all to the servers."""
    found = settings_of(named(built(overlay), "stream"), built(overlay))
    telemetry, conf = found.telemetry, found.stream.spark_conf
    policies = {one["metadata"]["name"]: one["spec"] for one in of_kind(built(overlay), "NetworkPolicy")}
    driver = {int(conf["spark.driver.port"]), int(conf["spark.driver.blockManager.port"])}
    assert ports(policies["metrics"], "ingress") == {
        telemetry.stream_port,
        telemetry.exporter_port,
        telemetry.source_port,
        telemetry.windows_port,
        telemetry.archive_port,
    }
    assert ports(policies["stream"], "ingress") == driver
    assert ports(policies["executor"], "ingress") == {int(conf["spark.blockManager.port"])}
    assert driver <= ports(policies["executor"], "egress")
    servers = found.kafka.bootstrap_servers.split(",")
    assert ports(policies["to-kafka"], "egress") == {int(server.rsplit(":", 1)[1]) for server in servers}
    assert ports(policies["to-elasticsearch"], "egress") == {int(found.elasticsearch.url.rsplit(":", 1)[1])}


def ports(policy: Object, way: str) -> set[int]:
    return {port["port"] for rule in policy[way] for port in rule["ports"]}


def test_the_network_is_closed_but_for_parts_that_are_there() -> None:
    """Everything is denied first; names are found by all, and what else is let through is let through for a part."""
    policies = {one["metadata"]["name"]: one["spec"] for one in of_kind(written(), "NetworkPolicy")}
    assert policies["deny-all"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert [name for name, one in policies.items() if one["podSelector"] == {}] == ["deny-all", "names"]
    lists = re.findall(r'"values": \[(.*?)\]|component": ("\w+")', json.dumps(policies))
    assert set(re.findall(r'"(\w+)"', " ".join(map("".join, lists)))) == PARTS
    assert {one.labels["app.kubernetes.io/component"] for one in templates(written())} == PARTS


@by_overlay
def test_services_lead_to_pods(overlay: str) -> None:
    """By labels that pods have, to ports that they name."""
    for service in of_kind(built(overlay), "Service"):
        selector = service["spec"]["selector"]
        [pods] = [one for one in templates(built(overlay)) if selector.items() <= one.labels.items()]
        listening = {port["name"]: port["containerPort"] for one in pods.containers for port in one.get("ports", [])}
        for port in service["spec"]["ports"]:
            assert listening[port["targetPort"]] == port["port"]


@by_overlay
def test_what_is_mounted_is_there(overlay: str) -> None:
    """Claims, ConfigMaps and accounts that the overlay has; no volume that nobody mounts."""
    objects = built(overlay)
    there = {(one["kind"], one["metadata"]["name"]) for one in objects}
    for template in templates([*objects, of_executors(objects)]):
        volumes = template.spec["volumes"]
        mounts = {mount["name"] for part in template.containers for mount in part["volumeMounts"]}
        assert mounts == {one["name"] for one in volumes}
        claims = {("PersistentVolumeClaim", one.get("persistentVolumeClaim", {}).get("claimName")) for one in volumes}
        configs = {("ConfigMap", one.get("configMap", {}).get("name")) for one in volumes}
        account = ("ServiceAccount", template.spec.get("serviceAccountName"))
        assert {one for one in {*claims, *configs, account} if one[1]} <= there


def test_the_budget_is_for_executors() -> None:
    """By the labels of their template; a number, since they have no controller."""
    [budget] = of_kind(written(), "PodDisruptionBudget")
    [executor] = [one for one in templates(written()) if one.kind == "Pod"]
    assert budget["spec"]["selector"]["matchLabels"].items() <= executor.labels.items()
    assert budget["spec"]["minAvailable"] == 1
