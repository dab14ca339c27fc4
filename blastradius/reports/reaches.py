"""What a compromise of each third party reaches, level by level, beyond what anyone could and what is its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from blastradius.engine import CAPABILITIES, Assumption, World, plain, system_of
from blastradius.estate import Estate
from blastradius.model import Capability, Fact, Frozen, Kind, Level
from blastradius.reports.impact import Measure, compared
from blastradius.reports.surface import Surface
from blastradius.reports.unstated import marks_jewels
from blastradius.reports.words import is_public

READS = Capability.READ_SUBSET
"""What is held of a store that is read, whole or in part."""


class ReachRow(Frozen):
    """What one party reaches at a level, beyond what anyone on the internet could at the same one.

    ``crown_jewels`` (ids) is null where the estate marks none. ``things`` counts entities; what the party brings along
    (its own things, its keys and their scopes) counts only where it is a crown jewel. ``stores`` can be read, whole or
    in part.
    """

    level: str
    crown_jewels: tuple[str, ...] | None
    things: int
    stores: tuple[str, ...]


def reaches(estate: Estate, surfaces: Sequence[Surface], params: Assumption) -> list[tuple[ReachRow, ...]]:
    """For each party a row a level, up to the one assumed; all parties of a level are solved at once and audited."""
    if not surfaces:
        return []
    system = system_of(estate)
    jewels = set(_private(estate, np.flatnonzero(system.columns.entities.crown_jewel).tolist()))
    brought = [_brought(surface) - jewels for surface in surfaces]
    facts = [Fact(name, found) for name in sorted(jewels.union(*brought)) for found in CAPABILITIES]
    facts += [Fact(store.id, READS) for store in estate.of_kind(Kind.STORE)]
    facts = list(dict.fromkeys(facts))
    found: list[list[ReachRow]] = [[] for _ in surfaces]
    for level in (level for level in Level if level <= params.level):
        asked = plain(params.asked).model_copy(update={"assume": level})
        stranger = World(asked.model_copy(update={"anyone": True}))
        parties = [World(asked.model_copy(update={"compromise": (surface.party,)})) for surface in surfaces]
        (_, anyones), *rest = compared(system, [stranger, *parties], facts, stranger)
        for place, (measure, held) in enumerate(rest):
            found[place].append(_row(estate, level, measure, held - anyones, jewels, brought[place]))
    return [tuple(rows) for rows in found]


def _private(estate: Estate, numbers: Sequence[int]) -> list[str]:
    names = estate.columns.entities.ids
    return [names[number] for number in numbers if not is_public(estate, names[number])]


def _brought(surface: Surface) -> frozenset[str]:
    return surface.own.union(surface.keys, surface.scopes, surface.feeds)


def _row(
    estate: Estate,
    level: Level,
    measure: Measure,
    held: frozenset[Fact],
    jewels: set[str],
    brought: frozenset[str],
) -> ReachRow:
    names = {fact.entity for fact in held}
    own = [name for name in names & brought if not is_public(estate, name)]
    stores = sorted(
        {fact.entity for fact in held if fact.capability == READS and estate.kind_of(fact.entity) == Kind.STORE}
    )
    return ReachRow(
        level=level.word,
        crown_jewels=tuple(sorted(names & jewels)) if marks_jewels(estate) else None,
        things=measure.beyond - len(own),
        stores=tuple(stores),
    )


def marks(rows: Sequence[ReachRow]) -> str:
    """A mark a level: ``●`` a crown jewel is reached, ``○`` something else, ``·`` nothing that is known."""
    return "".join("●" if row.crown_jewels else "○" if row.things else "·" for row in rows)


MARKS = (
    "reach, a mark for each level (●: a crown jewel is read, changed, stopped or slowed; ○: something else; ·: nothing "
    "as far as stated); what anyone on the internet could reach is not counted"
)
"""What the marks mean, for people."""
