"""Pictures as they are printed, measured: nothing too small, nothing over anything else, a short legend."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import blastradius as br
from blastradius.answer import Edge, Gain, Node, Picture
from blastradius.model import Kind, Level
from blastradius.render.draw import draw
from blastradius.render.sheet import PRINTABLE
from tests.render.measured import Drawn, Measured, measured

EXAMPLES = Path(__file__).parents[2] / "examples"
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "a partner, lateral": ("northwind", {"compromise": "acme", "assume": "lateral"}),
    "a partner, granted": ("northwind", {"compromise": "acme", "assume": "granted"}),
    "an outage of a day": ("northwind", {"outage": "paywell", "hours": 24}),
    "a poisoned feed": ("northwind", {"poison": "carrier_rates"}),
    "a mistake": ("northwind", {"wrong": "agent_content"}),
    "a mail": ("mail_agent", {"poison": "incoming_mail"}),
    "a leaked token": ("signers", {"leak": "release_token"}),
}


@cache
def picture(name: str) -> Picture:
    folder, asked = ASKED[name]
    drawn = br.reach(br.load(EXAMPLES / folder), **asked).answer.picture
    assert drawn is not None
    return drawn


@cache
def sheet(name: str) -> Measured:
    return measured(draw(picture(name)))


few = pytest.mark.parametrize(
    "name", [name if place < 3 else pytest.param(name, marks=pytest.mark.slow) for place, name in enumerate(ASKED)]
)


@few
def test_no_type_is_under_six_points_on_a4(name: str) -> None:
    drawn = sheet(name)
    long, short = PRINTABLE["A4"]
    assert max(drawn.paper) <= long + 1
    assert min(drawn.paper) <= short + 1
    assert min(text.size for text in drawn.texts) * drawn.scale >= 6


@few
def test_text_is_inside_its_box(name: str) -> None:
    for thing in sheet(name).drawn:
        assert thing.texts
        for text in thing.texts:
            assert thing.outline.contains(text.area), (text, thing.outline)
            assert thing.shape != "ellipse" or within_ellipse(thing, text.area.left, text.area.top), text
            assert thing.shape != "ellipse" or within_ellipse(thing, text.area.right, text.area.bottom), text


def within_ellipse(thing: Drawn, x: float, y: float) -> bool:
    area = thing.outline
    across, down = (area.right - area.left) / 2, (area.bottom - area.top) / 2
    return ((x - area.left) / across - 1) ** 2 + ((y - area.top) / down - 1) ** 2 <= 1.02


@few
def test_nothing_is_laid_over_anything_else(name: str) -> None:
    for one, other in combinations(sheet(name).drawn, 2):
        assert not one.outline.meets(other.outline), (one, other)


@few
def test_the_legend_takes_at_most_a_tenth_of_the_sheet(name: str) -> None:
    drawn = sheet(name)
    assert drawn.legend is not None
    across, down = drawn.legend.right - drawn.legend.left, drawn.legend.bottom - drawn.legend.top
    long, short = PRINTABLE["A4"]
    assert across * down * drawn.scale**2 <= long * short / 10


def test_four_boxes_are_no_poster() -> None:
    nodes = tuple(Node(f"{i}", f"Thing {i}", Kind.SERVICE, None, (Gain("it stops", Level.GRANTED),)) for i in range(4))
    edges = tuple(Edge(f"{i}", f"{i + 1}", "", tone=Level.GRANTED) for i in range(3))
    across, down = measured(draw(Picture("Four", "", nodes, edges))).paper
    assert across <= 480
    assert down <= 160


def test_what_does_not_fit_gives_way_to_the_first_that_does(small: Picture) -> None:
    def row(count: int) -> Picture:
        nodes = tuple(Node(f"{i}", f"Box {i} of {count}", Kind.SERVICE) for i in range(count))
        edges = tuple(Edge(f"{i // 9}", f"{i}", "") for i in range(1, count))
        return replace(small, nodes=nodes, edges=edges)

    drawn = measured(draw(replace(row(70), smaller=(row(60), row(5), row(3)))))
    assert len(drawn.named("n")) == 5
    assert len(measured(draw(replace(row(70), sheet=None, smaller=(row(5),)))).named("n")) == 70


def test_a3_takes_more_than_a4(small: Picture) -> None:
    nodes = tuple(Node(f"{i}", f"Service number {i}", Kind.SERVICE) for i in range(60))
    edges = tuple(Edge(f"{i // 6}", f"{i}", "") for i in range(1, 60))
    large = replace(small, nodes=nodes, edges=edges, smaller=(small,))
    assert len(measured(draw(large)).named("n")) == len(small.nodes)
    on_a3 = measured(draw(replace(large, sheet="A3")))
    assert len(on_a3.named("n")) == 60
    assert max(on_a3.paper) <= PRINTABLE["A3"][0] + 1
    assert min(text.size for text in on_a3.texts) * on_a3.scale >= 6


def test_the_face_comes_with_the_picture(small: Picture) -> None:
    drawn = draw(small).decode()
    assert drawn.count("@font-face") == 2
    assert 'font-family="Blastradius Sans,' in drawn


@pytest.mark.parametrize("text", ["数据库 🔥", "Ünïcødé Ελληνικά Кириллица", "W" * 60, "i" * 60, "①★▶⊘" * 8])
def test_text_of_any_script_is_inside_its_box(text: str) -> None:
    kinds = [Node(kind, text, kind, None, (Gain(text, Level.ABUSED),), what=kind) for kind in Kind]
    for thing in measured(draw(Picture("t", "", tuple(kinds), ()))).drawn:
        assert all(thing.outline.contains(part.area) for part in thing.texts)
