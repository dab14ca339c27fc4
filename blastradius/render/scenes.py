"""A series of pictures in one layout: the whole is laid out once, then each picture shows what is so at its point."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import get_args
from xml.etree.ElementTree import Element, SubElement, tostring

from defusedxml.ElementTree import fromstring

from blastradius.answer import Picture, Scene, Series
from blastradius.render import style
from blastradius.render.dot import Direction, to_dot
from blastradius.render.draw import laid_out
from blastradius.render.sheet import Sheet, compose

NEW = "#157f3c"
"""The colour of the frame around what is new."""
_NAMESPACE = "{http://www.w3.org/2000/svg}"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_SHAPES = ("path", "polygon", "ellipse")
_FAINT = "0.35"


def drawn(sizes: Sequence[Series]) -> list[bytes]:
    """Each scene as SVG, of the first of several sizes that can be read on a sheet; a thing has one place in all.

    Raises:
        DrawingError: as ``draw`` does.
    """
    for number, series in enumerate(sizes, start=1):
        layout, sheet = _laid_out(series.whole)
        if sheet.is_readable or number == len(sizes):
            return [_scene(scene, layout) for scene in series.scenes]
    return []


def _laid_out(whole: Picture) -> tuple[bytes, Sheet]:
    """The layout, from left to right or from top to bottom, in which type is larger."""
    directions: tuple[Direction, ...] = get_args(Direction)
    layouts = laid_out([to_dot(whole, direction, heading=False) for direction in directions])
    return max(((layout, compose(whole, layout)) for layout in layouts), key=lambda found: found[1].scale)


def _scene(scene: Scene, layout: bytes) -> bytes:
    root: Element = fromstring(compose(scene.picture, layout).svg)
    for element in root.iter():
        element.tag = element.tag.removeprefix(_NAMESPACE)
    ids = {f"n{number}": node.id for number, node in enumerate(scene.picture.nodes)}
    groups = {group.findtext("title", ""): group for group in root.iter("g") if group.get("class") == "node"}
    lit = {name for name, of in ids.items() if of in scene.lit}
    if scene.bare:
        _bare(root, lit, groups)
    else:
        _dimmed(root, lit, groups, {name for name in groups if name not in ids})
    _framed([groups[name] for name, of in ids.items() if of in scene.new & scene.lit and name in groups])
    _untitled(root)
    root.set("xmlns", _NAMESPACE[1:-1])
    written: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + written


def _bare(root: Element, lit: set[str], groups: dict[str, Element]) -> None:
    """Leave only what is lit: no other box, no edge, no zone without a box, no legend."""
    kept = [groups[name] for name in lit if name in groups]
    for group in kept:
        _repaint(group, fill="white", stroke=style.INK)
        for shape in _shapes(group):  # a wider line would tell where it starts
            shape.set("stroke-width", "1.2")
    empty = _empty_zones(root, kept)
    gone = [group for group in root.iter("g") if group.get("class") in ("edge", "legend") or group in empty]
    _remove(root, [*gone, *(group for name, group in groups.items() if name not in lit)])


def _empty_zones(root: Element, kept: Sequence[Element]) -> list[Element]:
    """The zones in which nothing stands, with their names."""
    middles = [_middle(group) for group in kept]
    clusters = [group for group in root.iter("g") if group.get("class") == "cluster"]
    names = [group for group in root.iter("g") if group.get("class") == "zone"]
    empty = []
    for number, cluster in enumerate(clusters):
        left, top, right, bottom = _bounds(cluster)
        if not any(left <= x <= right and top <= y <= bottom for x, y in middles):
            empty += [cluster, *names[number : number + 1]]
    return empty


def _dimmed(root: Element, lit: set[str], groups: dict[str, Element], labels: set[str]) -> None:
    """Only hint at what is not lit yet, and at every edge that begins or ends there."""
    for name, group in groups.items():
        if name not in lit and name not in labels:
            _repaint(group, fill="white", stroke=style.GREY)
            group.set("opacity", _FAINT)
    ends = [
        (group, group.findtext("title", "").split("->")) for group in root.iter("g") if group.get("class") == "edge"
    ]
    bright = set(lit)
    for label in labels:
        around = {end for _, pair in ends if label in pair for end in pair if end != label}
        bright |= {label} if around <= lit else set()
    for group in [groups[label] for label in labels - bright] + [
        it for it, pair in ends if not bright.issuperset(pair)
    ]:
        group.set("opacity", "0.2")


def _repaint(group: Element, *, fill: str, stroke: str) -> None:
    for shape in _shapes(group):
        if shape.get("fill", "none") != "none":
            shape.set("fill", fill)
        if shape.get("stroke", "none") not in ("none", "transparent"):
            shape.set("stroke", stroke)
    for text in group.iter("text"):
        text.set("fill", style.INK if stroke == style.INK else style.QUIET)


def _framed(groups: Sequence[Element]) -> None:
    """A frame around what is new, and the word, for who sees no colour."""
    for group in groups:
        left, top, right, bottom = _bounds(group)
        place = {"x": f"{left - 3:.2f}", "y": f"{top - 3:.2f}", "rx": "4"}
        size = {"width": f"{right - left + 6:.2f}", "height": f"{bottom - top + 6:.2f}"}
        look = {"fill": "none", "stroke": NEW, "stroke-width": "2.4"}
        SubElement(group, "rect", place | size | look)
        ground = {"x": f"{right - 18:.2f}", "y": f"{top - 8:.2f}", "width": "22", "height": "11", "rx": "2"}
        SubElement(group, "rect", ground | {"fill": NEW})
        word = {"x": f"{right - 7:.2f}", "y": f"{top + 0.6:.2f}", "font-size": "9", "fill": "white"}
        SubElement(group, "text", word | {"text-anchor": "middle", "font-weight": "bold"}).text = "new"


def _untitled(root: Element) -> None:
    """Leave out what a pointer would tell: ids and levels."""
    for parent in list(root.iter()):
        for name in [name for name in parent.attrib if name.endswith("title") or name == "id"]:
            del parent.attrib[name]
        for title in parent.findall("title"):
            parent.remove(title)


def _remove(root: Element, gone: Sequence[Element]) -> None:
    for parent in list(root.iter()):
        for child in [child for child in parent if child in gone]:
            parent.remove(child)


def _shapes(group: Element) -> Iterator[Element]:
    return (shape for shape in group.iter() if shape.tag in _SHAPES)


def _middle(group: Element) -> tuple[float, float]:
    left, top, right, bottom = _bounds(group)
    return (left + right) / 2, (top + bottom) / 2


def _bounds(group: Element) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the outline of a box or a zone."""
    shape = next(_shapes(group))
    if shape.tag == "ellipse":
        x, y, wide, high = (float(shape.get(name, 0)) for name in ("cx", "cy", "rx", "ry"))
        return x - wide, y - high, x + wide, y + high
    numbers = [float(number) for number in _NUMBER.findall(shape.get("points") or shape.get("d") or "0,0")]
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])
