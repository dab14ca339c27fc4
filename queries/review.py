"""A grant before it is granted: what new reach it adds at each level, which part of it adds what, what it breaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from blastradius.answer import Answer, Query, Table
from blastradius.columns.ragged import Flags, Numbers
from blastradius.engine import (
    CAPABILITIES,
    Assumption,
    PreparedEstate,
    System,
    World,
    compile_system,
    plain,
    propose,
    what_if,
)
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Capability, Credential, Expectation, Fact, Frozen, Kind, Level, Relation, Verb
from blastradius.reports.impact import audited, is_audited
from blastradius.reports.labels import footing
from blastradius.reports.rows import ModelRow, model_row, strongest
from blastradius.reports.words import WORDS, label, plural

NEW_KEY = "proposed key"


class Params(Assumption):
    """Who would hold a key, and what it would grant."""

    holder: str = Field(description="the party or service that is to hold the key")
    grant: tuple[str, ...] = Field(description="a scope or operation to be granted; may be repeated")
    key: str | None = Field(None, description="a credential that the holder has already [default: a new one]")
    assume: Literal["granted", "abused", "takeover", "lateral"] = Field(
        "lateral", description="how much of the attacker to assume, cumulative"
    )


class AddedRow(Frozen):
    """Something that a compromise of the holder could newly reach, at the lowest level; strongest capabilities only."""

    entity: str
    kind: Kind
    capability: Capability
    level: str
    before: str | None
    crown_jewel: bool


class PartRow(Frozen):
    """One of the grants on its own: how many entities it adds something to, crown jewels among them."""

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


class ReviewData(Frozen):
    """The answer to ``review``."""

    question: str
    holder: str
    key: str
    grants: tuple[str, ...]
    assume: str
    distrusted: tuple[str, ...]
    added: tuple[AddedRow, ...]
    parts: tuple[PartRow, ...]
    broken: tuple[BrokenRow, ...]
    checked: bool
    model: ModelRow


def run(estate: Estate, params: Params) -> Answer:
    """Compare what a compromise of the holder reaches before and after; findings when an expectation breaks.

    Raises:
        UsageError: the holder, the key or a grant is not in the estate, or not of the right kind.
    """
    params = _resolved(estate, params)
    estate = what_if(estate, params.asked)
    system = compile_system(estate)
    added = _added(system, params, params.grant)
    parts = [_part(estate, grant, _added(system, params, (grant,))) for grant in params.grant]
    broken = _broken(system, params)
    data = ReviewData(
        question="review",
        holder=params.holder,
        key=params.key or NEW_KEY,
        grants=params.grant,
        assume=params.assume,
        distrusted=params.distrust,
        added=tuple(added),
        parts=tuple(parts),
        broken=tuple(broken),
        checked=is_audited(estate),
        model=model_row(estate),
    )
    return Answer(
        question="review",
        headline=_headline(estate, data),
        data=data,
        tables=(_added_table(estate, added), _parts_table(parts), *([_broken_table(broken)] if broken else [])),
        lines=(footing(estate),),
        notes=estate.notes,
        findings=bool(broken),
    )


def _resolved(estate: Estate, params: Params) -> Params:
    """The same question by ids."""
    if not params.grant:
        raise UsageError("a review is of something to be granted; name it with --grant")
    if params.key is None and NEW_KEY in estate.entities:
        raise UsageError(f"the estate has an entity {NEW_KEY!r}; name the key with --key")
    found = {
        "holder": _named(estate, "holder", params.holder, (Kind.PARTY, Kind.SERVICE)),
        "grant": tuple(_named(estate, "grant", grant, (Kind.SCOPE, Kind.OPERATION)) for grant in params.grant),
        "key": params.key and _named(estate, "key", params.key, (Kind.CREDENTIAL,)),
    }
    return params.model_copy(update=found)


def _named(estate: Estate, word: str, name: str, kinds: tuple[Kind, ...]) -> str:
    try:
        return estate.resolve(name, kinds)
    except UsageError as error:
        raise UsageError(f"{word}: {error}") from None


def _relations(estate: Estate, params: Params, grants: Sequence[str]) -> tuple[Relation, ...]:
    """What the grants bring that the estate does not have already, with the controls that stand on it there."""
    key = params.key or NEW_KEY
    holds = Relation(verb=Verb.HOLDS, sources=(params.holder,), targets=(key,))
    wanted = (holds, *(Relation(verb=Verb.GRANTS, sources=(key,), targets=(grant,)) for grant in grants))
    return tuple(relation for relation in wanted if relation.id not in estate.relations)


def _levels(params: Params) -> list[Level]:
    return [level for level in Level if level <= Level[params.assume.upper()]]


def _added(system: PreparedEstate, params: Params, grants: Sequence[str]) -> list[AddedRow]:
    """What the grants add, all levels before and after at once."""
    relations = _relations(system.estate, params, grants)
    new = () if params.key else (Credential(id=NEW_KEY),)
    proposal = propose(system, relations, new)
    levels = _levels(params)
    holder = plain(params.asked).model_copy(update={"compromise": (params.holder,)})
    asked = [holder.model_copy(update={"assume": level}) for level in levels]
    worlds = [World(scenario, proposed=proposed) for proposed in (False, True) for scenario in asked]
    (solved,) = audited(system, worlds, proposal)
    facts = np.arange(len(system.facts.entities) * len(CAPABILITIES))
    held = solved.holds(facts)[:, np.argsort(solved.places)]
    before, after = held[:, : len(levels)], held[:, len(levels) :]
    gained: dict[str, dict[Capability, int]] = {}
    for number in np.flatnonzero((after & ~before).any(axis=1)).tolist():
        fact = system.facts.fact(number)
        gained.setdefault(fact.entity, {})[fact.capability] = number
    rows = [
        _added_row(
            system.estate, Fact(entity, capability), levels, before[numbers[capability]], after[numbers[capability]]
        )
        for entity, numbers in gained.items()
        for capability in strongest(numbers)
    ]
    return sorted(rows, key=lambda row: (Level[row.level.upper()], not row.crown_jewel, row.entity, row.capability))


def _added_row(estate: Estate, fact: Fact, levels: list[Level], before: Flags, after: Flags) -> AddedRow:
    return AddedRow(
        entity=fact.entity,
        kind=estate.entities[fact.entity].kind,
        capability=fact.capability,
        level=levels[int(np.argmax(after))].word,
        before=levels[int(np.argmax(before))].word if before.any() else None,
        crown_jewel=estate.crown_jewel(fact.entity),
    )


def _part(estate: Estate, grant: str, added: list[AddedRow]) -> PartRow:
    reached = sorted({row.entity for row in added})
    return PartRow(grant=grant, entities=len(reached), crown_jewels=tuple(filter(estate.crown_jewel, reached)))


def _broken(system: PreparedEstate, params: Params) -> list[BrokenRow]:
    """Expectations under the proposal: what is not to be reached and would be, and was not before."""
    estate = system.estate
    asked = [
        (expectation, start, scenario)
        for expectation in estate.expectations
        if expectation.not_reached
        for start, scenario in estate.scenarios_of(expectation)
    ]
    relations = _relations(estate, params, params.grant)
    proposal = propose(system, relations, () if params.key else (Credential(id=NEW_KEY),))
    worlds = [World(scenario, proposed=proposed) for _, _, scenario in asked for proposed in (False, True)]
    found: dict[int, tuple[bool, ...]] = {}
    for solved in audited(system, worlds, proposal):
        for column, place in enumerate(solved.places.tolist()):
            facts = _facts(system, asked[place // 2][0])
            found[place] = tuple(solved.holds(facts)[:, column].tolist())
    return [
        BrokenRow(expectation=expectation.name, start=start, entity=fact.entity, capability=fact.capability)
        for place, (expectation, start, _) in enumerate(asked)
        for fact, before, after in zip(expectation.not_reached, found[2 * place], found[2 * place + 1], strict=True)
        if after and not before
    ]


def _facts(system: System, expectation: Expectation) -> Numbers:
    numbers = [system.facts.number(Fact(fact.entity, fact.capability)) for fact in expectation.not_reached]
    return np.array(numbers, np.int64)


def _headline(estate: Estate, data: ReviewData) -> str:
    entities = {row.entity for row in data.added}
    jewels = sorted({row.entity for row in data.added if row.crown_jewel})
    holder = label(estate, data.holder)
    if not entities:
        return f"the grant adds nothing to what a compromise of {holder} could reach under level {data.assume!r}"
    tail = f", and breaks {plural(len(data.broken), 'expectation')}" if data.broken else ""
    named = f", among them {', '.join(label(estate, jewel) for jewel in jewels)}" if jewels else ""
    return (
        f"with the grant a compromise of {holder} could newly reach, or reach further into, "
        f"{plural(len(entities), 'entity', 'entities')} under level {data.assume!r}{named}{tail}"
    )


def _added_table(estate: Estate, rows: list[AddedRow]) -> Table:
    return Table(
        "added",
        "What it adds",
        ("level", "before", "entity", "name", "kind", "crown jewel", "what it means"),
        tuple(
            (r.level, r.before or "", r.entity, label(estate, r.entity), r.kind, r.crown_jewel, WORDS[r.capability])
            for r in rows
        ),
    )


def _parts_table(rows: list[PartRow]) -> Table:
    cells = tuple((r.grant, r.entities, ", ".join(r.crown_jewels)) for r in rows)
    return Table("parts", "Each grant on its own", ("grant", "adds entities", "crown jewels"), cells)


def _broken_table(rows: list[BrokenRow]) -> Table:
    cells = tuple((r.expectation, f"{r.capability}({r.entity})") for r in rows)
    return Table("broken", "Expectations it breaks", ("expectation", "would be reached"), cells)


QUERY = Query(
    "review",
    "A grant before it is granted: new reach, each part, broken rules",
    Params,
    run,
    ReviewData,
    finds=True,
    main="added",
    example="--holder acme --grant orders:customers.read",
)
