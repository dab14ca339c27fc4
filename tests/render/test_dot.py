from __future__ import annotations

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from blastradius.answer import Edge, Node, Picture
from blastradius.errors import DrawingError
from blastradius.escape import columns, visible
from blastradius.model import Kind, Level
from blastradius.render.dot import LABEL_LIMIT, to_dot, wrapped


def line(dot: str, start: str) -> str:
    found = [one for one in dot.splitlines() if one.startswith(start)]
    assert len(found) == 1, found
    return found[0]


def test_a_small_picture(small: Picture, snapshot: SnapshotAssertion) -> None:
    assert to_dot(small) == snapshot


def test_the_same_picture_gives_the_same_text(small: Picture) -> None:
    assert to_dot(small) == to_dot(replace(small))


def test_clustered_graphs_ask_for_newrank(small: Picture) -> None:
    assert 'newrank="true"' in line(to_dot(small), "graph [rankdir")


def test_title_subtitle_counts_and_legend_stand_inside(small: Picture) -> None:
    dot = to_dot(small)
    for words in (small.title, small.subtitle, small.counts, "How to read this", "stopped by a control"):
        assert words in dot


def test_the_legend_explains_every_level_up_to_the_highest_and_the_kinds_present(small: Picture) -> None:
    legend = to_dot(small).split("subgraph cluster_picture")[0]
    assert [level.word in legend for level in Level] == [True, True, True, False]
    assert [f'label="{kind}"' in legend for kind in Kind] == [True] * 6 + [False] * 2


def test_a_seed_a_crown_jewel_and_a_fold_are_marked(small: Picture) -> None:
    dot = to_dot(small)
    assert "STARTS HERE" in line(dot, "n0 [")
    assert "★\N{NO-BREAK SPACE}Customer" in line(dot, "n6 [")
    assert 'peripheries="2"' in line(dot, "n6 [")
    assert 'peripheries="2"' in line(dot, "n4 [")
    assert "op:orders-13" in line(dot, "n4 [")


def test_steps_say_how_often_and_stopped_steps_what_stops_them(small: Picture) -> None:
    dot = to_dot(small)
    assert 'label="permits \N{MULTIPLICATION SIGN}14"' in line(dot, "n3 -> n4")
    stopped = line(dot, "n0 -> n2")
    assert 'arrowhead="tee"' in stopped
    assert "⊘ non_exportable" in stopped
    assert "ip_allowlist" in stopped
    assert "label=" not in line(dot, "n5 -> n6")


def test_an_undeclared_zone_is_drawn_under_its_id() -> None:
    dot = to_dot(Picture("t", "", (Node("a", "A", Kind.STORE, "elsewhere"),), ()))
    assert 'label="elsewhere ' in dot


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


def test_wrapping_loses_nothing_and_keeps_to_the_width() -> None:
    for text in ("GET /customers/{id}/orders/{order}/lines", "x" * 70, "数据库" * 20, "a  b", ""):
        lines = wrapped(text, 22)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(columns(one) <= 22 for one in lines)


def test_joiners_are_writing_and_every_other_format_character_is_shown() -> None:
    assert visible("می\u200cروم") == "می\u200cروم"
    assert visible("a\u200bb\ufffe\U000e0041") == "a\\u200bb\\ufffe\\U000e0041"


def test_an_edge_to_nowhere_and_a_double_node_are_errors(small: Picture) -> None:
    with pytest.raises(DrawingError, match="'ghost', which is not in the picture"):
        to_dot(replace(small, edges=(Edge("party:acme", "ghost", "x"),)))
    with pytest.raises(DrawingError, match="'ops' is in the picture twice"):
        to_dot(replace(small, nodes=(*small.nodes, small.nodes[4])))
