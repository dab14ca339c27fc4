"""Two answers side by side: one layout, and in either picture just what it has by itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from blastradius import loading
from blastradius.engine import compile_system
from blastradius.model import Level, Scenario
from blastradius.render.draw import laid_out
from blastradius.render.page.data import asked_of_page
from tests.render.page.asking import NODE
from tests.render.page.picturing import told

pytestmark = pytest.mark.skipif(NODE is None, reason="no Node.js here, which draws the page's pictures")

FIREWALL = "hardened@orders_api"
BEFORE = Scenario(compromise=("acme",), assume=Level.LATERAL)
WORSE = BEFORE.model_copy(update={"distrust": (FIREWALL,)})
OTHER = Scenario(compromise=("buildly",), assume=Level.LATERAL)
COMPARED = """
const asked = given.asked.map((asked) => ({ asked, answer: solve(system, asked) }));
const told = ({ dot, boxes, edges, counts }) =>
  ({ dot, boxes: [...boxes.values()], names: [...boxes.keys()], edges, counts });
const view = { heading: false, ...given.view };
return { pair: comparedPictures(system, ...asked, view).map(told),
  alone: asked.map(({ asked, answer }) => told(pictureOf(system, asked, answer, view))) };
"""
_SIZED = re.compile(r"^(\w+) \[label=.*?, width=(\S+), height=(\S+),", re.MULTILINE)


@pytest.fixture(scope="module")
def pictures(northwind: Path) -> Any:
    prepared = compile_system(loading.load([str(northwind)]))

    def draw(*asked: Scenario, **view: Any) -> Any:
        return told(prepared, COMPARED, {"asked": [asked_of_page(scenario) for scenario in asked], "view": view})

    return draw


def _box(box: dict[str, Any]) -> tuple[Any, ...]:
    return (tuple(sorted(box["ids"])), box["label"], box["tone"], box["isSeed"], str(box["frame"]["lines"]))


def _edges(picture: dict[str, Any]) -> set[tuple[Any, ...]]:
    ids = {name: tuple(box["ids"]) for name, box in zip(picture["names"], picture["boxes"], strict=True)}
    there = (edge for edge in picture["edges"] if not edge["isAbsent"])
    return {(ids[edge["source"]], ids[edge["target"]], edge["isStop"]) for edge in there}


@pytest.mark.parametrize("asked", [(BEFORE, WORSE), (WORSE, BEFORE), (BEFORE, OTHER), (BEFORE, BEFORE)])
def test_either_picture_has_just_what_it_has_by_itself(pictures: Any, asked: tuple[Scenario, Scenario]) -> None:
    found = pictures(*asked, full=True)
    for side, alone in zip(found["pair"], found["alone"], strict=True):
        assert {_box(box) for box in side["boxes"] if not box["isAbsent"]} == {_box(box) for box in alone["boxes"]}
        assert _edges(side) == _edges(alone)
        assert side["counts"] == alone["counts"]


@pytest.mark.parametrize("view", [{}, {"jewelsOnly": True}, {"full": True}])
def test_each_thing_has_one_place_and_one_size(pictures: Any, view: dict[str, Any]) -> None:
    pair = pictures(BEFORE, OTHER, **view)["pair"]
    sizes = [{name: (wide, high) for name, wide, high in _SIZED.findall(side["dot"])} for side in pair]
    assert sizes[0] == sizes[1] != {}
    assert [box["ids"] for box in pair[0]["boxes"]] == [box["ids"] for box in pair[1]["boxes"]]
    absent = [{tuple(box["ids"]) for box in side["boxes"] if box["isAbsent"]} for side in pair]
    assert absent[0].isdisjoint(absent[1])
    assert absent[0]
    assert absent[1]


def test_graphviz_lays_both_out_alike(pictures: Any) -> None:
    drawn = laid_out([side["dot"] for side in pictures(BEFORE, WORSE)["pair"]])
    found = re.compile(r"<title>(n\d+)</title>.*?(?:d|points|cx)=\"([^\"]*)\"", re.DOTALL)
    places = [dict(found.findall(svg.decode())) for svg in drawn]
    assert places[0] == places[1] != {}


def test_two_answers_that_are_the_same_are_one_picture_twice(pictures: Any) -> None:
    one, other = pictures(BEFORE, BEFORE)["pair"]
    assert one == other
