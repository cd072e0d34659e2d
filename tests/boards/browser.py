"""Chromium, driven by Playwright, to look at boards as people do."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

MISSING = "needs Chromium: none is on PATH"
WIDTH = 1400
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Maps are drawn by WebGL, and a machine without a screen has no graphics card. The rest is faster without its stand-in.
_OPTIONS = ("--enable-unsafe-swiftshader", "--disable-gpu-compositing", "--disable-gpu-rasterization")
_PATIENCE_SECONDS = 300
_SETTLED_SECONDS = 2


def program() -> str | None:
    """The Chromium or Chrome on PATH; None if there is none."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


@contextmanager
def running(program: str) -> Iterator[Browser]:
    """A browser without a window, ended with the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def at_hand() -> Iterator[Browser]:
    """The browser on PATH, running; the test is skipped, and says why, where there is none."""
    found = program()
    if found is None:
        pytest.skip(MISSING)
    with running(found) as browser:
        yield browser


@contextmanager
def page(browser: Browser, *, height: int, now: datetime | None = None) -> Iterator[Page]:
    """An empty page of a new profile, as high as a whole board: what can't be seen is not drawn.

    Its time zone is UTC. At the time `now` its clock starts, if that is said.
    """
    viewport: ViewportSize = {"width": WIDTH, "height": height}
    with browser.new_context(viewport=viewport, locale="en-US", timezone_id="UTC") as context:
        context.set_default_timeout(_PATIENCE_SECONDS * 1000)
        opened = context.new_page()
        if now:
            opened.clock.install(time=now)
        yield opened


def until_it_stays(condition: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds for a moment. Playwright would wait by the page's own clock, which may be set."""
    begun, since = time.monotonic(), None
    while since is None or time.monotonic() - since < _SETTLED_SECONDS:
        since = (since or time.monotonic()) if condition() else None
        assert since or time.monotonic() - begun < _PATIENCE_SECONDS, f"{what}: not within {_PATIENCE_SECONDS} s"
        time.sleep(0.2)
