"""The registry on S3: the same, over pyarrow's own client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from pipeline.domain.prediction import Task
from pipeline.errors import ScoringError, SetupError
from pipeline.registry.manifest import MODEL
from pipeline.registry.registry import Registry
from tests.fake_s3 import fake_s3
from tests.unit.registry.test_registry import DRAFT

SENTIMENT = Task.SENTIMENT


@dataclass
class Store:
    """A registry on S3, and what S3 holds."""

    registry: Registry
    objects: dict[str, bytes]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-user")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with fake_s3() as (address, objects):
        uri = f"s3://bucket/team/models?scheme=http&endpoint_override={address}&region=us-east-1"
        yield Store(Registry(uri), objects)


def test_no_models(store: Store) -> None:
    """A prefix that nothing has is a registry without models."""
    assert (store.registry.versions(SENTIMENT), store.registry.champion(SENTIMENT)) == ([], None)


def test_publishing_and_promoting(store: Store) -> None:
    """A published version is listed, read, promoted and rolled back; only these objects are made."""
    registry = store.registry
    first, second = (registry.publish(DRAFT, {MODEL: data, "report.md": b"#"}).version for data in (b"one", b"two"))
    assert {manifest.version for manifest in registry.versions(SENTIMENT)} == {first, second}
    assert registry.read(SENTIMENT, second, MODEL) == b"two"
    registry.promote(SENTIMENT, first, "first")
    registry.promote(SENTIMENT, second, "better")
    assert registry.rollback(SENTIMENT) == registry.champion(SENTIMENT) == first
    folder = "bucket/team/models/sentiment"
    assert set(store.objects) == {
        f"{folder}/champion.json",
        *(
            f"{folder}/versions/{one}/{name}"
            for one in (first, second)
            for name in (MODEL, "report.md", "manifest.json")
        ),
    }


def test_a_half_published_version_is_invisible(store: Store) -> None:
    """There is no manifest, so there is no version."""
    half = store.registry.publish(DRAFT, {MODEL: b"half"}).version
    whole = store.registry.publish(replace(DRAFT, parameters={}), {MODEL: b"whole"}).version
    del store.objects[f"bucket/team/models/sentiment/versions/{half}/manifest.json"]
    assert [manifest.version for manifest in store.registry.versions(SENTIMENT)] == [whole]


def test_a_damaged_file_is_refused(store: Store) -> None:
    """As on a disk."""
    version = store.registry.publish(DRAFT, {MODEL: b"model"}).version
    store.objects[f"bucket/team/models/sentiment/versions/{version}/{MODEL}"] = b"modem"
    with pytest.raises(ScoringError, match="is not what was published"):
        store.registry.promote(SENTIMENT, version, "better")


def test_a_store_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line; what the URI's query holds is not in it."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    registry = Registry("s3://bucket/models?scheme=http&endpoint_override=127.0.0.1:1&region=us-east-1")
    with pytest.raises(SetupError, match="the registry of models s3://bucket/models can't be read: ") as caught:
        registry.champion(SENTIMENT)
    assert "endpoint_override" not in caught.value.message
    assert "\n" not in caught.value.message
