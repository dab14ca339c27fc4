"""How what a grant would newly reach is reached, and which controls that are not there would hold it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from blastradius.engine import PreparedEstate, Reach, World, solve
from blastradius.estate import Estate
from blastradius.model import Fact, Kind, Level, Scenario
from blastradius.reports.grant_data import AddedRow, HoldRow, Start, WayRow, counted
from blastradius.reports.grants import Added
from blastradius.reports.impact import held_in
from blastradius.reports.remedies import Remedy, additions
from blastradius.reports.rows import step_rows
from blastradius.reports.words import label

MOST_PROVED = 5
MOST_TRIED = 2_000
"""How many controls are tried at most."""


class Granted:
    """The estate as it would be once a proposal is granted: what starts there, and what that newly reaches."""

    def __init__(
        self, system: PreparedEstate, scenarios: Mapping[Start, Scenario], added: Mapping[Start, Added]
    ) -> None:
        self.system, self.estate, self.scenarios, self.added = system, system.estate, scenarios, added

    def reach(self, start: Start, level: Level) -> Reach:
        """What a start reaches under a level."""
        scenario = self.scenarios[start].model_copy(update={"assume": level})
        return solve(self.estate, scenario, system=self.system)

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
        reach = self.reach(row.starts[0], Level[row.level.upper()])
        proof = reach.proof_of(Fact(row.entity, row.capability))
        return WayRow(
            entity=row.entity,
            name=label(self.estate, row.entity),
            capability=row.capability,
            level=row.level,
            crown_jewel=row.crown_jewel,
            steps=step_rows(reach, [step.fact for step in proof]),
        )

    def holds(self, most: Level) -> tuple[tuple[HoldRow, ...], int, int]:
        """The controls that hold most, crown jewels before others; how many were tried, and how many were not."""
        newly = {start: _newly(self.estate, some) for start, some in self.added.items()}
        wanted = {start: some for start, some in newly.items() if some}
        if not wanted:
            return (), 0, 0
        found = {it.id: it for start in wanted for it in additions(self.reach(start, most))}
        tried = list(found.values())[: max(1, MOST_TRIED // len(wanted))]
        kept: dict[tuple[str, ...], list[Remedy]] = defaultdict(list)
        for remedy, away in zip(tried, self._away(wanted, tried, most), strict=True):
            if away:
                kept[away].append(remedy)
        out = [self._hold(away, some) for away, some in kept.items()]
        out.sort(key=lambda row: (-len(row.crown_jewels), -len(row.entities), row.controls))
        return tuple(out), len(tried), len(found) - len(tried)

    def _away(self, wanted: Mapping[Start, _Newly], tried: Sequence[Remedy], most: Level) -> list[tuple[str, ...]]:
        """For each control the things over which no start newly holds anything any more."""
        scenarios = [self.scenarios[start].model_copy(update={"assume": most}) for start in wanted]
        worlds = [World(scenario, controls=remedy.controls) for remedy in tried for scenario in scenarios]
        facts = dict.fromkeys(fact for things in wanted.values() for some in things.values() for fact in some)
        held = held_in(self.system, worlds, list(facts))
        names = dict.fromkeys(name for things in wanted.values() for name in things)
        found = []
        for place in range(len(tried)):
            here = held[place * len(wanted) : (place + 1) * len(wanted)]
            pairs = list(zip(here, wanted.values(), strict=True))
            found.append(tuple(it for it in names if all(still.isdisjoint(new.get(it, ())) for still, new in pairs)))
        return found

    def _hold(self, away: Sequence[str], remedies: Sequence[Remedy]) -> HoldRow:
        return HoldRow(
            controls=tuple(remedy.id for remedy in remedies),
            says=tuple(remedy.says for remedy in remedies),
            entities=tuple(away),
            crown_jewels=tuple(entity for entity in away if self.estate.crown_jewel(entity)),
        )


_Newly = Mapping[str, Collection[Fact]]
"""The facts that are newly held over each thing."""


def _newly(estate: Estate, added: Added) -> _Newly:
    """All that is newly held over each thing, but for those over which something is only held sooner than before."""
    nearer = {fact.entity for fact, gain in added.items() if gain.before is not None}
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in sorted(added):
        if fact.entity not in nearer and fact.entity in estate.entities and estate.kind_of(fact.entity) != Kind.SCOPE:
            found[fact.entity].append(fact)
    return found
