"""What the manifests say is what the program has: settings, commands, secrets."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from pipeline.errors import ConfigError
from pipeline.settings import Settings, load_section
from pipeline.sources.table import LIVE_SOURCES
from pipeline.stream.session import _conf
from tests import pages
from tests.manifests import DEPLOY, OVERLAYS, Object, built, containers, named, templates, written
from tests.unit.deploy.conftest import SettingsOf
from tests.unit.docs.test_commands import lines, understand

PAGE = "docs/deploy/kubernetes.md"
VARIABLES = DEPLOY / "base" / "environment.env"
by_overlay = pytest.mark.parametrize("overlay", OVERLAYS)


@by_overlay
def test_settings_are_read(overlay: str, settings_of: SettingsOf) -> None:
    """Every container's, without a fault: its variables, its file, and the section of its source."""
    for template, part in containers(built(overlay)):
        assert settings_of(part, built(overlay)).telemetry.host == "0.0.0.0"
        for source in LIVE_SOURCES:
            if template.name == f"tweetpulse-{source.name}":
                load_section(source.name, source.section)


def test_a_typo_is_noticed(settings_of: SettingsOf) -> None:
    """In a variable, as in the file."""
    objects = [{"kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"tweetpulse.toml": "[kafka]\n"}}]
    wrong = {"name": "TWEETPULSE_KAFKA__BOOTSTRAP_SERVER", "value": "kafka:9093"}
    with pytest.raises(ConfigError, match="BOOTSTRAP_SERVERS"):
        settings_of({"name": "stream", "env": [wrong]}, objects)


def test_variables_that_are_written_are_settings() -> None:
    """Also without kustomize."""
    sections = dict(Settings()) | {source.name: source.section() for source in LIVE_SOURCES}
    names = set(re.findall(r"TWEETPULSE_\w+", VARIABLES.read_text()))
    names |= {one["name"] for _, part in containers(written()) for one in part.get("env", [])}
    ours = sorted(name for name in names if name.startswith("TWEETPULSE_"))
    assert len(ours) > 10
    for name in ours:
        section, field = name.removeprefix("TWEETPULSE_").lower().split("__")
        assert field in type(sections[section]).model_fields, name


def test_files_of_settings_hold_no_secret() -> None:
    """Nothing that is called one."""
    files = [*DEPLOY.rglob("*.toml"), *DEPLOY.rglob("*.env")]
    assert files
    for path in files:
        assert re.findall(r"(?im)^\s*\S*(?:password|token|_key)\S*\s*=", path.read_text()) == []


@by_overlay
def test_the_stream_takes_what_is_set_for_spark(overlay: str, settings_of: SettingsOf) -> None:
    """The driver is found by its pod's name, executors run in its image, and their template is mounted."""
    stream = named(built(overlay), "stream")
    conf = _conf(settings_of(stream, built(overlay)), [])
    assert conf["spark.driver.host"] == "x.tweetpulse-stream.x.svc"
    assert conf["spark.kubernetes.driver.pod.name"] == conf["spark.kubernetes.namespace"] == "x"
    assert conf["spark.kubernetes.container.image"] == stream["image"]
    assert conf["spark.master"].startswith("k8s://https://")
    assert (conf["spark.authenticate"], conf["spark.network.crypto.enabled"]) == ("true", "true")
    folder = conf["spark.authenticate.secret.file"].rsplit("/", 1)[0]
    assert folder in {mount["mountPath"] for mount in stream["volumeMounts"]}
    template = mounted(overlay, stream, conf["spark.kubernetes.executor.podTemplateFile"])
    [executor] = template["spec"]["containers"]
    assert folder in {mount["mountPath"] for mount in executor["volumeMounts"]}
    assert conf["spark.kubernetes.executor.podTemplateContainerName"] == executor["name"]


def mounted(overlay: str, container: Object, path: str) -> Object:
    """A file that a ConfigMap puts into a container, parsed."""
    folder, name = path.rsplit("/", 1)
    [volume] = [mount["name"] for mount in container["volumeMounts"] if mount["mountPath"] == folder]
    pods = next(template for template, part in containers(built(overlay)) if part is container)
    [config] = [one["configMap"]["name"] for one in pods.spec["volumes"] if one["name"] == volume]
    [text] = [one["data"][name] for one in built(overlay) if one["metadata"]["name"] == config]
    found: Object = yaml.safe_load(text)
    return found


@by_overlay
def test_there_is_a_core_for_each_partition(overlay: str, settings_of: SettingsOf) -> None:
    """No executor without work; on one machine fewer."""
    found = settings_of(named(built(overlay), "stream"), built(overlay))
    conf = found.stream.spark_conf
    cores = int(conf["spark.executor.instances"]) * int(conf["spark.executor.cores"])
    assert cores == found.kafka.partitions if overlay != "kind" else cores < found.kafka.partitions


def test_commands_are_commands() -> None:
    """Each container's, as the command line itself reads it."""
    seen = set()
    for _, part in containers(written()):
        for words in command_lines(part):
            understand(words)
            seen.add(" ".join(words[:2]))
    commands = ("run", "setup", "windows", "archive", "retrain", "forget", "collect", "generate")
    assert seen == {"tweetpulse-exporter", *(f"tweetpulse {name}" for name in commands)}


def command_lines(container: Object) -> list[list[str]]:
    """Of ours; the image's own entry point is `tweetpulse`."""
    command, args = container.get("command", ["tweetpulse"]), container.get("args", [])
    if command == ["sh", "-c"]:
        return [words for words in lines(args[0]) if words and words[0] == "tweetpulse"]
    return [] if command == ["python", "-m", "pipeline.stream.executor"] else [[*command, *args]]


@pytest.mark.parametrize(("code", "end"), [(0, 0), (7, 0), (8, 0), (9, 0), (1, 1), (3, 3)])
def test_training_without_a_new_champion_is_no_failure(code: int, end: int, tmp_path: Path) -> None:
    """What is as it should be ends the job well, and a fault does not."""
    program = tmp_path / "tweetpulse"
    program.write_text(f"#!/bin/sh\nexit {code}\n")
    program.chmod(0o755)
    part = named(written(), "retrain")
    done = subprocess.run([*part["command"], *part["args"]], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=False)
    assert done.returncode == end


def test_training_has_the_cores_that_it_may_use() -> None:
    """Else it would start a task for each core of the node."""
    part = named(written(), "retrain")
    assert {"name": "TWEETPULSE_STREAM__CORES", "value": part["resources"]["limits"]["cpu"]} in part["env"]


def test_every_secret_is_documented() -> None:
    """Its name and its key, and no other; of the certificates those that settings name."""
    told = set(re.findall(r"^\| `(tweetpulse-[\w-]+)` \| `([\w.-]+)` \|", pages.text(PAGE), re.MULTILINE))
    trusted = {(name, key) for name, key in told if name == "tweetpulse-trust"}
    assert told == secrets() | trusted
    files = set(re.findall(r"_CA_FILE=(.+)", VARIABLES.read_text()))
    assert files == {f"/trust/{key}" for _, key in trusted}


def secrets() -> set[tuple[str, str]]:
    """The secrets and keys that pods read by name."""
    sources = [one.get("valueFrom", {}) for _, part in containers(written()) for one in part.get("env", [])]
    keys = {(ref["name"], ref["key"]) for one in sources if (ref := one.get("secretKeyRef"))}
    volumes = [volume.get("secret", {}) for one in templates(written()) for volume in one.spec["volumes"]]
    return keys | {(one["secretName"], item["key"]) for one in volumes for item in one.get("items", [])}


def test_each_part_has_its_own_user() -> None:
    """The rights of compose's parts."""
    source = {"KAFKA": "tweetpulse-source"}
    setup = {"KAFKA": "tweetpulse-setup", "ELASTICSEARCH": "tweetpulse_setup"}
    assert {(template.name, part["name"]): users(part) for template, part in containers(written()) if users(part)} == {
        ("tweetpulse-stream", "setup"): setup,
        ("tweetpulse-stream", "stream"): {"KAFKA": "tweetpulse-stream", "ELASTICSEARCH": "tweetpulse_stream"},
        ("tweetpulse-stream", "exporter"): {"KAFKA": "tweetpulse-exporter", "ELASTICSEARCH": "tweetpulse_exporter"},
        ("tweetpulse-windows", "windows"): {"KAFKA": "tweetpulse-windows", "ELASTICSEARCH": "tweetpulse_windows"},
        ("tweetpulse-archive", "archive"): {"KAFKA": "tweetpulse-archive"},
        ("tweetpulse-twitter", "collector"): source,
        ("tweetpulse-mastodon", "collector"): source,
        ("tweetpulse-demo", "demo"): source,
        ("tweetpulse-retrain", "retrain"): {"ELASTICSEARCH": "tweetpulse_stream"},
        ("tweetpulse-forget-", "forget"): setup,
    }


def users(container: Object) -> dict[str, str]:
    found = {one["name"]: one.get("value", "") for one in container.get("env", [])}
    return {
        name.removeprefix("TWEETPULSE_").removesuffix("__USERNAME"): value
        for name, value in found.items()
        if name.endswith("__USERNAME")
    }
