"""Grants before they are granted: what they add at each level, and the smallest ones that serve a need."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import prod
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags
from blastradius.engine import CAPABILITIES, PreparedEstate, Proposal, World, compile_system, propose
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import (
    Capability,
    Control,
    ControlKind,
    Credential,
    Entity,
    Fact,
    Kind,
    Level,
    Operation,
    Relation,
    Scenario,
    Scope,
    Verb,
)
from blastradius.reports.impact import audited

KEY = "proposed key"
"""The id of a key that is there only if it is granted."""
MOST_TRIED = 1000
"""How many ways to serve needs are tried at most."""
_DOES = (Verb.READS, Verb.WRITES, Verb.CONTROLS, Verb.DISABLES, Verb.ISSUES, Verb.CONNECTS)
_NEVER = len(Level)

Lows = NDArray[np.int8]
"""For facts (rows) and grants (columns) the place of the lowest level at which they hold; ``_NEVER`` at none."""


class Gain(NamedTuple):
    """Since which level something is reached, and since which it was before."""

    level: Level
    before: Level | None


Added = Mapping[Fact, Gain]
"""What is reached newly, or from a lower level on."""


@dataclass(frozen=True)
class Asked:
    """Who would hold which key (``None``: a new one), and what is assumed; ``assumed`` starts nowhere.

    ``given`` is the key where it is new and more is stated of it. ``stated`` are the relations of a proposal that says
    more of them; where it does not say who holds the key, the holder has it already, itself or through what it owns.
    """

    holder: str
    key: str | None
    assumed: Scenario
    given: Credential | None = None
    stated: tuple[Relation, ...] = ()

    @property
    def scenarios(self) -> list[Scenario]:
        """The holder compromised, at each level up to the one assumed."""
        compromised = self.assumed.model_copy(update={"compromise": (self.holder,)})
        return [compromised.model_copy(update={"assume": level}) for level in Level if level <= self.assumed.assume]

    @property
    def new(self) -> tuple[Credential, ...]:
        """The key where it is new."""
        return (self.given,) if self.given else () if self.key else (Credential(id=KEY),)

    def relations(self, estate: Estate, grants: Collection[str]) -> tuple[Relation, ...]:
        """What grants bring that the estate does not have already, with the controls that stand on it there."""
        key = self.key or KEY
        holds = Relation(verb=Verb.HOLDS, sources=(self.holder,), targets=(key,))
        wanted = (holds, *(_grant(key, grant) for grant in grants))
        stated = {relation.id: relation for relation in self.stated}
        if stated and holds.id not in stated:  # somebody for whom the holder stands has it already
            wanted = wanted[1:]
        return tuple(stated.get(it.id, it) for it in wanted if it.id not in estate.relations)


def _grant(key: str, grant: str) -> Relation:
    return Relation(verb=Verb.GRANTS, sources=(key,), targets=(grant,))


def added_by(system: PreparedEstate, asked: Asked, grants: Collection[str]) -> Added:
    """What grants to the holder add to what a compromise of it reaches, all levels before and after at once."""
    proposal = propose(system, asked.relations(system.estate, grants), asked.new)
    groups = [[World(scenario, proposed=proposed) for scenario in asked.scenarios] for proposed in (False, True)]
    return _gained(system, _lows(system, groups, proposal), 1)


def _lows(system: PreparedEstate, groups: Sequence[Sequence[World]], proposal: Proposal | None = None) -> Lows:
    """For each fact about an entity and each group of worlds, one a level, the lowest of them in which it holds."""
    facts = np.arange(len(system.facts.entities) * len(CAPABILITIES))
    found = np.full((len(facts), len(groups)), _NEVER, np.int8)
    levels = len(groups[0])
    for solved in audited(system, [world for group in groups for world in group], proposal):
        held = solved.holds(facts)
        for column, place in enumerate(solved.places.tolist()):
            here = np.where(held[:, column], np.int8(place % levels), np.int8(_NEVER))
            np.minimum(found[:, place // levels], here, out=found[:, place // levels])
    return found


def _gained(system: PreparedEstate, lows: Lows, column: int) -> Added:
    """What a column has newly, or lower, than the first one."""
    before, after = lows[:, 0], lows[:, column]
    levels = list(Level)
    return {
        system.facts.fact(number): Gain(
            levels[after[number]], None if before[number] == _NEVER else levels[before[number]]
        )
        for number in np.flatnonzero(after < before).tolist()
    }


class Means(NamedTuple):
    """Something to grant: a scope, an operation on its own, or an operation limited to own rows, which are checked."""

    kind: Literal["scope", "operation", "own rows"]
    name: str

    @property
    def changes(self) -> frozenset[tuple[str, str]]:
        """What has to be made before it can be granted: a scope of its own, a check of whose rows they are."""
        made = {"scope": (), "operation": ("alone",), "own rows": ("alone", "checked")}[self.kind]
        return frozenset((change, self.name) for change in made)


@dataclass(frozen=True)
class Serving:
    """A grant that serves every need, and what it adds."""

    means: tuple[Means, ...]
    added: Added


def serving(estate: Estate, asked: Asked, needs: Sequence[str]) -> list[Serving]:
    """The grants that serve every need, and than which no other adds less without making more of the API.

    Each need is served by the scopes that permit it, by the operation on its own, or by a variant of it that gives
    own rows only. To be served is to be able to call it as granted, whoever approves it.

    Raises:
        UsageError: there are too many ways.
    """
    tried = _tried([_ways(estate, need) for need in needs])
    options = sorted({option for chosen in tried for option in chosen})
    variants = {option: _variant(estate, option.name) for option in options if option.kind == "own rows"}
    key = asked.key or KEY
    granting = {
        option: _grant(key, variants[option].scope if option in variants else option.name) for option in options
    }
    holds = asked.relations(estate, ())
    new = [relation for relation in (*holds, *granting.values()) if relation.id not in estate.relations]
    made = [entity for variant in variants.values() for entity in variant.entities]
    around = [relation for variant in variants.values() for relation in variant.relations]
    system = compile_system(estate.changed(entities=[*asked.new, *made], relations=[*new, *around]))

    def without(chosen: frozenset[Means]) -> tuple[str, ...]:
        kept = {relation.id for relation in holds if chosen} | {granting[option].id for option in chosen}
        return tuple(relation.id for relation in new if relation.id not in kept)

    served = _served(system, asked, needs, [(chosen, without(chosen)) for chosen in tried], variants)
    tried = [chosen for chosen, serves in zip(tried, served, strict=True) if serves]
    groups = [
        [World(scenario, without=without(chosen)) for scenario in asked.scenarios] for chosen in (_NOTHING, *tried)
    ]
    lows = _lows(system, groups)
    counted = _counted(estate, system, needs)
    return [
        Serving(tuple(sorted(tried[place])), _known(estate, _gained(system, lows, place + 1)))
        for place in _minimal(tried, lows[counted])
    ]


_NOTHING: frozenset[Means] = frozenset()


def _ways(estate: Estate, need: str) -> list[frozenset[Means]]:
    """How one need can be served: by nothing more, where it is served already, or by what is granted for another."""
    permits = [relation for relation in estate.by_verb[Verb.PERMITS] if need in relation.targets]
    found = [_NOTHING]
    for relation in permits:  # of scopes that are needed together some may be held already
        for count in range(1, len(relation.sources) + 1):
            found += [
                frozenset(Means("scope", scope) for scope in some) for some in combinations(relation.sources, count)
            ]
    found.append(frozenset({Means("operation", need)}))
    if any(is_wide(estate, relation) for relation in _done_by(estate, need)):
        found.append(frozenset({Means("own rows", need)}))
    return list(dict.fromkeys(found))


def _tried(ways: Sequence[Sequence[frozenset[Means]]]) -> list[frozenset[Means]]:
    """One way for each need, together; nothing at all first, which may do.

    Raises:
        UsageError: there are too many.
    """
    if prod(map(len, ways)) > MOST_TRIED:
        ways_in_all = f"{prod(map(len, ways)):,} ways to serve these {len(ways)} operations"
        raise UsageError(f"needs: there are {ways_in_all}; ask about fewer at once")
    return list(dict.fromkeys(_NOTHING.union(*chosen) for chosen in product(*ways)))


def _done_by(estate: Estate, operation: str) -> list[Relation]:
    """What an operation does."""
    return [relation for verb in _DOES for relation in estate.by_verb[verb] if relation.sources == (operation,)]


def is_wide(estate: Estate, relation: Relation) -> bool:
    """Whether more than own rows can be had of what is read or written, by whoever tries."""
    if relation.verb not in (Verb.READS, Verb.WRITES):
        return False
    hosts = (relation.id, *relation.sources, *relation.targets)
    checked = any(
        placed.control.kind == ControlKind.OBJECT_AUTHZ and placed.control.status not in ("failed", "absent")
        for host in hosts
        for placed in estate.controls_on(host)
    )
    return relation.extent == "all" or not checked


@dataclass(frozen=True)
class _Variant:
    """An operation beside another one that gives own rows only, behind a scope of its own."""

    operation: str
    scope: str
    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]


def _variant(estate: Estate, name: str) -> _Variant:
    original = estate.entities[name]
    own, scope = _unused(estate, f"{name}, own rows"), _unused(estate, f"{name}, own rows, granted")
    stated = {"id": own, "anonymous": False, "public": False} if isinstance(original, Operation) else {"id": own}
    does = [narrowed(relation).model_copy(update={"sources": (own,)}) for relation in _done_by(estate, name)]
    serves = [relation for relation in estate.by_verb[Verb.SERVES] if relation.targets == (name,)]
    does += [relation.model_copy(update={"targets": (own,)}) for relation in serves]
    does.append(Relation(verb=Verb.PERMITS, sources=(scope,), targets=(own,)))
    # a copy keeps what was computed of the original, its id among it
    relations = tuple(Relation.model_validate(relation.model_dump(exclude_unset=True)) for relation in does)
    return _Variant(own, scope, (original.model_copy(update=stated), Scope(id=scope)), relations)


def narrowed(relation: Relation) -> Relation:
    """What is read or written, limited to own rows, whose are checked; anything else as it is."""
    if relation.verb not in (Verb.READS, Verb.WRITES):
        return relation
    others = tuple(control for control in relation.controls if control.kind != ControlKind.OBJECT_AUTHZ)
    checked = Control(kind=ControlKind.OBJECT_AUTHZ)
    return relation.model_copy(update={"extent": "subset", "controls": (*others, checked)})


def _unused(estate: Estate, name: str) -> str:
    estate.require([name])
    while name in estate.entities:
        name += "'"
        estate.require([name])
    return name


def _served(
    system: PreparedEstate,
    asked: Asked,
    needs: Sequence[str],
    tried: Sequence[tuple[frozenset[Means], tuple[str, ...]]],
    variants: Mapping[Means, _Variant],
) -> list[bool]:
    """Whether the holder can call every need with each grant; who has to approve a call may do so."""
    legitimate = asked.scenarios[0].model_copy(
        update={"assume": Level.GRANTED, "distrust": (*asked.assumed.distrust, ControlKind.APPROVAL)}
    )
    worlds = [World(legitimate, without=away) for _, away in tried]
    found: dict[int, bool] = {}
    for solved in audited(system, worlds):
        for column, place in enumerate(solved.places.tolist()):
            names = [_called(need, tried[place][0], variants) for need in needs]
            facts = np.array([system.facts.number(Fact(name, Capability.USE)) for name in names], np.int64)
            found[place] = bool(solved.holds(facts)[:, column].all())
    return [found[place] for place in range(len(tried))]


def _called(need: str, chosen: frozenset[Means], variants: Mapping[Means, _Variant]) -> str:
    """What is called for a need: the operation, or its variant where nothing else was granted for it."""
    own = Means("own rows", need)
    return variants[own].operation if own in chosen else need


def _counted(estate: Estate, system: PreparedEstate, needs: Collection[str]) -> Flags:
    """The facts that grants are compared by: of what the estate has, but neither of scopes nor of what is needed."""
    counts = [
        name in estate.entities and estate.kind_of(name) != Kind.SCOPE and name not in needs
        for name in system.facts.entities
    ]
    return np.repeat(np.array(counts, np.bool_), len(CAPABILITIES))


def _known(estate: Estate, added: Added) -> Added:
    return {fact: gain for fact, gain in added.items() if fact.entity in estate.entities}


def _minimal(tried: Sequence[frozenset[Means]], lows: Lows) -> Iterator[int]:
    """The places of grants of which no other does with fewer changes and adds no more."""
    before = lows[:, :1]
    gains = np.where(lows[:, 1:] < before, lows[:, 1:], np.int8(_NEVER))
    changes = [frozenset[tuple[str, str]]().union(*(means.changes for means in chosen)) for chosen in tried]
    for place, chosen in enumerate(tried):
        fewer: Flags = np.logical_and.reduce(gains >= gains[:, [place]], axis=0)
        same: Flags = np.logical_and.reduce(gains == gains[:, [place]], axis=0)
        beaten = any(
            fewer[other]
            and changes[other] <= changes[place]
            and (not same[other] or changes[other] < changes[place] or tried[other] < chosen)
            for other in range(len(tried))
        )
        if not beaten:
            yield place
