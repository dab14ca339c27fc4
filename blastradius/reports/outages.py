"""Third parties by what an outage of each would stop, by itself and for longer than any buffer lasts; no score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blastradius.answer import UNKNOWN, Row, Table
from blastradius.engine import Assumption, PreparedEstate, solve
from blastradius.estate import Estate
from blastradius.model import Frozen, Kind, Party
from blastradius.reports.failures import critical, outage
from blastradius.reports.losses import losses_in
from blastradius.reports.timeline import PainRow, pain_rows
from blastradius.reports.unstated import states_processes
from blastradius.reports.words import hour, label, listed, plural

MOST_SHOWN = 20
"""How many third parties people are shown at first."""


class OutageRow(Frozen):
    """One party that is out, and the processes that feel it (``felt``), those that stop first on top.

    ``stops`` and ``slows`` are ids, ``critical_stops`` counts those of ``stops`` that are crown jewels (all where no
    process is marked as one); null where the estate states no process. ``first_stop_h`` and ``first_used_up_h`` are
    hours from the start of the outage: when the first one stops, and when the first tolerance is used up; null where
    that does not happen or is not stated. ``tolerance_unsaid`` counts those that stop and whose tolerance nobody
    stated.
    """

    party: str
    name: str
    stops: tuple[str, ...] | None
    slows: tuple[str, ...] | None
    critical_stops: int | None
    first_stop_h: float | None
    first_used_up_h: float | None
    tolerance_unsaid: int
    felt: tuple[PainRow, ...]


def outage_rows(system: PreparedEstate, params: Assumption, parties: Sequence[Party]) -> tuple[OutageRow, ...]:
    """Every party out by itself, all solved at once and audited; of those that are felt the proof tells the hours."""
    asked = [outage(params, None, party.id) for party in parties]
    rows = []
    for party, scenario, loss in zip(parties, asked, losses_in(system, asked), strict=True):
        is_felt = loss.stops or loss.slows
        felt = pain_rows(solve(system.estate, scenario, system=system)) if is_felt else ()
        rows.append(_row(system.estate, party, felt))
    return tuple(sorted(rows, key=_by_size))


def _row(estate: Estate, party: Party, felt: tuple[PainRow, ...]) -> OutageRow:
    stops = tuple(row.process for row in felt if row.stops_at_h is not None)
    slows = tuple(row.process for row in felt if row.stops_at_h is None)
    known, counted = states_processes(estate), set(critical(estate))
    return OutageRow(
        party=party.id,
        name=label(estate, party.id),
        stops=stops if known else None,
        slows=slows if known else None,
        critical_stops=len(counted.intersection(stops)) if known else None,
        first_stop_h=min((row.stops_at_h for row in felt if row.stops_at_h is not None), default=None),
        first_used_up_h=min((row.used_up_at_h for row in felt if row.used_up_at_h is not None), default=None),
        tolerance_unsaid=sum(row.stops_at_h is not None and row.tolerance_h is None for row in felt),
        felt=felt,
    )


def _by_size(row: OutageRow) -> tuple[int, int, float, float, int, str]:
    never = float("inf")
    used_up = never if row.first_used_up_h is None else row.first_used_up_h
    stop = never if row.first_stop_h is None else row.first_stop_h
    return -(row.critical_stops or 0), -len(row.stops or ()), used_up, stop, -len(row.slows or ()), row.party


def outages_said(estate: Estate, rows: Sequence[OutageRow]) -> str:
    """The headline of who stops the most."""
    if not rows:
        return "the estate has no third party, as far as is stated"
    if not states_processes(estate):
        return "no process is stated, so what would stop without whom is unknown; state processes and what they need"
    first, tried = rows[0], plural(len(rows), "third party", "third parties")
    if not first.stops:
        return f"no process is known to stop where one of {tried} is out by itself"
    names = listed([label(estate, name) for name in first.stops])
    count = f"{len(first.stops):,} of {plural(len(estate.of_kind(Kind.PROCESS)), 'process', 'processes')}"
    stop = "stops" if len(first.stops) == 1 else "stop"
    return f"of {tried}, an outage of {first.name} weighs most: {count} {stop} ({names}), {_when(first)}"


def _when(row: OutageRow) -> str:
    first = f"the first {_at(row.first_stop_h)}"
    if row.first_used_up_h is None:
        return f"{first}; how long that is tolerated nobody states"
    return f"{first}, and a tolerance is used up {_at(row.first_used_up_h)}"


def _at(at: float | None) -> str:
    return "no" if at is None else hour(at)


def outages_lines(rows: Sequence[OutageRow]) -> Iterator[str]:
    """What an outage is taken to be, and what is not known."""
    yield "each is out by itself, for longer than any buffer lasts; hours from its start; an outage brings no attacker"
    silent = sum(not row.felt for row in rows)
    if silent:
        whom = plural(len(rows), "third party", "third parties")
        yield f"without {silent:,} of {whom} nothing is known to stop or slow; silence is not safety"
    yield "dependence tells it process by process, with who relies on whom"


def outages_table(estate: Estate, rows: Sequence[OutageRow]) -> Table:
    """A row a third party, with the processes by name below."""
    cells = tuple(_cells(estate, row) for row in rows)
    felt = tuple(cell for row, cell in zip(rows, cells, strict=True) if row.felt)
    columns = ("id", "if this is out", "stops", "critical", "slows", "first stops", "used up", "which")
    under, title = ("which",), "What an outage of each third party would stop"
    return Table("outages", title, columns, cells, ("id",), felt[:MOST_SHOWN], under=under, headed=under)


def _cells(estate: Estate, row: OutageRow) -> Row:
    counts = [
        UNKNOWN if count is None else count
        for count in (
            None if row.stops is None else len(row.stops),
            row.critical_stops,
            None if row.slows is None else len(row.slows),
        )
    ]
    used_up = UNKNOWN if row.first_used_up_h is None and row.tolerance_unsaid else _at(row.first_used_up_h)
    which = listed([_felt(estate, it) for it in row.felt], MOST_NAMED)
    return row.party, row.name, *counts, _at(row.first_stop_h), used_up, which


MOST_NAMED = 6


def _felt(estate: Estate, row: PainRow) -> str:
    """A process, when it stops or slows, and when its tolerance is used up, in words."""
    name = f"{'★ ' if row.crown_jewel else ''}{label(estate, row.process)}"
    if row.stops_at_h is None:
        return f"{name} slows {_at(row.slows_at_h)}"
    if row.used_up_at_h is not None:
        return f"{name} stops {_at(row.stops_at_h)}, tolerance used up {_at(row.used_up_at_h)}"
    unsaid = "; how long that is tolerated is not stated" if row.tolerance_h is None else ""
    return f"{name} stops {_at(row.stops_at_h)}{unsaid}"
