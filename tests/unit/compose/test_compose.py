from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.paths import ROOT

COMPOSE = ROOT / "compose"
TEXT = (COMPOSE / "compose.yaml").read_text(encoding="utf-8")
PROJECT = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = PROJECT["services"]
EXAMPLE = dict(
    line.split("=", 1)
    for line in (COMPOSE / ".env.example").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)
ONE_SHOT = {"certificates", "accounts", "kafka-accounts", "setup", "provision", "retrain", "forget"}
CAPABILITIES = {"certificates": ["CHOWN", "DAC_OVERRIDE", "FOWNER"]}
"""Who has any: it hands certificates to another user, and is the only one that runs as root."""
SEALING = {
    "indices:admin/refresh*",
    "indices:monitor/settings/get",
    "indices:admin/block/add",
    "indices:admin/settings/update",
}
"""Actions that the stream's role has by name, since every privilege that holds them holds more."""
SECRET = re.compile(r"PASSWORD|ENCRYPTION_?KEY|SECRET|TOKEN")
VARIABLE = re.compile(r"\$\{(\w+)(:?[-?])?([^}]*)\}")
by_service = pytest.mark.parametrize("name", SERVICES)


def test_it_fits_the_compose_schema() -> None:
    """check-jsonschema takes it for a Compose file."""
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        str(COMPOSE / "compose.yaml"),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_all_parts_are_there() -> None:
    """The servers, the stream, the exporter, the set-up, training, forgetting, live sources, a demo."""
    parts = {"kafka", "elasticsearch", "kibana", "prometheus", "alertmanager", "grafana", "stream", "exporter", "demo"}
    assert set(SERVICES) == parts | {"windows", "archive", "twitter", "mastodon"} | ONE_SHOT


def test_only_grafana_and_kibana_are_published_and_on_loopback() -> None:
    """Nothing else has a port outside, and these have it on 127.0.0.1."""
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {
        "grafana": ["127.0.0.1:${GRAFANA_PORT:-3000}:3000"],
        "kibana": ["127.0.0.1:${KIBANA_PORT:-5601}:5601"],
    }
    assert not [name for name, service in SERVICES.items() if service.get("network_mode") == "host"]


def test_only_what_must_reaches_outside() -> None:
    """All are in the internal network; Grafana, Kibana, Alertmanager and the live sources also in the other."""
    assert PROJECT["networks"]["inside"] == {"internal": True}
    assert all("inside" in service["networks"] for service in SERVICES.values())
    outside = {name for name, service in SERVICES.items() if "outside" in service["networks"]}
    assert outside == {"grafana", "kibana", "alertmanager", "twitter", "mastodon"}


@by_service
def test_every_service_has_a_health_check_or_ends(name: str) -> None:
    """A service that stays up is checked, ours by `tweetpulse health`; one that runs once is not restarted."""
    service = SERVICES[name]
    assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")
    if name in ONE_SHOT:
        assert service["healthcheck"] == {"disable": True}
    elif service["image"] == "tweetpulse:local" and name != "demo":  # which serves nothing
        part = name if name in ("stream", "exporter", "windows", "archive") else "source"
        assert service["healthcheck"]["test"] == ["CMD", "tweetpulse", "health", part]
    else:
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


@by_service
def test_every_service_has_limits(name: str) -> None:
    """Memory and processors."""
    assert set(SERVICES[name]["deploy"]["resources"]["limits"]) == {"cpus", "memory"}


@by_service
def test_nobody_gains_privileges(name: str) -> None:
    """No service is privileged, or may become it."""
    service = SERVICES[name]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == CAPABILITIES.get(name, [])
    assert service.get("user") == ("0" if name in CAPABILITIES else None)


