"""`python -m dashboards.grafana` writes the boards' files; with `--check` it only says which are not up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from dashboards.grafana.boards import boards
from dashboards.grafana.boards.layout import dashboard
from dashboards.grafana.encode import encode, text

GENERATED = Path(__file__).parent / "generated"


def files() -> dict[str, str]:
    """Name and content of every generated file."""
    return {f"{board.uid}.json": text(encode(dashboard(board))) for board in boards()}


def write(folder: Path = GENERATED) -> None:
    folder.mkdir(exist_ok=True)
    wanted = files()
    for name, content in wanted.items():
        (folder / name).write_text(content)
    for stranger in _present(folder) - wanted.keys():
        (folder / stranger).unlink()


def stale(folder: Path = GENERATED) -> list[str]:
    """The files that are not what the code makes: changed, missing, or no longer made."""
    wanted = files()
    changed = {name for name, content in wanted.items() if not _holds(folder / name, content)}
    return sorted(changed | (_present(folder) - wanted.keys()))


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m dashboards.grafana [--check]\n")
        return 2
    if not arguments:
        write()
        return 0
    wrong = stale()
    if wrong:
        sys.stderr.write(f"not up to date: {', '.join(wrong)}; run python -m dashboards.grafana and commit them\n")
    return 1 if wrong else 0


def _present(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.json")}


def _holds(path: Path, content: str) -> bool:
    return path.is_file() and path.read_text() == content


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
