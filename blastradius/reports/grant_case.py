"""A proposal of any kind: who it lets in, from what an estate says before and after it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from blastradius.engine import SEED_KINDS, PreparedEstate, World, compile_system, plain, system_of
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Fact, Kind, Level, Relation, Scenario, Verb
from blastradius.reports.grant_data import (
    PartRow,
    SmallerRow,
    Start,
    by_size,
    part_of,
    rows_of,
    smaller_row,
)
from blastradius.reports.grants import KEY, Added, Asked, Gain, added_by, serving
from blastradius.reports.impact import held_in
from blastradius.reports.proposed import Additions, brought, holders_of
from blastradius.reports.rows import is_ourselves
from blastradius.reports.spread import gained_and_lost
from blastradius.reports.words import listed


@dataclass(frozen=True)
class Need:
    """What somebody has to call with a key that something is granted to."""

    asked: Asked
    grants: tuple[str, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """An estate before and after something is added, what starts there, and how much is assumed."""

    before: Estate
    after: Estate
    new: Additions
    assumed: Scenario

    @cached_property
    def systems(self) -> tuple[PreparedEstate, PreparedEstate]:
        """Both, ready to be solved."""
        return system_of(self.before), compile_system(self.after)

    @cached_property
    def ways(self) -> Mapping[Start, str]:
        """How each start starts: anyone, each third party, who else is to hold a key, and what is nobody's."""
        parties = [it.id for it in self.after.of_kind(Kind.PARTY) if not is_ourselves(it)]
        ways: dict[Start, str] = {None: "anyone"} if self.after.columns.entities.anonymous.any() else {}
        ways |= dict.fromkeys(parties, "compromise")
        holders = [relation.sources[0] for relation in self.new.of(Verb.HOLDS)]
        own = brought(self.after, self.new)
        for name in (it for it in holders if it not in own):
            if self.after.kind_of(name) in SEED_KINDS["compromise"]:
                ways.setdefault(name, "compromise")
        ways |= {it.id: "poison" for it in self.new.entities if it.kind == Kind.FEED and it.id not in own}
        held = {name for relation in self.after.by_verb[Verb.HOLDS] for name in relation.targets}
        keys = [name for relation in self.new.of(Verb.GRANTS) for name in relation.sources if name not in held]
        return ways | dict.fromkeys(keys, "leak")

    def scenario(self, start: Start) -> Scenario:
        """What a start starts."""
        more: dict[str, Any] = {"anyone": True} if start is None else {self.ways[start]: (start,)}
        return self.assumed.model_copy(update=more)

    def _scenario_before(self, start: Start) -> Scenario:
        """What it could do before: who was not there yet was anyone."""
        return self.scenario(start if start in self.before.entities else None)

    @cached_property
    def _gains(self) -> Mapping[Start, Added]:
        """What each start reaches newly, or from a lower level on, but for what it brings itself."""
        starts = list(self.ways)
        pairs = [(self._scenario_before(start), self.scenario(start)) for start in starts]
        gains, _ = gained_and_lost(*self.systems, pairs, self.assumed.assume)
        found: dict[Start, dict[Fact, Gain]] = {start: {} for start in starts}
        own = brought(self.after, self.new)
        for gain in gains:
            if gain.entity not in own and gain.entity != starts[gain.start]:
                found[starts[gain.start]][Fact(gain.entity, gain.capability)] = Gain(gain.level, gain.before)
        return found

    @cached_property
    def added(self) -> Mapping[Start, Added]:
        """What each start reaches newly, or from a lower level on; what anyone does so is told of nobody else."""
        return _beyond_anyone(self._gains)

    def parts(self) -> tuple[PartRow, ...]:
        """Each grant without the others, with all else that is proposed; nothing where it is the only one."""
        grants = self.new.of(Verb.GRANTS)
        if len(grants) < 2 or not self.added:
            return ()
        return tuple(part_of(it.sources[0], it.targets[0], rows_of(self.after, self._alone(it))) for it in grants)

    def _alone(self, grant: Relation) -> Mapping[Start, Added]:
        """What is still added without every other grant."""
        without = tuple(it.id for it in self.new.of(Verb.GRANTS) if it.id != grant.id)
        levels = [level for level in Level if level <= self.assumed.assume]
        asked = [(start, level) for start, some in self._gains.items() if some for level in levels]
        worlds = [World(self.scenario(start).model_copy(update={"assume": it}), without=without) for start, it in asked]
        facts = sorted({fact for some in self._gains.values() for fact in some})
        found: dict[Start, dict[Fact, Gain]] = defaultdict(dict)
        for (start, level), held in zip(asked, held_in(self.systems[1], worlds, facts), strict=True):
            for fact in sorted(held & self._gains[start].keys()):
                before = self._gains[start][fact].before
                if before is None or level < before:
                    found[start].setdefault(fact, Gain(level, before))
        return _beyond_anyone(found)

    def needs(self, stated: Sequence[str]) -> list[Need]:
        """What has to be called with each key: what is said, or what the proposal says is called with it.

        Raises:
            UsageError: it is said, and there are several keys, or several who hold one.
        """
        granted = self.new.of(Verb.GRANTS)
        keys = list(dict.fromkeys(key for relation in granted for key in relation.sources))
        found = []
        for key in keys:
            holders = holders_of(self.after, self.new, key)
            needs = list(stated) or self._called(key, holders)
            if len(holders) == 1 and needs:
                grants = [it for it in granted if key in it.sources]
                asked = Asked(holders[0], key, plain(self.assumed), stated=tuple(grants))
                found.append(Need(asked, tuple(name for it in grants for name in it.targets), tuple(needs)))
        if stated and len(found) != 1:
            raise UsageError(f"needs: {_whose(keys)}; say in it who calls what with which key")
        return found

    def _called(self, key: str, holders: Sequence[str]) -> list[str]:
        """The operations that the proposal calls with a key; a call that names none is made with any of its holder."""
        theirs = {name for it in self.after.by_verb[Verb.OWNS] if it.sources[0] in holders for name in it.targets}
        calls = [
            it
            for it in self.new.of(Verb.CALLS)
            if (key in it.keys if it.keys else it.sources[0] in theirs.union(holders))
        ]
        names = dict.fromkeys(name for it in calls for name in it.targets)
        return [name for name in names if self.after.kind_of(name) == Kind.OPERATION]

    def smaller(self, need: Need) -> list[SmallerRow]:
        """The grants to a key that serve what is called with it, by what each adds to the rest of the proposal.

        That it is called is what has to be served: it is not taken as given.
        """
        calls = [it for it in self.new.of(Verb.CALLS) if not set(need.needs).isdisjoint(it.targets)]
        base = self.after.changed(without=[it.id for it in (*need.asked.stated, *calls)])
        rows = rows_of(base, {need.asked.holder: added_by(compile_system(base), need.asked, need.grants)})
        found = serving(base, need.asked, need.needs)
        return sorted((smaller_row(base, it, need.asked, need.needs, rows) for it in found), key=by_size)


