"""What holds the line: each control by what would be reached if it failed, alone or with another, and what is gone."""

from __future__ import annotations

from collections.abc import Iterator

from blastradius.answer import UNKNOWN, Answer, Cell, Query, Row, Table
from blastradius.engine import SEED_KINDS, ScenarioParams, plain, system_of, what_if
from blastradius.engine.scenario import BACK
from blastradius.estate import Estate
from blastradius.model import Basis
from blastradius.reports.labels import KNOWN, assumed, footing, unsaid
from blastradius.reports.line import (
    Answered,
    ControlsData,
    FallenRow,
    GoneRow,
    HoldingRow,
    OpensRow,
    PairRow,
    PlacedRow,
    Start,
)
from blastradius.reports.rows import starts_said
from blastradius.reports.surface import third_parties
from blastradius.reports.unstated import missing
from blastradius.reports.words import STATUS, label, listed, none_of, place, plural

MOST_SHOWN = 8
"""How many of each people are shown at first."""


class Params(ScenarioParams):
    """For whom: one scenario, or every third party alone where no start is named."""


def run(estate: Estate, params: Params) -> Answer:
    """Solve every start as things are, with each control failed that alone holds something, and with pairs of them.

    Raises:
        UsageError: a name that the estate does not have.
    """
    starts = _starts(estate, params)
    estate = what_if(estate, params.asked)
    answered = Answered(system_of(estate), starts)
    data = answered.data(params)
    ends = {start.scenario.hours for start in starts} - {None}
    data = data.model_copy(update={"headline": _headline(estate, data)})
    return Answer(
        question="controls",
        headline=data.headline,
        data=data,
        tables=_tables(estate, data),
        lines=(*_lines(estate, data), *(BACK.format(f"{hours:g}") for hours in ends)),
        notes=estate.notes,
    )


def _starts(estate: Estate, params: Params) -> list[Start]:
    if params.anyone or any(getattr(params, way) for way in SEED_KINDS):
        scenario = params.scenario(estate)
        return [Start(None, starts_said(estate, scenario), plain(scenario))]
    asked = plain(params.asked).model_copy(update={"hours": params.hours})
    return [
        Start(party.id, label(estate, party.id), asked.model_copy(update={"compromise": (party.id,)}))
        for party in third_parties(estate)
    ]


def _headline(estate: Estate, data: ControlsData) -> str:
    if data.starts == ():
        return "the estate has no third party, so none is held; name where it starts, for instance --leak KEY"
    under = f"under level {data.assume!r}"
    if not data.in_force:
        return f"no control is stated to work, so what holds {_whom(data)} {under} is unknown"
    if not data.holding:
        none = none_of(data.in_force, "control")
        return f"{none} alone holds anything back from {_whom(data)} {under}, as far as is stated"
    assumed_too = sum(row.status == "assumed" for row in data.holding)
    unproved = f", {assumed_too:,} of which nobody has shown to work" if assumed_too else ""
    first = max(data.holding, key=lambda row: len(row.opens.crown_jewels or ()))
    alone = plural(len(data.holding), "control holds", "controls hold")
    most = f"the one whose failure opens most: {first.says} ({_opened(estate, first.opens)})"
    return f"{alone} something back from {_whom(data)} {under}, each by itself{unproved}; {most}"


def _whom(data: ControlsData) -> str:
    if data.starts is None:
        return f"the scenario ({data.scenario})"
    return "third parties" if len(data.starts) > 1 else "the one third party"


def _opened(estate: Estate, opens: OpensRow) -> str:
    """What is in reach then, in words: crown jewels by name."""
    if opens.crown_jewels:
        return listed([label(estate, name) for name in opens.crown_jewels])
    if opens.things:
        return plural(opens.things, "thing")
    return f"more of {plural(opens.more_of, 'thing')}"


def _lines(estate: Estate, data: ControlsData) -> Iterator[str]:
    if data.starts and data.in_force:
        count = plural(len(data.starts), "third party", "third parties")
        whom = f"each of {count}" if len(data.starts) > 1 else count
        yield f"each control is taken to fail by itself, for {whom} alone; then two at once"
    yield assumed(data.assume)
    if data.in_force:
        yield from _counted(data)
    if data.unsaid:
        yield unsaid(data.unsaid, data.in_force)
    if data.silent:
        named = listed([label(estate, name) for name in data.silent])
        of = f"{len(data.silent):,} of {plural(len(data.reached_jewels or ()), 'crown jewel')} in reach as things are"
        yield f"on {of} nothing is said of any control, which is not to say that there is none: {named}"
    untried = sum(row.keeps is None for row in data.gone)
    if untried:
        yield f"{untried:,} of {plural(len(data.gone), 'control')} that are gone were not tried, where fewest come"
    yield from missing(estate)
    yield footing(estate)


def _counted(data: ControlsData) -> Iterator[str]:
    """How many controls hold something, and what was tried of pairs."""
    holding = {row.id for row in data.holding}
    paired = {name for row in data.together for name in row.controls} - holding
    others = data.in_force - len(holding) - len(paired)
    only = f", {len(paired):,} only with another" if paired else ""
    which = f"any of the other {others:,}" if holding or paired else "any of them"
    rest = f"; where {which} fails, nothing more is reached as far as is stated" if others else ""
    yield f"of {plural(data.in_force, 'control')} in force, {len(holding):,} hold something alone{only}{rest}"
    if any(row.tried < row.barred for row in data.holding):
        most = max(row.tried for row in data.holding)
        yield f"each was tried for at most {most:,} of those whose way it bars, who reach most, so it may open more"
    if data.pairs and not data.meet:
        yield f"no step waits for both controls of a pair ({data.pairs:,}), so no two let more through than each alone"
    elif data.pairs:
        ruled_out = data.pairs - data.meet
        left = (
            f"{data.tried:,} of {data.meet:,} pairs that may let more through were tried, those that nobody has shown "
            "to work first"
            if data.tried < data.meet
            else f"{data.meet:,} may let more through and {'was' if data.meet == 1 else 'were'} tried"
        )
        yield f"of {plural(data.pairs, 'pair')}, {left}; in the other {ruled_out:,} no step waits for both"


