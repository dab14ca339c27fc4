"""The independent checker for many worlds at once: its own reading of the rules, one bit a world.

Of each block of worlds it asks what ``certificate`` asks of one: does every claimed fact follow, in some order, from
the seeds, and is there no open instance of a rule that leads out of what is claimed? It gets ``Claims``, which are
data, and believes nothing of them: which facts matter follows from what is claimed, from its own table of rule
instances and from the worlds themselves.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from copy import copy
from functools import cache, cached_property
from math import inf
from typing import NoReturn

import numpy as np

from blastradius.columns.ragged import distinct
from blastradius.engine.check.audit.compare import EMPTY_ROW, FULL_ROW, Block, first_defect
from blastradius.engine.check.audit.hours import Clock, hours_of
from blastradius.engine.check.audit.instance_table import (
    Flags,
    InstanceTable,
    Ints,
    Words,
    instances_of_proposal,
    packed,
)
from blastradius.engine.check.audit.plan import CheckPlan, check_plan, unordered_plan
from blastradius.engine.check.audit.what_ifs import WhatIfs
from blastradius.engine.check.capabilities import CAPABILITY_NUMBER, Seeds, all_included, applies
from blastradius.engine.check.rule_instances import RuleInstance, RuleInstances, all_instances
from blastradius.engine.proof import Claims
from blastradius.engine.scenario import World
from blastradius.errors import CertificateError
from blastradius.estate import Estate
from blastradius.model import STEPPING_STONES, Capability, Fact, Kind, Scenario

_WIDTH = len(CAPABILITY_NUMBER)
_INACTIVE = CAPABILITY_NUMBER[Capability.INACTIVE]
_WHOLES = {
    number: wholes
    for part, number in CAPABILITY_NUMBER.items()
    if (wholes := [CAPABILITY_NUMBER[whole] for whole in Capability if part in all_included(whole)[1:]])
}
"""For the number of each capability that another includes those of the capabilities that do."""

_KIND_NUMBER = {kind: number for number, kind in enumerate(Kind)}
_NO_KIND = len(_KIND_NUMBER)
"""In the place of a kind's number: it is no entity."""

_APPLIES = np.array([[part in STEPPING_STONES or applies(part, kind) for part in Capability] for kind in Kind]
                    + [[part in STEPPING_STONES for part in Capability]])  # fmt: skip
"""Whether each capability (column) can be said of each kind (row); the last row is for what is no entity."""


@cache
def _parts(whole: Capability, kind: int) -> list[int]:
    """The numbers of the capabilities that one over a kind of entity includes, its own among them."""
    numbers = (CAPABILITY_NUMBER[part] for part in all_included(whole))
    return [number for number in numbers if _APPLIES[kind, number]]


