"""What keys grant and nobody needs, or nobody was seen to use, by the reach that it alone adds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pydantic import Field

from blastradius.answer import UNKNOWN, Answer, Query, Row, Table
from blastradius.engine import Assumption, PreparedEstate, World, plain, system_of, what_if
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import (
    Frozen,
    Kind,
    Scenario,
    Scope,
)
from blastradius.reports.impact import Measure, is_audited, measured
from blastradius.reports.labels import assumed, footing
from blastradius.reports.needed import Judged, Need, Use, Verdict, judged
from blastradius.reports.rows import ModelRow, PlaceRow, model_row, place_row
from blastradius.reports.unstated import marks_jewels, missing, records_or_unknown, states_processes
from blastradius.reports.words import label, listed, none_of, plural

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
    system = system_of(estate)
    found = judged(system, holder)
    added = _added(system, found, plain(params.asked))
    rows = [_row(estate, *both) for both in zip(found, added, strict=True)]
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


def _added(system: PreparedEstate, found: Sequence[Judged], asked: Scenario) -> list[tuple[Measure, Measure]]:
    """What is reached with and without each grant."""
    worlds = []
    for row in found:
        start = {"compromise": row.holders} if row.holders else {"leak": row.grant.sources}
        scenario = asked.model_copy(update=start)
        worlds += [World(scenario), World(scenario, without=(row.grant.id,))]
    measures = measured(system, worlds) if worlds else []
    return list(zip(measures[::2], measures[1::2], strict=True))


def _row(estate: Estate, found: Judged, added: tuple[Measure, Measure]) -> OvergrantRow:
    grant, holders = found.grant, found.holders
    target = estate.entities[grant.targets[0]]
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
        need=found.need,
        needed_by=found.needed_by,
        use=found.use,
        verdict=found.verdict,
        justification=target.justification if isinstance(target, Scope) else None,
        crown_jewels=tuple(sorted({*whole.crown_jewels} - {*less.crown_jewels})) if marks_jewels(estate) else None,
        records=records_or_unknown(whole.records - less.records, untold),
        uncounted=uncounted,
        processes=whole.processes - less.processes if states_processes(estate) else None,
        entities=whole.entities - less.entities,
        places=tuple(map(place_row, grant.provenance)),
    )


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
    silence = f"; {_silence(unknown, len(rows))}" if unknown else ""
    looked = plural(len(rows), "grant")
    if not excess:
        return f"{none_of(len(rows), 'grant')} is known to be needless{silence}"
    most = excess[0]
    by_far = f", the most by {most.target_name} for {most.key_name}" if most.entities else ""
    needless = f"{len(excess):,} of {looked} {'is' if len(excess) == 1 else 'are'} not needed or not seen used"
    return (
        f"{needless}{by_far}, by what it alone adds under level {assume!r}{silence}" if by_far else needless + silence
    )


def _silence(unknown: int, of: int) -> str:
    if of == 1:
        return "nobody says whether it is needed or used"
    which = f"all {of:,}" if unknown == of else f"{unknown:,}"
    return f"of {which} nobody says whether {'it is' if unknown == 1 else 'they are'} needed or used"


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
    spreads=True,
)
