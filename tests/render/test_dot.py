from __future__ import annotations

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from blastradius.answer import Edge, Node, Picture
from blastradius.errors import DrawingError
from blastradius.escape import visible
from blastradius.model import Kind, Level
from blastradius.render.boxes import LABEL_LIMIT
from blastradius.render.dot import to_dot


def line(dot: str, start: str) -> str:
    found = [one for one in dot.splitlines() if one.startswith(start)]
    assert len(found) == 1, found
    return found[0]


def test_a_small_picture(small: Picture, snapshot: SnapshotAssertion) -> None:
    assert to_dot(small) == snapshot


def test_the_same_picture_gives_the_same_text(small: Picture) -> None:
    assert to_dot(small) == to_dot(replace(small))


def test_clustered_graphs_ask_for_newrank(small: Picture) -> None:
    assert 'newrank="true"' in line(to_dot(small), "graph [newrank")


def test_title_subtitle_counts_and_legend_stand_inside(small: Picture) -> None:
    dot = to_dot(small)
    for words in (small.title, small.subtitle, small.counts, "granted: they use exactly", "a control that stops it"):
        assert words in dot


def test_the_legend_explains_every_level_up_to_the_highest_and_the_words_that_need_it(small: Picture) -> None:
    dot = to_dot(replace(small, words={"has a copy": "the key itself"}))
    assert [f"{level.word}: {level.says}" in dot for level in Level] == [True, True, True, False]
    assert "“has a copy”: the key itself" in dot


def test_a_seed_a_crown_jewel_and_a_fold_are_marked(small: Picture) -> None:
    dot = to_dot(small)
    assert "starts here · party" in line(dot, "n0 [")
    assert "★\N{NO-BREAK SPACE}Customer" in line(dot, "n6 [")
    assert 'peripheries="2"' in line(dot, "n6 [")
    assert 'peripheries="2"' in line(dot, "n4 [")
    assert "op:orders-13" in line(dot, "n4 [")
    assert "Read, Write" in line(dot, "n4 [")


def test_a_box_says_what_it_is_and_what_each_level_adds(small: Picture) -> None:
    service = line(to_dot(small), "n5 [")
    assert r'label="Orders service\n① it slows\n③ controls it"' in service
    assert r'label="credential\nAcme API key' in line(to_dot(small), "n1 [")


def test_the_label_of_an_edge_is_a_box_on_its_way(small: Picture) -> None:
    dot = to_dot(small)
    assert 'label="permits"' in line(dot, "l3 [")
    assert 'arrowhead="none"' in line(dot, "n3 -> l3")
    assert line(dot, "l3 -> n4")


def test_stopped_steps_say_what_stops_them(small: Picture) -> None:
    dot = to_dot(small)
    assert 'arrowhead="tee"' in line(dot, "n0 -> l1")
    assert r"⊘ the key cannot be\ncopied, a list of\naddresses" in line(dot, "l1 [")


def test_an_edge_without_words_has_no_label(small: Picture) -> None:
    edges = tuple(edge._replace(label="", stopped_by=()) for edge in small.edges)
    dot = to_dot(replace(small, edges=edges))
    assert line(dot, "n5 -> n6")
    assert "\nl0 [" not in dot


def test_an_undeclared_zone_is_drawn_under_its_id() -> None:
    dot = to_dot(Picture("t", "", (Node("a", "A", Kind.STORE, "elsewhere"),), ()))
    assert 'label="elsewhere"' in dot


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ('"]; evil [label="x', 'label="\\"]; evil [label=\\"x"'),
        ("tail\\", 'label="tail\\\\"'),
        ("\\N", 'label="\\\\N"'),
        ("&lt;b&gt;", 'label="&amp;lt;b&amp;gt;"'),
        ("<b>bold</b>", 'label="<b>bold</b>"'),
        ("a\nb\x1b[31m", 'label="a\\\\nb\\\\x1b[31m"'),
        ("a\u202eb", 'label="a\\\\u202eb"'),
        ("lone \ud800", 'label="lone \\\\ud800"'),
        ("x|<p>y|{z}", 'label="x|<p>y|{z}"'),
    ],
)
def test_a_name_is_a_quoted_string_and_nothing_else(name: str, written: str) -> None:
    dot = to_dot(Picture("t", "", (Node(name, name, Kind.SERVICE),), ()))
    assert written in line(dot, "n0 [")
    dot.encode()


def test_long_names_are_wrapped_and_cut() -> None:
    node = line(to_dot(Picture("t", "", (Node("a", "A" * 10_000, Kind.SERVICE),), ())), "n0 [")
    assert node.count("A") == LABEL_LIMIT - 1
    assert "…" in node


def test_joiners_are_writing_and_every_other_format_character_is_shown() -> None:
    assert visible("می\u200cروم") == "می\u200cروم"
    assert visible("a\u200bb\ufffe\U000e0041") == "a\\u200bb\\ufffe\\U000e0041"


def test_an_edge_to_nowhere_and_a_double_node_are_errors(small: Picture) -> None:
    with pytest.raises(DrawingError, match="'ghost', which is not in the picture"):
        to_dot(replace(small, edges=(Edge("party:acme", "ghost", "x"),)))
    with pytest.raises(DrawingError, match="'ops' is in the picture twice"):
        to_dot(replace(small, nodes=(*small.nodes, small.nodes[4])))