@by_service
def test_images_are_not_written_to(name: str) -> None:
    """A container writes to its volumes and to temporary folders alone; Elasticsearch to its configuration too."""
    service = SERVICES[name]
    assert service["read_only"] is (name != "elasticsearch")
    assert [mount.split(":")[0] for mount in service["tmpfs"]].count("/tmp") == 1
    options = [mount.partition(":")[2] for mount in service["tmpfs"]]
    assert all("size=" in option for option in options if option)
    # A library that a JVM unpacks can't be loaded from where nothing may be executed.
    assert any("exec" in option for option in options) is (name in {"certificates", "kafka", "stream", "windows"})


@by_service
def test_orphans_have_a_parent(name: str) -> None:
    """Process 1 takes signals and ended processes: Docker's, but for images that bring their own."""
    assert SERVICES[name]["init"] is (name not in {"elasticsearch", "kibana"})


@by_service
def test_a_secret_is_seen_by_its_service_alone(name: str) -> None:
    """A file or the service's own folder is mounted where it is read, and the folder of all of them nowhere."""
    service = SERVICES[name]
    named = {"twitter": "x-bearer-token", "mastodon": "mastodon-access-token"}.get(name)
    assert service.get("secrets", []) == ([named] if named else [])
    folder = ["./secrets/alertmanager:/etc/alertmanager/secrets:ro"] if name == "alertmanager" else []
    assert [mount for mount in service.get("volumes", []) if "secrets" in mount] == folder
    read = [value for key, value in service.get("environment", {}).items() if key.endswith("_FILE") and "TOKEN" in key]
    assert read == ([f"/run/secrets/{named}"] if named else [])
    if named:
        assert PROJECT["secrets"][named] == {"file": f"./secrets/{named}"}


def test_nothing_but_dashboards_needs_kibana() -> None:
    """The stream, the exporter, the sources and Grafana start whether or not Kibana ever does."""

    def needed(name: str) -> set[str]:
        others = set(SERVICES[name].get("depends_on", {}))
        return others.union(*(needed(other) for other in others))

    assert {name for name in SERVICES if "kibana" in needed(name)} == {"provision"}
    assert not [name for name in SERVICES if "provision" in SERVICES[name].get("depends_on", {})]
    assert {"kafka", "accounts"} <= needed("stream")


def test_the_health_check_of_kafka_has_a_heap_of_its_own() -> None:
    """Not the broker's, beside the broker, in the memory of one container."""
    service = SERVICES["kafka"]
    [heap] = re.findall(r"KAFKA_HEAP_OPTS='-Xms\d+m -Xmx(\d+)m'", service["healthcheck"]["test"][1])
    [broker] = re.findall(r"-Xmx(\d+)m", service["environment"]["KAFKA_HEAP_OPTS"])
    assert int(heap) <= 128
    assert int(heap) + int(broker) < 1024 * 0.7


@by_service
def test_images_have_exact_tags(name: str) -> None:
    """An official image with a version out of .env, or our own."""
    image = SERVICES[name]["image"]
    if image == "tweetpulse:local":
        assert SERVICES[name]["build"]["dockerfile"] == "compose/Dockerfile"
    else:
        repository, _, tag = image.partition(":")
        (variable, *_), *others = VARIABLE.findall(tag)
        assert not others
        assert repository.startswith(("apache/", "docker.elastic.co/", "grafana/", "prom/"))
        assert re.fullmatch(r"v?\d+\.\d+\.\d+", EXAMPLE[variable])


def test_the_base_of_our_image_has_an_exact_tag() -> None:
    """Python to the patch, on a named Debian."""
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", EXAMPLE["PYTHON_IMAGE"])


@by_service
def test_dependencies_wait_for_health_or_for_the_end(name: str) -> None:
    """Never only for the start; and what is waited for can fulfil it."""
    for other, wait in SERVICES[name].get("depends_on", {}).items():
        ended = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
        assert wait == {"condition": ended}


