"""Which part of an estate has all instances of rules with a premise about some things."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from blastradius.columns.ragged import Flags
from blastradius.columns.tables import ON_BAD, Columns, RelationColumns
from blastradius.engine.check.capabilities import ANYONE
from blastradius.model import input_id


class Nearby(NamedTuple):
    """Entities and relations by number: whether the rules are asked about them."""

    entities: Flags
    relations: Flags

    @classmethod
    def everything(cls, columns: Columns) -> Nearby:
        """All there is."""
        return cls(np.ones(len(columns.entities.kind), np.bool_), np.ones(len(columns.relations.verb), np.bool_))

    @classmethod
    def of(cls, columns: Columns, names: Collection[str]) -> Nearby:
        """What lies at the things that facts are about (entities, APIs, zones and inputs among them), by name.

        An instance with a premise about one of them runs along relations that touch it, or an operation or a service
        that stands for it. What decides about such an instance besides, other relations at their other ends, is there
        as well, so all instances that are found with such a premise are those of the estate.
        """
        at, r = _named(columns, names), columns.relations
        touched = _touching(r, at)
        if ANYONE.entity in names:  # a premise of its own, of what is public and what obeys
            touched |= r.obeys
            at |= columns.entities.anonymous
        ring = at.copy()
        for ends in (r.sources, r.targets):
            ring[ends.take(touched).values] = True
        return cls(ring, touched | _touching(r, ring))


def _named(columns: Columns, names: Collection[str]) -> Flags:
    """The entities that are called so, or have such an API, zone or input."""
    entities = columns.entities
    found: Flags = np.fromiter((name in names for name in entities.ids), np.bool_, len(entities.kind))
    for places, known in ((entities.api, entities.apis), (entities.flat_zone, entities.flat_zones)):
        asked: Flags = np.array([*(name in names for name in known), False], np.bool_)  # the last is for NO_INDEX
        found |= asked[places]
    for row in np.flatnonzero(columns.relations.on_bad == ON_BAD.index("drop")).tolist():
        taker, *suppliers = columns.relations.sources[row][0], *columns.relations.targets[row]
        for supplier in suppliers:
            if input_id(entities.ids[taker], entities.ids[supplier]) in names:
                found[[taker, supplier]] = True
    return found


def _touching(relations: RelationColumns, entities: Flags) -> Flags:
    """The relations with one of some entities at an end, or as a key."""
    found: Flags = np.zeros(len(relations.verb), np.bool_)
    for ends in (relations.sources, relations.targets, relations.keys, relations.needs):
        found[ends.row_ids[entities[ends.values]]] = True
    return found
