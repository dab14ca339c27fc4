"""What the pictures look like: colours by level or by what is felt, shapes by kind, sizes.

Nothing here knows a picture.
"""

from __future__ import annotations

from typing import NamedTuple

from blastradius.answer import Felt, Tone
from blastradius.model import Kind, Level
from blastradius.render.lettering import FAMILY

INK = "#1f2430"
QUIET = "#5b6472"
GREY = "#8a93a0"
ALARM = "#c1121f"
JEWEL = "#111111"
CHANGE = "#0b7a75"
"""A frame around what is reached now and was not before."""
ZONE_FILL = "#f3f5f8"
ZONE_LINE = "#d5dae1"

STACK = f"{FAMILY},DejaVu Sans Condensed,Arial,Helvetica,sans-serif"
"""The face, and for viewers that take no face from a picture those that are about as wide."""

TITLE, NAME, TEXT = 15.0, 11.0, 10.0
"""Sizes of type in points; nothing is smaller than ``TEXT``."""

LEAST_PRINTED = 6.0
"""The smallest type on paper, in points."""

ROOM = 130.0
"""How wide the text in a box may get, in points."""

NUMBERS = {level: "①②③④"[level - 1] for level in Level}


class Shade(NamedTuple):
    """The colours of a level: a node's fill, the text on it, and a line dark enough to see on white."""

    fill: str
    text: str
    line: str


# Dark to light, so that the order survives a grey printer and every common colour blindness.
SHADES: dict[Tone, Shade] = {
    Level.GRANTED: Shade("#4a1a6b", "#ffffff", "#4a1a6b"),
    Level.ABUSED: Shade("#b0357c", "#ffffff", "#b0357c"),
    Level.TAKEOVER: Shade("#f6a55f", "#1f2430", "#c96a12"),
    Level.LATERAL: Shade("#fdeab5", "#1f2430", "#a08414"),
    Felt.STOPS: Shade("#1d3f5e", "#ffffff", "#1d3f5e"),
    Felt.WRONG: Shade("#4f83a8", "#ffffff", "#3c6f94"),
    Felt.SLOWS: Shade("#cfe3f1", "#1f2430", "#5f8fb3"),
}
UNREACHED = Shade("#ffffff", QUIET, GREY)

SHAPES = {
    Kind.PARTY: {"shape": "octagon"},
    Kind.CREDENTIAL: {"shape": "note"},
    Kind.SCOPE: {"shape": "tab"},
    Kind.OPERATION: {"shape": "component"},
    Kind.SERVICE: {"shape": "box", "style": "filled,rounded"},
    Kind.STORE: {"shape": "cylinder"},
    Kind.FEED: {"shape": "cds"},
    Kind.PROCESS: {"shape": "ellipse"},
}

GRAPH = {
    # Without it Graphviz loses edges between clusters.
    "newrank": "true",
    "charset": "UTF-8",
    "bgcolor": "white",
    "fontname": "Arial",
    "fontsize": "12",
    "fontcolor": INK,
    "labelloc": "t",
    "labeljust": "l",
    "pad": "0.05",
    "nodesep": "0.12",
    "ranksep": "0.2",
    "splines": "true",
    "outputorder": "edgesfirst",
}
NODE = {"fontname": "Arial", "fontsize": "9", "style": "filled", "fixedsize": "true", "penwidth": "1.2"}
EDGE = {"fontname": "Arial", "fontsize": "9", "fontcolor": QUIET, "arrowsize": "0.7", "penwidth": "1.3"}

ZONE = {
    "style": "filled,rounded",
    "fillcolor": ZONE_FILL,
    "color": ZONE_LINE,
    "fontcolor": QUIET,
    # A little larger than it is drawn: Graphviz measures another face.
    "fontsize": f"{TEXT * 1.15:g}",
    "labeljust": "l",
    "margin": "6",
}
EMPTY = {"shape": "plaintext", "width": "2"}
LABEL = {"shape": "box", "style": "", "color": "transparent"}
CONTROL = LABEL | {
    "style": "filled,rounded",
    "fillcolor": "white",
    "color": ALARM,
    "fontcolor": ALARM,
    "penwidth": "0.8",
}
"""A label that says which control stops a step."""

MARKS = {
    "folded": {"peripheries": "2"},
    "jewel": {"peripheries": "2", "penwidth": "2.5", "color": JEWEL},
    "seed": {"penwidth": "3", "color": ALARM},
}
"""What sets a box apart besides that it is not reached, the later outdoing the earlier."""

LINES = {"stopped": {"color": GREY, "style": "dashed"}, "context": {"color": ZONE_LINE, "penwidth": "0.8"}}
"""What is drawn of steps that are not taken."""

ENDS = {"step": {"arrowhead": "none"}, "stopped": {"arrowhead": "tee"}, "context": {"arrowhead": "none"}}
"""How an edge ends at its label."""


def paint(tone: Tone | None) -> dict[str, str]:
    """The colours of a box."""
    shade = SHADES[tone] if tone else UNREACHED
    return {"fillcolor": shade.fill, "fontcolor": shade.text, "color": shade.line}


def unreached(kind: Kind) -> dict[str, str]:
    """The outline of a box that is not reached."""
    return {"style": SHAPES[kind].get("style", "filled") + ",dashed"}


def line(tone: Tone | None) -> dict[str, str]:
    """The colour of a step that is taken."""
    return {"color": SHADES[tone].line if tone else QUIET}
