"""A page in a real browser, beside what the command line says of the same scenario."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from blastradius.cli import main

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
REQUIRED = os.environ.get("BLASTRADIUS_BROWSER") == "required"
_PATIENCE = 20.0
READY = "document.body.dataset.ready === 'true'"


def needed() -> None:
    """Skip where there is no browser, or no Playwright to drive it, unless they are required."""
    if REQUIRED:
        assert CHROMIUM, "BLASTRADIUS_BROWSER=required, and there is no Chromium here"
        return
    if CHROMIUM is None:
        pytest.skip("no Chromium here, in which the page is tried")
    pytest.importorskip("playwright.sync_api", reason="no Playwright here, which drives the browser")


@contextmanager
def running() -> Iterator[Any]:
    """A browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Opened:
    """A page that is open; what it asked of any network, and what went wrong in it, is kept."""

    def __init__(self, browser: Any, page: Path, fragment: str = "", ready: str = READY, **look: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **look})
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(5_000)
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))
        self.tab.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.tab.goto(f"file://{page}{fragment}")
        self.until(ready)

    def until(self, condition: str) -> None:
        """Wait for something; the page's policy keeps Playwright's own way of waiting out."""
        end = time.monotonic() + _PATIENCE
        while not self.tab.evaluate(condition):
            assert time.monotonic() < end, f"waited in vain for {condition}"
            time.sleep(0.03)

    def drawn(self) -> None:
        """Wait for the picture of what is asked."""
        self.until("document.querySelector('#picture-after svg') !== null")

    def say(self, name: str) -> None:
        """Say where it starts, by typing."""
        self.tab.fill("#start", name)
        self.tab.press("#start", "Enter")

    def press(self, key: str) -> None:
        """Press a key while nothing has the focus."""
        self.tab.evaluate("document.activeElement.blur()")
        self.tab.keyboard.press(key)

    def opened(self, selector: str) -> None:
        """Unfold parts of the page."""
        self.tab.evaluate(
            "(where) => document.querySelectorAll(where).forEach((part) => { part.open = true; })", selector
        )

    def text(self, selector: str) -> str:
        """What a part of the page says."""
        return str(self.tab.evaluate("(where) => document.querySelector(where).textContent", selector))

    def reached(self) -> dict[str, str]:
        """What is listed as reached, each with the level that stands beside it."""
        more = "[...document.querySelectorAll('#answer .group .link')].forEach((button) => button.click())"
        self.tab.evaluate(more)
        rows = self.tab.evaluate(
            "() => [...document.querySelectorAll('#answer [id^=\"reached-\"]')]"
            ".map((row) => [row.dataset.entity, row.querySelector('i')?.title ?? ''])"
        )
        return dict(rows)

    def close(self) -> None:
        """Close it; nothing was asked of any network, and nothing went wrong."""
        self.context.close()
        assert [url for url in self.requests if not url.startswith(("file://", "blob:", "data:"))] == []
        assert self.errors == []


def told(path: Path | str, *options: str, folder: Path) -> dict[str, Any]:
    """What ``reach --format json`` says."""
    target = folder / "reach.json"
    assert main(["reach", str(path), *options, "--format", "json", "-o", str(target)]) == 0
    found: dict[str, Any] = json.loads(target.read_text("utf-8"))
    return found


def wanted(answer: dict[str, Any]) -> dict[str, str]:
    """What is reached, each thing with the first level at which it is; where it starts is left out."""
    order = ["granted", "abused", "takeover", "lateral"]
    starts = {step["entity"] for step in answer["certificate"]["steps"] if step["rule"] == "seed"}
    found: dict[str, str] = {}
    for fact in answer["facts"]:
        known = found.get(fact["entity"], fact["level"])
        found[fact["entity"]] = min(known, fact["level"], key=order.index)
    return {entity: level for entity, level in found.items() if entity not in starts}
