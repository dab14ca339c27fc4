"""The picture in the page, in a real browser: what is shown, moved, lit, opened and kept."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

import blastradius
from blastradius.cli import main
from blastradius.engine import solve
from blastradius.model import Level, Scenario
from blastradius.render.dot import to_dot
from blastradius.render.draw import laid_out
from blastradius.render.page.data import asked_of_page
from blastradius.render.sheet import compose
from blastradius.reports.diagram import picture_of
from tests.render.page.browser import Opened, needed, running

pytestmark = pytest.mark.slow

ASKED = Scenario(compromise=("acme",), assume=Level.LATERAL)
SHOWN = """async (asked) => {
  const mine = document.createElement("div");
  Object.assign(mine, { id: "mine" }).style.cssText = "width: 1200px; height: 800px";
  document.body.replaceChildren(mine);
  const bytes = await unzipped(window.estate), system = unpack(JSON.parse(new TextDecoder().decode(bytes)));
  window.told = { picked: [], pointed: [], opened: [], zones: [] };
  window.view = new PictureView(mine, {
    onPick: (ids) => told.picked.push(ids), onHover: (ids) => told.pointed.push(ids),
    onOpen: (ids) => told.opened.push(ids), onZone: (zone) => told.zones.push(zone) });
  window.layout = new Layout(window.graph);
  window.drawn = pictureOf(system, asked, solve(system, asked), { heading: false });
  window.view.show(await layout.svg(drawn.dot), drawn, { changed: [drawn.boxes.get("n3").ids[0]] });
}"""
FAINT = "document.querySelectorAll('#mine [data-name][opacity]').length"
SEEN = "document.querySelector('#mine svg').getAttribute('viewBox')"


@pytest.fixture(scope="module")
def opened(northwind: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """The page of the retailer, under its policy."""
    needed()
    file = tmp_path_factory.mktemp("view") / "page.html"
    assert main(["explore", str(northwind), "-o", str(file)]) == 0
    with running() as browser:
        page = Opened(browser, file)
        page.tab.evaluate("window.estate = document.getElementById('estate').textContent")
        page.tab.evaluate("window.graph = document.getElementById('graphviz').textContent")
        yield page
        page.close()


@pytest.fixture
def view(opened: Opened) -> Any:
    """A tab with the picture of a partner that falls, and nothing else."""
    opened.tab.evaluate(SHOWN, asked_of_page(ASKED))
    return opened.tab


def _middle(view: Any, selector: str) -> tuple[float, float]:
    box = view.locator(f"#mine {selector}").first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _lettering(svg: bytes | str) -> list[tuple[str | None, ...]]:
    texts = (text for text in fromstring(svg).iter() if text.tag.endswith("text"))
    found = [(text.text, text.get("x"), text.get("y"), text.get("fill")) for text in texts]
    return sorted(text for text in found if "proof checked" not in str(text[0]))


def test_what_is_kept_is_lettered_as_the_command_line_letters_it(view: Any, northwind: Path) -> None:
    picture = picture_of(solve(blastradius.load(northwind), ASKED))
    sheet = compose(picture, laid_out([to_dot(picture, heading=False)])[0])
    kept = view.evaluate("view.exportSvg()")
    assert _lettering(kept) == _lettering(sheet.svg)
    assert "proof checked by the page that drew it" in kept
    assert {element.tag.rpartition("}")[2] for element in fromstring(kept).iter()} == {
        "svg", "g", "title", "path", "polygon", "polyline", "ellipse", "rect", "text",
    }  # fmt: skip


def test_it_is_kept_as_an_image(view: Any) -> None:
    read = "new Promise((done) => { const reader = new FileReader(); reader.onload = () => done(reader.result);"
    written = view.evaluate(f"view.exportPng().then((blob) => {read} reader.readAsDataURL(blob); }}))")
    image = b64decode(written.partition(",")[2])
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(image[16:20]) > 2000


def test_a_box_that_is_picked_lights_what_leads_to_it_and_where_it_leads(view: Any) -> None:
    assert view.evaluate(FAINT) == 0
    view.mouse.click(*_middle(view, "[aria-label*='access token']"))
    assert view.evaluate("told.picked") == [["acme_token"]]
    assert 20 < view.evaluate(FAINT) < view.evaluate("document.querySelectorAll('#mine [data-name]').length")
    lit = view.evaluate("[...document.querySelectorAll('#mine .node:not([opacity])')].map((box) => box.ariaLabel)")
    assert any("Acme Logistics" in label for label in lit)
    assert not any("Scanner hub" in label for label in lit)
    view.keyboard.press("Escape")
    assert (view.evaluate(FAINT), view.evaluate("told.picked.at(-1)")) == (0, [])


def test_it_is_walked_through_by_keyboard(view: Any) -> None:
    view.evaluate("document.querySelector('#mine [data-name=n0]').focus()")
    view.keyboard.press("Enter")
    assert view.evaluate("told.picked") == [["acme"]]
    before = view.evaluate(SEEN)
    for key in ("+", "ArrowRight"):
        view.keyboard.press(key)
    assert view.evaluate(SEEN) != before
    view.keyboard.press("0")
    assert view.evaluate(SEEN) == before


def test_it_is_moved_and_enlarged_by_mouse_and_nothing_is_picked(view: Any) -> None:
    before = [float(number) for number in view.evaluate(SEEN).split()]
    view.mouse.move(600, 400)
    view.mouse.wheel(0, -200)
    closer = [float(number) for number in view.evaluate(SEEN).split()]
    assert closer[2] < before[2]
    view.mouse.down()
    view.mouse.move(500, 300, steps=5)
    view.mouse.up()
    moved = [float(number) for number in view.evaluate(SEEN).split()]
    assert moved[0] > closer[0]
    assert moved[2:] == pytest.approx(closer[2:])
    assert view.evaluate("told.picked") == []


def test_what_stands_for_several_is_opened_and_a_zone_is_told(view: Any) -> None:
    view.mouse.dblclick(*_middle(view, "[aria-label*='10 operations']"))
    assert [len(ids) for ids in view.evaluate("told.opened")] == [10]
    view.mouse.dblclick(*_middle(view, "[data-name=n0]"))
    assert len(view.evaluate("told.opened")) == 1
    view.mouse.click(*_middle(view, "[data-zone] text"))
    (zone,) = view.evaluate("told.zones")
    assert zone in view.evaluate("[...drawn.zones.values()]")


def test_what_changed_has_a_frame_and_every_part_says_what_it_is(view: Any) -> None:
    assert view.evaluate("document.querySelector('#mine .changed').parentNode.dataset.name") == "n3"
    silent = "[...document.querySelectorAll('#mine .node, #mine .edge')].filter((part) => !part.ariaLabel).length"
    assert view.evaluate(silent) == 0


def test_a_layout_that_takes_too_long_or_is_not_wanted_any_more_ends_with_a_sentence(view: Any) -> None:
    assert "took longer than" in view.evaluate("layout.svg(drawn.dot, 0).then(() => '', (error) => error.message)")
    both = (
        "[layout.svg(drawn.dot), layout.svg(drawn.dot)].map((one) => one.then(() => 'drawn', (error) => error.message))"
    )
    assert view.evaluate(f"Promise.all({both})") == ["another picture was asked for", "drawn"]


def test_what_is_no_drawing_is_not_taken_over(view: Any, opened: Opened) -> None:
    bad = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"
      xmlns:xlink="http://www.w3.org/1999/xlink"><g class="graph">
      <g class="node" onload="told.picked.push(1)"><title>n0</title><a xlink:href="javascript:told.picked.push(2)">
      <ellipse cx="1" cy="1" rx="1" ry="1" fill="url(http://example.invalid/x)"/></a><script>told.picked.push(3)</script>
      <image href="http://example.invalid/y"/><foreignObject/></g></g></svg>"""
    view.evaluate("(text) => view.show(text, drawn)", bad)
    tags = set(view.evaluate("[...document.querySelectorAll('#mine *')].map((part) => part.localName)"))
    assert tags <= {"svg", "g", "ellipse", "text", "rect"}
    assert view.evaluate("told.picked") == []
    assert not view.evaluate("document.querySelector('#mine [onload], #mine [href], #mine [fill^=url]')")
    assert view.evaluate("(() => { try { view.show('<p', drawn) } catch (error) { return error.message } })()") == (
        "Graphviz drew no picture"
    )
    view.wait_for_timeout(300)  # until the browser has said what of this its policy forbids
    opened.errors = [error for error in opened.errors if "violates the following" not in error]
