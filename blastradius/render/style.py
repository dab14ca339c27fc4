"""What the pictures look like: colours by level, shapes by kind, fonts. Nothing here knows a picture."""

from __future__ import annotations

from typing import NamedTuple

from blastradius.model import Kind, Level

FONT = "Helvetica,Arial,sans-serif"
BOLD = "Helvetica-Bold"

INK = "#1f2430"
QUIET = "#5b6472"
GREY = "#9aa3af"
FAINT = "#c9ced6"
ALARM = "#c1121f"
JEWEL = "#111111"
ZONE_FILL = "#f3f5f8"
ZONE_LINE = "#d5dae1"

NUMBERS = {level: "①②③④"[level - 1] for level in Level}


class Shade(NamedTuple):
    """The colours of a level: a node's fill, the text on it, and a line dark enough to see on white."""

    fill: str
    text: str
    line: str


# Dark to light, so that the order survives a grey printer and every common colour blindness.
SHADES = {
    Level.GRANTED: Shade("#4a1a6b", "#ffffff", "#4a1a6b"),
    Level.ABUSED: Shade("#b0357c", "#ffffff", "#b0357c"),
    Level.TAKEOVER: Shade("#f6a55f", "#1f2430", "#c96a12"),
    Level.LATERAL: Shade("#fdeab5", "#1f2430", "#a08414"),
}
UNREACHED = Shade("#ffffff", QUIET, GREY)

SHAPES = {
    Kind.PARTY: {"shape": "octagon", "margin": "0.16,0.09"},
    Kind.CREDENTIAL: {"shape": "note", "margin": "0.18,0.1"},
    Kind.SCOPE: {"shape": "hexagon", "margin": "0.08,0.05"},
    Kind.OPERATION: {"shape": "component", "margin": "0.22,0.1"},
    Kind.SERVICE: {"shape": "box", "margin": "0.18,0.1", "rounded": "yes"},
    Kind.STORE: {"shape": "cylinder", "margin": "0.18,0.1"},
    Kind.FEED: {"shape": "parallelogram", "margin": "0.02,0.05"},
    Kind.PROCESS: {"shape": "ellipse", "margin": "0.05,0.03"},
}

GRAPH = {
    "rankdir": "LR",
    # Without it Graphviz loses edges between clusters.
    "newrank": "true",
    "charset": "UTF-8",
    "bgcolor": "white",
    "fontname": BOLD,
    "fontsize": "22",
    "fontcolor": INK,
    "labelloc": "t",
    "labeljust": "l",
    "pad": "0.35",
    "nodesep": "0.28",
    "ranksep": "0.42",
    "splines": "true",
    "outputorder": "edgesfirst",
}
NODE = {
    "fontname": FONT,
    "fontsize": "12",
    "style": "filled",
    "height": "0.45",
    "margin": "0.18,0.1",
    "penwidth": "1.2",
}
KEY = {"fontsize": "10", "height": "0.36", "margin": "0.14,0.06", "tooltip": " "}
EDGE = {"fontname": FONT, "fontsize": "10", "fontcolor": QUIET, "arrowsize": "0.8", "penwidth": "1.4"}
