"""What a grant would add, break and could be made smaller to, as data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Literal

import numpy as np

from blastradius.columns.ragged import Numbers
from blastradius.engine import PreparedEstate, System, World, propose
from blastradius.estate import Estate
from blastradius.model import Capability, ExpectedFact, Fact, Frozen, Kind, Level
from blastradius.reports.grants import Added, Asked, Means, Serving
from blastradius.reports.impact import audited
from blastradius.reports.policy import is_excused
from blastradius.reports.rows import ModelRow, StepRow, contour
from blastradius.reports.silence import SilenceRow

FailOn = Literal["jewel", "new", "granted", "abused", "takeover", "lateral", "never"]


class AddedRow(Frozen):
    """What a compromise of the holder could newly reach, at the lowest level; weaker holds only where that is lower."""

    entity: str
    name: str
    kind: Kind
    capability: Capability
    level: str
    before: str | None
    crown_jewel: bool


class PartRow(Frozen):
    """One of the grants on its own: how many entities it adds something to, scopes not counted, crown jewels named."""

    grant: str
    entities: int
    crown_jewels: tuple[str, ...]


class BrokenRow(Frozen):
    """An expectation of the estate that would no longer hold: what it says is not reached, and would be.

    ``start`` is for whom a rule for all would no longer hold; null where it is no such rule.
    """

    expectation: str
    start: str | None
    entity: str
    capability: Capability


class MeansRow(Frozen):
    """Something to grant: a ``scope``, an ``operation`` by a scope of its own, or a variant of it for ``own rows``."""

    kind: Literal["scope", "operation", "own rows"]
    name: str


class SmallerRow(Frozen):
    """A grant that serves every need, than which no other adds less without more changes to the API.

    ``entities`` and ``crown_jewels`` are what it still adds something to; ``saves`` and ``saves_crown_jewels`` what
    the grant that was asked about adds something to and this one not (null and none where none was). Neither scopes
    nor what is needed count.
    """

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

    ``ways`` has how the first of them are reached, crown jewels before others; ``holds`` the controls that would hold
    some of it, of ``holds_tried`` that are not there.
    """

    question: str
    headline: str
    holder: str
    is_new: bool
    key: str
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


def rows_of(estate: Estate, added: Added) -> list[AddedRow]:
    """What is added, by level, crown jewels first; of each entity the strongest capabilities at each level."""
    gained: dict[str, dict[Capability, Level]] = defaultdict(dict)
    for fact, gain in added.items():
        gained[fact.entity][fact.capability] = gain.level
    rows = [
        AddedRow(
            entity=entity,
            name=estate.entities[entity].label,
            kind=estate.entities[entity].kind,
            capability=capability,
            level=levels[capability].word,
            before=None if (before := added[Fact(entity, capability)].before) is None else before.word,
            crown_jewel=estate.crown_jewel(entity),
        )
        for entity, levels in sorted(gained.items())
        if entity in estate.entities
        for capability in contour(levels)
    ]
    return sorted(rows, key=lambda row: (Level[row.level.upper()], not row.crown_jewel, row.entity))


def counted(rows: Iterable[AddedRow], needs: Collection[str] = ()) -> set[str]:
    """The entities that count: a scope is but the means by which something is granted, and what is needed its end."""
    return {row.entity for row in rows if row.kind != Kind.SCOPE and row.entity not in needs}


def jewels_of(rows: Iterable[AddedRow]) -> tuple[str, ...]:
    """The crown jewels that something is added to."""
    return tuple(sorted({row.entity for row in rows if row.crown_jewel}))


def part_of(grant: str, added: Sequence[AddedRow]) -> PartRow:
    """What one of the grants adds by itself."""
    return PartRow(grant=grant, entities=len(counted(added)), crown_jewels=jewels_of(added))


def smaller_row(estate: Estate, found: Serving, needs: Collection[str], asked: Sequence[AddedRow] | None) -> SmallerRow:
    """A grant that serves the needs, held against what the one that was asked about adds, if one was."""
    rows = rows_of(estate, found.added)
    here = counted(rows, needs)
    more = counted(asked or (), needs) - here
    return SmallerRow(
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


def broken_by(system: PreparedEstate, holder: Asked, grants: Collection[str]) -> list[BrokenRow]:
    """Expectations under the proposal: what is not to be reached and would be, and was not before."""
    estate = system.estate
    asked = [
        (expectation, kept, start, scenario)
        for expectation in estate.expectations
        if (kept := estate.kept_out(expectation))
        for start, scenario in estate.scenarios_of(expectation)
    ]
    proposal = propose(system, holder.relations(estate, grants), holder.new)
    worlds = [World(scenario, proposed=proposed) for _, _, _, scenario in asked for proposed in (False, True)]
    found: dict[int, tuple[bool, ...]] = {}
    for solved in audited(system, worlds, proposal):
        for column, place in enumerate(solved.places.tolist()):
            facts = _facts(system, asked[place // 2][1])
            found[place] = tuple(solved.holds(facts)[:, column].tolist())
    return [
        BrokenRow(expectation=expectation.name, start=start, entity=fact.entity, capability=fact.capability)
        for place, (expectation, kept, start, _) in enumerate(asked)
        for fact, *held in zip(kept, found[2 * place], found[2 * place + 1], strict=True)
        if held == [False, True] and not is_excused(estate, expectation, start, fact.entity)
    ]


def _facts(system: System, expected: Iterable[ExpectedFact]) -> Numbers:
    numbers = [system.facts.number(Fact(fact.entity, fact.capability)) for fact in expected]
    return np.array(numbers, np.int64)
