"""How what a grant would newly reach is reached, and which controls that are not there would hold it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import cached_property

from blastradius.engine import PreparedEstate, Reach, World, compile_system, solve
from blastradius.estate import Estate
from blastradius.model import Fact, Kind, Level, Scenario
from blastradius.reports.grant_data import AddedRow, HoldRow, WayRow, counted
from blastradius.reports.grants import Added, Asked
from blastradius.reports.impact import held_in
from blastradius.reports.remedies import Remedy, additions
from blastradius.reports.rows import step_rows
from blastradius.reports.words import label

MOST_PROVED = 5
MOST_TRIED = 2_000
"""How many controls are tried at most."""


class Granted:
    """The estate as it would be once a proposal is granted."""

    def __init__(self, estate: Estate, asked: Asked, grants: Collection[str]) -> None:
        self.asked = asked
        self.estate = estate.changed(entities=asked.new, relations=asked.relations(estate, grants))

    @cached_property
    def system(self) -> PreparedEstate:
        """What is solved."""
        return compile_system(self.estate)

    def reach(self, level: Level) -> Reach:
        """The holder compromised."""
        return solve(self.estate, self._scenario(level), system=self.system)

    def _scenario(self, level: Level) -> Scenario:
        return self.asked.assumed.model_copy(update={"compromise": (self.asked.holder,), "assume": level})

    def ways(self, rows: Sequence[AddedRow]) -> tuple[WayRow, ...]:
        """The ways to the first things that are newly reached, crown jewels before others, functions last."""
        firsts: dict[str, AddedRow] = {}
        for row in sorted(
            rows, key=lambda row: (not row.crown_jewel, row.kind == Kind.OPERATION)
        ):  # of each the lowest level stays first
            if row.entity in counted(rows):
                firsts.setdefault(row.entity, row)
        return tuple(map(self._way, list(firsts.values())[:MOST_PROVED]))

    def _way(self, row: AddedRow) -> WayRow:
        reach = self.reach(Level[row.level.upper()])
        proof = reach.proof_of(Fact(row.entity, row.capability))
        return WayRow(
            entity=row.entity,
            name=label(self.estate, row.entity),
            capability=row.capability,
            level=row.level,
            crown_jewel=row.crown_jewel,
            steps=step_rows(reach, [step.fact for step in proof]),
        )

    def holds(self, added: Added, most: Level) -> tuple[tuple[HoldRow, ...], int, int]:
        """The controls that hold most, crown jewels before others; how many were tried, and how many were not."""
        wanted = _newly(self.estate, added)
        if not wanted:
            return (), 0, 0
        found = additions(self.reach(most))
        tried = found[:MOST_TRIED]
        worlds = [World(self._scenario(most), controls=remedy.controls) for remedy in tried]
        held = held_in(self.system, worlds, [fact for some in wanted.values() for fact in some])
        kept: dict[tuple[str, ...], list[Remedy]] = defaultdict(list)
        for remedy, still in zip(tried, held, strict=True):
            away = tuple(entity for entity, some in wanted.items() if still.isdisjoint(some))
            if away:
                kept[away].append(remedy)
        out = [self._hold(away, some) for away, some in kept.items()]
        out.sort(key=lambda row: (-len(row.crown_jewels), -len(row.entities), row.controls))
        return tuple(out), len(tried), len(found) - len(tried)

    def _hold(self, away: Sequence[str], remedies: Sequence[Remedy]) -> HoldRow:
        return HoldRow(
            controls=tuple(remedy.id for remedy in remedies),
            says=tuple(remedy.says for remedy in remedies),
            entities=tuple(away),
            crown_jewels=tuple(entity for entity in away if self.estate.crown_jewel(entity)),
        )


def _newly(estate: Estate, added: Added) -> dict[str, list[Fact]]:
    """All that is newly held over each thing, but for those over which something is only held sooner than before."""
    nearer = {fact.entity for fact, gain in added.items() if gain.before is not None}
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in sorted(added):
        if fact.entity not in nearer and fact.entity in estate.entities and estate.kind_of(fact.entity) != Kind.SCOPE:
            found[fact.entity].append(fact)
    return found
