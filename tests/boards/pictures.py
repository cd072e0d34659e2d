"""Pictures of all boards for the documentation, as the real Kibana and the real Grafana draw them.

    python -m tests.boards.pictures

Kibana's boards show a fixed hour of generated tweets. Grafana's also show metrics, which have no past that could be
generated: theirs are of a flow that runs meanwhile. The pictures of what is not at hand stay as they are.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page
from rich.console import Console

from dashboards.kibana.board import Board
from dashboards.kibana.boards import BOARDS, live
from pipeline.embedded.grafana import Installed
from pipeline.embedded.guard import guarded
from pipeline.errors import PipelineError, SetupError
from tests.boards import browser, grafana_page, hour, kibana_page, kibana_server
from tests.boards.grafana import boards
from tests.boards.hour import ENDED, HOUR
from tests.e2e import grafana_server
from tests.e2e.flow import flowing
from tests.paths import ROOT
from tests.stacks import state_folder

FOLDER = ROOT / "docs/pictures"
FIRST_SCREEN = ("negative-share", "newest-tweet", "share-of-each-sentiment", "tweets-per-interval")
"""The panels of *Sentiment live* that README shows."""

_OUT, _ERRORS = (Console(stderr=is_error, highlight=False, markup=False, soft_wrap=True) for is_error in (False, True))

Picture = tuple[str, bytes]
"""Its name, and the PNG."""


def main() -> int:
    """Draw what can be drawn, and say what stays; the exit code."""
    try:
        chromium = browser.program()
        if chromium is None:
            raise SetupError(f"{browser.MISSING}: install it")
        kibana, grafana = kibana_server.program(), grafana_server.installed()
        with browser.running(chromium) as running:
            _keep(_of_kibana(running, kibana) if kibana else (), kibana_server.MISSING)
            _keep(_of_grafana(running, grafana) if grafana else (), grafana_server.MISSING)
    except PipelineError as error:
        _ERRORS.print(f"pictures: {error}")
        return error.exit_code
    return 0


def small(png: bytes) -> bytes:
    """The same picture with 256 colours, which are enough for a board and a quarter of the bytes."""
    packed = BytesIO()
    Image.open(BytesIO(png)).convert("RGB").quantize(256).save(packed, "PNG", optimize=True)
    return packed.getvalue()


def _keep(pictures: Iterator[Picture] | tuple[()], missing: str) -> None:
    kept = 0
    for name, png in pictures:
        (FOLDER / f"{name}.png").write_bytes(small(png))
        _OUT.print(f"docs/pictures/{name}.png")
        kept += 1
    if not kept:
        _ERRORS.print(f"some pictures stay as they are: {missing}")


def _of_kibana(running: Browser, program: Path) -> Iterator[Picture]:
    with (
        tempfile.TemporaryDirectory() as logs,
        hour.served() as server,
        kibana_server.serving(program, server.url, Path(logs) / "kibana.log") as url,
    ):
        kibana_server.provisioned(url)
        for board in BOARDS:
            with browser.page(running, height=kibana_page.height(board), now=ENDED) as page:
                yield from _of_board(page, url, board)


def _of_board(page: Page, url: str, board: Board) -> Iterator[Picture]:
    is_live = board.id == live.ID
    kibana_page.opened(page, url, board, ENDED - (HOUR / 4 if is_live else kibana_page.span(board)), ENDED)
    yield board.id.replace("tweetpulse", "kibana"), page.screenshot()
    if is_live:
        yield "sentiment-live", page.screenshot(clip=kibana_page.around(page, FIRST_SCREEN))


def _of_grafana(running: Browser, installed: Installed) -> Iterator[Picture]:
    with (
        tempfile.TemporaryDirectory() as logs,
        state_folder() as folder,
        guarded(folder, delete_data=True),
        flowing(folder, Path(logs)) as flow,
        grafana_server.serving(installed, flow) as grafana,
    ):
        start, end = (datetime.fromtimestamp(at, UTC) for at in (flow.begun, flow.ended))
        for board in boards():
            with browser.page(running, height=grafana_page.height(board)) as page:
                grafana_page.opened(page, grafana.url, board, start, end)
                yield _name(board), page.screenshot()


def _name(board: dict[str, Any]) -> str:
    return str(board["uid"]).replace("tweetpulse", "grafana")


if __name__ == "__main__":
    sys.exit(main())
