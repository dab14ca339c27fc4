"""The scripts of a page that draws, in the order in which a page has them; their names are one space."""

from __future__ import annotations

DRAWING = ("lettering.js", "choosing.js", "folding.js", "dot.js", "picture.js")