class _Estate:
    """What of an estate the checker looks up by name, each made when it is first needed."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.seeds = Seeds(estate)
        self.what_ifs = WhatIfs(estate)

    @cached_property
    def controls(self) -> dict[str, list[str]]:
        """The controls of each kind."""
        found: dict[str, list[str]] = {}
        for name, placed in self.estate.controls.items():
            found.setdefault(placed.control.kind, []).append(name)
        return found

    def controls_of(self, distrust: tuple[str, ...]) -> list[str]:
        """The controls that are distrusted, by kind or by id."""
        by_kind = [name for kind in distrust for name in self.controls.get(kind, ())]
        return [*by_kind, *(name for name in distrust if name in self.estate.controls)]


class _Names:
    """The numbers that the names of claims have as entities of a table; those it does not know come behind them."""

    def __init__(self, known: dict[str, int], names: Sequence[str]) -> None:
        self.known, self.names = known, list(names)
        self.unknown: dict[str, int] = {}
        self._number = np.full(len(names), -1)

    def __len__(self) -> int:
        return len(self.known) + len(self.unknown)

    def entity(self, name: str) -> int:
        """The number of any name."""
        known = self.known.get(name)
        return known if known is not None else self.unknown.setdefault(name, len(self))

    def entities(self, places: Ints) -> Ints:
        """The numbers of the names in some places."""
        new: list[int] = distinct(places[self._number[places] < 0]).tolist()
        self._number[new] = [self.entity(self.names[place]) for place in new]
        return self._number[places]


class Auditor:
    """The checker's own reading of an estate, or of one with a proposal on top, kept from one block to the next.

    The table is made once, of ``instances`` where these were read already (all, in their order). A plan is kept as
    long as blocks have the same instances open in all their worlds, the numbers of names as long as they name the same.
    """

    def __init__(
        self, estate: Estate, instances: Iterable[RuleInstance] | None = None, *, for_few: bool = False
    ) -> None:
        """``instances`` are those that can lead on from anything that will be claimed; all where they are not given.

        ``for_few``: so few worlds will be checked that no order is looked for in which to do it.
        """
        self._for_few = for_few
        self._estate = _Estate(estate)
        self._estates: tuple[Estate, ...] = (estate,)
        known = all_instances(estate) if instances is None else instances
        self.table = InstanceTable.of(RuleInstances.of(estate, known))
        self._plan: tuple[bytes, CheckPlan] | None = None
        self._kinds: Ints | None = None
        self._names: _Names | None = None

    def with_proposal(self, proposed: Estate) -> Auditor:
        """The same with what holds besides in the worlds in which a proposal is in force."""
        found = copy(self)
        found.table = self.table.with_proposal(instances_of_proposal(self._estate.estate, proposed))
        found._estates = (self._estate.estate, proposed)
        found._plan = found._kinds = found._names = None
        return found

    def check(self, claims: Claims, asked: Sequence[World] | None = None) -> None:
        """Verify what is claimed of a block of worlds, and that they are those at their places among ``asked``.

        Raises:
            CertificateError: the first defect found, with the world.
        """
        if asked is not None:
            _require_asked(claims, asked)
        for world in claims.worlds:
            if self._estate.what_ifs.make_another_estate(world):
                raise CertificateError(f"a world is one of another estate: {world}")
        _Check(self, claims).run()

    def names_of(self, claims: Claims) -> _Names:
        """The numbers of what is claimed; most blocks of a question name the same."""
        if self._names is None or self._names.names != claims.names:
            self._names = _Names(self.table.entities, claims.names)
        return self._names

    def controls_of(self, distrust: tuple[str, ...]) -> list[str]:
        """The controls that are distrusted, by kind or by id."""
        return self._estate.controls_of(distrust) if distrust else []

    def seeds_of(self, scenario: Scenario) -> Iterator[tuple[str, list[int]]]:
        """The names of what a scenario starts from, and over each the numbers of the capabilities that this gives."""
        for fact in self._estate.seeds.of(scenario):
            yield fact.entity, _parts(fact.capability, self.kind_of(fact.entity))

    def kind_of(self, name: str) -> int:
        """The number of an entity's kind; ``_NO_KIND`` for what is no entity."""
        for estate in self._estates:
            if name in estate.entities:
                return _KIND_NUMBER[estate.kind_of(name)]
        return _NO_KIND

    def kinds(self) -> Ints:
        """The number of the kind of each of the table's entities."""
        if self._kinds is None:
            columns = [estate.columns.entities for estate in reversed(self._estates)]  # the first one's kinds count
            known = {name: kind for table in columns for name, kind in zip(table.ids, table.kind.tolist(), strict=True)}
            found = (known.get(name, _NO_KIND) for name in self.table.entities)
            self._kinds = np.fromiter(found, np.int64, len(self.table.entities))
        return self._kinds

    def plan(self, open_everywhere: Flags, closed: Ints) -> CheckPlan:
        """The plan for worlds that all meet these of the table's conditions, some of which close some instances."""
        if self._for_few:
            return unordered_plan(self.table)
        key = open_everywhere.tobytes()
        free = open_everywhere[self.table.instances.conditions]
        if self._plan is None or self._plan[0] != key:
            self._plan = key, check_plan(self.table, free)
        plan = self._plan[1]
        if np.isin(closed, plan.inner).any():
            free[closed] = False
            return check_plan(self.table, free)
        return plan

    def closed_by(self, worlds: Sequence[World]) -> list[tuple[Ints, Ints]]:
        """For all that is changed alike: the instances that it closes, and the worlds (by number) that change it so.

        What closes them is a relation taken away or a control put there.
        """
        alike: dict[Hashable, list[int]] = {}
        for number, world in enumerate(worlds):
            alike.setdefault((world.without, world.controls, world.scenario.distrust), []).append(number)
        closed_in = self._estate.what_ifs.closed_in
        return [(closed_in(worlds[numbers[0]]), np.array(numbers)) for numbers in alike.values()]


