"""The examples have the rights and the topics of the project, and the pages name files that are there."""

from __future__ import annotations

import json
import re
import shlex

from pipeline.kafka.topics import topic_configs
from pipeline.settings import OF_SOURCES, KafkaSettings
from tests import pages
from tests.manifests import DEPLOY, Object, of_kind, read
from tests.paths import ROOT

KAFKA = read(DEPLOY / "examples/kafka.yaml")


def test_topics_are_as_set_up_would_make_them() -> None:
    """So that it finds nothing to mend."""
    kafka = KafkaSettings()
    names = {kafka.tweets_topic, kafka.scored_topic, kafka.rejected_topic, kafka.assistance_topic}
    topics = {one["metadata"]["name"]: one["spec"] for one in of_kind(KAFKA, "KafkaTopic")}
    assert set(topics) == names
    for topic in topics.values():
        assert {key: str(value) for key, value in topic["config"].items()} == topic_configs(kafka)
        assert (topic["partitions"], topic["replicas"]) == (8, 3)


def test_users_have_the_documented_rights() -> None:
    """Those of compose/kafka/acls.json, and no more."""
    users = {one["metadata"]["name"]: one["spec"]["authorization"]["acls"] for one in of_kind(KAFKA, "KafkaUser")}
    rights = {name.removeprefix("tweetpulse-"): [documented(acl) for acl in acls] for name, acls in users.items()}
    assert rights == json.loads((ROOT / "compose/kafka/acls.json").read_text())


def documented(acl: Object) -> Object:
    """A right of the operator's in the words of acls.json."""
    resource = acl["resource"]
    star = {"literal": "", "prefix": "*"}[resource["patternType"]]
    operations = [re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower() for name in acl["operations"]]
    return {"resource": resource["type"], "name": resource["name"] + star, "operations": operations}


def test_versions_are_those_of_compose() -> None:
    """Of Elasticsearch and Kibana."""
    [version] = re.findall(r"^ELASTIC_VERSION=(.+)$", (ROOT / "compose/.env.example").read_text(), re.MULTILINE)
    assert {one["spec"]["version"] for one in read(DEPLOY / "examples/elasticsearch.yaml")} == {version}


def test_every_source_has_a_component() -> None:
    assert {path.name for path in (DEPLOY / "components").iterdir()} >= set(OF_SOURCES)


def test_what_the_pages_apply_is_there() -> None:
    """Each file and folder of `deploy` that a command names."""
    blocks = [block for page in pages.PAGES if "/deploy/" in page for block in pages.blocks(page, "sh")]
    words = [word.rpartition("=")[2] for block in blocks for word in shlex.split(block, comments=True)]
    named = {word for word in words if word.startswith("deploy/")}
    assert named
    assert [word for word in sorted(named) if not (ROOT / word).exists()] == []