def test_no_secret_has_a_default() -> None:
    """Each secret must be set, here and in .env.example, where it is empty."""
    used = {name: (sign, rest) for name, sign, rest in VARIABLE.findall(TEXT)}
    secrets = {name for name in used if SECRET.search(name)}
    assert {used[name] for name in secrets} == {(":?", "set it in .env")}
    assert {name for name in EXAMPLE if SECRET.search(name)} == secrets
    assert {EXAMPLE[name] for name in secrets} == {""}


def test_no_secret_is_written_out() -> None:
    """Whatever is called a password or a key comes from a variable, or from a file that git leaves alone."""
    written = [
        (name, key)
        for name, service in SERVICES.items()
        for key, value in service.get("environment", {}).items()
        if SECRET.search(key) and not key.endswith("_FILE") and not VARIABLE.fullmatch(str(value))
    ]
    assert written == []


def test_every_variable_is_in_the_example() -> None:
    """.env.example names all that compose.yaml asks for, and nothing else."""
    assert {name for name, _, _ in VARIABLE.findall(TEXT)} == set(EXAMPLE)


@by_service
def test_what_is_mounted_is_there(name: str) -> None:
    """Files of the repository exist; volumes are declared."""
    for mount in SERVICES[name].get("volumes", []):
        source = mount.split(":")[0]
        if source.startswith("."):
            assert (COMPOSE / source).exists()
            assert mount.endswith(":ro")
        else:
            assert source in PROJECT["volumes"]


def test_elasticsearch_is_secure() -> None:
    """Passwords and TLS, with a CA whose key no other service sees."""
    environment = SERVICES["elasticsearch"]["environment"]
    switches = {key: environment[key] for key in environment if key.endswith((".enabled", "security.enabled"))}
    assert set(switches.values()) == {"true"}
    assert len(switches) == 3
    holders = [
        name
        for name, service in SERVICES.items()
        if any(m.startswith("authority:") for m in service.get("volumes", []))
    ]
    assert holders == ["certificates"]


def test_kafka_lets_in_by_password_and_tls_alone() -> None:
    """Each part that uses it is a user of its own with rights in the file; what is open listens on loopback."""
    lines = (COMPOSE / "kafka/server.properties").read_text().splitlines()
    properties = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    protocols = dict(pair.split(":") for pair in properties["listener.security.protocol.map"].split(","))
    listeners = dict(pair.split("://") for pair in properties["listeners"].split(","))
    open_ = {name for name, protocol in protocols.items() if protocol != "SASL_SSL"}
    assert all(listeners[name].startswith("127.0.0.1:") for name in open_)
    assert properties["allow.everyone.if.no.acl.found"] == "false"
    rights = json.loads((COMPOSE / "kafka/acls.json").read_text())
    users = {
        name: service["environment"]["TWEETPULSE_KAFKA__USERNAME"]
        for name, service in SERVICES.items()
        if "TWEETPULSE_KAFKA__USERNAME" in service.get("environment", {})
    }
    live = {"demo", "twitter", "mastodon"}
    assert set(users) == {"setup", "forget", "stream", "exporter", "windows", "archive"} | live
    assert {name: user for name, user in users.items() if name in ("windows", "archive")} == {
        "windows": "windows",
        "archive": "archive",
    }
    assert set(users.values()) <= set(rights)
    passwords = set(SERVICES["kafka-accounts"]["environment"])
    assert {f"KAFKA_{user.upper()}_PASSWORD" for user in rights} <= passwords


