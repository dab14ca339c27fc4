"""The scripts of a page that draw, in the order in which a page has them, after those that answer."""

from __future__ import annotations

DRAWING = ("lettering.js", "choosing.js", "folding.js", "dot.js", "picture.js", "comparing.js")
"""An answer as the text of a picture."""

SHOWING = ("layout.js", "svg.js", "sheet.js", "view.js")
"""The text as a picture on the screen."""

PLAYING = ("playing.js", "clock.js", "resuming.js", "stages.js", "exercise.js", "participants.js")
"""An exercise: what decisions leave, its clock, who runs it, and what participants know."""
