"""No part of ours is root, has more rights or more room than it needs, or holds a secret."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.manifests import OVERLAYS, Object, built, faults, of_executors, of_kind, templates, written

by_overlay = pytest.mark.parametrize("overlay", OVERLAYS)


def pods(objects: list[Object]) -> Any:
    """The stream's, as its set makes them."""
    [found] = of_kind(objects, "StatefulSet")
    return found["spec"]["template"]["spec"]


def stream_of(objects: list[Object]) -> Any:
    return pods(objects)["containers"][0]


def test_nothing_that_is_written_breaks_a_rule() -> None:
    """Also without kustomize: what it adds to the parts is an image's tag."""
    assert [told for told in faults(written()) if not told.endswith(": the image tweetpulse has no tag")] == []


@by_overlay
def test_no_overlay_breaks_a_rule(overlay: str) -> None:
    """As it is built, with the template of the executors."""
    assert faults([*built(overlay), of_executors(built(overlay))]) == []


def test_all_parts_are_there() -> None:
    """Set-up is in the pod of the stream, and so is the exporter."""
    names = {one.name: [part["name"] for part in one.containers] for one in templates(built("production"))}
    assert names == {
        "tweetpulse-stream": ["setup", "stream", "exporter"],
        "tweetpulse-windows": ["windows"],
        "tweetpulse-archive": ["archive"],
        "tweetpulse-twitter": ["collector"],
        "tweetpulse-mastodon": ["collector"],
        "tweetpulse-retrain": ["retrain"],
    }
    assert "tweetpulse-demo" in {one.name for one in templates(built("kind"))}


def test_only_the_stream_has_a_token_of_the_api() -> None:
    """The exporter beside it has none, and executors have none."""
    mounting = [
        (template.name, part["name"])
        for template in templates(written())
        for part in template.containers
        for mount in part["volumeMounts"]
        if "kubernetes.io/serviceaccount" in mount["mountPath"]
    ]
    assert mounting == [("tweetpulse-stream", "stream")]


VIOLATIONS: dict[str, tuple[Callable[[list[Object]], object], str]] = {
    "root": (lambda all_: pods(all_)["securityContext"].update(runAsNonRoot=False), "may run as root"),
    "root in a container": (lambda all_: stream_of(all_)["securityContext"].update(runAsUser=0), "it runs as root"),
    "latest": (lambda all_: stream_of(all_).update(image="tweetpulse:latest"), "has no tag"),
    "no limits": (lambda all_: stream_of(all_)["resources"]["limits"].pop("memory"), "limits without memory"),
    "no requests": (lambda all_: stream_of(all_)["resources"].pop("requests"), "requests without cpu"),
    "a root to write to": (
        lambda all_: stream_of(all_)["securityContext"].update(readOnlyRootFilesystem=False),
        "its root can be written to",
    ),
    "privileges": (lambda all_: stream_of(all_)["securityContext"].pop("allowPrivilegeEscalation"), "gain privileges"),
    "a capability": (
        lambda all_: stream_of(all_)["securityContext"].update(capabilities={"drop": ["ALL"], "add": ["NET_RAW"]}),
        "it has capabilities",
    ),
    "no seccomp": (lambda all_: pods(all_)["securityContext"].pop("seccompProfile"), "no seccomp profile"),
    "a token for all": (lambda all_: pods(all_).pop("automountServiceAccountToken"), "has a token of the API"),
    "the node's network": (lambda all_: pods(all_).update(hostNetwork=True), "hostNetwork"),
    "a folder of the node": (
        lambda all_: pods(all_)["volumes"].append({"name": "node", "hostPath": {"path": "/"}}),
        "node is a folder of the node",
    ),
    "a folder without a limit": (
        lambda all_: pods(all_)["volumes"].append({"name": "more", "emptyDir": {}}),
        "more has no limit",
    ),
    "a password": (
        lambda all_: stream_of(all_)["env"].append({"name": "TWEETPULSE_KAFKA__PASSWORD", "value": "hunter2"}),
        "TWEETPULSE_KAFKA__PASSWORD is written out",
    ),
    "a secret": (
        lambda all_: all_.append({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}),
        "Secret s: it holds a value",
    ),
    "no probe": (lambda all_: stream_of(all_).pop("livenessProbe"), "livenessProbe asks no port of it"),
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_a_violation_is_noticed(name: str) -> None:
    """Each rule, broken in the stream as it is written."""
    plant, told = VIOLATIONS[name]
    objects = deepcopy(written())
    before = faults(objects)
    plant(objects)
    assert [one for one in faults(objects) if one not in before and told in one]
