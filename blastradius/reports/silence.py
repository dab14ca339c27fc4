"""Where the estate says nothing further: what is reached, and does not say where it leads."""

from __future__ import annotations

from collections.abc import Collection

from blastradius.engine import Reach
from blastradius.estate import Estate
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
    leading = _leading(estate)
    return tuple(row for name in sorted(reached) if (row := _row(estate, name, leading)) is not None)


def _row(estate: Estate, name: str, leading: Collection[str]) -> SilenceRow | None:
    entity = estate.entities[name]
    if entity.unknown:
        return SilenceRow(entity=name, name=label(estate, name), unsaid=entity.unknown, stated=True)
    if entity.kind in LEADS and name not in leading:
        return SilenceRow(entity=name, name=label(estate, name), unsaid=(UNSAID[entity.kind],), stated=False)
    return None


def _leading(estate: Estate) -> set[str]:
    """The things of which it is said where they lead."""
    found: set[str] = set()
    for kind, (from_it, to_it) in LEADS.items():
        ends = [end for verb in from_it for relation in estate.by_verb[verb] for end in relation.sources]
        ends += [end for verb in to_it for relation in estate.by_verb[verb] for end in relation.targets]
        found.update(end for end in ends if estate.kind_of(end) == kind)
    return found


def told(rows: Collection[SilenceRow]) -> str | None:
    """Where the estate says nothing, in one sentence; ``None`` where it says something everywhere."""
    if not rows:
        return None
    named = "; ".join(f"{row.name}: {', '.join(row.unsaid)}" for row in list(rows)[:4])
    more = len(rows) - 4
    return phrase("silent", phrase("and more", named, f"{more:,}") if more > 0 else named)
