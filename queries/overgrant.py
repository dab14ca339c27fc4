"""What keys grant and nobody needs, or nobody was seen to use, by the reach that it alone adds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field

from blastradius.answer import UNKNOWN, Answer, Query, Row, Table
from blastradius.engine import Assumption, PreparedEstate, World, compile_system, plain, what_if
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import (
    Basis,
    Capability,
    ControlKind,
    Credential,
    Entity,
    Fact,
    Frozen,
    Kind,
    Level,
    Relation,
    Scenario,
    Scope,
    Verb,
)
from blastradius.reports.impact import Measure, held_in, is_audited, measured
from blastradius.reports.labels import assumed, footing
from blastradius.reports.rows import ModelRow, PlaceRow, is_ourselves, model_row, place_row
from blastradius.reports.unstated import marks_jewels, missing, records_or_unknown, states_processes
from blastradius.reports.words import label, listed, plural

Need = Literal["needed", "not needed", "unsaid"]
Use = Literal["used", "not seen", "unsaid"]
Verdict = Literal["excess", "unknown", "undeclared use", "kept"]
MOST_SHOWN = 20
"""How many grants people are shown at first."""


class Params(Assumption):
    """Whose grants, and how much to assume of who takes the key."""

    holder: str | None = Field(None, description="only what this party or service holds")


class OvergrantRow(Frozen):
    """What one key grants (or several together), who holds it, whether it is needed and used, and what it alone adds.

    ``need`` is by what is stated of the scope, and by the declared calls that the keys serve: ``needed_by`` are those
    that could no longer be made without this grant. ``use`` is by what is stated, and by what was observed of the key.
    ``verdict``: ``excess`` is not needed, or not seen used and not known to be needed; of ``unknown`` nobody says
    either; ``undeclared use`` is used though no declared call needs it. ``crown_jewels``, ``records`` and so on are
    what a compromise of all holders (without any: a leak of the key) reaches by this grant alone; null where the
    estate marks or states none.
    """

    grant: str
    keys: tuple[str, ...]
    key_name: str
    target: str
    target_name: str
    kind: Kind
    holders: tuple[str, ...]
    holder_name: str
    need: Need
    needed_by: tuple[str, ...]
    use: Use
    verdict: Verdict
    justification: str | None
    crown_jewels: tuple[str, ...] | None
    records: int | None
    uncounted: int
    processes: int | None
    entities: int
    places: tuple[PlaceRow, ...]


class OvergrantData(Frozen):
    """The answer to ``overgrant``; ``grants`` counts all that were looked at, ``rows`` has each."""

    question: str
    headline: str
    assume: str
    distrusted: tuple[str, ...]
    grants: int
    excess: int
    unknown: int
    rows: tuple[OvergrantRow, ...]
    checked: bool
    model: ModelRow


def run(estate: Estate, params: Params) -> Answer:
    """Look at every grant of a key that anyone but ourselves holds, and rank those too many by what each alone adds.

    Raises:
        UsageError: the holder is not in the estate, or is no party or service.
    """
    holder = None if params.holder is None else _holder(estate, params.holder)
    estate = what_if(estate, params.asked)
    system, evidence = compile_system(estate), Evidence.of(estate)
    grants = [grant for grant in estate.by_verb[Verb.GRANTS] if _concerns(evidence, grant, holder)]
    needed = _needed(system, evidence, grants)
    added = _added(system, evidence, grants, plain(params.asked))
    rows = [_row(estate, evidence, grant, needed.get(grant.id), added[grant.id]) for grant in grants]
    rows.sort(key=_by_reach)
    data = OvergrantData(
        question="overgrant",
        headline=_headline(rows, params.assume),
        assume=params.assume,
        distrusted=params.distrust,
        grants=len(rows),
        excess=sum(row.verdict == "excess" for row in rows),
        unknown=sum(row.verdict == "unknown" for row in rows),
        rows=tuple(rows),
        checked=is_audited(estate),
        model=model_row(estate),
    )
    return Answer(
        question="overgrant",
        headline=data.headline,
        data=data,
        tables=tuple(_tables(rows)),
        lines=(*_lines(rows), assumed(params.assume), *missing(estate), footing(estate)),
        notes=estate.notes,
    )


def _holder(estate: Estate, name: str) -> str:
    try:
        return estate.resolve(name, (Kind.PARTY, Kind.SERVICE))
    except UsageError as error:
        raise UsageError(f"holder: {error}") from None


@dataclass
class Evidence:
    """Who holds keys, what calls they serve, what scopes permit, and what was seen of each key."""

    holders: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    permitted: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    seen: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    calls: list[tuple[Relation, tuple[str, ...]]] = field(default_factory=list)
    ours: frozenset[str] = frozenset()

    @classmethod
    def of(cls, estate: Estate) -> Evidence:
        """What an estate says; a call that names no key may be made with any that the caller or its owner holds."""
        found = cls(ours=frozenset(party.id for party in estate.of_kind(Kind.PARTY) if is_ourselves(party)))
        for relation in estate.by_verb[Verb.HOLDS]:
            found.holders[relation.targets[0]].append(relation.sources[0])
        for relation in estate.by_verb[Verb.PERMITS]:
            for scope in relation.sources:
                found.permitted[scope].add(relation.targets[0])
        held, owners = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
        for key, holders in found.holders.items():
            for name in holders:
                held[name].append(key)
        for relation in estate.by_verb[Verb.OWNS]:
            owners[relation.targets[0]].append(relation.sources[0])
        for call in estate.by_verb[Verb.CALLS]:
            caller = call.sources[0]
            keys = call.keys or tuple(key for name in (caller, *owners[caller]) for key in held[name])
            found.calls.append((call, tuple(dict.fromkeys(keys))))
        found._watch(estate)
        return found

    def _watch(self, estate: Estate) -> None:
        """What was observed to be used, by key: a scope, an operation, a service."""
        for relation in estate.by_verb[Verb.GRANTS]:
            if Basis.OBSERVED in relation.bases:
                for key in relation.sources:
                    self.seen[key].add(relation.targets[0])
        for call, keys in self.calls:
            if Basis.OBSERVED in call.bases:
                for key in keys:
                    self.seen[key].add(call.targets[0])

    def of_grant(self, grant: Relation) -> tuple[str, ...]:
        """Who holds a key of a grant, but for ourselves."""
        names = [name for key in grant.sources for name in self.holders.get(key, ())]
        return tuple(name for name in dict.fromkeys(names) if name not in self.ours)

    def is_seen(self, grant: Relation) -> bool:
        """Whether a grant was seen used: its target, or what that permits, with each of its keys."""
        means = {grant.targets[0], *self.permitted.get(grant.targets[0], ())}
        return all(not means.isdisjoint(self.seen.get(key, ())) for key in grant.sources)

    def is_watched(self, grant: Relation) -> bool:
        """Whether anything was seen of each of its keys."""
        return all(self.seen.get(key) for key in grant.sources)


def _concerns(evidence: Evidence, grant: Relation, holder: str | None) -> bool:
    """Whether anyone but ourselves holds a key of it, or nobody is said to; with a holder, whether that one does."""
    someone = evidence.of_grant(grant)
    if holder is not None:
        return any(holder in evidence.holders.get(key, ()) for key in grant.sources)
    return bool(someone) or not any(evidence.holders.get(key) for key in grant.sources)


def _needed(system: PreparedEstate, evidence: Evidence, grants: Sequence[Relation]) -> dict[str, list[str]]:
    """For each grant with a key that serves declared calls, those that could not be made without it as granted.

    A call that cannot be made with what is granted now says nothing of what is needed.
    """
    by_key: dict[str, list[Relation]] = defaultdict(list)
    for grant in grants:
        for key in grant.sources:
            by_key[key].append(grant)
    asked: list[tuple[Relation, str | None]] = []
    worlds: list[World] = []
    for call, keys in evidence.calls:
        some = {grant.id: grant for key in keys for grant in by_key.get(key, ())}
        scenario = Scenario(use=keys, assume=Level.GRANTED, distrust=(ControlKind.APPROVAL,))
        for without in (None, *some) if some else ():
            asked.append((call, without))
            worlds.append(World(scenario, without=() if without is None else (without,)))
    called = [Fact(name, Capability.USE) for name in sorted({call.targets[0] for call, _ in asked})]
    held = held_in(system, worlds, called) if worlds else []
    found: dict[str, list[str]] = {}
    served = False
    for (call, without), facts in zip(asked, held, strict=True):
        holds = Fact(call.targets[0], Capability.USE) in facts
        if without is None:
            served = holds
        elif served:
            found.setdefault(without, []).extend([] if holds else [call.id])
    return found


def _added(
    system: PreparedEstate, evidence: Evidence, grants: Sequence[Relation], asked: Scenario
) -> dict[str, tuple[Measure, Measure]]:
    """What is reached with and without each grant."""
    worlds = []
    for grant in grants:
        holders = evidence.of_grant(grant)
        start = {"compromise": holders} if holders else {"leak": grant.sources}
        scenario = asked.model_copy(update=start)
        worlds += [World(scenario), World(scenario, without=(grant.id,))]
    measures = measured(system, worlds) if worlds else []
    return {grant.id: (measures[2 * place], measures[2 * place + 1]) for place, grant in enumerate(grants)}


def _row(
    estate: Estate, evidence: Evidence, grant: Relation, needed_by: Sequence[str] | None, added: tuple[Measure, Measure]
) -> OvergrantRow:
    target = estate.entities[grant.targets[0]]
    holders = evidence.of_grant(grant)
    need, use = _need(target, needed_by), _use(estate, evidence, grant)
    whole, less = added
    uncounted = max(0, whole.uncounted - less.uncounted)
    untold = uncounted + less.uncounted  # of a store that is read in part without it more may be read with it
    return OvergrantRow(
        grant=grant.id,
        keys=grant.sources,
        key_name=" with ".join(label(estate, key) for key in grant.sources),
        target=target.id,
        target_name=label(estate, target.id),
        kind=target.kind,
        holders=holders,
        holder_name=listed([label(estate, name) for name in holders], 3) or "nobody that is named",
        need=need,
        needed_by=tuple(needed_by or ()),
        use=use,
        verdict=_verdict(need, use),
        justification=target.justification if isinstance(target, Scope) else None,
        crown_jewels=tuple(sorted({*whole.crown_jewels} - {*less.crown_jewels})) if marks_jewels(estate) else None,
        records=records_or_unknown(whole.records - less.records, untold),
        uncounted=uncounted,
        processes=whole.processes - less.processes if states_processes(estate) else None,
        entities=whole.entities - less.entities,
        places=tuple(map(place_row, grant.provenance)),
    )


def _need(target: Entity, needed_by: Sequence[str] | None) -> Need:
    """Whether a grant is needed, by the calls that it serves, and else by what its scope says."""
    stated = target.needed if isinstance(target, Scope) else None
    if needed_by or stated:
        return "needed"
    return "unsaid" if needed_by is None and stated is None else "not needed"


def _use(estate: Estate, evidence: Evidence, grant: Relation) -> Use:
    """Whether a grant is used: what was seen counts before what is stated."""
    target, keys = estate.entities[grant.targets[0]], [estate.entities[key] for key in grant.sources]
    stated = target.used if isinstance(target, Scope) else None
    if evidence.is_seen(grant) or stated:
        return "used"
    is_dormant = any(isinstance(key, Credential) and key.dormant for key in keys)
    return "not seen" if stated is False or is_dormant or evidence.is_watched(grant) else "unsaid"


def _verdict(need: Need, use: Use) -> Verdict:
    if need == "needed":
        return "kept"
    if use == "used":
        return "undeclared use" if need == "not needed" else "kept"
    return "unknown" if need == use == "unsaid" else "excess"


_ORDER = ("excess", "undeclared use", "unknown", "kept")


def _by_reach(row: OvergrantRow) -> tuple[int, int, int, int, int, int, str]:
    numbers = (len(row.crown_jewels or ()), row.records or 0, row.uncounted, row.processes or 0, row.entities)
    jewels, records, uncounted, processes, entities = numbers
    return _ORDER.index(row.verdict), -jewels, -records, -uncounted, -processes, -entities, row.grant


def _headline(rows: Sequence[OvergrantRow], assume: str) -> str:
    if not rows:
        return "no key that is not ours grants anything, as far as is stated"
    excess = [row for row in rows if row.verdict == "excess"]
    unknown = sum(row.verdict == "unknown" for row in rows)
    silence = f"; of {unknown:,} nobody says whether they are needed or used" if unknown else ""
    looked = plural(len(rows), "grant")
    if not excess:
        return f"none of {looked} is known to be needless{silence}"
    most = excess[0]
    by_far = f", the most by {most.target_name} for {most.key_name}" if most.entities else ""
    needless = f"{len(excess):,} of {looked} {'is' if len(excess) == 1 else 'are'} not needed or not seen used"
    return (
        f"{needless}{by_far}, by what it alone adds under level {assume!r}{silence}" if by_far else needless + silence
    )


def _lines(rows: Sequence[OvergrantRow]) -> Iterator[str]:
    if any(row.verdict == "excess" for row in rows):
        yield "every declared call can be made without any one of these; of two that serve one call, not without both"
    undeclared = sum(row.verdict == "undeclared use" for row in rows)
    if undeclared:
        yield f"used, though no declared call needs it: {plural(undeclared, 'grant')}; find out what for before cutting"
    unused = sum(row.verdict == "kept" and row.use == "not seen" for row in rows)
    if unused:
        yield f"needed by what is declared, and not seen used: {plural(unused, 'grant')}; is it still declared rightly?"
    if any(row.use == "not seen" for row in rows):
        yield "not seen used: over which time was watched is not stated, and what is used once a year may be among it"


def _tables(rows: Sequence[OvergrantRow]) -> Iterator[Table]:
    excess = [row for row in rows if row.verdict in ("excess", "undeclared use")]
    yield _table("overgrants", "Granted, and not needed or not seen used", excess)
    unknown = [row for row in rows if row.verdict == "unknown"]
    if unknown:
        yield _table("unknown", "Granted, and nobody says whether it is needed or used", unknown)


_NEED = {"needed": "needed", "not needed": "no", "unsaid": UNKNOWN}
_USE = {"used": "seen", "not seen": "not seen", "unsaid": UNKNOWN}


def _table(name: str, title: str, rows: Iterable[OvergrantRow]) -> Table:
    cells = tuple(map(_cells, rows))
    columns = (
        "grant",
        "needed",
        "used",
        "jewels",
        "records up to",
        "stores besides",
        "processes",
        "things",
        "held",
        "id",
    )
    brief = cells[:MOST_SHOWN]
    return Table(name, title, columns, cells, ids=("id",), brief=brief, under=("held",), spare=("stores besides",))


def _cells(row: OvergrantRow) -> Row:
    at = f" ({row.places[0].text})" if row.places else ""
    return (
        row.target_name,
        _NEED[row.need],
        _USE[row.use],
        UNKNOWN if row.crown_jewels is None else len(row.crown_jewels),
        UNKNOWN if row.records is None else row.records,
        row.uncounted,
        UNKNOWN if row.processes is None else row.processes,
        row.entities,
        f"by {row.key_name}, held by {row.holder_name}{at}",
        row.grant,
    )


QUERY = Query(
    "overgrant",
    "What keys grant that nobody needs, or nobody was seen to use",
    Params,
    run,
    OvergrantData,
    main="overgrants",
    example="--assume takeover",
)