def _beyond_anyone(gains: Mapping[Start, Added]) -> Mapping[Start, Added]:
    """What each start gains that anyone does not gain as soon, where there is something."""
    strangers = gains.get(None, {})

    def beyond(some: Added) -> Added:
        return {it: gain for it, gain in some.items() if it not in strangers or strangers[it].level > gain.level}

    found = {start: some if start is None else beyond(some) for start, some in gains.items()}
    return {start: some for start, some in found.items() if some}


def _whose(keys: Sequence[str]) -> str:
    if len(keys) > 1:
        return f"the proposal grants to {len(keys):,} keys ({listed(keys, 3)})"
    return f"the key {keys[0]!r} is not held by one alone" if keys else "the proposal grants nothing to a key"


@dataclass(frozen=True)
class Found:
    """What a proposal comes to: who starts what, what that adds, and which smaller grants would do."""

    systems: tuple[PreparedEstate, PreparedEstate]
    new: Additions
    scenarios: Mapping[Start, Scenario]
    added: Mapping[Start, Added]
    holder: str | None
    key: str | None
    grants: tuple[str, ...]
    needs: tuple[str, ...]
    parts: tuple[PartRow, ...]
    smaller: tuple[SmallerRow, ...]
    is_unserved: bool

    @property
    def before(self) -> Estate:
        """The estate without the proposal."""
        return self.systems[0].estate

    @property
    def after(self) -> Estate:
        """The estate with the proposal."""
        return self.systems[1].estate


def found_by_key(stated: Estate, before: Estate, asked: Asked, grants: Sequence[str], needs: Sequence[str]) -> Found:
    """What it comes to that one holder is granted something by one key; ``before`` has the holder, ``stated`` may not.

    Raises:
        UsageError: as ``serving`` does.
    """
    system = system_of(before)
    ties = asked.relations(before, grants) if grants else ()
    things = [it for it in before.of_kind(before.kind_of(asked.holder)) if it.id not in stated.entities]
    new = Additions((*things, *asked.new), ties) if grants else Additions((), ())
    added: dict[Start, Added] = {asked.holder: added_by(system, asked, grants)} if grants else {}
    rows = rows_of(before, added) if grants else None
    smaller = [smaller_row(before, it, asked, needs, rows) for it in (serving(before, asked, needs) if needs else ())]
    after = compile_system(before.changed(entities=new.entities, relations=ties)) if grants else system
    key = asked.key or KEY
    alone = [(grant, added_by(system, asked, (grant,))) for grant in grants]
    parts = [part_of(key, grant, rows_of(before, {asked.holder: some})) for grant, some in alone]
    return Found(
        (system, after),
        new,
        {asked.holder: asked.assumed.model_copy(update={"compromise": (asked.holder,)})},
        added,
        asked.holder,
        key,
        tuple(grants),
        tuple(needs),
        tuple(parts),
        tuple(sorted(smaller, key=by_size)),
        is_unserved=bool(needs) and not smaller,
    )


def found_by_case(case: Case, stated: Sequence[str]) -> Found:
    """What it comes to that any kind of thing is added; ``stated`` is what has to be called.

    Raises:
        UsageError: as ``Case.needs`` and ``serving`` do.
    """
    needs = case.needs(stated)
    smaller = [case.smaller(need) for need in needs]
    holders = {(need.asked.holder, need.asked.key) for need in case.needs(())}
    holder, key = holders.pop() if len(holders) == 1 else (None, None)
    return Found(
        case.systems,
        case.new,
        {start: case.scenario(start) for start in case.ways},
        case.added,
        holder,
        key,
        tuple(case.new.ends(Verb.GRANTS)),
        tuple(dict.fromkeys(name for need in needs for name in need.needs)),
        case.parts(),
        tuple(row for some in smaller for row in some),
        is_unserved=not all(smaller),
    )
