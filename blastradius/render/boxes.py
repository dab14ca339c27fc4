"""What stands in a box, and how large the box must be for it: lines of text, measured in the face they are drawn in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate
from math import sqrt
from typing import NamedTuple

from blastradius.answer import Edge, Gain, Node, Tone
from blastradius.escape import cut, visible
from blastradius.model import Kind, Level
from blastradius.render import style
from blastradius.render.lettering import PITCH, added, fitted, width, wrapped

LABEL_LIMIT = 200
CHIP = 4.0
"""What the ground of a line of another tone has left and right of its text, in points."""

BETWEEN = " · "
STARTS, CROWN, WEAK, STOPS = "▶ starts here", "★\N{NO-BREAK SPACE}", "({known})", "⊘ {controls}"
"""What stands in a box besides words and names."""

STOP_ROOM, STEP_ROOM = 110.0, 90.0
"""How wide the text of a label may get, in points."""

LID = 0.18
"""How much of a store's height its lid takes."""

FRAME = 8.0
"""What the inner of a crown jewel's two frames takes of a store's height."""


class Line(NamedTuple):
    """A line of text: ``tone`` is the ground it stands on where that is not the box's own."""

    text: str
    size: float = style.TEXT
    bold: bool = False
    color: str | None = None
    tone: Tone | None = None

    @property
    def width(self) -> float:
        """In points, its ground with it."""
        return width(self.text, self.size, bold=self.bold) + (2 * CHIP if self.tone else 0)

    @property
    def height(self) -> float:
        """In points, from the line above to the line below."""
        return self.size * PITCH + (1 if self.tone else 0)


class Box(NamedTuple):
    """Lines of text under each other, and the size of the shape around them; all in points."""

    lines: tuple[Line, ...]
    width: float
    height: float

    @property
    def text_height(self) -> float:
        """How high the lines are together."""
        return added(line.height for line in self.lines)


@lru_cache(maxsize=1024)  # measured for each direction, and again where it is lettered
def node_box(node: Node) -> Box:
    """The box of a node: what it is, its name, and what is gained over it, each level on its own ground."""
    mark = (STARTS if node.seed else "") + (BETWEEN if node.seed and node.what else "")
    lines = [Line(part, bold=node.seed) for part in _short(mark + visible(node.what))] if mark or node.what else []
    name = (CROWN if node.crown_jewel else "") + visible(node.label)
    lines += _lines(name, style.NAME, bold=True)
    lines += [Line(part) for part in _short(visible(node.names), 2)] if node.names else []
    lines += [line for gain in node.gains for line in _gained(gain, None if gain.tone == node.tone else gain.tone)]
    lines += [Line(WEAK.format(known=node.known))] if node.known else []
    wide, high = _around(node.kind, lines)
    # The inner of a crown jewel's two frames takes room too, of a store's lid most.
    return Box(tuple(lines), wide, high + (FRAME if node.crown_jewel and node.kind == Kind.STORE else 0))


def label_box(edge: Edge) -> Box:
    """The box of an edge's label: what the step gives, or which control stops it."""
    if edge.style == "stopped":
        text = STOPS.format(controls=", ".join(map(visible, edge.stopped_by or (edge.label,))))
        lines = _lines(text, style.TEXT, color=style.ALARM, room=STOP_ROOM)
    else:
        line = style.SHADES[edge.tone].line if edge.tone else style.QUIET
        lines = _lines(visible(edge.label), style.TEXT, color=line, room=STEP_ROOM)
    return Box(tuple(lines), max(line.width for line in lines) + 8, added(line.height for line in lines) + 4)


def _lines(
    text: str, size: float, *, bold: bool = False, color: str | None = None, room: float = style.ROOM
) -> list[Line]:
    return [Line(part, size, bold, color) for part in wrapped(cut(text, LABEL_LIMIT), room, size, bold=bold)]


def _short(text: str, most: int = 1) -> list[str]:
    """``text`` in at most so many lines, an ellipsis where it is longer."""
    parts = wrapped(text, style.ROOM, style.TEXT)
    if len(parts) <= most:
        return parts
    return [*parts[: most - 1], fitted(f"{parts[most - 1]} {parts[most]}", style.ROOM, style.TEXT)]


def _gained(gain: Gain, ground: Tone | None) -> list[Line]:
    number = f"{style.NUMBERS[gain.tone]} " if isinstance(gain.tone, Level) else ""
    parts = wrapped(cut(number + visible(gain.words), LABEL_LIMIT), style.ROOM - 2 * CHIP, style.TEXT)
    return [Line(part, tone=ground) for part in parts]


def _around(kind: Kind, lines: Sequence[Line]) -> tuple[float, float]:
    """The width and height of the shape around lines of text."""
    wide, high = max(line.width for line in lines), added(line.height for line in lines)
    if kind in _PROFILES:
        return _inscribing(lines, _PROFILES[kind])
    more_wide, more_high = FRAMES[kind]
    return wide + more_wide, (high + more_high) / (1 - (LID if kind == Kind.STORE else 0))


def _inscribing(lines: Sequence[Line], profile: Callable[[float], float]) -> tuple[float, float]:
    """The shape of a curved or slanted outline that has every corner of every line within it."""
    tall = added(line.height for line in lines)
    half = max(line.width for line in lines) * 0.56 + 7
    ends = list(accumulate((line.height for line in lines), initial=-tall / 2))
    high = max(
        max(abs(top), abs(bottom)) / profile((line.width / 2 + 3) / half)
        for line, top, bottom in zip(lines, ends, ends[1:], strict=False)
    )
    return 2 * half, 2 * max(high, tall / 2 + 4)


def _ellipse(across: float) -> float:
    return sqrt(max(0.05, 1 - across * across))


def _octagon(across: float) -> float:
    return min(1.0, sqrt(2) - across)


_PROFILES: dict[Kind, Callable[[float], float]] = {Kind.PROCESS: _ellipse, Kind.PARTY: _octagon}
"""How high an outline is at a share of its half width, as a share of its half height."""

FRAMES: dict[Kind, tuple[float, float]] = {
    Kind.CREDENTIAL: (18, 12),
    Kind.SCOPE: (14, 20),
    Kind.OPERATION: (22, 10),
    Kind.SERVICE: (16, 10),
    Kind.STORE: (14, 8),
    Kind.FEED: (34, 24),
}
"""What an outline has beside and above its text, in points."""
