"""How third parties are governed, held against how far each could reach and what stops without it; no score."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from blastradius.answer import UNKNOWN, Answer, Query, Row, Scatter, Table
from blastradius.engine import Assumption, system_of, what_if
from blastradius.estate import Estate
from blastradius.model import Frozen, Party
from blastradius.reports.failures import critical, failures
from blastradius.reports.impact import is_audited
from blastradius.reports.labels import assumed, footing
from blastradius.reports.measures import MEASURES, MeasureRow, Measures, by_state
from blastradius.reports.reaches import MARKS, ReachRow, marks, reaches
from blastradius.reports.rows import ModelRow, model_row
from blastradius.reports.surface import Surfaces, third_parties
from blastradius.reports.unstated import marks_jewels, missing, states_processes
from blastradius.reports.words import label, plural

MOST_SHOWN = 20
"""How many third parties people are shown at first."""


class Params(Assumption):
    """Up to which level reach is told, and how much of what is stated to believe."""

    assume: Literal["granted", "abused", "takeover", "lateral"] = Field(
        "lateral", description="up to which level to tell the reach, each level by itself"
    )


class GovernanceRow(Frozen):
    """One third party with whom we deal: what hangs on it, and what keeps it in bounds.

    ``crown_jewels`` (ids) it could reach at some level beyond what anyone could; null where the estate marks none.
    ``stops`` are the processes (ids) that stop where it is out for longer than any buffer, ``critical_stops`` those of
    them that matter most; null where the estate states none. ``kept``, ``lacking`` and ``unknown`` count its measures.
    ``out_of_proportion`` says that something that matters most hangs on it and not all that is asked of it is kept.
    """

    party: str
    name: str
    reach: tuple[ReachRow, ...]
    crown_jewels: tuple[str, ...] | None
    stops: tuple[str, ...] | None
    critical_stops: int | None
    measures: tuple[MeasureRow, ...]
    kept: int
    lacking: int
    unknown: int
    out_of_proportion: bool


class GovernanceData(Frozen):
    """The answer to ``governance``; ``parties`` counts its rows, ``weighty`` those on which what matters most hangs.

    ``out_of_proportion`` counts those of them of which something is lacking or not known.
    """

    question: str
    headline: str
    assume: str
    distrusted: tuple[str, ...]
    rows: tuple[GovernanceRow, ...]
    parties: int
    weighty: int
    out_of_proportion: int
    checked: bool
    model: ModelRow


def run(estate: Estate, params: Params) -> Answer:
    """Two raw axes, what hangs on each and what keeps it in bounds, those out of proportion first."""
    estate = what_if(estate, params.asked)
    rows = sorted(_rows(estate, params), key=_by_weight)
    weighty = [row for row in rows if _is_weighty(row)]
    data = GovernanceData(
        question="governance",
        headline=_headline(estate, rows, weighty),
        assume=params.assume,
        distrusted=params.distrust,
        rows=tuple(rows),
        parties=len(rows),
        weighty=len(weighty),
        out_of_proportion=sum(row.out_of_proportion for row in rows),
        checked=is_audited(estate),
        model=model_row(estate),
    )
    return Answer(
        question="governance",
        headline=data.headline,
        data=data,
        tables=(_table(rows), _plot(rows), _measures(rows)),
        scatter=_scatter(rows) if marks_jewels(estate) and rows else None,
        lines=(*([MARKS] if rows else []), assumed(params.assume), *missing(estate), footing(estate)),
        notes=estate.notes,
    )


def _rows(estate: Estate, params: Params) -> Iterator[GovernanceRow]:
    system, found = system_of(estate), Surfaces(estate)
    everyone = third_parties(estate)
    surfaces = [found.of(party.id) for party in everyone]
    measures, counted = Measures(system), set(critical(estate))
    failed = {failure.party.id: failure.alone.stops for failure in failures(system, params, None)}
    for party, surface, reach in zip(everyone, surfaces, reaches(estate, surfaces, params), strict=True):
        if party.role != "upstream":
            stops = tuple(sorted(failed[party.id]))
            yield _row(estate, party, reach, stops, counted.intersection(stops), measures.of(party, surface, stops))


def _row(
    estate: Estate,
    party: Party,
    reach: tuple[ReachRow, ...],
    stops: tuple[str, ...],
    critical_stops: set[str],
    measures: tuple[MeasureRow, ...],
) -> GovernanceRow:
    jewels = tuple(sorted({jewel for level in reach for jewel in level.crown_jewels or ()}))
    states, has_processes = by_state(measures), states_processes(estate)
    amiss = len(states["lacking"]) + len(states["unknown"])
    return GovernanceRow(
        party=party.id,
        name=label(estate, party.id),
        reach=reach,
        crown_jewels=jewels if marks_jewels(estate) else None,
        stops=stops if has_processes else None,
        critical_stops=len(critical_stops) if has_processes else None,
        measures=measures,
        kept=len(states["kept"]),
        lacking=len(states["lacking"]),
        unknown=len(states["unknown"]),
        out_of_proportion=bool((jewels or critical_stops) and amiss),
    )


def _is_weighty(row: GovernanceRow) -> bool:
    return bool(row.crown_jewels or row.critical_stops)


def _by_weight(row: GovernanceRow) -> tuple[int, int, int, int, str]:
    return -len(row.crown_jewels or ()), -(row.critical_stops or 0), -row.lacking, -row.unknown, row.party


def _headline(estate: Estate, rows: Sequence[GovernanceRow], weighty: Sequence[GovernanceRow]) -> str:
    if not rows:
        return "the estate has no third party with whom we deal, as far as is stated"
    dealt = plural(len(rows), "third party", "third parties")
    if not (marks_jewels(estate) or states_processes(estate)):
        return f"{dealt}; what hangs on them is unknown, for neither a crown jewel nor a process is stated"
    if not weighty:
        return f"{dealt}; none is known to reach a crown jewel or to stop what matters most"
    amiss = sum(row.out_of_proportion for row in weighty)
    if len(weighty) == 1:
        what = "something" if amiss else "nothing"
        hangs = f"a crown jewel or a process that matters most hangs on {weighty[0].name}"
        return f"{dealt}; {hangs}; {what} that should keep it in bounds is lacking or not known"
    which = f"all {amiss:,} of" if amiss == len(weighty) > 1 else f"{amiss:,} of"
    hangs = f"a crown jewel or a process that matters most hangs on {len(weighty):,}"
    return f"{dealt}; {hangs}; of {which} these something that should keep them in bounds is lacking or not known"


def _table(rows: Sequence[GovernanceRow]) -> Table:
    cells = tuple(map(_cells, rows))
    brief = tuple(cell for row, cell in zip(rows, cells, strict=True) if row.out_of_proportion)[:MOST_SHOWN]
    under = ("what is lacking", "not known")
    columns = ("id", "third party", "reach", "jewels", "stops", "kept", "lacking", "unknown", *under)
    title = "Out of proportion: what hangs on them, and what keeps them in bounds"
    return Table("proportion", title, columns, cells, ids=("id",), brief=brief, under=under, headed=under)


def _cells(row: GovernanceRow) -> Row:
    states = by_state(row.measures)
    return (
        row.party,
        row.name,
        marks(row.reach),
        UNKNOWN if row.crown_jewels is None else len(row.crown_jewels),
        UNKNOWN if row.stops is None else len(row.stops),
        row.kept,
        row.lacking,
        row.unknown,
        "; ".join(it.says for it in states["lacking"]),
        "; ".join(it.says for it in states["unknown"]),
    )


def _scatter(rows: Sequence[GovernanceRow]) -> Scatter:
    """The same as a picture, for pages."""
    return Scatter(
        title="What hangs on each third party, and how much of what keeps it in bounds is not kept or not known",
        across="crown jewels that it could reach",
        up="measures that are lacking or not known",
        points=tuple((row.name, len(row.crown_jewels or ()), row.lacking + row.unknown) for row in rows),
    )


def _plot(rows: Sequence[GovernanceRow]) -> Table:
    """A scatter plot in text: each third party stands where its two counts meet."""
    here: dict[tuple[int, int | None], list[str]] = defaultdict(list)
    for row in rows:
        jewels = None if row.crown_jewels is None else len(row.crown_jewels)
        here[row.lacking + row.unknown, jewels].append(row.name)
    across = sorted({jewels for _, jewels in here}, key=lambda jewels: jewels or 0)
    down = sorted({amiss for amiss, _ in here}, reverse=True)
    cells: tuple[Row, ...] = tuple(
        (amiss, *(", ".join(here.get((amiss, jewels), ())) for jewels in across)) for amiss in down
    )
    columns = ("amiss", *("jewels unknown" if jewels is None else plural(jewels, "jewel") for jewels in across))
    title = "Down: how much is lacking or unknown; across: how many crown jewels each could reach"
    return Table("plot", title, columns, cells)


def _measures(rows: Sequence[GovernanceRow]) -> Table:
    cells = tuple((row.party, row.name, MEASURES[it.id], it.state, it.says) for row in rows for it in row.measures)
    columns = ("id", "third party", "measure", "state", "what is stated")
    return Table("measures", "Every measure of every third party", columns, cells, ids=("id",), brief=())


QUERY = Query(
    "governance",
    "How third parties are governed, held against what hangs on each",
    Params,
    run,
    GovernanceData,
    main="proportion",
    example="--assume takeover",
)
