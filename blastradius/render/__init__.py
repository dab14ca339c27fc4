"""Answers as text, JSON, CSV, Markdown and pictures; nothing here computes anything."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blastradius.render.dot import to_dot
    from blastradius.render.draw import draw, svg
    from blastradius.render.text import RENDERERS, as_csv, as_json, as_markdown, safe, table

__all__ = ["RENDERERS", "as_csv", "as_json", "as_markdown", "draw", "safe", "svg", "table", "to_dot"]

_HOMES = {"to_dot": "dot", "draw": "draw", "svg": "draw"}


def __getattr__(name: str) -> object:
    """Import a renderer when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'text')}"), name)
