"""A sheet to look at or print: what Graphviz laid out, lettered by us, under its title and above its legend."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

from defusedxml.ElementTree import fromstring

from blastradius.answer import Node, Picture
from blastradius.escape import cut, visible
from blastradius.model import Kind
from blastradius.render import style
from blastradius.render.boxes import LABEL_LIMIT, LID, Box, Line, label_box, node_box
from blastradius.render.dot import labelled
from blastradius.render.legend import Key, legend
from blastradius.render.lettering import PITCH, added, faces, fitted, width, wrapped

EDGE = 10.0
"""The white around a sheet, in points."""

NARROW = 420.0
"""The least width that a title and a legend are set in, in points."""

PRINTABLE = {"A4": (785.0, 538.0), "A3": (1134.0, 785.0)}
"""What a printer that leaves 10 mm at each side prints on, in points."""

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
SHIFTS = {Kind.OPERATION: (4.0, 0.0), Kind.FEED: (-7.0, 0.0), Kind.SCOPE: (0.0, 3.0)}
"""Where the middle of a shape's inside is beside its own middle."""


class Sheet(NamedTuple):
    """A picture lettered when it is asked for, and how small it is printed: 1 is as large as it is drawn."""

    lettered: Callable[[], bytes]
    scale: float

    @property
    def svg(self) -> bytes:
        """The sheet as SVG."""
        return self.lettered()

    @property
    def is_readable(self) -> bool:
        """Whether no type is too small on paper."""
        return self.scale * style.TEXT >= style.LEAST_PRINTED


def compose(picture: Picture, drawing: bytes) -> Sheet:
    """The sheet of a picture from the SVG that Graphviz made of it."""
    body = _plain(fromstring(drawing))
    wide, high = (float(number) for number in _NUMBER.findall(body.get("viewBox", ""))[2:4])
    inner = max(wide, NARROW, min(width(picture.title, style.TITLE, bold=True), 640))
    heading = _heading(picture, inner)
    top = EDGE + added(line.height for line in heading) + 6
    rows = _legend_rows(legend(picture), inner)
    full = (inner + 2 * EDGE, top + high + len(rows) * ROW + (14 if rows else 0) + EDGE)
    scale = _scale(full, picture)

    @cache
    def lettered() -> bytes:
        root = _root(full, scale)
        _write(root, heading, EDGE, EDGE, middle=False)
        SubElement(root, "g", transform=f"translate({EDGE:g} {top:.2f})").append(_lettered(picture, body))
        _draw_legend(root, rows, top + high + 14)
        written: bytes = _XML + tostring(root, encoding="utf-8")
        return written

    return Sheet(lettered, scale)


_XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def _scale(size: tuple[float, float], picture: Picture) -> float:
    if picture.sheet is None:
        return 1.0
    long, short = PRINTABLE[picture.sheet]
    wide, high = size
    return min(1.0, max(min(long / wide, short / high), min(short / wide, long / high)))


def _root(size: tuple[float, float], scale: float) -> Element:
    wide, high = size
    root = Element("svg", {"xmlns": _SVG[1:-1], "xmlns:xlink": _XLINK[1:-1], "font-family": style.STACK})
    root.attrib |= {"width": f"{wide * scale:.1f}pt", "height": f"{high * scale:.1f}pt"}
    root.set("viewBox", f"0 0 {wide:.2f} {high:.2f}")
    SubElement(root, "style").text = faces()
    SubElement(root, "rect", width="100%", height="100%", fill="white")
    return root


def _plain(root: Element) -> Element:
    """An element of SVG under names without namespaces, which are those that it is written with."""
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        for name in [name for name in element.attrib if name.startswith(_XLINK)]:
            element.set("xlink:" + name.removeprefix(_XLINK), element.attrib.pop(name))
    return root


