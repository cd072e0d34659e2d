"""What a Kibana board shows in a browser."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import FloatRect, Page

from dashboards.kibana.board import HISTORY, Board
from dashboards.kibana.panels import slug
from tests.boards import browser

_UNIT = 28
"""Pixels of a unit of the grid, with the space between two panels."""
_FILTERS = 60
"""Pixels above the panels."""
_CONTROLS = 70
_NOTHING = re.compile(r"No results found|No data|\bN/A\b")
_LEAST_INK = 0.005

# Axes are grey: a chart without data has no colours, and says nothing of it. Of a map's
# layers only Tweets counts: without internet there is no base map.
_PANELS = """() => {
    const isColoured = (red, green, blue, alpha) =>
        alpha > 128 && Math.max(red, green, blue) - Math.min(red, green, blue) > 40;
    const ink = (canvas) => {
        const context = canvas.getContext('2d');
        if (!context || !canvas.width) return 0;
        const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
        let coloured = 0;
        for (let at = 0; at < data.length; at += 4)
            coloured += isColoured(data[at], data[at + 1], data[at + 2], data[at + 3]);
        return coloured * 4 / data.length;
    };
    const all = (panel, selector) => [...panel.querySelectorAll(selector)];
    return all(document, '[data-test-subj="dashboardPanel"]').map((panel) => ({
        name: panel.id.replace(/^panel-/, ''),
        text: panel.innerText.replace(/\\s+/g, ' ').trim(),
        error: all(panel, '[data-test-subj="embeddableError"], [data-test-subj="layerTocErrorIconTweets"]')
            .map((error) => error.innerText || error.dataset.testSubj).join(' '),
        chart: all(panel, '[data-test-subj="xyVisChart"]').length > 0,
        ink: Math.max(0, ...all(panel, '.echCanvasRenderer').map(ink)),
    }));
}"""
# A map's legend, closed, spins for ever over a base map that can't be had.
_UNDRAWN = """() => {
    const spins = '.euiLoadingChart, .euiLoadingSpinner:not(.mapLayerControl__openLayerTOCButton *)';
    const isDrawn = (panel) => panel.querySelector('[data-test-subj="embeddableError"]')
        || (panel.querySelector('[data-render-complete="true"]')
            && !panel.querySelector(`[data-render-complete="false"], ${spins}`));
    const panels = [...document.querySelectorAll('[data-test-subj="dashboardPanel"]')];
    return [panels.length, panels.filter((panel) => !isDrawn(panel)).map((panel) => panel.id)];
}"""


@dataclass(frozen=True)
class Shown:
    """A panel as a person sees it: its words, what it says of an error, and the coloured share of its chart."""

    name: str
    text: str
    error: str
    chart: bool
    ink: float

    @property
    def has_data(self) -> bool:
        """True unless it says that there is nothing, or draws a chart of nothing."""
        return not _NOTHING.search(self.text) and (not self.chart or self.ink > _LEAST_INK)


def height(board: Board) -> int:
    """Pixels of the whole board."""
    return _FILTERS + _CONTROLS * bool(board.controls) + _UNIT * sum(row.height for row in board.all_rows())


def span(board: Board) -> timedelta:
    """The time that a board is looked at: an hour, or months where it is about them."""
    return timedelta(days=90) if board.id == HISTORY else timedelta(hours=1)


def opened(page: Page, kibana: str, board: Board, start: datetime, end: datetime) -> None:
    """Open a board at a time, without Kibana's menus around it, and wait until all of it is drawn."""
    chosen = f"from:'{start:%Y-%m-%dT%H:%M:%SZ}',to:'{end:%Y-%m-%dT%H:%M:%SZ}'"
    state = f"(refreshInterval:(pause:!t,value:60000),time:({chosen}))"
    page.goto(f"{kibana}/app/dashboards#/view/{board.id}?embed=true&_g={state}")
    drawn(page, board)


def drawn(page: Page, board: Board) -> None:
    """Wait until all panels are drawn, and stay so for a moment: a panel asks again when its size changes."""
    count = len(list(board.panels()))
    browser.until_it_stays(lambda: page.evaluate(_UNDRAWN) == [count, []], f"{board.id} as a whole")


def shown(page: Page) -> Mapping[str, Shown]:
    """The panels of the open board, by the slug of their title; maps' legends, which say their errors, are opened."""
    for button in page.locator('[data-test-subj="mapExpandLayerControlButton"]').all():
        button.click()
    found: list[dict[str, Any]] = page.evaluate(_PANELS)
    return {panel["name"]: Shown(**panel) for panel in found}


def choose(page: Page, board: Board, control: str, value: str) -> None:
    """Choose a value of a control, and wait until the board is drawn again."""
    page.locator(f'[data-test-subj="optionsList-control-{slug(control)}"]').click()
    page.locator(f'[data-test-subj="optionsList-control-selection-{value}"]').click()
    page.keyboard.press("Escape")
    drawn(page, board)


def around(page: Page, names: Sequence[str]) -> FloatRect:
    """The smallest part of the page that has these panels."""
    boxes = [box for name in names if (box := page.locator(f"#panel-{name}").bounding_box())]
    left, top = min(box["x"] for box in boxes), min(box["y"] for box in boxes)
    right = max(box["x"] + box["width"] for box in boxes)
    bottom = max(box["y"] + box["height"] for box in boxes)
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}