def test_the_certificates_are_made_once_and_signed_by_the_ca(tmp_path: Path) -> None:
    """openssl verifies each for its name; keys are their owner's alone, and a second run changes nothing."""
    folders = {name: tmp_path / name.lower() for name in ("AUTHORITY", "TRUST", "ELASTICSEARCH_CERTIFICATES")}
    folders["KAFKA_CERTIFICATES"] = tmp_path / "kafka"
    for folder in folders.values():
        folder.mkdir()
    owner = f"{os.getuid()}:{os.getgid()}"
    environment = {"PATH": os.environ["PATH"], "OWNER": owner} | {name: str(path) for name, path in folders.items()}
    seen = []
    for _ in range(2):
        subprocess.run(["bash", COMPOSE / "certificates.sh"], check=True, capture_output=True, env=environment)
        seen.append({path: path.read_bytes() for path in tmp_path.rglob("*.key")})
    assert seen[0] == seen[1]
    assert len(seen[0]) == 3
    for part, name in (("ELASTICSEARCH_CERTIFICATES", "elasticsearch"), ("KAFKA_CERTIFICATES", "kafka")):
        certificate, authority = str(folders[part] / f"{name}.crt"), str(folders["TRUST"] / "ca.crt")
        verify = ["openssl", "verify", "-CAfile", authority, "-verify_hostname", name, certificate]
        assert subprocess.run(verify, capture_output=True, check=False).returncode == 0
    secret = [path for path in tmp_path.rglob("*") if path.suffix in (".key", ".pem")]
    assert [path for path in secret if path.stat().st_mode & 0o077] == []
    assert "BEGIN PRIVATE KEY" in (folders["KAFKA_CERTIFICATES"] / "kafka.pem").read_text()


def test_our_settings_are_settings() -> None:
    """Every TWEETPULSE_ variable of our services names a setting of this program."""
    from pipeline.settings import Settings
    from pipeline.sources.table import LIVE_SOURCES

    sections = dict(Settings()) | {source.name: source.section() for source in LIVE_SOURCES}
    for service in SERVICES.values():
        if service["image"] == "tweetpulse:local":
            for name in service.get("environment", {}):
                if name.startswith("TWEETPULSE_"):
                    section, field = name.removeprefix("TWEETPULSE_").lower().split("__")
                    assert field in type(sections[section]).model_fields


def test_grafana_gets_every_variable_of_its_provisioning() -> None:
    """Each variable in the provisioning files is set."""
    folder = ROOT / "dashboards/grafana/provisioning"
    wanted = {name for path in folder.rglob("*.yaml") for name in re.findall(r"\$(TWEETPULSE_\w+)", path.read_text())}
    assert wanted
    assert wanted <= set(SERVICES["grafana"]["environment"])


def test_the_alertmanager_finds_its_templates_and_secrets() -> None:
    """Where its configuration looks for them: beside it, and in a folder of their own."""
    mounts = dict(mount.split(":")[:2] for mount in SERVICES["alertmanager"]["volumes"])
    configuration = ROOT / "dashboards/prometheus/alertmanager.yml"
    text = configuration.read_text()
    assert mounts["../dashboards/prometheus/templates"] == "/etc/alertmanager/templates"
    assert yaml.safe_load(text)["templates"] == ["templates/*.tmpl"]
    assert set(re.findall(r"_file: (\S+)/[\w-]+", text)) == {mounts["./secrets/alertmanager"]}


def test_prometheus_has_targets_for_the_same_jobs() -> None:
    """The containers are scraped under the job names that boards and rules ask for; not all of them run there."""
    jobs = [
        [group["labels"]["job"] for group in yaml.safe_load((folder / "targets/processes.yml").read_text())]
        for folder in (COMPOSE, ROOT / "dashboards/prometheus")
    ]
    assert jobs[0] == jobs[1]
    hosts = {
        t.split(":")[0]
        for f in COMPOSE.glob("targets/*.yml")
        for g in yaml.safe_load(f.read_text())
        for t in g["targets"]
    }
    assert hosts <= set(SERVICES)


def test_the_image_takes_only_what_it_is_made_of() -> None:
    """Everything is left out of the build but what the Dockerfile copies; it does not run as root."""
    dockerfile = (COMPOSE / "Dockerfile").read_text()
    copied = {source for line in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.M) for source in line.split()}
    ignored = (COMPOSE / "Dockerfile.dockerignore").read_text().splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == copied
    assert re.findall(r"^USER (.+)$", dockerfile, re.M) == ["10001"]
    assert re.findall(r"^FROM (\S+)", dockerfile, re.M) == ["${PYTHON_IMAGE}", "base", "libraries", "build", "base"]
    assert all((ROOT / source).exists() for source in copied)