def _tables(estate: Estate, data: ControlsData) -> tuple[Table, ...]:
    return _holding(estate, data), _pairs(estate, data), _gone(estate, data), _fallen(estate, data)


_COUNTS = ("jewels", "records up to", "processes", "things", "more of")


def _counts(opens: OpensRow) -> Row:
    return (
        UNKNOWN if opens.crown_jewels is None else len(opens.crown_jewels),
        _known(opens.records),
        UNKNOWN if opens.processes is None else len(opens.processes),
        opens.things,
        opens.more_of,
    )


def _known(count: int | None) -> Cell:
    return UNKNOWN if count is None else count


def _who_and_what(estate: Estate, opens: OpensRow, data: ControlsData) -> tuple[str, str]:
    """The crown jewels by name, those that nobody reaches now marked so, and for whom; of a scenario that is clear."""
    jewels = [
        label(estate, name) + (" (nobody reaches it now)" if name in opens.nobody_yet else "")
        for name in opens.crown_jewels or ()
    ]
    names = [label(estate, name) for name in opens.starts if name is not None]
    everyone = len(names) > 1 and len(names) == len(data.starts or ())
    return listed(jewels), f"every one of {len(names):,} third parties" if everyone else listed(names)


def _stands(estate: Estate, row: PlacedRow) -> str:
    """How well a control is known to be there and to work, who answers for it, and who runs it."""
    known = "" if row.known == Basis.DECLARED else f"{KNOWN[row.known]}; "
    status = f"{STATUS[row.status]}{', shown by nobody' if row.status == 'assumed' else ''}"
    whose = f"owner: {place(estate, row.owner)}" if row.owner else "no owner is named"
    return f"{known}{status}; {whose}{_run_by(estate, row)}"


def _run_by(estate: Estate, row: PlacedRow) -> str:
    return "" if row.provided_by is None else f"; run by {label(estate, row.provided_by)}"


def _holding(estate: Estate, data: ControlsData) -> Table:
    def cells(row: HoldingRow) -> Row:
        return row.id, row.says, *_counts(row.opens), *_who_and_what(estate, row.opens, data), _stands(estate, row)

    assumed_ones = [cells(row) for row in data.holding if row.status == "assumed"]
    shown = [cells(row) for row in data.holding if row.status != "assumed"]
    brief = (*assumed_ones[:MOST_SHOWN], *shown[:MOST_SHOWN])
    title = "If one control failed, those that nobody has shown to work first"
    columns = ("id", "control", *_COUNTS, *_UNDER)
    rows = (*assumed_ones, *shown)
    return Table("holding", title, columns, rows, ("id",), brief, under=_UNDER, headed=_UNDER, spare=("more of",))


_UNDER = ("in reach then", "for", "it is")


def _pairs(estate: Estate, data: ControlsData) -> Table:
    def cells(row: PairRow) -> Row:
        jewels, _, *others = _counts(row.opens)
        ids, says = " + ".join(row.controls), " + ".join(row.says)
        return ids, says, jewels, *others, f"{row.assumed} of 2", *_who_and_what(estate, row.opens, data)

    rows, under = tuple(map(cells, data.together)), ("in reach then", "for")
    title = "If two failed at once: what neither alone lets through"
    columns = ("ids", "controls", "jewels", "processes", "things", "more of", "assumed", *under)
    brief = rows[:MOST_SHOWN]
    return Table("together", title, columns, rows, ("ids",), brief, under=under, headed=under, spare=("more of",))


def _gone(estate: Estate, data: ControlsData) -> Table:
    def cells(row: GoneRow) -> Row:
        keeps = row.keeps
        counts = ("not tried",) * len(_COUNTS) if keeps is None else _counts(keeps)
        kept = ("", "") if keeps is None else _who_and_what(estate, keeps, data)
        return row.id, row.says, *counts, *kept, row.why or "", _stands(estate, row)

    rows, under = tuple(map(cells, data.gone)), ("out of reach then", "for", "why", "it is")
    title = "Stated not to be there or not to work, and what it would keep out of reach if it did"
    columns, brief = ("id", "control", *_COUNTS, *under), rows[:MOST_SHOWN]
    return Table("gone", title, columns, rows, ("id",), brief, under=under, headed=under, spare=("more of",))


def _fallen(estate: Estate, data: ControlsData) -> Table:
    def cells(row: FallenRow) -> Row:
        names = listed([fall.name for fall in row.with_starts])
        through = list(dict.fromkeys(through for fall in row.with_starts for through in fall.through))
        return row.id, row.says, names, listed(through, 3), _stands(estate, row)

    rows, under = tuple(map(cells, data.fallen)), ("through", "it is")
    title = "What falls already, for what runs it is reached"
    columns = ("id", "control", "falls with", *under)
    return Table("fallen", title, columns, rows, ("id",), rows[:MOST_SHOWN], under=under, headed=under)


QUERY = Query(
    "controls",
    "What holds the line: which control must not fail, alone or with another",
    Params,
    run,
    ControlsData,
    main="holding",
    example="--assume lateral",
    spreads=True,
)
