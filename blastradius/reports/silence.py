"""Where the estate says nothing further: what is reached, and does not say where it leads."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from blastradius.columns.tables import KINDS, VERBS, Columns
from blastradius.engine import Reach
from blastradius.estate import Estate
from blastradius.estate.things import told as told_of
from blastradius.model import Frozen, Kind, Verb
from blastradius.reports.phrases import UNSAID, phrase
from blastradius.reports.words import label

LEADS: dict[Kind, tuple[tuple[Verb, ...], tuple[Verb, ...]]] = {
    Kind.CREDENTIAL: ((Verb.GRANTS,), ()),
    Kind.SCOPE: ((Verb.PERMITS,), ()),
    Kind.OPERATION: (
        (Verb.READS, Verb.WRITES, Verb.CONTROLS, Verb.DISABLES, Verb.ISSUES, Verb.CONNECTS),
        (Verb.SERVES,),
    ),
    Kind.FEED: ((), (Verb.CONSUMES, Verb.INSTALLS, Verb.READS)),
}
"""For each kind the relations from it, and those to it, that say where it leads; others may well lead nowhere."""


class SilenceRow(Frozen):
    """A thing reached of which something is not said: ``stated`` where the estate says itself that it is unknown."""

    entity: str
    name: str
    unsaid: tuple[str, ...]
    stated: bool


def silence_rows(reach: Reach) -> tuple[SilenceRow, ...]:
    """The things reached that say nothing about where they lead, or of which something is stated to be unknown."""
    return silent(reach.estate, {fact.entity for fact in reach.levels})


def silent(estate: Estate, reached: Collection[str]) -> tuple[SilenceRow, ...]:
    """The things named that say nothing about where they lead, or of which something is stated to be unknown."""
    leading = _leading(estate.columns)
    return tuple(row for name in sorted(reached) if (row := _row(estate, name, leading)) is not None)


def _row(estate: Estate, name: str, leading: Collection[str]) -> SilenceRow | None:
    unknown, kind = told_of(estate.entities, name).unknown, estate.kind_of(name)
    if unknown:
        return SilenceRow(entity=name, name=label(estate, name), unsaid=unknown, stated=True)
    if kind in LEADS and name not in leading:
        return SilenceRow(entity=name, name=label(estate, name), unsaid=(UNSAID[kind],), stated=False)
    return None


def _leading(columns: Columns) -> set[str]:
    """The things of which it is said where they lead."""
    relations, entities = columns.relations, columns.entities
    found = np.zeros(len(entities.kind), np.bool_)
    for kind, sides in LEADS.items():
        for verbs, ends in zip(sides, (relations.sources, relations.targets), strict=True):
            rows = np.isin(relations.verb, [VERBS.index(verb) for verb in verbs])
            there = ends.take(rows).values
            found[there[entities.kind[there] == KINDS.index(kind)]] = True
    return {entities.ids[number] for number in np.flatnonzero(found).tolist()}


def told(rows: Collection[SilenceRow]) -> str | None:
    """Where the estate says nothing, in one sentence; ``None`` where it says something everywhere."""
    if not rows:
        return None
    named = "; ".join(f"{row.name}: {', '.join(row.unsaid)}" for row in list(rows)[:4])
    more = len(rows) - 4
    return phrase("silent", phrase("and more", named, f"{more:,}") if more > 0 else named)
