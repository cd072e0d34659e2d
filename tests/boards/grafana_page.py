"""What a Grafana board shows in a browser."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from playwright.sync_api import Page

from tests.boards import browser

_UNIT = 38
"""Pixels of a unit of the grid, with the space between two panels."""
_HEAD = 160
_HEADER = "data-testid Panel header "

_TITLES = f"""() => [...document.querySelectorAll('[data-testid^="{_HEADER}"]')]
    .map((panel) => panel.dataset.testid.slice({len(_HEADER)}))"""
_IN_ERROR = """() => [...document.querySelectorAll('[data-testid="data-testid Panel status error"]')]
    .map((icon) => icon.closest('section')?.innerText ?? icon.getAttribute('aria-label'))"""
_LOADING = """() => document.querySelectorAll('[aria-label="Panel loading bar"]').length"""


def height(board: dict[str, Any]) -> int:
    """Pixels of the whole board, its collapsed rows closed: what is not in sight is not loaded."""
    return _HEAD + _UNIT * max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])


def open_titles(board: dict[str, Any]) -> set[str]:
    """The titles of the panels that are not in a collapsed row."""
    return {panel["title"] for panel in board["panels"] if panel["type"] != "row" and panel.get("title")}


def opened(page: Page, grafana: str, board: dict[str, Any], start: datetime, end: datetime) -> None:
    """Open a board at a time, without Grafana's menus, and wait until its panels are there and none loads."""
    span = f"from={int(start.timestamp() * 1000)}&to={int(end.timestamp() * 1000)}"
    page.goto(f"{grafana}/d/{board['uid']}?{span}&kiosk&theme=light")
    wanted = open_titles(board)
    browser.until_it_stays(lambda: wanted <= titles(page) and not page.evaluate(_LOADING), f"{board['uid']} as a whole")


def titles(page: Page) -> set[str]:
    """Of all panels that are drawn."""
    return set(page.evaluate(_TITLES))


def in_error(page: Page) -> list[str]:
    """What stands in the panels that say that something went wrong."""
    found: list[str] = page.evaluate(_IN_ERROR)
    return found
