"""A grant before it is granted: what new reach it adds at each level, what it breaks, which smaller one would do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Literal

import numpy as np
from pydantic import Field, ValidationError

from blastradius.answer import Answer, Query, Row, Table
from blastradius.columns.ragged import Numbers
from blastradius.engine import Assumption, PreparedEstate, System, World, compile_system, plain, propose, what_if
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Capability, ExpectedFact, Fact, Frozen, Kind, Level, Party
from blastradius.reports.grants import KEY, Added, Asked, Means, Serving, added_by, serving
from blastradius.reports.impact import audited, is_audited
from blastradius.reports.labels import assumed, footing
from blastradius.reports.policy import is_excused
from blastradius.reports.rows import ModelRow, contour, model_row
from blastradius.reports.silence import SilenceRow, silent, told
from blastradius.reports.unstated import MARK, marks_jewels
from blastradius.reports.words import WORDS, label, plural, said

FailOn = Literal["jewel", "new", "granted", "abused", "takeover", "lateral", "never"]


class Params(Assumption):
    """Who would hold a key, and what it would grant."""

    holder: str | None = Field(None, description="the party or service that is to hold the key")
    new_partner: str | None = Field(None, description="a partner that is not in the estate yet, to hold the key")
    grant: tuple[str, ...] = Field((), description="a scope or operation to be granted; may be repeated")
    needs: tuple[str, ...] = Field((), description="an operation that has to be called: proposes the smallest grants")
    key: str | None = Field(None, description="a credential that the holder has already [default: a new one]")
    assume: Literal["granted", "abused", "takeover", "lateral"] = Field(
        "lateral", description="how much of the attacker to assume, cumulative"
    )
    fail_on: FailOn = Field(
        "jewel",
        description="exit with 1 where a crown jewel, anything, or anything at a level or below is newly reached; "
        "and where an expectation breaks, unless never",
    )


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


class ReviewData(Frozen):
    """The answer to ``review``; ``entities`` counts those that something is added to, scopes not counted."""

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
    unsaid: tuple[SilenceRow, ...]
    fail_on: FailOn
    fails: bool
    because: tuple[str, ...]
    checked: bool
    model: ModelRow


def run(estate: Estate, params: Params) -> Answer:
    """Compare what a compromise of the holder reaches before and after; findings by what ``fail_on`` asks for.

    Raises:
        UsageError: the holder, the key, a grant or a need is not in the estate, or not of the right kind.
    """
    estate = _with_partner(estate, params)
    params = _resolved(estate, params)
    estate = what_if(estate, params.asked)
    asked = Asked(str(params.holder), params.key, plain(params.asked))
    system = compile_system(estate)
    rows = _rows(estate, added_by(system, asked, params.grant) if params.grant else {})
    smaller = [
        _smaller(estate, params, found, rows)
        for found in (serving(estate, asked, params.needs) if params.needs else ())
    ]
    broken = _broken(system, asked, params.grant) if params.grant else []
    because = _because(estate, params, rows, broken, smaller)
    data = ReviewData(
        question="review",
        headline="",
        holder=asked.holder,
        is_new=params.new_partner is not None,
        key=asked.key or KEY,
        grants=params.grant,
        needs=params.needs,
        assume=params.assume,
        distrusted=params.distrust,
        entities=len(_counted(rows)),
        crown_jewels=_jewels(rows),
        added=tuple(rows),
        parts=tuple(_part(grant, _rows(estate, added_by(system, asked, (grant,)))) for grant in params.grant),
        broken=tuple(broken),
        smaller=tuple(sorted(smaller, key=_by_size)),
        unsaid=silent(estate, {row.entity for row in rows}),
        fail_on=params.fail_on,
        fails=bool(because),
        because=tuple(because),
        checked=is_audited(estate),
        model=model_row(estate),
    )
    data = data.model_copy(update={"headline": _headline(estate, data)})
    return Answer(
        question="review",
        headline=data.headline,
        data=data,
        tables=tuple(_tables(estate, data)),
        lines=tuple(_lines(estate, data)),
        notes=estate.notes,
        findings=data.fails,
    )


def _with_partner(estate: Estate, params: Params) -> Estate:
    """The estate with the new partner in it."""
    name = params.new_partner
    if (name is None) == (params.holder is None):
        raise UsageError(
            "a review is of one holder; name it with --holder, or with --new-partner if it is not here yet"
        )
    if name is None:
        return estate
    if _is_there(estate, name):
        raise UsageError(f"new partner: {name!r} is in the estate already; name it with --holder")
    try:
        return estate.changed(entities=(Party(id=name),))
    except ValidationError:
        raise UsageError("new partner: an id has 1 to 500 characters") from None


def _is_there(estate: Estate, name: str) -> bool:
    return any(name in (entity.id, entity.label) for entity in estate.entities.values())


def _holder(estate: Estate, name: str) -> str:
    try:
        return _named(estate, "holder", name, (Kind.PARTY, Kind.SERVICE))
    except UsageError as error:
        if _is_there(estate, name):
            raise
        raise UsageError(f"{error}; name a partner who is not here yet with --new-partner") from None


def _resolved(estate: Estate, params: Params) -> Params:
    """The same question by ids."""
    if not params.grant and not params.needs:
        raise UsageError(
            "a review is of something to be granted; name it with --grant, or what has to be called with --needs"
        )
    if params.key is None and KEY in estate.entities:
        raise UsageError(f"the estate has an entity {KEY!r}; name the key with --key")
    holder = params.new_partner or _holder(estate, str(params.holder))
    found = {
        "holder": holder,
        "grant": tuple(_named(estate, "grant", grant, (Kind.SCOPE, Kind.OPERATION)) for grant in params.grant),
        "needs": tuple(dict.fromkeys(_named(estate, "needs", need, (Kind.OPERATION,)) for need in params.needs)),
        "key": params.key and _named(estate, "key", params.key, (Kind.CREDENTIAL,)),
    }
    return params.model_copy(update=found)


def _named(estate: Estate, word: str, name: str, kinds: tuple[Kind, ...]) -> str:
    try:
        return estate.resolve(name, kinds)
    except UsageError as error:
        raise UsageError(f"{word}: {error}") from None


def _rows(estate: Estate, added: Added) -> list[AddedRow]:
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


def _counted(rows: Iterable[AddedRow], needs: Collection[str] = ()) -> set[str]:
    """The entities that count: a scope is but the means by which something is granted, and what is needed its end."""
    return {row.entity for row in rows if row.kind != Kind.SCOPE and row.entity not in needs}


def _jewels(rows: Iterable[AddedRow]) -> tuple[str, ...]:
    return tuple(sorted({row.entity for row in rows if row.crown_jewel}))


def _part(grant: str, added: Sequence[AddedRow]) -> PartRow:
    return PartRow(grant=grant, entities=len(_counted(added)), crown_jewels=_jewels(added))


def _smaller(estate: Estate, params: Params, found: Serving, asked: Sequence[AddedRow]) -> SmallerRow:
    rows = _rows(estate, found.added)
    here = _counted(rows, params.needs)
    more = _counted(asked, params.needs) - here
    return SmallerRow(
        means=tuple(MeansRow(kind=means.kind, name=means.name) for means in found.means),
        entities=len(here),
        crown_jewels=_jewels(rows),
        saves=len(more) if params.grant else None,
        saves_crown_jewels=tuple(jewel for jewel in _jewels(asked) if jewel in more),
        added=tuple(rows),
    )


def _by_size(row: SmallerRow) -> tuple[int, int, int, list[str]]:
    made = sum(len(Means(means.kind, means.name).changes) for means in row.means)
    return len(row.crown_jewels), row.entities, made, [means.name for means in row.means]


def _broken(system: PreparedEstate, holder: Asked, grants: Collection[str]) -> list[BrokenRow]:
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


def _because(
    estate: Estate, params: Params, rows: Sequence[AddedRow], broken: Sequence[BrokenRow], smaller: Sequence[SmallerRow]
) -> list[str]:
    """Why it is refused, in words; nothing where it is not."""
    if params.fail_on == "never":
        return []
    found, jewels = [], _jewels(rows)
    if params.fail_on == "jewel":
        if jewels:
            jewel = "a crown jewel" if len(jewels) == 1 else f"{len(jewels):,} crown jewels"
            found.append(f"{jewel} could newly be reached, or reached further into: {_listed(estate, jewels)}")
    else:
        level = Level.LATERAL if params.fail_on == "new" else Level[params.fail_on.upper()]
        early = _counted(row for row in rows if Level[row.level.upper()] <= level)
        if early:
            things = plural(len(early), "thing")
            found.append(f"{things} could newly be reached, or reached further into, under level {level.word!r}")
    rules = list(dict.fromkeys(row.expectation for row in broken))
    if rules:
        found.append(f"{plural(len(rules), 'expectation')} of the estate would break")
    if params.needs and not smaller:
        found.append("no grant to this key serves what is needed")
    return found


def _listed(estate: Estate, names: Sequence[str], most: int = 3) -> str:
    """Names in words, some of many."""
    shown = [label(estate, name) for name in names[:most]]
    if len(names) > most:
        shown.append(f"{len(names) - most:,} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _headline(estate: Estate, data: ReviewData) -> str:
    holder = label(estate, data.holder)
    if not data.grants:
        return _headline_of_needs(estate, data)
    granted = _listed(estate, data.grants)
    if not data.entities:
        start = f"granting {granted} to {holder} adds nothing known to what a compromise of {holder} could reach"
        return f"{start} under level {data.assume!r}"
    jewels = f", {_listed(estate, data.crown_jewels)} among them" if data.crown_jewels else ""
    return (
        f"granting {granted} to {holder} would let a compromise of {holder} reach, or reach further into, "
        f"{plural(data.entities, 'thing')} under level {data.assume!r}{jewels}"
    )


def _headline_of_needs(estate: Estate, data: ReviewData) -> str:
    needs, holder = _listed(estate, data.needs), label(estate, data.holder)
    if not data.smaller:
        return f"no grant to this key lets {holder} call {needs}"
    least = data.smaller[0]
    if not least.means:
        return f"{holder} can call {needs} already; nothing has to be granted"
    jewels = f", {_listed(estate, least.crown_jewels)} among them" if least.crown_jewels else ""
    return (
        f"the smallest grant that lets {holder} call {needs} is {_means(estate, least)}; it adds "
        f"{plural(least.entities, 'thing')} to what a compromise could reach under level {data.assume!r}{jewels}"
    )


def _lines(estate: Estate, data: ReviewData) -> Iterable[str]:
    if data.fail_on == "never":
        yield "nothing is refused (--fail-on never)"
    elif data.fails:
        yield f"refused (--fail-on {data.fail_on}): {'; '.join(data.because)}"
    else:
        yield f"not refused (--fail-on {data.fail_on})"
    if data.fail_on == "jewel" and not marks_jewels(estate):
        yield f"no crown jewel is marked, so none can be newly reached; {MARK}, or ask with --fail-on new"
    if not estate.expectations:
        yield "the estate expects nothing (no `expect:`), so no expectation can break"
    unsaid = told(data.unsaid)
    if unsaid:
        yield unsaid
    yield assumed(data.assume)
    yield footing(estate)


def _tables(estate: Estate, data: ReviewData) -> Iterable[Table]:
    if data.broken:
        yield _broken_table(estate, data.broken)
    if data.grants:
        yield _added_table(data.added)
    if len(data.grants) > 1:
        yield _parts_table(estate, data.parts)
    if data.needs and data.smaller != () and data.smaller[0].means:
        yield _smaller_table(estate, data)


def _added_table(rows: Sequence[AddedRow]) -> Table:
    columns = ("level", "before", "what", "kind", "what it means", "crown jewel", "entity")
    cells = [(r.level, r.before or "", r.name, r.kind, WORDS[r.capability], r.crown_jewel, r.entity) for r in rows]
    numbered = reversed(list(enumerate(rows)))
    firsts = {(row.entity, row.level): place for place, row in numbered if row.kind != Kind.SCOPE}
    brief = tuple(cells[place] for place in sorted(firsts.values()))
    hidden = ("entity",) if any(row.before for row in rows) else ("entity", "before")
    return Table("added", "What it adds", columns, tuple(cells), ids=hidden, brief=brief)


def _parts_table(estate: Estate, rows: Iterable[PartRow]) -> Table:
    cells = tuple((label(estate, r.grant), r.entities, _names(estate, r.crown_jewels), r.grant) for r in rows)
    columns = ("grant", "adds", "crown jewels", "id")
    return Table("parts", "Each grant on its own", columns, cells, ids=("id",))


def _broken_table(estate: Estate, rows: Iterable[BrokenRow]) -> Table:
    cells = tuple(
        (
            said(estate, Fact(r.entity, r.capability)),
            f"{r.expectation}: {label(estate, r.start)}" if r.start else r.expectation,
            f"{r.capability}({r.entity})",
        )
        for r in rows
    )
    columns = ("would be so", "expectation", "fact")
    return Table("broken", "Expectations it breaks", columns, cells, ids=("fact",), under=("expectation",))


def _smaller_table(estate: Estate, data: ReviewData) -> Table:
    cells: tuple[Row, ...] = tuple(
        (
            _means(estate, r),
            r.entities,
            _names(estate, r.crown_jewels),
            "" if r.saves is None else r.saves,
            _names(estate, r.saves_crown_jewels),
            _strongest_of(estate, r, data.needs),
            _made(r),
            " + ".join(means.name for means in r.means),
        )
        for r in data.smaller
    )
    columns = ("grant", "adds", "crown jewels", "saves", "jewels saved", "what it adds", "has to be made", "id")
    optional = (("crown jewels", 2), ("saves", 3), ("jewels saved", 4), ("has to be made", 6))
    hidden = ("id", *(column for column, place in optional if not any(row[place] not in ("", None) for row in cells)))
    title = f"The smallest grants that let {label(estate, data.holder)} call {_listed(estate, data.needs)}"
    return Table("smaller", title, columns, cells, ids=hidden, under=("what it adds", "has to be made"))


def _strongest_of(estate: Estate, row: SmallerRow, needs: Collection[str]) -> str:
    """The first things that a grant adds something to, each with the strongest that could be had of it."""
    counted = _counted(row.added, needs)
    by_entity: dict[str, AddedRow] = {}
    for added in row.added:  # by level: what comes later, and is no part of what came before, is stronger
        if added.entity in counted:
            by_entity[added.entity] = added
    shown = [f"{said(estate, Fact(a.entity, a.capability))} ({a.level})" for a in list(by_entity.values())[:3]]
    more = [f"{len(by_entity) - 3:,} more"] if len(by_entity) > 3 else []
    return "; ".join([*shown, *more]) or "nothing else"


def _made(row: SmallerRow) -> str:
    """What there has to be before it can be granted."""
    kinds = {means.kind for means in row.means}
    if "own rows" in kinds:
        return "to be made: a scope for it alone, and a check of whose rows are asked for"
    return "to be made: a scope for it alone" if "operation" in kinds else ""


def _names(estate: Estate, names: Iterable[str]) -> str:
    return ", ".join(label(estate, name) for name in names)


def _means(estate: Estate, row: SmallerRow) -> str:
    """What to grant, in words."""
    words = {"scope": "the scope {}", "operation": "{} alone", "own rows": "{}, own rows only"}
    return " and ".join(words[means.kind].format(label(estate, means.name)) for means in row.means)


QUERY = Query(
    "review",
    "A grant before it is granted: new reach, broken rules, smaller grants",
    Params,
    run,
    ReviewData,
    finds=True,
    main="added",
    example="--new-partner newco --grant orders:customers.read --needs orders:getCustomer",
)