class _Check:
    """One block of claims against the reading of an auditor.

    A fact has a key here: its entity times the count of capabilities, plus its capability. Entities are numbered as in
    the table, those that no instance speaks of behind them.
    """

    def __init__(self, auditor: Auditor, claims: Claims) -> None:
        self.auditor, self.table, self.claims = auditor, auditor.table, claims
        self.worlds = claims.worlds
        self.full = packed(np.ones(len(self.worlds), np.bool_))
        _require_well_formed(claims, self.full)
        self.names = auditor.names_of(claims)
        self.key = self._claimed_keys()
        self.seed_key, self.seed_world = self._seeds()
        entity, capability = self.table.facts
        self.key_of_fact = entity * _WIDTH + capability
        self.clock = Clock(self.table, self.worlds)

    def run(self) -> None:
        """Compare what is claimed with where seeds and instances lead, hour after hour, and refuse what is wrong."""
        open_, condition_of_world = self._conditions()
        closed = self.auditor.closed_by(self.worlds)
        is_closed = np.zeros(len(self.table.instances.conditions), np.bool_)
        for instances in (self.clock.waiting, *(some for some, _ in closed)):
            is_closed[instances] = True
        plan = self.auditor.plan(np.logical_and.reduce(open_, axis=1), np.flatnonzero(is_closed))
        conditions = packed(open_[:, condition_of_world])
        hours = hours_of(self.claims)
        hour, words = next(hours)
        following = next(hours)
        while hour < inf:
            self._hold(words)
            self.clock.strike(hour)
            self._compare(plan, self._open_rows(plan, conditions, closed, is_closed))
            self.clock.begin(hour, self.held, self.row_of_key[self.key_of_fact])
            hour = min(self.clock.next_hour(), following[0])
            if hour == following[0]:
                words, following = following[1], next(hours, following)

    def _hold(self, words: Words) -> None:
        """Take facts as they are claimed in some hour."""
        self.held = np.concatenate([[np.zeros_like(self.full), self.full], words])
        self.row_of_key = self._rows()

    def _compare(self, plan: CheckPlan, open_row: Ints) -> None:
        """Refuse what is wrong of what is held."""
        self._check_unspoken()
        row = self._class_rows(plan)
        number = np.full(len(self.row_of_key), -1)
        number[self.key_of_fact] = plan.class_of
        seeded, seeds = self._gathered(number[self.seed_key])
        found = first_defect(Block(plan, self.held, row, open_row, seeded, seeds))
        if found is not None:
            why = "follows and is not claimed" if found.missing else "does not follow from the seeds"
            self._refuse(self.key_of_fact[plan.fact_of[found.classes]], found.wrong, why)

    # what is claimed, and what worlds start from

    def _claimed_keys(self) -> Ints:
        """The key of each fact that is claimed."""
        found = self.names.entities(self.claims.entity) * _WIDTH + self.claims.capability
        is_claimed = np.zeros(int(found.max(initial=-1)) + 1, np.bool_)
        is_claimed[found] = True
        if np.count_nonzero(is_claimed) < len(found):
            raise CertificateError("a fact is claimed twice")
        return found

    def _seeds(self) -> tuple[Ints, Ints]:
        """Pairs of key and world: what scenarios start from, and that distrusted controls are inactive."""
        fallen: dict[tuple[str, ...], list[int]] = {}
        keys: list[int] = []
        counts = []
        for scenario in (world.scenario for world in self.worlds):
            before = len(keys)
            for name, parts in self.auditor.seeds_of(scenario):
                entity = self.names.entity(name) * _WIDTH
                keys += [entity + part for part in parts]
            if scenario.distrust not in fallen:
                controls = self.auditor.controls_of(scenario.distrust)
                fallen[scenario.distrust] = [self.names.entity(name) * _WIDTH + _INACTIVE for name in controls]
            keys += fallen[scenario.distrust]
            counts.append(len(keys) - before)
        return np.array(keys, np.int64), np.repeat(np.arange(len(counts)), counts)

    def _rows(self) -> Ints:
        """The row of ``held`` that says where the fact of each key is claimed, or where one that includes it is."""
        listed = np.full((len(self.names), _WIDTH), EMPTY_ROW, np.int32)  # there are millions
        listed.reshape(-1)[self.key] = 2 + self.claims.row
        found, is_listed = listed.copy(), np.ascontiguousarray(listed.T != EMPTY_ROW)
        held, count = [self.held], len(self.held)
        for part, wholes in _WHOLES.items():
            some = np.flatnonzero(~is_listed[part] & np.logical_or.reduce(is_listed[wholes]))
            rows = listed[some[:, np.newaxis], wholes]
            found[some, part] = rows.max(axis=1)
            mixed = np.flatnonzero(((rows != found[some, part, np.newaxis]) & (rows != EMPTY_ROW)).any(axis=1))
            found[some[mixed], part] = count + np.arange(len(mixed))
            held.append(np.bitwise_or.reduce(self.held[rows[mixed]], axis=1))
            count += len(mixed)
        self.held = np.concatenate(held)
        named: Ints = self._named(np.arange(count))[found.reshape(-1)]
        return named

    def _named(self, rows: Ints) -> Ints:
        """The same rows, where they stand for no world or for all of them by their names."""
        words = self.held[rows]
        found = np.where((words == self.full).all(axis=1), FULL_ROW, rows)
        return np.where(words.any(axis=1), found, EMPTY_ROW)

    def _gathered(self, numbers: Ints) -> tuple[Ints, Words]:
        """For some number of each seed (negative ones left out) the distinct numbers, sorted, and their worlds."""
        known = numbers >= 0
        distinct, place = np.unique(numbers[known], return_inverse=True)
        rows = np.zeros((len(distinct), len(self.full)), np.uint64)
        word, bit = _bits(self.seed_world[known])
        np.bitwise_or.at(rows, (place, word), bit)
        return distinct, rows

    # what plans and blocks are made of

    def _conditions(self) -> tuple[Flags, Ints]:
        """Which of the table's conditions hold in worlds that differ in them, and of which of these each world is."""
        kinds: dict[object, int] = {}
        worlds = []
        which = np.empty(len(self.worlds), np.int64)
        for number, world in enumerate(self.worlds):
            scenario = world.scenario
            asked = (scenario.assume, scenario.basis, "fail_closed" in scenario.distrust, world.proposed)
            if asked not in kinds:
                worlds.append(world)
            which[number] = kinds.setdefault(asked, len(kinds))
        open_ = [[conditions.hold_in(world) for world in worlds] for conditions in self.table.known_conditions]
        return np.array(open_, np.bool_).reshape(len(open_), len(worlds)), which

    def _class_rows(self, plan: CheckPlan) -> Ints:
        """The row of each class, once its facts are known to be claimed in the same worlds."""
        rows = self.row_of_key[self.key_of_fact]
        of_class: Ints = rows[plan.fact_of]
        differ = np.flatnonzero(rows != of_class[plan.class_of])
        wrong = self.held[rows[differ]] ^ self.held[of_class[plan.class_of[differ]]]
        if wrong.any():
            self._refuse(self.key_of_fact[differ], wrong, "holds elsewhere than what leads to it and back")
        return of_class

    def _open_rows(self, plan: CheckPlan, open_: Words, closed: Sequence[tuple[Ints, Ints]], is_closed: Flags) -> Ints:
        """The row of each instance of a plan that says where it is open now; one that a world closes has its own."""
        first = len(self.held)
        table_number, own = np.flatnonzero(is_closed), np.cumsum(is_closed) - 1
        conditions = self.table.instances.conditions
        more = open_[conditions[table_number]]
        more[own[self.clock.waiting]] &= self.clock.over
        for instances, worlds in closed:
            shut = np.zeros_like(self.full)
            np.bitwise_or.at(shut, *_bits(worlds))
            for word in np.flatnonzero(shut).tolist():
                more[own[instances], word] &= ~shut[word]
        self.held = np.concatenate([self.held, open_, more])
        rows = self._named(np.arange(first, len(self.held)))
        of_table = rows[conditions]
        of_table[table_number] = rows[len(open_) :]
        found: Ints = of_table[plan.number]
        return found

    def _check_unspoken(self) -> None:
        """Facts of which no instance speaks hold where they are seeds or included in something else that holds."""
        spoken = np.zeros(len(self.row_of_key), np.bool_)
        spoken[self.key_of_fact] = True
        seeded, seeds = self._gathered(np.where(spoken[self.seed_key], -1, self.seed_key))
        keys = distinct(np.concatenate([self.key[~spoken[self.key]], seeded]))
        due, claimed = np.zeros((len(keys), len(self.full)), np.uint64), self.held[self.row_of_key[keys]]
        for part, wholes in _WHOLES.items():
            here = np.flatnonzero(keys % _WIDTH == part)
            for whole in wholes:
                due[here] |= self.held[self.row_of_key[keys[here] - part + whole]]
        due[np.searchsorted(keys, seeded)] |= seeds
        unknown = np.array([self.auditor.kind_of(name) for name in self.names.unknown], np.int64)
        kinds = np.concatenate([self.auditor.kinds(), unknown])
        due[~_APPLIES[kinds[keys // _WIDTH], keys % _WIDTH]] = 0
        for wrong, why in (
            (claimed & ~due, "is claimed, and no rule gives it here"),
            (due & ~claimed, "follows and is not claimed"),
        ):
            if wrong.any():
                self._refuse(keys, wrong, why)

    def _refuse(self, keys: Ints, wrong: Words, why: str) -> NoReturn:
        """Refuse for the first fact of which a bit is wrong."""
        place = int(np.argmax(wrong.any(axis=1)))
        flags = np.unpackbits(wrong[place].astype("<u8").view(np.uint8), bitorder="little")
        entity, capability = divmod(int(keys[place]), _WIDTH)
        fact = Fact([*self.table.entities, *self.names.unknown][entity], tuple(CAPABILITY_NUMBER)[capability])
        raise CertificateError(f"{fact} {why}, in the world of {self.worlds[int(np.argmax(flags))]}")


def _require_asked(claims: Claims, asked: Sequence[World]) -> None:
    places = claims.places.tolist()
    known = len(places) == len(claims.worlds) and all(0 <= place < len(asked) for place in places)
    if not known or any(asked[place] != world for place, world in zip(places, claims.worlds, strict=True)):
        raise CertificateError("the claims are about other worlds than were asked")


def _require_well_formed(claims: Claims, full: Words) -> None:
    """Refuse claims that are about nothing that is there."""
    columns = ((claims.entity, len(claims.names)), (claims.capability, _WIDTH), (claims.row, len(claims.words)))
    for column, end in columns:
        if column.shape != claims.row.shape or ((column < 0) | (column >= end)).any():
            raise CertificateError("a claim is about a name, a capability or a row that is not there")
    if claims.words.shape[1:] != full.shape or (claims.words & ~full).any():
        raise CertificateError(f"the claims are about other worlds than the {len(claims.worlds)} that are listed")


def _bits(worlds: Ints) -> tuple[Ints, Words]:
    """The word and the bit of each world."""
    return worlds // 64, np.uint64(1) << (worlds % 64).astype(np.uint64)
