from __future__ import annotations

import pytest

from blastradius.answer import Edge, Gain, Node
from blastradius.model import Kind, Level
from blastradius.render import style
from blastradius.render.boxes import label_box, node_box


def texts(node: Node) -> list[str]:
    return [line.text for line in node_box(node).lines]


def test_each_further_level_stands_on_its_own_ground() -> None:
    gains = (Gain("it is wrong", Level.GRANTED), Gain("it slows", Level.ABUSED), Gain("controls it", Level.LATERAL))
    box = node_box(Node("p", "Label printers", Kind.SERVICE, None, gains, what="service"))
    assert [line.text for line in box.lines] == [
        "service",
        "Label printers",
        "① it is wrong",
        "② it slows",
        "④ controls it",
    ]
    assert [line.tone for line in box.lines] == [None, None, None, Level.ABUSED, Level.LATERAL]


@pytest.mark.parametrize("names", ["Cancel an order, Open a return, Export " * 4, "W" * 400, "a " * 300])
def test_names_of_what_is_folded_take_two_lines_and_end_in_one_ellipsis(names: str) -> None:
    shown = texts(Node("f", "9 operations", Kind.OPERATION, names=names))[1:]
    assert len(shown) == 2
    assert shown[1].endswith("…")
    assert "".join(shown).count("…") == 1


def test_names_that_fit_are_whole() -> None:
    assert texts(Node("f", "2 stores", Kind.STORE, names="Orders, Prices"))[1:] == ["Orders, Prices"]


def test_a_box_without_a_kind_or_gains_has_its_name_alone() -> None:
    assert texts(Node("a", "A", Kind.STORE)) == ["A"]
    assert texts(Node("a", "A", Kind.STORE, seed=True)) == ["▶ starts here", "A"]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_box_is_larger_than_its_text(kind: Kind) -> None:
    box = node_box(Node("a", "A thing of some length", kind, None, (Gain("it stops", Level.GRANTED),), what=kind))
    assert box.width > max(line.width for line in box.lines)
    assert box.height > box.text_height


def test_a_label_names_what_stops_else_what_is_given() -> None:
    stopped = label_box(Edge("a", "b", "", "stopped", stopped_by=("a fallback",)))
    assert [(line.text, line.color) for line in stopped.lines] == [("⊘ a fallback", style.ALARM)]
    assert [line.text for line in label_box(Edge("a", "b", "it slows")).lines] == ["it slows"]
