"""The ways of third parties to crown jewels at one level, and what a change or a failed control makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from blastradius.engine import CAPABILITIES, Assumption, PreparedEstate, World, plain, solve
from blastradius.estate import Estate
from blastradius.estate.footing import status_of
from blastradius.model import Fact, Frozen, Level, Scenario
from blastradius.reports.impact import held_in
from blastradius.reports.levers import LEVER_VERBS
from blastradius.reports.losses import losses
from blastradius.reports.remedies import Remedy, removals
from blastradius.reports.words import control_said, host_said, is_public, label, listed

MOST_STARTS = 12
"""Of how many third parties the ways are searched for what would cut them."""
MOST_TRIED = 150
"""How many changes, and how many controls, are tried at most."""

Way = tuple[str, str]
"""A third party and a crown jewel that it reaches, by their ids."""


class CutRow(Frozen):
    """One change: ``ways`` are those that it closes by itself, ``stops`` and ``slows`` what the business loses by it.

    ``without`` are the relations that it takes away. What is lost are processes (ids), null where nothing says who
    needs what is taken away.
    """

    change: str
    says: str
    without: tuple[str, ...]
    ways: tuple[Way, ...]
    stops: tuple[str, ...] | None
    slows: tuple[str, ...] | None


class RestRow(Frozen):
    """A control that is only assumed to work, and the ``ways`` that would be open besides if it did not."""

    control: str
    says: str
    ways: tuple[Way, ...]


def cost_said(estate: Estate, row: CutRow) -> str:
    """What the business loses by a change."""
    if row.stops is None or row.slows is None:
        return "unknown: nothing says who needs it"
    said = [
        f"{verb} {listed([label(estate, name) for name in names], 3)}"
        for verb, names in (("stops", row.stops), ("slows", row.slows))
        if names
    ]
    return "; ".join(said) or "no process stops or slows, as far as is stated"


@dataclass(frozen=True)
class Cuts:
    """The changes chosen, how many were tried and were not, from how many third parties on, and how many were not."""

    rows: tuple[CutRow, ...]
    tried: int
    left: int
    starts: int
    starts_left: int


@dataclass(frozen=True)
class Ways:
    """The third parties (ids), the ways open to some of them, and all that is assumed where they are open."""

    system: PreparedEstate
    asked: Scenario
    parties: tuple[str, ...]
    open: frozenset[Way]

    @property
    def estate(self) -> Estate:
        """The estate."""
        return self.system.estate

    def start(self, party: str) -> Scenario:
        """The compromise of one of the parties."""
        return self.asked.model_copy(update={"compromise": (party,)})

    def cuts(self, most: int) -> Cuts:
        """The changes that close most ways, each of which closes some that those before do not."""
        all_starts = tuple(dict.fromkeys(party for party, _ in sorted(self.open)))
        starts = all_starts[:MOST_STARTS]
        found: dict[tuple[str, ...], Remedy] = {}
        for party in starts:
            for remedy in removals(solve(self.estate, self.start(party), system=self.system)):
                found.setdefault(remedy.without, remedy)
        tried = [remedy for remedy in found.values() if self._is_quick(remedy)][:MOST_TRIED]
        left = self._in([World(self.asked, without=remedy.without) for remedy in tried], starts)
        near = frozenset(way for way in self.open if way[0] in starts)
        chosen = _greedy([(it, near - open_still) for it, open_still in zip(tried, left, strict=True)], most)
        costs = losses(self.estate, [it.without for it, _ in chosen], self.asked.basis)
        rows = tuple(
            CutRow(
                change=it.id,
                says=it.says,
                without=it.without,
                ways=tuple(sorted(closed)),
                stops=None if cost is None else cost.stops,
                slows=None if cost is None else cost.slows,
            )
            for (it, closed), cost in zip(chosen, costs, strict=True)
        )
        return Cuts(rows, len(tried), len(found) - len(tried), len(starts), len(all_starts) - len(starts))

    def _is_quick(self, remedy: Remedy) -> bool:
        """Whether we can do it from one day to the next; of single relations only those that are quick to try."""
        if remedy.act != "remove":
            return True
        return self.estate.relations[remedy.id].verb in LEVER_VERBS and not self.system.is_telling(remedy.id)

    def rests(self) -> tuple[RestRow, ...]:
        """The controls that are only assumed to work and hold some way closed, the weightiest first."""
        placed = [it for it in self.estate.controls.values() if status_of(it.control) == "assumed"][:MOST_TRIED]
        failing = [self.asked.model_copy(update={"distrust": (*self.asked.distrust, it.id)}) for it in placed]
        found = self._in([World(scenario) for scenario in failing], self.parties)
        rows = [
            RestRow(
                control=it.id,
                says=f"{host_said(self.estate, it.host)}: {control_said(it.control.kind)}",
                ways=tuple(sorted(ways - self.open)),
            )
            for it, ways in zip(placed, found, strict=True)
        ]
        return tuple(sorted((row for row in rows if row.ways), key=lambda row: (-len(row.ways), row.control)))

    def _in(self, worlds: Sequence[World], parties: Sequence[str]) -> list[frozenset[Way]]:
        """The ways that are open in each world, beyond what anyone has now."""
        return open_in(self.system, self.asked, worlds, parties, jewels(self.estate))


def open_in(
    system: PreparedEstate, asked: Scenario, worlds: Sequence[World], parties: Sequence[str], names: Sequence[str]
) -> list[frozenset[Way]]:
    """The ways to these things (ids) that are open in each world, beyond what anyone has now as ``asked``."""
    if not (worlds and parties):
        return [frozenset() for _ in worlds]
    facts = [Fact(name, found) for name in names for found in CAPABILITIES]
    stranger = World(asked.model_copy(update={"anyone": True}))
    started = [
        World(world.scenario.model_copy(update={"compromise": (party,)}), without=world.without)
        for world in worlds
        for party in parties
    ]
    anyones, *held = held_in(system, [stranger, *started], facts)
    size = len(parties)
    return [
        frozenset(
            (party, fact.entity)
            for party, had in zip(parties, held[place * size : (place + 1) * size], strict=True)
            for fact in had - anyones
        )
        for place in range(len(worlds))
    ]


def jewels(estate: Estate) -> tuple[str, ...]:
    """The crown jewels that are not stated to be public."""
    return tuple(name for name in estate.entities if estate.crown_jewel(name) and not is_public(estate, name))


def ways_of(system: PreparedEstate, params: Assumption, level: Level, open_: Mapping[str, Sequence[str]]) -> Ways:
    """The ways at a level; ``open_`` has the crown jewels that each third party reaches there."""
    asked = plain(params.asked).model_copy(update={"assume": level})
    found = frozenset((party, jewel) for party, reached in open_.items() for jewel in reached)
    return Ways(system, asked, tuple(open_), found)


def _greedy(closing: Sequence[tuple[Remedy, frozenset[Way]]], most: int) -> list[tuple[Remedy, frozenset[Way]]]:
    """Those that close most of what is open yet, one after the other; of equals the first."""
    chosen: list[tuple[Remedy, frozenset[Way]]] = []
    closed: frozenset[Way] = frozenset()
    for _ in range(most):
        best = max(closing, key=lambda it: len(it[1] - closed), default=None)
        if best is None or not best[1] - closed:
            break
        chosen.append(best)
        closed |= best[1]
    return chosen
