"""The page in Firefox, from a file: it answers, redraws, and says what the command line says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from blastradius.cli import main
from blastradius.model import Level, Scenario
from blastradius.render.page.link import fragment_of
from tests.render.page.browser import told
from tests.render.page.firefox import FIREFOX, Firefox, running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(FIREFOX is None, reason="no Firefox here, in which the page is tried (Debian's firefox-esr)"),
]
FIREWALL = "hardened@orders_api"
HEADLINE = "document.getElementById('headline').textContent"
DRAWN = "document.querySelectorAll('#picture-after .node').length > 5"


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with running(tmp_path_factory.mktemp("profile")) as found:
        yield found


def test_it_opens_from_a_file_and_answers_each_step(firefox: Firefox, northwind: Path, tmp_path: Path) -> None:
    page = tmp_path / "explorer.html"
    assert main(["explore", str(northwind), "-o", str(page)]) == 0
    asked = Scenario(compromise=("acme",), assume=Level.LATERAL)
    firefox.ask("WebDriver:Navigate", url=f"file://{page}{fragment_of(asked)}")
    firefox.until("document.body.dataset.ready === 'true'")
    options = ["--compromise", "acme", "--assume", "lateral"]
    assert firefox.run(f"return {HEADLINE}") == told(northwind, *options, folder=tmp_path)["headline"]
    firefox.until(DRAWN)
    firefox.run(f"document.getElementById('control-{FIREWALL}').click()")
    worse = told(northwind, *options, "--distrust", FIREWALL, folder=tmp_path)
    assert firefox.run(f"return {HEADLINE}") == worse["headline"]
    firefox.run("document.getElementById('compare').click()")
    firefox.until("document.querySelectorAll('.host svg').length === 2")
    assert firefox.run("return document.getElementById('trouble').textContent") == ""
