"""`python deploy/generate.py` writes Prometheus's rules as objects of its operator; with `--check` it compares them."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
RULES = ROOT / "dashboards" / "prometheus" / "rules"
WRITTEN = ROOT / "deploy" / "components" / "monitoring" / "rules.yaml"
COMMAND = "python deploy/generate.py"

_HEAD = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: tweetpulse-{name}
spec:
"""


def rule(path: Path) -> str:
    """A file of rules, as it is, within an object."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return _HEAD.format(name=path.stem) + "".join(f"  {line}\n" if line else "\n" for line in lines)


def rules(folder: Path = RULES) -> str:
    """All files of rules, an object for each."""
    return f"# `{COMMAND}` writes this file.\n" + "---\n".join(rule(path) for path in sorted(folder.glob("*.yml")))


def main() -> int:
    """The exit code: 1 if `--check` finds the file out of date."""
    settle = runpy.run_path(str(ROOT / "docs" / "generated.py"))["settle"]
    code: int = settle({WRITTEN: rules()}, COMMAND)
    return code


if __name__ == "__main__":
    sys.exit(main())
