"""Which differences between two estates a gain rests on: those that its proof uses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from blastradius.engine import PreparedEstate, ProofStep, Reach, solve
from blastradius.estate import Estate
from blastradius.model import Fact, Frozen, Scenario
from blastradius.reports.changes import Change, ChangeRow, Changes, ControlChangeRow, Side, control_places
from blastradius.reports.rows import PlaceRow
from blastradius.reports.words import control_said, host_said

MOST_CAUSES = 5
"""How many differences are said of one gain at most: those that come first on the way."""


class CauseRow(Frozen):
    """A difference that the proof of a gain, or of what was lost, uses; ``id`` is what differs, ``says`` it in words.

    ``places`` are where it stands: in the head, or in the base what is gone from it. Of a control that is gone it is
    what the control stood on.
    """

    what: Literal["entity", "relation", "control", "zone"]
    change: Change
    id: str
    says: str
    places: tuple[PlaceRow, ...]


@dataclass(frozen=True)
class Differences:
    """The differences of ``after`` from ``before``, as a proof in ``after`` meets them.

    ``before`` is the base where gains are explained, and the head where losses are. ``changes`` are from the base to
    the head in either case.
    """

    before: Side
    after: Side
    changes: Changes
    is_gain: bool

    @cached_property
    def relations(self) -> Mapping[str, CauseRow]:
        """By id those that ``after`` alone has, or states otherwise."""
        return self._causes("relation", self.changes.relations)

    @cached_property
    def entities(self) -> Mapping[str, CauseRow]:
        """By id those that ``after`` alone has, or states otherwise; zones too, which footholds are in."""
        zones = self._causes("zone", self.changes.zones)
        return {**zones, **self._causes("entity", self.changes.entities)}

    @cached_property
    def controls(self) -> Mapping[str, tuple[CauseRow, ...]]:
        """By what they stand on, those that hold less in ``after``."""
        found: dict[str, tuple[CauseRow, ...]] = {}
        other_way = "gained" if self.is_gain else "lost"
        for row in (row for row in self.changes.controls if row.change != other_way):
            found[row.on] = (*found.get(row.on, ()), self._control(row))
        return found

    @cached_property
    def missing(self) -> Mapping[str, tuple[CauseRow, ...]]:
        """By what is at their ends, relations that ``before`` alone has."""
        found: dict[str, tuple[CauseRow, ...]] = {}
        for row in (row for row in self.changes.relations if row.change == self._away):
            stated = self.before.estate.relations[row.id]
            for end in (*stated.sources, *stated.targets, *stated.keys):
                found[end] = (*found.get(end, ()), _cause("relation", row))
        return found

    @property
    def _away(self) -> Change:
        """What is said of something that ``before`` alone has."""
        return "gone" if self.is_gain else "new"

    def _causes(self, what: Literal["entity", "relation", "zone"], rows: Iterable[ChangeRow]) -> dict[str, CauseRow]:
        return {row.id: _cause(what, row) for row in rows if row.change != self._away}

    def _control(self, row: ControlChangeRow) -> CauseRow:
        change: Change = "new" if row.before is None else "gone" if row.after is None else "changed"
        head = self.after if self.is_gain else self.before
        return CauseRow(
            what="control",
            change=change,
            id=row.id,
            says=f"{_CONTROL[change]} at {host_said(head.estate, row.on)}: {control_said(row.control)}",
            places=row.places or control_places(head, row.on, None),
        )


_CONTROL = {"new": "now", "gone": "no longer", "changed": "otherwise"}


def _cause(what: Literal["entity", "relation", "zone"], row: ChangeRow) -> CauseRow:
    return CauseRow(what=what, change=row.change, id=row.id, says=_said(row), places=row.places)


def _said(row: ChangeRow) -> str:
    fields = ", ".join(
        f"{field.field} {field.before or 'unsaid'}, now {field.after or 'unsaid'}" for field in row.fields
    )
    return f"{row.name} ({fields})" if fields else row.name


def causes(
    differences: Differences, system: PreparedEstate, scenario: Scenario, wanted: Collection[Fact]
) -> dict[Fact, tuple[CauseRow, ...]]:
    """What each of some facts rests on that is different, by the verified proof of it; those nearest to the start.

    Raises:
        CertificateError: the checker refuses the proof; a defect of the engine.
    """
    reach = solve(system.estate, scenario, system=system)
    known: dict[Fact, tuple[CauseRow, ...]] = {}
    for step in reach.certificate.steps:
        if step.fact not in known:
            behind = [cause for premise in step.premises for cause in known[premise]]
            found = dict.fromkeys([*behind, *_own(differences, system.estate, step)])
            known[step.fact] = tuple(found)[:MOST_CAUSES]
    return {fact: known.get(fact) or tuple(_missing(differences, reach, fact))[:MOST_CAUSES] for fact in wanted}


def _missing(differences: Differences, reach: Reach, fact: Fact) -> Iterable[CauseRow]:
    """What ``before`` has besides on a way that uses no difference: where all of several have to fall, one more."""
    near = dict.fromkeys(step.fact.entity for step in reach.proof_of(fact))
    return dict.fromkeys(cause for name in near for cause in differences.missing.get(name, ()))


def _own(differences: Differences, estate: Estate, step: ProofStep) -> Iterator[CauseRow]:
    """The differences that one step uses; things that are new only where nothing else says so."""
    ends = [end for name in step.relations for end in _ends(estate, name)]
    near = dict.fromkeys([step.fact.entity, *(premise.entity for premise in step.premises), *ends])
    found = [differences.relations[name] for name in step.relations if name in differences.relations]
    found += [cause for host in (*step.relations, *near) for cause in differences.controls.get(host, ())]
    things = [differences.entities[name] for name in near if name in differences.entities]
    found += [cause for cause in things if cause.change == "changed"]
    yield from found or things


def _ends(estate: Estate, relation: str) -> tuple[str, ...]:
    stated = estate.relations[relation]
    return (*stated.sources, *stated.targets)
