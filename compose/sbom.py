"""A list of what is in the image, as CycloneDX 1.5: Debian's packages, Python's, and the jars.

docker run --rm -i --user 0 --network none --entrypoint python tweetpulse:local - < compose/sbom.py > sbom.cdx.json

As root, because the folder of Spark's Kafka connector is one that others may pass through and not list.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

FOLDERS = ("/opt",)
"""Where jars are."""


class Component(NamedTuple):
    """Its kind in package URLs, its namespace there or nothing, its name and its version."""

    kind: str
    namespace: str
    name: str
    version: str

    @property
    def purl(self) -> str:
        """The package URL (https://github.com/package-url/purl-spec)."""
        parts = (part for part in (self.kind, self.namespace, self.name) if part)
        return f"pkg:{'/'.join(quote(part, safe='') for part in parts)}@{quote(self.version, safe='')}"


def document(components: set[Component]) -> dict[str, object]:
    """The list as CycloneDX, in an order that does not change."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": "tweetpulse"}},
        "components": [
            {"type": "library", "bom-ref": one.purl, "name": one.name, "version": one.version, "purl": one.purl}
            for one in sorted(components, key=lambda one: one.purl)
        ],
    }


def of_debian() -> Iterator[Component]:
    """The packages that are installed."""
    command = ["dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package} ${Version}\n"]
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        status, name, version = line.split(" ")
        if status == "installed":
            yield Component("deb", "debian", name, version)


def of_python() -> Iterator[Component]:
    """The packages of this interpreter."""
    for one in distributions():
        yield Component("pypi", "", re.sub(r"[-_.]+", "-", one.metadata["Name"]).lower(), one.version)


def of_jar(path: Path) -> Component:
    """What a jar says of itself; where it says nothing, or holds several, what it is called."""
    named = re.fullmatch(r"(.+)-(\d[^-]*(?:-[a-z]\w*)?)", path.stem)
    name, version = named.groups() if named else (path.stem, "unknown")
    with zipfile.ZipFile(path) as opened:
        told = [one for one in opened.namelist() if re.fullmatch(r"META-INF/maven/[^/]+/[^/]+/pom.properties", one)]
        pairs = [
            line.split("=", 1) for one in told[:1] for line in opened.read(one).decode().splitlines() if "=" in line
        ]
    if len(told) == 1 and (found := dict(pairs)).get("artifactId") == name:
        return Component("maven", found["groupId"], name, found["version"])
    return Component("generic", "", name, version)


def main() -> None:
    """Print the list."""
    jars = (path for folder in FOLDERS for path in Path(folder).rglob("*.jar"))
    print(json.dumps(document({*of_debian(), *of_python(), *map(of_jar, jars)}), indent=1))  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
