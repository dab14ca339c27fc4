"""What is on a sheet, measured: outlines, and every text with the room that it takes in the face it is drawn in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element, fromstring

from blastradius.render.lettering import width

SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Area:
    left: float
    top: float
    right: float
    bottom: float

    def contains(self, other: Area, slack: float = 0.5) -> bool:
        across = self.left - slack <= other.left and other.right <= self.right + slack
        return across and self.top - slack <= other.top and other.bottom <= self.bottom + slack

    def meets(self, other: Area) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


@dataclass(frozen=True)
class Text:
    words: str
    size: float
    area: Area


@dataclass(frozen=True)
class Drawn:
    """A node, a label or a zone: its outline's shape and extent, and the texts in it."""

    name: str
    shape: str
    outline: Area
    texts: tuple[Text, ...]


@dataclass(frozen=True)
class Measured:
    """A sheet: its size on paper and as drawn, what is on it, and the legend's extent."""

    paper: tuple[float, float]
    size: tuple[float, float]
    drawn: tuple[Drawn, ...]
    texts: tuple[Text, ...]
    legend: Area | None

    @property
    def scale(self) -> float:
        return self.paper[0] / self.size[0]

    def named(self, letter: str) -> list[Drawn]:
        return [thing for thing in self.drawn if re.fullmatch(letter + r"\d+", thing.name)]


def measured(svg: bytes) -> Measured:
    root = fromstring(svg)
    paper = tuple(float(root.attrib[side].removesuffix("pt")) for side in ("width", "height"))
    size = tuple(map(float, root.attrib["viewBox"].split()[2:]))
    groups = [group for group in root.iter(SVG + "g") if group.get("class") == "node"]
    legends = [group for group in root.iter(SVG + "g") if group.get("class") == "legend"]
    return Measured(
        (paper[0], paper[1]),
        (size[0], size[1]),
        tuple(_drawn(group) for group in groups),
        tuple(_text(text) for text in root.iter(SVG + "text")),
        _around([_text(text).area for text in legends[0].iter(SVG + "text")]) if legends else None,
    )


def _drawn(group: Element) -> Drawn:
    shapes = [child for child in group.iter() if child.tag.removeprefix(SVG) in ("path", "polygon", "ellipse")]
    texts = tuple(_text(text) for text in group.iter(SVG + "text"))
    name = group.findtext(SVG + "title") or ""
    # Of a crown jewel or a fold, whose frame is double, the inner line.
    kind = shapes[0].tag.removeprefix(SVG)
    inner = min((_extent(shape) for shape in shapes if shape.tag == shapes[0].tag), key=lambda area: -_size(area))
    return Drawn(name, kind, inner, texts)


def _size(area: Area) -> float:
    return (area.right - area.left) * (area.bottom - area.top)


def _extent(shape: Element) -> Area:
    if shape.tag == SVG + "ellipse":
        x, y, across, down = (float(shape.attrib[name]) for name in ("cx", "cy", "rx", "ry"))
        return Area(x - across, y - down, x + across, y + down)
    numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", shape.get("points") or shape.get("d") or "")]
    return Area(min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2]))


def _text(element: Element) -> Text:
    size, bold = float(element.attrib["font-size"]), element.get("font-weight") == "bold"
    words, x, y = element.text or "", float(element.attrib["x"]), float(element.attrib["y"])
    wide = width(words, size, bold=bold)
    left = x - wide / 2 if element.get("text-anchor") == "middle" else x
    return Text(words, size, Area(left, y - 0.76 * size, left + wide, y + 0.22 * size))


def _around(areas: list[Area]) -> Area:
    return Area(
        min(area.left for area in areas),
        min(area.top for area in areas),
        max(area.right for area in areas),
        max(area.bottom for area in areas),
    )
