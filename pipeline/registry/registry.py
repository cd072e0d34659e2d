"""Versions of trained models, and which one is in use.

    <registry>/<task>/versions/<version>/{manifest.json,model.bin,report.json,…}
    <registry>/<task>/champion.json

A version is published once its manifest is there, which is written last, and is never changed. A registry that
does not exist yet is one without models.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

from pipeline import log
from pipeline.domain.prediction import Task
from pipeline.errors import ScoringError
from pipeline.registry.manifest import (
    MODEL,
    ChampionRecord,
    Manifest,
    Promotion,
    check,
    check_version,
    dumps,
    loads,
    version_of,
)
from pipeline.registry.storage import Storage

MANIFEST, CHAMPION, VERSIONS = "manifest.json", "champion.json", "versions"
ANYBODY = ""
"""The champion that a version may replace if nobody compared the two."""


class Registry:
    """Models by task and version, wherever `uri` says (see `pipeline.registry.storage`).

    Every call raises SetupError where the store does not answer.

    Args:
        uri: `settings.registry`.
        now: when a promotion is.

    Raises:
        ConfigError: the URI can't be used.
    """

    def __init__(self, uri: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._storage = Storage(uri)
        self._now = now

    @property
    def name(self) -> str:
        """The registry's address, without credentials."""
        return self._storage.name

    def publish(self, manifest: Manifest, files: Mapping[str, bytes]) -> Manifest:
        """Write a version down, and give it its name; the same content of the same second is the same version.

        Raises:
            ScoringError: the stream could not use it (see `check`).
        """
        check(manifest, files)
        # A version's name is made from its content, so a name that it had before must not count.
        manifest = replace(manifest, version="", files={})
        version, digests = version_of(manifest, files)
        published = replace(manifest, version=version, files=digests)
        for name in digests:
            self._storage.replace(files[name], manifest.task, VERSIONS, version, name)
        self._storage.replace(dumps(published), manifest.task, VERSIONS, version, MANIFEST)
        return published

    def versions(self, task: Task) -> list[Manifest]:
        """The published versions, oldest first; one with a damaged manifest is logged and left out."""
        found = (self._manifest_or_none(task, name) for name in self._storage.folders(task, VERSIONS))
        return [manifest for manifest in found if manifest is not None]

    def manifest(self, task: Task, version: str) -> Manifest:
        """A version's manifest.

        Raises:
            ScoringError: there is no such version, or its manifest is damaged.
        """
        data = self._storage.read(task, VERSIONS, check_version(version), MANIFEST)
        if data is None:
            raise ScoringError(f"no model of {task} has the version {version}: `tweetpulse models list` shows them")
        found = loads(Manifest, data, f"the manifest of {task} {version}", "use another version, or train it anew")
        if (found.task, found.version) != (task, version):
            raise ScoringError(f"the manifest of {task} {version} is that of {found.task} {found.version}")
        return found

    def read(self, task: Task, version: str, name: str) -> bytes:
        """A file of a version, as it was published.

        Raises:
            ScoringError: the version or the file is not there, or it is not what was published.
        """
        digest = self.manifest(task, version).files.get(name)
        data = None if digest is None else self._storage.read(task, VERSIONS, version, name)
        if data is None:
            raise ScoringError(f"{task} {version} has no file {name}")
        if sha256(data).hexdigest() != digest:
            raise ScoringError(f"{name} of {task} {version} is not what was published: its sha256 differs")
        return data

    def champion(self, task: Task) -> str | None:
        """The version in use; None where there is none.

        Raises:
            ScoringError: what says so is damaged.
        """
        return self._champion_record(task).champion

    def history(self, task: Task) -> list[Promotion]:
        """All promotions, oldest first.

        Raises:
            ScoringError: what says so is damaged.
        """
        return list(self._champion_record(task).history)

    def promote(self, task: Task, version: str, why: str, *, held_to: str | None = ANYBODY) -> Promotion:
        """Make a version the champion, once its model has been read and found to be what was published.

        Args:
            task: of the version.
            version: what is to be used.
            why: for the history.
            held_to: whose place it may take, None for that of nobody; anybody's, if it is not said.

        Raises:
            ScoringError: it is not there, is damaged, is the champion already, or somebody else was promoted meanwhile.
        """
        # Before the lock, because it may take long and changes nothing.
        self.read(task, version, MODEL)
        with self._storage.alone(task):
            record = self._champion_record(task)
            if held_to not in (ANYBODY, record.champion):
                raise ScoringError(f"{record.champion} was promoted meanwhile: hold {version} to it by promoting again")
            return self._make_champion(task, record, version, why, rollback=False)

    def rollback(self, task: Task) -> str:
        """Give the champion's place back to whom it took it from.

        Raises:
            ScoringError: there is nobody to give it back to, or that version is damaged.
        """
        with self._storage.alone(task):
            record = self._champion_record(task)
            if record.before is None:
                raise ScoringError(f"{task} has no champion before {record.champion or 'the first one'}")
            self.read(task, record.before, MODEL)
            why = f"rollback of {record.champion}"
            return self._make_champion(task, record, record.before, why, rollback=True).version

    def _make_champion(
        self, task: Task, record: ChampionRecord, version: str, why: str, *, rollback: bool
    ) -> Promotion:
        if record.champion == version:
            raise ScoringError(f"{version} is the champion of {task} already")
        promotion = Promotion(version, self._now(), why, record.champion, rollback)
        self._storage.replace(dumps(ChampionRecord((*record.history, promotion))), task, CHAMPION)
        return promotion

    def _champion_record(self, task: Task) -> ChampionRecord:
        data = self._storage.read(task, CHAMPION)
        remedy = "restore it, or delete it and promote a version anew"
        return ChampionRecord() if data is None else loads(ChampionRecord, data, f"{CHAMPION} of {task}", remedy)

    def _manifest_or_none(self, task: Task, version: str) -> Manifest | None:
        # A folder without a manifest is a version whose publication was cut off.
        if self._storage.read(task, VERSIONS, version, MANIFEST) is None:
            return None
        try:
            return self.manifest(task, version)
        except ScoringError as error:
            log.get("pipeline.registry").warning("version left out", **{"error.message": error.message})
            return None
