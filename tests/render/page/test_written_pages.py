"""The pages that questions write, in a real browser: each stands by itself, asks nothing of anybody, fits its sheet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blastradius.cli import main
from tests.render.page.browser import Opened, needed, running

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
PAGES = {
    "brief": "brief examples/northwind --appendix",
    "exercise": "exercise examples/northwind --compromise acme --assume lateral --also poison=carrier_rates",
    "participants": "exercise examples/northwind --compromise acme --edition participants",
    "governance": "governance examples/northwind",
    "diff": "diff examples/northwind examples/meridian",
    "reach": "reach examples/northwind --compromise acme --assume lateral",
}
SHEET = {"width": 794, "height": 1123}
"""An A4 sheet, in pixels of CSS."""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    needed()
    with running() as started:
        yield started


@pytest.mark.parametrize("name", PAGES)
def test_a_page_stands_by_itself(name: str, browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    file = tmp_path / f"{name}.html"
    assert main([*PAGES[name].split(), "-o", str(file)]) in (0, 1)
    page = Opened(browser, file, ready="document.readyState === 'complete'", viewport=SHEET)
    assert page.text("h1").strip()
    assert page.tab.evaluate(TOO_WIDE) <= 0
    page.close()
    assert page.requests == [f"file://{file}"]
