"""Doubts about an inventory: what is loose in it, what says nothing where it stands, what can never hold.

What takes the rules as they meet in an estate to see, as a control that guards nothing, is told by the reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from blastradius.estate.lint.alike import alike, shared_by_name
from blastradius.estate.lint.circles import circles
from blastradius.estate.lint.expected import expected
from blastradius.estate.lint.inventory import Inventory
from blastradius.estate.lint.loose import loose_ends
from blastradius.estate.lint.parties import ended, idle, strangers
from blastradius.estate.lint.unsaid import feeds_not_read, unasked_parts, unknown_zones
from blastradius.estate.lint.words import idle_words
from blastradius.model import Note

__all__ = ["Inventory", "findings"]

_CHECKS: tuple[Callable[[Inventory], Iterator[Note]], ...] = (
    loose_ends,
    circles,
    idle_words,
    unknown_zones,
    feeds_not_read,
    unasked_parts,
    ended,
    idle,
    strangers,
    expected,
    alike,
    shared_by_name,
)


def findings(inventory: Inventory) -> tuple[Note, ...]:
    """Loose ends, each with its position: what would make an answer wrong by leaving something out."""
    return tuple(note for check in _CHECKS for note in check(inventory))