def test_the_archive_has_a_lock_of_its_own() -> None:
    """It has all that the other has, in the same versions, and what the extra brings."""
    locks = [
        dict(re.findall(r"^([\w-]+)==(\S+)", (ROOT / name).read_text(), re.M))
        for name in ("requirements.lock", "requirements-archive.lock")
    ]
    assert locks[0].items() <= locks[1].items()
    assert {"deltalake", "python-snappy", "zstandard"} <= locks[1].keys() - locks[0].keys()
    assert EXAMPLE["IMAGE_LOCK"] == re.findall(r"^ARG LOCK=(\S+)", (COMPOSE / "Dockerfile").read_text(), re.M)[0]


def test_what_builds_the_image_is_locked() -> None:
    """Build requirements have versions and hashes, cover what pyproject.toml asks for, and nothing else is fetched."""
    dockerfile = (COMPOSE / "Dockerfile").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lock = (ROOT / "requirements-build.lock").read_text()
    assert project["dependency-groups"]["build"] == project["build-system"]["requires"]
    names = re.findall(r"^([\w-]+)==\S+ \\\n    --hash=sha256:", lock, re.M)
    assert len(names) == len(re.findall(r"^[^\s#]", lock, re.M))
    assert {re.split(r"[<>=~ ]", wanted)[0] for wanted in project["build-system"]["requires"]} <= set(names)
    commands = re.findall(r"pip (?:\S+ \S+ )?(?:install|wheel) ((?:.|\\\n)*?)(?= && |\n\w|\n#|\n\n|\Z)", dockerfile)
    assert len(commands) == 4
    assert all("--require-hashes" in command or "--no-index" in command for command in commands)
    assert all("--no-build-isolation" in command for command in commands if "--wheel-dir" in command)


def test_make_env_fills_every_secret_with_one_of_its_own(tmp_path: Path) -> None:
    """48 hexadecimal characters each, readable by the owner alone; an .env that is there stays."""
    for name in ("make-env.sh", ".env.example"):
        (tmp_path / name).write_bytes((COMPOSE / name).read_bytes())
    environment = {"PATH": os.environ["PATH"]}
    first, second = (
        subprocess.run(["sh", tmp_path / "make-env.sh"], capture_output=True, text=True, check=False, env=environment)
        for _ in range(2)
    )
    text = (tmp_path / ".env").read_text()
    made = re.findall(r"^\w+=([0-9a-f]{48})$", text, re.M)
    empty = [name for name, value in EXAMPLE.items() if not value]
    assert (first.returncode, second.returncode) == (0, 1)
    assert len(set(made)) == len(empty)
    assert re.sub(r"=[0-9a-f]{48}$", "=", text, flags=re.M) == (COMPOSE / ".env.example").read_text()
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0


def test_roles_are_of_least_privilege() -> None:
    """No role has `all`, and each index that it names is ours."""
    for path in (COMPOSE / "roles").glob("*.json"):
        role = json.loads(path.read_text())
        privileges = {p for grant in role["indices"] for p in grant["privileges"]} | set(role["cluster"])
        names = [name for grant in role["indices"] for name in grant["names"]]
        # Windows that are too old are deleted as whole indices, by whoever writes them.
        deletes = {"delete_index"} if path.stem == "tweetpulse_windows" else set()
        assert not (privileges - deletes) & {"all", "manage_security", "manage_all", "write", "delete_index"}
        assert not {p for p in privileges if p.startswith(("indices:", "cluster:"))} - SEALING
        assert all(name.startswith(("logs-tweets.", "tweetpulse-")) for name in names)
