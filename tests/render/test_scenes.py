"""Pictures of one series: the whole laid out once, what is lit, what is new, what is not there."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from blastradius.answer import Edge, Gain, Node, Picture, Scene, Series
from blastradius.model import Kind, Level
from blastradius.render.scenes import drawn

SVG = "{http://www.w3.org/2000/svg}"
GAIN = (Gain("can use it", Level.GRANTED),)
NODES = (
    Node("a", "First & <thing>", Kind.PARTY, "z1", gains=GAIN, seed=True),
    Node("b", "Second", Kind.STORE, "z1", gains=GAIN, crown_jewel=True),
    Node("c", "Third", Kind.PROCESS, "z2", gains=GAIN),
)
WHOLE = Picture(
    title="Whole",
    subtitle="",
    nodes=NODES,
    edges=(Edge("a", "b", "can read all of it", tone=Level.GRANTED), Edge("b", "c", "", tone=Level.GRANTED)),
    zones={"z1": "Zone one", "z2": "Zone two"},
)
FEW = replace(WHOLE, nodes=(NODES[0], NODES[1], replace(NODES[2], gains=())))


def _drawn(*scenes: Scene) -> list[Element]:
    return [fromstring(raw) for raw in drawn([Series(WHOLE, scenes)])]


def _texts(root: Element) -> list[str]:
    return [text.text or "" for text in root.iter(f"{SVG}text")]


def test_what_is_not_lit_is_hinted_at_and_what_is_new_is_framed() -> None:
    (root,) = _drawn(Scene(FEW, frozenset({"a", "b"}), frozenset({"b"})))
    texts = _texts(root)
    assert texts.count("new") == 1
    assert {"First & <thing>", "★\N{NO-BREAK SPACE}Second", "Third"} <= set(texts)
    faint = [group for group in root.iter(f"{SVG}g") if group.get("opacity")]
    assert len(faint) == 2  # the box, and the edge that leads there


def test_a_bare_scene_has_what_is_lit_and_nothing_else_in_it() -> None:
    (root,) = _drawn(Scene(FEW, frozenset({"c"}), frozenset(), bare=True))
    raw = " ".join(root.itertext()) + " ".join(value for element in root.iter() for value in element.attrib.values())
    assert "Third" in raw
    assert "Zone two" in raw
    assert [word for word in ("First", "Second", "Zone one", "can read", "granted", "crown jewel") if word in raw] == []
    assert [group.get("class") for group in root.iter(f"{SVG}g")].count("edge") == 0


def test_a_thing_stands_where_it_stood_and_the_same_scenes_give_the_same_bytes() -> None:
    scenes = (Scene(WHOLE, frozenset("abc"), frozenset("a")), Scene(FEW, frozenset("ab"), frozenset()))
    places = [{text.text: text.get("x") for text in root.iter(f"{SVG}text")}["Third"] for root in _drawn(*scenes)]
    assert places[0] == places[1]
    assert drawn([Series(WHOLE, scenes)]) == drawn([Series(WHOLE, scenes)])


def test_of_several_sizes_the_first_that_can_be_read_is_drawn() -> None:
    many = replace(
        WHOLE, nodes=tuple(Node(f"n{number}", f"Thing {number}", Kind.STORE) for number in range(200)), edges=()
    )
    series = [Series(whole, (Scene(whole, frozenset(), frozenset()),)) for whole in (many, WHOLE)]
    (root,) = (fromstring(raw) for raw in drawn(series))
    assert "Third" in _texts(root)
    assert drawn([]) == []
