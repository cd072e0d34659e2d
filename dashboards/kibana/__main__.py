"""`python -m dashboards.kibana [--check]`: write the generated files, or say which are not as they should be."""

from __future__ import annotations

import sys
from pathlib import Path

from dashboards.kibana.bundle import GENERATED, generated


def main(arguments: list[str], folder: Path = GENERATED) -> int:
    """The exit code: 1 where `--check` finds a difference."""
    wanted = {folder / path.relative_to(GENERATED): text for path, text in generated()}
    stale = [path for path in _files(folder) if path not in wanted]
    changed = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        for path in sorted(stale + changed):
            print(f"{path} is not what the code makes: run python -m dashboards.kibana", file=sys.stderr)  # noqa: T201
        return 1 if stale or changed else 0
    for path in stale:
        path.unlink()
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    return 0


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
