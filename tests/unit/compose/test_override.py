"""The override file of `make test-compose`: what it replaces, and by what. No engine is needed."""

from __future__ import annotations

from typing import Any

import yaml

from pipeline.jvm import jars
from tests.containers.engine import IMAGES, STAND_INS
from tests.containers.stack import FILES, Books
from tests.containers.table import BEGIN, END, PAGE, with_rows
from tests.paths import ROOT
from tests.unit.compose.test_compose import EXAMPLE, SERVICES


class Loader(yaml.SafeLoader):
    """Knows Compose's own tags, which take away what the first file says."""


Loader.add_multi_constructor("!reset", lambda *_: None)
OVERRIDE: dict[str, dict[str, Any]] = yaml.load(FILES[1].read_text(encoding="utf-8"), Loader)["services"]
LEFT_OUT = {"kibana", "grafana", "provision"}
MAY_DIFFER = {
    "certificates": {"build"},
    "elasticsearch": {"image", "pull_policy", "ulimits", "environment", "volumes"},
    "accounts": {"user", "entrypoint", "volumes"},
} | {name: {"image", "pull_policy"} for name in ("kafka", "prometheus", "alertmanager")}
"""All that the tested stack has otherwise than compose.yaml says."""


def test_it_replaces_what_can_not_be_pulled_and_nothing_else() -> None:
    """Images, the build's network, and what Elasticsearch's build and the limits of a machine ask for."""
    assert {name: set(service) for name, service in OVERRIDE.items() if name not in LEFT_OUT} == MAY_DIFFER
    assert [OVERRIDE[name] for name in LEFT_OUT] == [{"profiles": ["pulled"]}] * 3
    assert OVERRIDE["certificates"]["build"] == {"network": "host"}
    assert OVERRIDE["elasticsearch"]["environment"] == {"bootstrap.memory_lock": "false"}


def test_every_image_of_others_has_a_stand_in_or_is_left_out() -> None:
    """So that nothing is pulled."""
    foreign = {name for name, service in SERVICES.items() if service["image"] != "tweetpulse:local"}
    assert foreign - LEFT_OUT == set(STAND_INS)
    for name in STAND_INS:
        assert OVERRIDE[name]["image"] == f"tweetpulse-test/{name}:local"
        assert f" AS {name}\n" in (IMAGES / "Dockerfile").read_text()


def test_stand_ins_have_the_versions_of_compose() -> None:
    """What is tested as Kafka and as Elasticsearch is of the version that `.env.example` names."""
    assert jars.version("kafka") == EXAMPLE["KAFKA_VERSION"]
    assert jars.version("elasticsearch") == EXAMPLE["ELASTIC_VERSION"]


def test_the_table_of_the_page_is_replaced_as_a_whole() -> None:
    """What is before and after it stays."""
    books = Books(records=40_000, repeats=0, scored=39_900, rejected=100, lost=0, twice=0)
    page = with_rows(f"a {BEGIN} old {END} b", {"`kafka` killed": (books, 11.6)})
    assert page.splitlines()[-3:] == ["| `kafka` killed | 40,000 | 0 | 0 | 12 |", "", f"{END} b"]
    assert "old" not in page
    assert BEGIN in PAGE.read_text(encoding="utf-8")
    assert PAGE.relative_to(ROOT).as_posix() in (ROOT / "mkdocs.yml").read_text().replace(": deploy/", ": docs/deploy/")
