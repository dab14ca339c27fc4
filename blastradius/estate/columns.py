"""The columns of an estate, under the names that the engine has for them."""

from __future__ import annotations

from blastradius.columns.tables import (
    CONTROLS,
    KINDS,
    NO_INDEX,
    VERBS,
    Columns,
    ControlColumns,
    EntityColumns,
    RelationColumns,
)
from blastradius.estate import Estate

NOWHERE = NO_INDEX
__all__ = [
    "CONTROLS",
    "KINDS",
    "NOWHERE",
    "VERBS",
    "Columns",
    "ControlColumns",
    "EntityColumns",
    "RelationColumns",
    "columns_of",
]


def columns_of(estate: Estate) -> Columns:
    """The tables of an estate."""
    return estate.columns
