"""The manifests of `deploy/`: read as they are, built by kustomize, and held against rules of our own."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.paths import ROOT

DEPLOY = ROOT / "deploy"
OVERLAYS = tuple(sorted(path.name for path in (DEPLOY / "overlays").iterdir()))

Object = dict[str, Any]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C, where it is there: boards and the operators' definitions are long."""

_SECRET = re.compile(r"PASSWORD|API_?KEY|SECRET|TOKEN")
_SIZES = {"cpu", "memory", "ephemeral-storage"}
_EXTERNAL = {"kafka.strimzi.io", "elasticsearch.k8s.elastic.co", "kibana.k8s.elastic.co"}


@dataclass(frozen=True, slots=True)
class Template:
    """What pods are made of.

    Attributes:
        kind: of the object that makes them.
        name: of that object.
        labels: of the pods.
        spec: of the pods.
    """

    kind: str
    name: str
    labels: Mapping[str, str]
    spec: Object

    @property
    def containers(self) -> list[Object]:
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]


def read(path: Path) -> list[Object]:
    """The objects in a file."""
    return _objects(path.read_text(encoding="utf-8"))


@cache
def written() -> list[Object]:
    """The objects as they are written, for all overlays, and those of the examples; kept, so not to be changed."""
    paths = (path for path in DEPLOY.rglob("*.yaml") if path.name != "kustomization.yaml")
    return [one for path in sorted(paths) for one in read(path)]


@cache
def built(overlay: str) -> list[Object]:
    """An overlay as kustomize builds it, kept; the test is skipped where there is no kustomize."""
    return build(DEPLOY / "overlays" / overlay)


def build(folder: Path) -> list[Object]:
    """A folder as kustomize builds it; the test is skipped where there is no kustomize."""
    commands = ("kustomize", ["build"]), ("kubectl", ["kustomize"])
    found = next(([path, *words] for name, words in commands if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("needs kustomize or kubectl on PATH")
    done = subprocess.run([*found, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return _objects(done.stdout)


def _objects(text: str) -> list[Object]:
    return [one for one in yaml.load_all(text, _LOADER) if one]


def templates(objects: Iterable[Object]) -> Iterator[Template]:
    """What makes pods, and pods that are a template themselves."""
    for one in objects:
        kind, metadata, spec = one["kind"], one["metadata"], one.get("spec", {})
        if kind == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if kind == "Pod":
            yield Template(kind, metadata.get("name", "executor"), metadata["labels"], spec)
        elif kind in ("Deployment", "StatefulSet", "Job", "CronJob"):
            pods = spec["template"]
            name = metadata.get("name", metadata.get("generateName"))
            yield Template(kind, name, pods["metadata"]["labels"], pods["spec"])


def containers(objects: Iterable[Object]) -> Iterator[tuple[Template, Object]]:
    """Each container, with what makes its pods."""
    return ((template, part) for template in templates(objects) for part in template.containers)


def named(objects: Iterable[Object], name: str) -> Object:
    """The one container of that name."""
    [found] = [part for _, part in containers(objects) if part["name"] == name]
    return found


def of_executors(objects: Iterable[Object]) -> Object:
    """The template of Spark's executors, out of its ConfigMap."""
    [found] = [one for one in objects if one["kind"] == "ConfigMap" and "executor.yaml" in one["data"]]
    pod: Object = yaml.safe_load(found["data"]["executor.yaml"])
    return pod


def of_kind(objects: Iterable[Object], *kinds: str) -> list[Object]:
    return [one for one in objects if one["kind"] in kinds]


def faults(objects: Iterable[Object]) -> list[str]:
    """What is wrong with objects of ours, by our rules for all of them."""
    ours = [one for one in objects if one["apiVersion"].partition("/")[0] not in _EXTERNAL]
    secrets = [f"Secret {one['metadata']['name']}: it holds a value" for one in of_kind(ours, "Secret")]
    return secrets + [f"{one.kind} {one.name}: {told}" for one in templates(ours) for told in _of_template(one)]


def _of_template(template: Template) -> Iterator[str]:
    spec, context = template.spec, template.spec.get("securityContext", {})
    if spec.get("automountServiceAccountToken") is not False:
        yield "every container has a token of the API"
    if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
        yield "it may run as root"
    if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "no seccomp profile"
    shared = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace")
    yield from (name for name in shared if spec.get(name))
    for volume in spec.get("volumes", []):
        yield from _of_volume(volume)
    rules = (_of_container, _of_variables, _of_resources, partial(_of_probes, template))
    for container in template.containers:
        yield from (f"{container['name']}: {told}" for rule in rules for told in rule(container))


def _of_volume(volume: Object) -> Iterator[str]:
    if "hostPath" in volume:
        yield f"{volume['name']} is a folder of the node"
    if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
        yield f"{volume['name']} has no limit"


def _of_container(container: Object) -> Iterator[str]:
    context = container.get("securityContext", {})
    if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
        yield "it may gain privileges"
    if context.get("readOnlyRootFilesystem") is not True:
        yield "its root can be written to"
    if context.get("capabilities") != {"drop": ["ALL"]}:
        yield "it has capabilities"
    if context.get("runAsUser") == 0 or context.get("runAsNonRoot") is False:
        yield "it runs as root"
    if "/tmp" not in {mount["mountPath"] for mount in container.get("volumeMounts", [])}:
        yield "it has no /tmp"
    if "image" in container and not re.fullmatch(r".+:(?!latest$)[\w.-]+", container["image"]):
        yield f"the image {container['image']} has no tag"


def _of_variables(container: Object) -> Iterator[str]:
    for variable in container.get("env", []):
        name = variable["name"]
        if _SECRET.search(name) and not name.endswith("_FILE") and "value" in variable:
            yield f"{name} is written out"


def _of_resources(container: Object) -> Iterator[str]:
    resources = container.get("resources", {})
    # Spark adds the processors and the memory of executors.
    wanted = _SIZES if "image" in container else {"ephemeral-storage"}
    for kind in ("requests", "limits"):
        if missing := wanted - set(resources.get(kind, {})):
            yield f"{kind} without {', '.join(sorted(missing))}"


def _of_probes(template: Template, container: Object) -> Iterator[str]:
    """Who listens, is probed; each probe asks a port that is named."""
    ports = {port["name"] for port in container.get("ports", [])}
    if template.kind not in ("Deployment", "StatefulSet") or not ports:
        return
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        probe = container.get(name, {})
        asked = probe.get("httpGet", probe.get("tcpSocket", {})).get("port")
        if asked not in ports:
            yield f"{name} asks no port of it"


def environment(container: Object, objects: Iterable[Object]) -> dict[str, str]:
    """The variables of a container; secrets and what only a running pod knows are `x`."""
    maps = {one["metadata"]["name"]: one["data"] for one in of_kind(objects, "ConfigMap")}
    found: dict[str, str] = {}
    for source in container.get("envFrom", []):
        found |= maps[source["configMapRef"]["name"]]
    for variable in container.get("env", []):
        text = variable.get("value", "x")
        found[variable["name"]] = re.sub(r"\$\((\w+)\)", lambda name: found[name[1]], text)
    return found
