"""`python deploy/generate.py` writes what a cluster takes in another shape; with `--check` it compares the files.

Prometheus's rules become objects of its operator, and Elasticsearch's roles one file, as its operator reads them. Its
mappings become the schema of the topic of scored tweets, and the configurations of Kafka Connect.
"""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import connectors

ROOT = Path(__file__).parent.parent
RULES = ROOT / "dashboards" / "prometheus" / "rules"
ROLES = ROOT / "compose" / "roles"
DEPLOY = ROOT / "deploy"
COMMAND = "python deploy/generate.py"

_HEAD = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: tweetpulse-{name}
spec:
"""


def files() -> dict[Path, str]:
    """The text of each file."""
    said = f"# `{COMMAND}` writes this file.\n"
    return {
        DEPLOY / "components" / "monitoring" / "rules.yaml": said + rules(RULES),
        DEPLOY / "examples" / "roles.yml": said + roles(ROLES),
        **connectors.files(DEPLOY / "connect"),
    }


def rules(folder: Path) -> str:
    """The files of rules in a folder, each as it is within an object."""
    return "---\n".join(_rule(path) for path in sorted(folder.glob("*.yml")))


def roles(folder: Path) -> str:
    """The roles in a folder, a file for each, by their names."""
    bodies = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    return "".join(f"{name}: {json.dumps(body)}\n" for name, body in bodies.items())


def _rule(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return _HEAD.format(name=path.stem) + "".join(f"  {line}\n" if line else "\n" for line in lines)


def main() -> int:
    """The exit code: 1 if `--check` finds a file out of date."""
    settle = runpy.run_path(str(ROOT / "docs" / "generated.py"))["settle"]
    code: int = settle(files(), COMMAND)
    return code


if __name__ == "__main__":
    sys.exit(main())