def _lettered(picture: Picture, body: Element) -> Element:
    """Graphviz' group, each text in it set anew in the face that it was measured in."""
    graph = next(element for element in body if element.tag == "g")
    boxes = {f"n{number}": (node_box(node), node) for number, node in enumerate(picture.nodes)}
    labels = {name: label_box(label.edges[0]) for name, label in labelled(picture).items()}
    for element in [element for element in graph if element.tag in ("text", "polygon")]:
        graph.remove(element)
    for group in graph.findall("g"):
        name = group.findtext("title", "")
        if name in boxes:
            _letter_node(group, *boxes[name])
        elif name in labels:
            _letter_label(group, labels[name])
        elif group.get("class") == "cluster" and (zone := _letter_zone(group)) is not None:
            graph.append(zone)
    return graph


def _letter_node(group: Element, box: Box, node: Node) -> None:
    holder, (x, y) = _cleared(group)
    lid = box.height * LID / 2 + (2 if node.crown_jewel else 0)
    right, down = SHIFTS.get(node.kind, (0.0, lid if node.kind == Kind.STORE else 0.0))
    shade = style.SHADES[node.tone] if node.tone else style.UNREACHED
    _write(holder, box.lines, x + right, y + down - box.text_height / 2, ink=shade.text)


def _letter_label(group: Element, box: Box) -> None:
    holder, (x, y) = _cleared(group)
    _write(holder, box.lines, x, y - box.text_height / 2)


def _letter_zone(group: Element) -> Element | None:
    """The name of a zone, which is drawn above the edges that run through it."""
    text = next(group.iter("text"), None)
    if text is None:
        return None
    name, baseline = text.text or "", float(text.get("y", 0))
    _cleared(group)
    left, right = _across(_outline(group))
    lettering = Element("g", {"class": "zone", "stroke-width": "3", "stroke": style.ZONE_FILL, "paint-order": "stroke"})
    shown = Line(fitted(name, right - left - 16, style.TEXT, bold=True), bold=True)
    _text(lettering, shown, left + 8, baseline, ink=style.QUIET)
    return lettering


def _cleared(group: Element) -> tuple[Element, tuple[float, float]]:
    """Where the text of a group goes, its own removed, and the middle of its outline."""
    for parent in list(group.iter()):
        for text in parent.findall("text"):
            parent.remove(text)
    return next(group.iter("a"), group), _middle(_outline(group))


def _outline(group: Element) -> Element:
    return next(shape for shape in group.iter() if shape.tag in ("path", "polygon", "ellipse"))


def _middle(shape: Element) -> tuple[float, float]:
    if shape.tag == "ellipse":
        return float(shape.get("cx", 0)), float(shape.get("cy", 0))
    return sum(_across(shape)) / 2, sum(_across(shape, down=True)) / 2


def _across(shape: Element, *, down: bool = False) -> tuple[float, float]:
    """From where to where an outline goes, from left to right or from top to bottom."""
    numbers = [float(number) for number in _NUMBER.findall(shape.get("points") or shape.get("d") or "0,0")]
    return min(numbers[down::2]), max(numbers[down::2])


def _write(
    parent: Element,
    lines: tuple[Line, ...] | list[Line],
    x: float,
    top: float,
    *,
    ink: str = style.INK,
    middle: bool = True,
) -> None:
    """Lines under each other from ``top`` on, around ``x`` or from it."""
    for line in lines:
        if line.tone:
            ground = {"x": f"{x - line.width / 2:.2f}", "y": f"{top:.2f}", "width": f"{line.width:.2f}", "rx": "2"}
            shade = style.SHADES[line.tone]
            SubElement(parent, "rect", ground | {"height": f"{line.height - 1:.2f}", "fill": shade.fill})
        color = style.SHADES[line.tone].text if line.tone else ink
        _text(parent, line, x, top + line.height / 2 + line.size * 0.36, ink=color, middle=middle)
        top += line.height


