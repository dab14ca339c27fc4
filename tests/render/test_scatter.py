"""Scatter plots: every name stands where its two counts meet, none covers another, and nothing in a name acts."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from blastradius.answer import Scatter
from blastradius.render.scatter import as_svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*points: tuple[str, int, int]) -> ElementTree.Element:
    return ElementTree.fromstring(as_svg(Scatter("What hangs on whom", "jewels", "lacking", points)))


def dots(root: ElementTree.Element) -> dict[str, tuple[float, float]]:
    """Where each dot is, by the names in its tip."""
    found = {}
    for dot in root.iter(f"{SVG}circle"):
        tip = dot.find(f"{SVG}title")
        assert tip is not None
        found[str(tip.text)] = float(dot.get("cx", 0)), float(dot.get("cy", 0))
    return found


def test_more_is_further_right_and_further_up_and_even_steps_are_even() -> None:
    found = dots(drawn(("a", 0, 0), ("b", 1, 2), ("c", 2, 1), ("d", 1, 2)))
    assert found.keys() == {"a", "b, d", "c"}
    (ax, ay), (bx, by), (cx, cy) = found["a"], found["b, d"], found["c"]
    assert (bx - ax, ay - by) == (cx - bx, 2 * (ay - cy))
    assert cx > bx > ax
    assert by < cy < ay


def test_no_name_covers_another_or_leaves_the_sheet() -> None:
    points = [(f"party {x} {y} {at}", x, y) for x in range(3) for y in range(3) for at in range(4)]
    root = drawn(*points, ("x" * 90, 2, 2))
    names = [(float(it.get("x", 0)), float(it.get("y", 0)), str(it.text)) for it in root.iter(f"{SVG}text")]
    party = [(x, y, text) for x, y, text in names if text.startswith("party")]
    assert len(party) == 36
    boxes = [(x, y - 11, x + 7 * len(text), y + 3) for x, y, text in party]
    overlaps = [
        (one, other)
        for at, one in enumerate(boxes)
        for other in boxes[at + 1 :]
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]
    assert overlaps == []
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    assert all(x0 >= 0 and x1 <= width and y0 >= 0 and y1 <= height for x0, y0, x1, y1 in boxes)


def test_where_counts_are_far_apart_only_those_that_occur_have_a_place_and_it_says_so() -> None:
    root = drawn(("a", 0, 1), ("b", 4_000, 1))
    assert float(root.get("width", 0)) < 1_000
    assert "→ jewels (only counts that occur)" in [it.text for it in root.iter(f"{SVG}text")]


def test_many_at_one_place_are_counted_and_all_are_in_the_tip() -> None:
    root = drawn(*((f"n{at:02}", 1, 1) for at in range(12)))
    assert "and 7 more" in [it.text for it in root.iter(f"{SVG}text")]
    assert list(dots(root)) == [", ".join(f"n{at:02}" for at in range(12))]


@pytest.mark.parametrize("name", ["</text><script>alert(1)</script>", "a\x1b[2Jb\u202e", "&lt;", "\ud800"])
def test_names_are_text(name: str) -> None:
    root = drawn((name, 1, 1))
    assert {element.tag for element in root.iter()} == {
        f"{SVG}{tag}" for tag in ("svg", "title", "g", "path", "text", "circle")
    }
    assert "\x1b" not in ElementTree.tostring(root, "unicode")


def test_nothing_at_all_is_drawn_without_a_dot() -> None:
    assert dots(drawn()) == {}
