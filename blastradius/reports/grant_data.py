"""What a grant would add, break and could be made smaller to, as data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

import numpy as np

from blastradius.engine import ANYONE, PreparedEstate, World, leading_to, names_of
from blastradius.estate import Estate
from blastradius.model import SEEDS, Capability, Expectation, Fact, Frozen, Kind, Level, Scenario, Statement
from blastradius.reports.grants import KEY, Added, Asked, Gain, Means, Serving
from blastradius.reports.impact import held_in, holding
from blastradius.reports.policy import asked_to_state, is_excused, is_stated
from blastradius.reports.proposed import Additions
from blastradius.reports.rows import ModelRow, PlaceRow, StepRow, contour, place_row
from blastradius.reports.silence import SilenceRow
from blastradius.reports.words import label, relation_said

FailOn = Literal["jewel", "new", "granted", "abused", "takeover", "lateral", "never"]
Start = str | None
"""What starts a scenario, by id; ``None`` for anyone on the internet."""


class AddedRow(Frozen):
    """What could newly be reached, at the lowest level; weaker holds only where that is lower.

    ``starts`` are those of which a compromise (of a feed that is nobody's a wrong word, of a key that is nobody's its
    loss) would let it be reached; null is anyone on the internet, and what anyone gains is told of nobody else.
    """

    entity: str
    name: str
    kind: Kind
    capability: Capability
    level: str
    before: str | None
    crown_jewel: bool
    starts: tuple[Start, ...]


class ProposedRow(Frozen):
    """A thing or a relation that is proposed: ``kind`` is the kind of a thing, the verb of a relation."""

    id: str
    name: str
    kind: str
    places: tuple[PlaceRow, ...]


class PartRow(Frozen):
    """One of the grants without the others: to how many entities it adds something, scopes not counted; crown jewels.

    ``grant`` is what is granted, ``key`` the key that it is granted to.
    """

    grant: str
    key: str
    entities: int
    crown_jewels: tuple[str, ...]


class BrokenRow(Frozen):
    """An expectation of the estate that would no longer hold: what it says is not reached, and would be.

    ``start`` is for whom a rule for all would no longer hold; null where it is no such rule. Of what is new, and of
    which something should be stated, ``statement`` says what, and there is no ``capability``.
    """

    expectation: str
    start: str | None
    entity: str
    capability: Capability | None
    statement: Statement | None


class MeansRow(Frozen):
    """Something to grant: a ``scope``, an ``operation`` by a scope of its own, or a variant of it for ``own rows``."""

    kind: Literal["scope", "operation", "own rows"]
    name: str


class SmallerRow(Frozen):
    """A grant to a key that serves every need, than which no other adds less without more changes to the API.

    ``entities`` and ``crown_jewels`` are what it still adds something to; ``saves`` and ``saves_crown_jewels`` what
    the grant that was asked about adds something to and this one not (null and none where none was). Neither scopes
    nor what is needed count.
    """

    holder: str
    key: str
    needs: tuple[str, ...]
    means: tuple[MeansRow, ...]
    entities: int
    crown_jewels: tuple[str, ...]
    saves: int | None
    saves_crown_jewels: tuple[str, ...]
    added: tuple[AddedRow, ...]


class WayRow(Frozen):
    """How something is newly reached at its lowest level: the steps of a checked proof, the first one first."""

    entity: str
    name: str
    capability: Capability
    level: str
    crown_jewel: bool
    steps: tuple[StepRow, ...]


class HoldRow(Frozen):
    """A control that is not there and would keep out of reach what the grant newly brings into it.

    ``controls`` are kinds of control, each with the entity or relation it would be put on, ``says`` the same in words;
    where there are several, each alone does the same. Over ``entities``, crown jewels among them, nothing is newly held
    any more, up to the level assumed; those over which something is held already, and sooner than before, do not count.
    """

    controls: tuple[str, ...]
    says: tuple[str, ...]
    entities: tuple[str, ...]
    crown_jewels: tuple[str, ...]


class GrantData(Frozen):
    """The answer to ``grant``; ``entities`` counts those that something is added to, scopes not counted.

    ``holder`` and ``key`` are null where the proposal is about several, or none; ``starts`` counts those that were
    looked at. ``ways`` has how the first of them are reached, crown jewels before others; ``holds`` the controls that
    would hold some of it, of ``holds_tried`` that are not there.
    """

    question: str
    headline: str
    holder: str | None
    is_new: bool
    key: str | None
    proposed: tuple[ProposedRow, ...]
    starts: int
    grants: tuple[str, ...]
    needs: tuple[str, ...]
    assume: str
    distrusted: tuple[str, ...]
    entities: int
    crown_jewels: tuple[str, ...]
    added: tuple[AddedRow, ...]
    parts: tuple[PartRow, ...]
    broken: tuple[BrokenRow, ...]
    smaller: tuple[SmallerRow, ...]
    ways: tuple[WayRow, ...]
    holds: tuple[HoldRow, ...]
    holds_tried: int
    holds_untried: int
    unsaid: tuple[SilenceRow, ...]
    fail_on: FailOn
    fails: bool
    because: tuple[str, ...]
    checked: bool
    model: ModelRow


def rows_of(estate: Estate, added: Mapping[Start, Added]) -> list[AddedRow]:
    """What is added for whom, by level, crown jewels first; of each entity the strongest capabilities at each level."""
    starts: dict[tuple[str, Capability, Gain], list[Start]] = defaultdict(list)
    for start, some in added.items():
        for entity, gained in _by_entity(some):
            for capability in contour(gained) if entity in estate.entities else ():
                starts[entity, capability, some[Fact(entity, capability)]].append(start)
    rows = [
        AddedRow(
            entity=entity,
            name=estate.entities[entity].label,
            kind=estate.entities[entity].kind,
            capability=capability,
            level=gain.level.word,
            before=None if gain.before is None else gain.before.word,
            crown_jewel=estate.crown_jewel(entity),
            starts=tuple(some),
        )
        for (entity, capability, gain), some in starts.items()
    ]
    return sorted(rows, key=lambda row: (Level[row.level.upper()], not row.crown_jewel, row.entity))


def _by_entity(added: Added) -> list[tuple[str, dict[Capability, Level]]]:
    gained: dict[str, dict[Capability, Level]] = defaultdict(dict)
    for fact, gain in added.items():
        gained[fact.entity][fact.capability] = gain.level
    return sorted(gained.items())


def counted(rows: Iterable[AddedRow], needs: Collection[str] = ()) -> set[str]:
    """The entities that count: a scope is but the means by which something is granted, and what is needed its end."""
    return {row.entity for row in rows if row.kind != Kind.SCOPE and row.entity not in needs}


def jewels_of(rows: Iterable[AddedRow]) -> tuple[str, ...]:
    """The crown jewels that something is added to."""
    return tuple(sorted({row.entity for row in rows if row.crown_jewel}))


def part_of(key: str, grant: str, added: Sequence[AddedRow]) -> PartRow:
    """What one of the grants adds without the others."""
    return PartRow(grant=grant, key=key, entities=len(counted(added)), crown_jewels=jewels_of(added))


def smaller_row(
    estate: Estate, found: Serving, to: Asked, needs: Sequence[str], asked: Sequence[AddedRow] | None
) -> SmallerRow:
    """A grant that serves the needs, held against what the one that was asked about adds, if one was."""
    rows = rows_of(estate, {to.holder: found.added})
    here = counted(rows, needs)
    more = counted(asked or (), needs) - here
    return SmallerRow(
        holder=to.holder,
        key=to.key or KEY,
        needs=tuple(needs),
        means=tuple(MeansRow(kind=means.kind, name=means.name) for means in found.means),
        entities=len(here),
        crown_jewels=jewels_of(rows),
        saves=None if asked is None else len(more),
        saves_crown_jewels=tuple(jewel for jewel in jewels_of(asked or ()) if jewel in more),
        added=tuple(rows),
    )


def by_size(row: SmallerRow) -> tuple[int, int, int, list[str]]:
    """Those first that add the least, then those for which the least has to be made."""
    made = sum(len(Means(means.kind, means.name).changes) for means in row.means)
    return len(row.crown_jewels), row.entities, made, [means.name for means in row.means]


def proposed_rows(after: Estate, new: Additions) -> tuple[ProposedRow, ...]:
    """What is proposed, things before relations."""
    things = [(it.id, label(after, it.id), str(it.kind), it.provenance) for it in new.entities]
    ties = [(it.id, relation_said(after, it.id), str(it.verb), it.provenance) for it in new.relations]
    return tuple(
        ProposedRow(id=name, name=words, kind=kind, places=tuple(map(place_row, read_at)))
        for name, words, kind, read_at in (*things, *ties)
    )


_Asked = tuple[Expectation, str | None, Scenario]
"""A rule, what it is asked of, and the scenario."""


def broken_by(before: PreparedEstate, after: PreparedEstate, new: Additions) -> list[BrokenRow]:
    """The expectations that no longer hold: what is not to be reached, or should be stated of what is new.

    What was so before, and what is an exception today, is not told.
    """
    rules, estate = before.estate.expectations, after.estate
    among = _starts_let_in(after, new, rules)
    asked = [(rule, start, scenario) for rule in rules for start, scenario in estate.scenarios_of(rule, among)]
    kept = {id(rule): [Fact(it.entity, it.capability) for it in estate.kept_out(rule)] for rule in rules}
    newly = _newly_held(before, after, asked, sorted({fact for some in kept.values() for fact in some}))
    things = {it.id for it in new.entities}
    rows = []
    for (rule, start, scenario), held in zip(asked, newly, strict=True):
        found = [_broken(rule, start, *fact) for fact in kept[id(rule)] if fact in held]
        found += [
            _broken(rule, start, it.id, None, statement)
            for it, statement in asked_to_state(estate, rule, scenario)
            if it.id in things and not is_stated(it, statement)
        ]
        rows += [row for row in found if not is_excused(estate, rule, start, row.entity)]
    return rows


def _starts_let_in(after: PreparedEstate, new: Additions, rules: Iterable[Expectation]) -> Collection[str] | None:
    """The only things that may newly reach something, each as a start; ``None`` where everything may."""
    asked = [rule.scenario for rule in rules if rule.for_each is not None]
    if not asked or not new.is_about_keys or any(getattr(scenario, way) for scenario in asked for way in SEEDS):
        return None
    numbers = np.array([after.relation_numbers[it.id] for it in new.relations], np.int64)
    steps = np.unique(after.steps_along.take(numbers).values)
    fallen = after.facts.facts(after.steps.blockers.take(steps).values, Capability.INACTIVE)
    needed = np.unique(np.concatenate([after.steps.premises.take(steps).values, fallen]))
    anyone = Scenario(
        anyone=True,
        assume=max(scenario.assume for scenario in asked),
        distrust=tuple(dict.fromkeys(name for scenario in asked for name in scenario.distrust)),
    )
    behind = leading_to(after, needed, anyone)
    if behind[after.facts.number(ANYONE)] and holding(after, [World(anyone)], needed).any():
        return None
    return names_of(after, behind)


def _newly_held(
    before: PreparedEstate, after: PreparedEstate, asked: Sequence[_Asked], facts: Sequence[Fact]
) -> list[frozenset[Fact]]:
    """Which of some facts hold in each scenario and did not; of who is new all that do."""
    if not facts:
        return [_NOTHING] * len(asked)
    base = before.estate
    there = [place for place, (_, start, _) in enumerate(asked) if start is None or start in base.entities]
    known = [fact for fact in facts if fact.entity in base.entities]
    was = dict(zip(there, held_in(before, [World(asked[place][2]) for place in there], known), strict=True))
    is_now = held_in(after, [World(scenario) for *_, scenario in asked], facts)
    return [held - was.get(place, _NOTHING) for place, held in enumerate(is_now)]


_NOTHING: frozenset[Fact] = frozenset()


def _broken(
    rule: Expectation, start: str | None, entity: str, capability: Capability | None, statement: Statement | None = None
) -> BrokenRow:
    return BrokenRow(expectation=rule.name, start=start, entity=entity, capability=capability, statement=statement)
