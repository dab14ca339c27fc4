"""The rows of what holds the line: controls by what they hold, alone and together, what is gone and what fell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from blastradius.engine import SEED_KINDS, Assumption, PreparedEstate
from blastradius.estate import PlacedControl
from blastradius.estate.footing import is_unsaid, status_of
from blastradius.model import Basis, Fact, Frozen, Kind, Scenario, Verb
from blastradius.reports.holding import Effect, Line, Pair, entities_of
from blastradius.reports.impact import Measure, is_audited
from blastradius.reports.rows import ModelRow, model_row
from blastradius.reports.unstated import marks_jewels, records_or_unknown, states_processes
from blastradius.reports.words import control_said, host_said, is_public, said

ALL_UP_TO = 5_000
"""Up to how many relations of an estate so many worlds are solved; of a larger one fewer, down to a twentieth."""
MOST_ALONE = 20_000
"""How many worlds with one control failed are solved at most; each control is tried for some starts all the same."""
MOST_PAIRS = 5_000
"""How many worlds with two controls failed are solved at most."""
MOST_ABSENT = 2_000
"""How many worlds with a control in the place where it is stated not to be are solved at most."""
MOST_TOLD = 20
"""Of how many starts it is told what each of them reaches."""


class LetInRow(Frozen):
    """What one start (an id; the scenario that is asked where it is null) reaches more, or no longer.

    ``crown_jewels`` (ids), ``processes`` and ``things`` newly reached; ``more_of`` are things (ids) reached before, of
    which more is held. ``records`` is null where it is unknown, and is not worked out of pairs.
    """

    start: str | None
    name: str
    crown_jewels: tuple[str, ...]
    records: int | None
    processes: int
    things: int
    more_of: tuple[str, ...]


class OpensRow(Frozen):
    """What is reached, or no longer, over all starts together.

    ``crown_jewels`` and ``processes`` (ids) newly reached by at least one of ``starts``; null where the estate marks
    or states none. ``nobody_yet`` are those of the crown jewels that none of the starts reaches as things are.
    ``things`` counts what is newly reached, ``more_of`` what was reached before and of which more is held. ``records``
    is the most that one of them reads more; null where it is unknown.
    """

    crown_jewels: tuple[str, ...] | None
    nobody_yet: tuple[str, ...]
    records: int | None
    processes: tuple[str, ...] | None
    things: int
    more_of: int
    starts: tuple[str | None, ...]
    told: tuple[LetInRow, ...]


class PlacedRow(Frozen):
    """A control (``id`` is ``KIND@ID``) and where it stands (``on``); ``says`` both in words.

    ``known`` is the basis on which it is known to be there. ``owner`` answers for what it stands on, ``provided_by``
    runs it (ids, or a name that is no entity's); null where nobody states it.
    """

    id: str
    says: str
    on: str
    status: str
    known: Basis
    owner: str | None
    provided_by: str | None
    why: str | None


class HoldingRow(PlacedRow):
    """A control in force, and what is reached if it alone fails.

    ``barred`` counts the starts whose way it alone bars somewhere, of which so many were ``tried``.
    """

    opens: OpensRow
    barred: int
    tried: int


class PairRow(Frozen):
    """Two controls (ids) in force, and what is reached if both fail that is not if either of them does."""

    controls: tuple[str, str]
    says: tuple[str, str]
    assumed: int
    opens: OpensRow


class GoneRow(PlacedRow):
    """A control that is stated not to be there, or not to work, and what would be out of reach if it were and did.

    ``keeps`` is null where that was not tried, for there are too many.
    """

    keeps: OpensRow | None


class FallRow(Frozen):
    """With which start (ids; null for the scenario that is asked) a control falls, and through what, in words."""

    start: str | None
    name: str
    through: tuple[str, ...]


class FallenRow(PlacedRow):
    """A control in force that falls as things are, for what provides it is reached."""

    with_starts: tuple[FallRow, ...]


class ControlsData(Frozen):
    """The answer to ``controls``.

    ``starts`` (ids) are the third parties, each alone, or null for the one ``scenario`` that is asked. ``in_force``
    counts the controls that are stated to work and are not distrusted, ``assumed`` those of them that nobody has
    shown to work, ``unsaid`` those of which nobody states whether they do. Of ``pairs`` so many ``meet`` at some
    step, and of these so many were ``tried``. ``silent`` are crown jewels (ids) in reach on which, and on whose
    relations, nothing is said of any control.
    """

    question: str
    headline: str
    assume: str
    distrusted: tuple[str, ...]
    starts: tuple[str, ...] | None
    scenario: str | None
    in_force: int
    assumed: int
    unsaid: int
    holding: tuple[HoldingRow, ...]
    pairs: int
    meet: int
    tried: int
    together: tuple[PairRow, ...]
    gone: tuple[GoneRow, ...]
    fallen: tuple[FallenRow, ...]
    reached_jewels: tuple[str, ...] | None
    silent: tuple[str, ...] | None
    checked: bool
    model: ModelRow


@dataclass(frozen=True)
class Start:
    """Who starts: an id, or ``None`` for the scenario that is asked; and the scenario."""

    id: str | None
    name: str
    scenario: Scenario


class Answered:
    """The rows of the answer, from what was solved."""

    def __init__(self, system: PreparedEstate, starts: Sequence[Start]) -> None:
        self.system, self.estate, self.starts = system, system.estate, starts
        self.line = Line(system, [start.scenario for start in starts])
        self.controls = system.facts.controls

    def data(self, assumption: Assumption) -> ControlsData:
        """All of them; the headline is left empty."""
        barred = self.line.barred()
        most = max(1, self._affordable(MOST_ALONE) // max(1, len(barred)))
        tried_alone = {control: starts[:most] for control, starts in barred.items()}
        alone = self.line.alone(tried_alone)
        meet = self.line.that_meet(alone)
        tried = self._chosen(meet)
        holding = [
            row
            for control in alone
            for row in self._holding(control, alone[control], len(barred[control]), len(tried_alone[control]))
        ]
        together = [row for pair, some in self.line.together(alone, tried).items() for row in self._pair(pair, some)]
        is_scenario = [start.id for start in self.starts] == [None]
        in_force = len(self._in_force)
        return ControlsData(
            question="controls",
            headline="",
            assume=assumption.assume,
            distrusted=assumption.distrust,
            starts=None if is_scenario else tuple(start.id for start in self.starts if start.id is not None),
            scenario=self.starts[0].name if is_scenario else None,
            in_force=in_force,
            assumed=sum(status_of(placed.control) == "assumed" for placed in self._in_force.values()),
            unsaid=sum(is_unsaid(placed.control) for placed in self._in_force.values()),
            holding=tuple(sorted(holding, key=lambda row: (row.status != "assumed", *_by_size(row.opens), row.id))),
            pairs=in_force * (in_force - 1) // 2,
            meet=len(meet),
            tried=len(tried),
            together=tuple(sorted(together, key=lambda row: (-row.assumed, *_by_size(row.opens), row.controls))),
            gone=tuple(self._gone()),
            fallen=tuple(self._fallen()),
            reached_jewels=tuple(sorted(self._jewels_now)) if marks_jewels(self.estate) else None,
            silent=self._silent() if marks_jewels(self.estate) else None,
            checked=is_audited(self.estate),
            model=model_row(self.estate),
        )

    @cached_property
    def _in_force(self) -> Mapping[str, PlacedControl]:
        distrusted = {name for start in self.starts for name in start.scenario.distrust}
        return {
            name: placed
            for name, placed in self.estate.controls.items()
            if placed.control.status not in ("failed", "absent") and distrusted.isdisjoint((name, placed.control.kind))
        }

    @cached_property
    def _jewels_now(self) -> set[str]:
        return {jewel for measure in self.line.now.values() for jewel in measure.crown_jewels}

    @cached_property
    def _reached(self) -> list[set[int]]:
        """For each start the entities, by number, that it reaches as things are."""
        return [
            entities_of(self.system, np.flatnonzero(self.line.held(start))) | self._own(start)
            for start in range(len(self.starts))
        ]

    def _own(self, start: int) -> set[int]:
        """Where it starts; a zone is no entity."""
        scenario, numbers = self.starts[start].scenario, self.system.facts.entity_numbers
        names = {name for way in SEED_KINDS for name in getattr(scenario, way)}
        return {numbers[name] for name in names if name in numbers}

    def _chosen(self, meet: Mapping[Pair, Sequence[int]]) -> dict[Pair, Sequence[int]]:
        """The pairs to try: those of controls that nobody has shown to work first, then those that concern most."""

        def first(pair: Pair) -> tuple[int, int, list[str]]:
            names = sorted(self.controls[control] for control in pair)
            return -sum(map(self._is_assumed, names)), -len(meet[pair]), names

        chosen, tried = dict[Pair, Sequence[int]](), 0
        for pair in sorted(meet, key=first):
            tried += len(meet[pair])
            if tried > self._affordable(MOST_PAIRS):
                break
            chosen[pair] = meet[pair]
        return chosen

    def _affordable(self, most: int) -> int:
        """How many worlds of a kind are solved: fewer of a large estate, of which each takes longer."""
        relations = max(1, len(self.estate.relations))
        return min(most, max(most // 20, most * ALL_UP_TO // relations))

    def _is_assumed(self, name: str) -> bool:
        return status_of(self.estate.controls[name].control) == "assumed"

    def _holding(self, control: int, effects: Sequence[Effect], barred: int, tried: int) -> Iterator[HoldingRow]:
        opens = self._opens(effects)
        if opens.starts:
            yield HoldingRow(**self._placed(self.controls[control]), opens=opens, barred=barred, tried=tried)

    def _pair(self, pair: Pair, effects: Sequence[Effect]) -> Iterator[PairRow]:
        opens = self._opens(effects, of_facts=True)
        one, other = sorted(self.controls[control] for control in pair)
        if opens.starts:
            yield PairRow(
                controls=(one, other),
                says=(self._said(one), self._said(other)),
                assumed=sum(map(self._is_assumed, (one, other))),
                opens=opens,
            )

    def _gone(self) -> list[GoneRow]:
        absent = [it for it in self.estate.controls.values() if it.control.status in ("failed", "absent")]
        kept = self.line.in_place(absent, self._affordable(MOST_ABSENT))
        found = {name: self._opens(effects, gone=True) for name, effects in kept.items()}
        rows = [GoneRow(**self._placed(placed.id), keeps=found.get(placed.id)) for placed in absent]
        return sorted(rows, key=lambda row: (row.keeps is None, *(_by_size(row.keeps) if row.keeps else ()), row.id))

    def _fallen(self) -> Iterator[FallenRow]:
        fallen = {self.controls[control]: falls for control, falls in self.line.fallen().items()}
        for name, falls in sorted(fallen.items()):
            if name in self._in_force:
                yield FallenRow(
                    **self._placed(name),
                    with_starts=tuple(self._fall(start, facts) for start, facts in falls.items()),
                )

    def _fall(self, start: int, facts: Sequence[Fact]) -> FallRow:
        through = tuple(said(self.estate, fact) for fact in dict.fromkeys(facts))
        return FallRow(start=self.starts[start].id, name=self.starts[start].name, through=through)

    def _opens(self, effects: Sequence[Effect], *, gone: bool = False, of_facts: bool = False) -> OpensRow:
        """What effects come to; ``gone`` is out of reach then, ``of_facts`` counts by facts and not by the measure."""
        new, more, rows = set[str](), set[str](), []
        for effect in sorted(effects, key=lambda effect: effect.start):
            fresh, held = self._fresh(effect, gone=gone)
            if fresh or held:
                new |= fresh
                more |= held
                rows.append(self._let_in(effect, fresh, held, gone=gone, records=not of_facts))
        jewels = tuple(sorted(filter(self.estate.crown_jewel, new)))
        processes = tuple(sorted(name for name in new if self.estate.kind_of(name) == Kind.PROCESS))
        counted = [row.records for row in rows if row.records is not None]
        return OpensRow(
            crown_jewels=jewels if marks_jewels(self.estate) else None,
            nobody_yet=() if gone else tuple(name for name in jewels if name not in self._jewels_now),
            records=max(counted) if counted else None if rows else 0,
            processes=processes if states_processes(self.estate) else None,
            things=len(new),
            more_of=len(more - new),
            starts=tuple(row.start for row in rows),
            told=tuple(sorted(rows, key=_by_gain)[:MOST_TOLD]),
        )

    def _fresh(self, effect: Effect, *, gone: bool) -> tuple[set[str], set[str]]:
        """Things newly reached (or no longer), and those of which more (or less) is held; public ones are left out."""
        about, own = entities_of(self.system, effect.facts), self._own(effect.start)
        stays = effect.left | own if gone else self._reached[effect.start]
        names = self.system.facts.entities
        found = [{names[it] for it in some} for some in (about - stays, about & stays - own)]
        fresh, held = ({name for name in some if not is_public(self.estate, name)} for some in found)
        return fresh, held

    def _let_in(self, effect: Effect, fresh: set[str], held: set[str], *, gone: bool, records: bool) -> LetInRow:
        start, now = self.starts[effect.start], self.line.now[effect.start]
        read = _records(now, effect.measure) if gone else _records(effect.measure, now)
        return LetInRow(
            start=start.id,
            name=start.name,
            crown_jewels=tuple(sorted(filter(self.estate.crown_jewel, fresh))),
            records=read if records else None,
            processes=sum(self.estate.kind_of(name) == Kind.PROCESS for name in fresh),
            things=len(fresh),
            more_of=tuple(sorted(held)),
        )

    def _placed(self, name: str) -> dict[str, Any]:
        """What is said of a control, for its row."""
        placed = self.estate.controls[name]
        return {
            "id": name,
            "says": self._said(name),
            "on": placed.host,
            "status": status_of(placed.control),
            "known": placed.control.basis,
            "owner": self._owner(placed.host),
            "provided_by": placed.control.provided_by,
            "why": placed.control.why,
        }

    def _said(self, name: str) -> str:
        placed = self.estate.controls[name]
        return f"{host_said(self.estate, placed.host)}: {control_said(placed.control.kind)}"

    def _owner(self, host: str) -> str | None:
        """Who answers for a thing, or for what a relation starts at: who is named, else whose it is."""
        name = host if host in self.estate.entities else self.estate.relations[host].sources[0]
        return self.estate.entities[name].owner or self._owners.get(name)

    @cached_property
    def _owners(self) -> Mapping[str, str]:
        return {name: it.sources[0] for it in self.estate.by_verb[Verb.OWNS] for name in it.targets}

    def _silent(self) -> tuple[str, ...]:
        """The crown jewels in reach on which, and on whose relations, nothing is said of any control."""
        said_of = {placed.host for placed in self.estate.controls.values()}
        for host in [name for name in said_of if name in self.estate.relations]:
            said_of |= {*self.estate.relations[host].sources, *self.estate.relations[host].targets}
        return tuple(sorted(self._jewels_now - said_of))


def _records(more: Measure, less: Measure) -> int | None:
    """By how many records two worlds differ; unknown where stores differ whose number nobody stated."""
    return records_or_unknown(more.records - less.records, abs(more.uncounted - less.uncounted))


def _by_gain(row: LetInRow) -> tuple[int, int, int, int, int]:
    return -len(row.crown_jewels), -(row.records or 0), -row.processes, -row.things, -len(row.more_of)


def _by_size(row: OpensRow) -> tuple[int, int, int, int, int]:
    processes = len(row.processes or ())
    return -len(row.crown_jewels or ()), -(row.records or 0), -processes, -row.things, -row.more_of
