"""What a picture says: which boxes, in which words, and where the stops begin."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from blastradius.answer import Edge, Felt, Node, Picture
from blastradius.engine import Reach, ScenarioParams, solve
from blastradius.estate import Estate
from blastradius.loading import load
from blastradius.model import Capability, Fact, Kind, Level, Scenario
from blastradius.render.boxes import node_box
from blastradius.reports.diagram import FEW, picture_of
from blastradius.reports.folding import folded as fold
from blastradius.reports.words import WORDS

EXAMPLES = Path(__file__).parents[2] / "examples"


@cache
def northwind() -> Estate:
    return load([EXAMPLES / "northwind"])


@cache
def reached(**asked: Any) -> Reach:
    estate = northwind()
    return solve(estate, ScenarioParams.model_validate(asked).scenario(estate))


def drawn(*, full: bool = False, **asked: Any) -> Picture:
    return picture_of(reached(**asked), full=full)


def node(picture: Picture, label: str) -> Node:
    return next(node for node in picture.nodes if node.label == label)


def said(node: Node) -> list[tuple[str, object]]:
    return [(gain.words, gain.tone) for gain in node.gains]


def every(picture: Picture) -> list[Picture]:
    return [picture, *picture.smaller]


SCENARIOS: list[dict[str, Any]] = [
    {"compromise": ("acme",), "assume": "lateral"},
    {"poison": ("carrier_rates",), "assume": "lateral"},
    {"outage": ("paywell",), "hours": 24},
    {"wrong": ("agent_content",)},
]


@pytest.mark.parametrize("asked", SCENARIOS)
def test_boxes_and_edges_use_the_words_of_the_tables(asked: dict[str, Any]) -> None:
    known = set(WORDS.values())
    for picture in every(drawn(**asked)):
        for gain in (gain for node in picture.nodes for gain in node.gains):
            assert {words.split(" at once")[0].split(" after")[0] for words in gain.words.split(", ")} <= known
        assert {words for edge in picture.edges for words in edge.label.split(", ") if words} <= known


def test_an_outage_is_drawn_as_one() -> None:
    picture = drawn(outage=("paywell",), hours=24)
    assert picture.title == "What would stop or slow: outage of Paywell Payments"
    assert picture.subtitle == "an outage, nobody attacks; for 24 hours"
    assert {gain.tone for node in picture.nodes for gain in node.gains} == {Felt.STOPS, Felt.SLOWS}
    assert said(node(picture, "Refunds")) == [("it stops at once", Felt.STOPS)]
    assert said(node(picture, "Taking payment")) == [("it slows at once", Felt.SLOWS)]


def test_an_outage_says_after_how_many_hours(tmp_path: Path) -> None:
    file = tmp_path / "e.yaml"
    file.write_text(
        "blastradius: 1\n"
        "parties:\n  us: {role: self, owns: [shop]}\n  host: {role: provider, owns: [dc]}\n"
        "services:\n  dc: {}\n  shop: {depends_on: [{to: dc, dependency: hard, buffer_h: 2}]}\n"
        "processes:\n  sales: {depends_on: [{to: shop, dependency: hard, buffer_h: 1}]}\n",
        encoding="utf-8",
    )
    estate = load([file])
    picture = picture_of(solve(estate, ScenarioParams.model_validate({"outage": ("dc",), "hours": 8}).scenario(estate)))
    assert [said(node(picture, name))[0] for name in ("dc", "shop", "sales")] == [
        ("it stops at once", Felt.STOPS),
        ("it stops after 2 hours", Felt.STOPS),
        ("it stops after 3 hours", Felt.STOPS),
    ]


def test_a_mistake_and_an_outage_are_told_as_both() -> None:
    picture = drawn(wrong=("fx_a",), outage=("fx_b", "fx_c"))
    assert picture.title.startswith("What would feel it: a fault in ")
    assert picture.subtitle == "an outage and a mistake, nobody attacks; however long it lasts"


def test_a_box_says_what_it_is_and_what_each_level_adds() -> None:
    picture = drawn(full=True, compromise=("acme",), assume="lateral")
    printers = node(picture, "Label printers")
    assert printers.what == "service"
    assert said(printers) == [
        ("it is wrong", Level.GRANTED),
        ("it slows", Level.ABUSED),
        ("controls it", Level.LATERAL),
    ]
    assert printers.tone == Level.GRANTED


def test_an_edge_says_only_what_its_box_does_not() -> None:
    picture = drawn(compromise=("acme",), assume="granted")
    into = [edge for edge in picture.edges if edge.target == "carrier_rates"]
    assert {edge.source: edge.label for edge in into} == {"acme": "", "acme_tms": "it stops"}
    assert {edge.label for edge in picture.edges if edge.target == "acme_tms"} == {""}


def test_a_stop_begins_at_what_opens_the_functions_not_at_a_health_check() -> None:
    stops = [edge for edge in drawn(full=True, compromise=("acme",), assume="lateral").edges if edge.style == "stopped"]
    assert len(stops) > 10
    assert "orders:health" not in {edge.source for edge in stops}
    starts = {northwind().kind_of(edge.source) for edge in stops if edge.target == "orders:exportCustomers"}
    assert starts == {Kind.SCOPE}


def test_what_anyone_has_anyway_is_no_part_of_a_partners_picture() -> None:
    asked: dict[str, Any] = {"compromise": ("acme",), "assume": "abused"}
    own, everything = drawn(**asked), drawn(full=True, **asked)
    assert "Public catalogue page" in {node.label for node in everything.nodes}
    assert "Public catalogue page" not in {node.label for node in own.nodes}


def test_smaller_pictures_are_of_the_ways_to_crown_jewels_and_say_so() -> None:
    reach = reached(compromise=("acme",), assume="lateral")
    picture = picture_of(reach)
    jewels = {fact.entity for fact in reach.levels if northwind().crown_jewel(fact.entity)}
    assert len(picture.nodes) <= FEW["A4"]
    assert picture.smaller
    sizes = [len(smaller.nodes) for smaller in picture.smaller]
    assert sizes == sorted(sizes, reverse=True)
    first = picture.smaller[0]
    assert jewels <= {node.id for node in first.nodes}
    leads = {edge.source for edge in first.edges}
    assert {node.id for node in first.nodes} - leads <= jewels
    assert "drawn: only the ways to crown jewels" in first.counts
    assert "only the ways" not in picture.counts


def test_a_start_that_leads_to_no_crown_jewel_is_reached_all_the_same() -> None:
    picture = drawn(compromise=("acme", "label_printers"), assume="abused")
    assert all(node.gains for smaller in every(picture) for node in smaller.nodes if node.seed)


def test_the_whole_is_drawn_when_it_is_asked_for() -> None:
    reach = reached(compromise=("acme",), assume="lateral")
    picture = picture_of(reach, full=True)
    assert picture.sheet is None
    assert not picture.smaller
    assert {fact.entity for fact in reach.levels} <= {node.id for node in picture.nodes}


def test_folded_boxes_name_what_is_in_them() -> None:
    picture = drawn(compromise=("acme",), assume="granted")
    box = next(node for node in picture.nodes if node.count > 5)
    names = {northwind().entities[member].label for member in box.members}
    assert box.label == f"{box.count} operations"
    assert set(box.names.split(", ")) == names


def test_a_proof_is_drawn_alone() -> None:
    reach = reached(compromise=("acme",), assume="lateral")
    facts = frozenset(step.fact for step in reach.proof_of(Fact("customer_replica", Capability.READ)))
    picture = picture_of(reach, "Why", only=facts)
    assert picture.title == "Why"
    assert not [edge for edge in picture.edges if edge.style == "stopped"]
    assert {node.id for node in picture.nodes} <= {fact.entity for fact in facts}


def test_an_explanation_stands_for_each_word_that_needs_one_and_no_other() -> None:
    words = drawn(compromise=("acme",), assume="granted").words
    assert "has a copy" in words
    assert "it stops" not in words
    assert "makes it do what they want" not in words
    assert not drawn(wrong=("agent_content",)).words


def test_an_estate_of_one_thing(tmp_path: Path) -> None:
    file = tmp_path / "e.yaml"
    file.write_text("blastradius: 1\nparties:\n  acme: {}\n", encoding="utf-8")
    estate = load([file])
    picture = picture_of(solve(estate, ScenarioParams.model_validate({"compromise": ("acme",)}).scenario(estate)))
    assert [node.label for node in picture.nodes] == ["acme"]
    assert picture.edges == ()
    edges: tuple[Edge, ...] = picture.smaller[-1].edges
    assert edges == ()


def test_two_things_of_a_kind_and_name_have_their_ids_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "e.yaml"
    file.write_text(
        "blastradius: 1\nparties:\n  acme: {owns: [a, b], holds: [k]}\n"
        "services:\n  a: {name: orders}\n  b: {name: orders}\ncredentials:\n  k: {name: orders}\n",
        encoding="utf-8",
    )
    estate = load([file])
    picture = picture_of(
        solve(estate, ScenarioParams.model_validate({"compromise": ("acme",)}).scenario(estate)), full=True
    )
    boxes = {node.id: (node.what, node.label) for node in picture.nodes}
    assert boxes["k"] == ("credential", "orders")
    assert (boxes["a"], boxes["b"]) == (("service", "orders (a)"), ("service", "orders (b)"))


def test_what_is_only_assumed_is_no_fact_in_a_picture() -> None:
    reach = solve(load([EXAMPLES / "larkfield"]), Scenario(compromise=("Chat Nook",)))
    known = {(node.names or node.label): node.known for node in picture_of(reach, full=False).nodes}
    assert known["customer profiles at Chat Nook, order history at Chat Nook"] == "assumed"
    assert known["what Chat Nook runs for us"] == "inferred"
    assert known["customers_db"] == known["Chat Nook"] == ""
    box = {node.label: [line.text for line in node_box(node).lines] for node in picture_of(reach).nodes}
    assert box["2 stores"][-1] == "(assumed)"
    folded, _ = fold([Node("a", "a", Kind.STORE, known="assumed"), Node("b", "b", Kind.STORE)], [], 1)
    assert [node.known for node in folded] == ["some assumed"]
