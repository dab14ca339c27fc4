"""When an outage is felt: for each process when it slows, when it stops, and when its tolerance is used up."""

from __future__ import annotations

from blastradius.answer import UNKNOWN, Row, Table
from blastradius.engine import ProofStep, Reach
from blastradius.estate import Estate
from blastradius.model import Capability, ControlKind, Fact, Frozen, Kind, Process
from blastradius.reports.words import hour, label


class PainRow(Frozen):
    """When a process feels an outage, in hours from its start; null for what does not happen.

    ``tolerance_h`` is as stated, null where nobody stated it; ``used_up_at_h`` is null too where the outage is over
    before. ``back_at_h`` is when a fallback that comes too late brings it back.
    """

    process: str
    name: str
    slows_at_h: float | None
    stops_at_h: float | None
    tolerance_h: float | None
    used_up_at_h: float | None
    back_at_h: float | None
    crown_jewel: bool


def pain_rows(reach: Reach) -> tuple[PainRow, ...]:
    """The processes that slow or stop, those that stop first on top."""
    arrivals = earliest(reach)
    slowed = [fact.entity for fact in arrivals if fact.capability == Capability.DEGRADE]
    processes = [reach.estate.entities[name] for name in slowed if reach.estate.kind_of(name) == Kind.PROCESS]
    rows = [_row(reach, process, arrivals) for process in processes if isinstance(process, Process)]
    never = float("inf")
    return tuple(
        sorted(
            rows,
            key=lambda row: (
                never if row.stops_at_h is None else row.stops_at_h,
                never if row.slows_at_h is None else row.slows_at_h,
                row.process,
            ),
        )
    )


def earliest(reach: Reach) -> dict[Fact, float]:
    """The hour in which each fact arrives, under the level assumed."""
    found: dict[Fact, float] = {}
    for step in reach.certificate.steps:
        found[step.fact] = min(step.at, found.get(step.fact, step.at))
    return found


def _row(reach: Reach, process: Process, arrivals: dict[Fact, float]) -> PainRow:
    slows, stops = (arrivals.get(Fact(process.id, felt)) for felt in (Capability.DEGRADE, Capability.DENY))
    back = None if stops is None else _back_at(reach, Fact(process.id, Capability.DENY), stops)
    return PainRow(
        process=process.id,
        name=label(reach.estate, process.id),
        slows_at_h=slows,
        stops_at_h=stops,
        tolerance_h=process.tolerance_h,
        used_up_at_h=_used_up(reach, process.tolerance_h, stops, back),
        back_at_h=back,
        crown_jewel=process.crown_jewel,
    )


def _used_up(reach: Reach, tolerance_h: float | None, stops: float | None, back: float | None) -> float | None:
    if tolerance_h is None or stops is None:
        return None
    at = stops + tolerance_h
    end = min([hour for hour in (reach.scenario.hours, back) if hour is not None], default=float("inf"))
    return at if at < end else None


def _back_at(reach: Reach, fact: Fact, stops: float) -> float | None:
    """When the first fallback takes over that comes too late to keep a thing from stopping."""
    step = _last_step(reach, fact, stops)
    if step is None or step.rule != "R11":
        return None
    estate, buffer_h = reach.estate, max((estate_buffer(reach.estate, name) for name in step.relations), default=0.0)
    late = [
        placed.control.starts_after_h
        for host in (*step.relations, fact.entity)
        for placed in estate.controls_on(host)
        if placed.control.kind == ControlKind.FALLBACK
        and placed.control.status not in ("failed", "absent")
        and not {placed.id, placed.control.kind} & set(reach.scenario.distrust)
        and placed.control.starts_after_h is not None
        and placed.control.starts_after_h > buffer_h
    ]
    return stops - buffer_h + min(late) if late else None


def _last_step(reach: Reach, fact: Fact, at: float) -> ProofStep | None:
    return next((step for step in reach.certificate.steps if step.fact == fact and step.at == at), None)


def estate_buffer(estate: Estate, relation: str) -> float:
    """The hours that a relation's buffer lasts, 0 where none is stated."""
    return estate.relations[relation].buffer_h or 0.0


def timeline(rows: tuple[PainRow, ...]) -> Table:
    """When each process feels it."""
    return Table(
        "timeline",
        "When it is felt, in hours from the start",
        ("", "id", "process", "slows", "stops", "tolerates", "tolerance used up", "back"),
        tuple(map(pain_cells, rows)),
        ids=("id", *(["back"] if all(row.back_at_h is None for row in rows) else [])),
    )


def pain_cells(row: PainRow) -> Row:
    """A mark for crown jewels, id, name, when it slows and stops, what it tolerates and until when, when it is back."""
    return (
        "★" if row.crown_jewel else "",
        row.process,
        row.name,
        _at(row.slows_at_h),
        _at(row.stops_at_h),
        UNKNOWN if row.tolerance_h is None else f"{row.tolerance_h:g} h",
        _used_up_said(row),
        "" if row.back_at_h is None else hour(row.back_at_h),
    )


def _used_up_said(row: PainRow) -> str:
    if row.stops_at_h is None:
        return ""
    if row.tolerance_h is None:
        return UNKNOWN
    return "not in this outage" if row.used_up_at_h is None else hour(row.used_up_at_h)


def _at(at: float | None) -> str:
    return "no" if at is None else hour(at)