def _text(parent: Element, line: Line, x: float, y: float, *, ink: str = style.INK, middle: bool = False) -> None:
    wide = width(line.text, line.size, bold=line.bold)
    if not line.text.strip():
        return
    looks = {"x": f"{x:.2f}", "y": f"{y:.2f}", "font-size": f"{line.size:g}", "fill": line.color or ink}
    looks |= {"text-anchor": "middle"} if middle else {}
    looks |= {"font-weight": "bold"} if line.bold else {}
    # Where a viewer has another face, the text still takes the room that it was given.
    looks |= {"textLength": f"{wide:.2f}", "lengthAdjust": "spacingAndGlyphs"}
    SubElement(parent, "text", looks).text = line.text


def _heading(picture: Picture, room: float) -> list[Line]:
    title = wrapped(cut(visible(picture.title), LABEL_LIMIT), room, style.TITLE, bold=True)
    below = [part for text in (picture.subtitle, picture.counts) for part in _paragraph(text, room)]
    return [*(Line(part, style.TITLE, bold=True) for part in title), *(Line(part, color=style.QUIET) for part in below)]


def _paragraph(text: str, room: float) -> list[str]:
    return wrapped(cut(visible(text), 2 * LABEL_LIMIT), room, style.TEXT) if text else []


ROW, SAMPLE, GAP = style.TEXT * PITCH + 1, 20.0, 16.0
"""A legend's row, the room of a sample, and that between two keys; in points."""

_Run = tuple[float, str, Key | None]
"""A piece of a legend's row: where it begins, its text, and of what a sample stands before it."""


def _legend_rows(keys: list[Key], room: float) -> list[list[_Run]]:
    """The keys one after another, as a paragraph is set."""
    rows: list[list[_Run]] = [[]] if keys else []
    x = 0.0
    for key in keys:
        sample = SAMPLE if key.tone or key.mark else 0.0
        words = _paragraph(key.words, room - SAMPLE)
        for number, text in enumerate(words):
            before, wide = (sample, width(text, style.TEXT)) if number == 0 else (0.0, width(text, style.TEXT))
            if x and x + before + wide > room:
                rows.append([])
                x = 0.0
            rows[-1].append((x, text, key if before else None))
            x += before + wide + GAP
    return rows


def _draw_legend(root: Element, rows: list[list[_Run]], top: float) -> None:
    group = SubElement(root, "g", {"class": "legend"})
    for number, row in enumerate(rows):
        y = top + number * ROW
        for x, text, key in row:
            if key:
                group.extend(_sample(key, EDGE + x, y))
            ink = style.ALARM if key and key.mark == "stopped" else style.INK
            _text(group, Line(text), EDGE + x + (SAMPLE if key else 0), y + style.TEXT * 0.86, ink=ink)


def _sample(key: Key, x: float, y: float) -> Iterator[Element]:
    """A small box that looks as what is explained does."""
    outline: Mapping[str, str] = SAMPLES.get(key.mark or "", {})
    look = {"fill": style.SHADES[key.tone].fill} if key.tone else {"fill": "white", **outline}
    yield Element("rect", _rectangle(x, y, 0) | look)
    if key.mark in ("jewel", "folded"):
        yield Element("rect", _rectangle(x, y, 2.2) | look | {"stroke-width": "0.8"})


def _rectangle(x: float, y: float, inset: float) -> dict[str, str]:
    size = {"width": f"{15 - 2 * inset:.2f}", "height": f"{9 - 2 * inset:.2f}"}
    return {"x": f"{x + inset + 1:.2f}", "y": f"{y + inset + 1:.2f}", "rx": "1.5"} | size


SAMPLES = {
    "seed": {"stroke": style.ALARM, "stroke-width": "2"},
    "jewel": {"stroke": style.JEWEL, "stroke-width": "1.4"},
    "folded": {"stroke": style.GREY, "stroke-width": "0.8"},
    "unreached": {"stroke": style.GREY, "stroke-dasharray": "3 2"},
    "stopped": {"stroke": style.ALARM, "stroke-width": "0.8"},
}
