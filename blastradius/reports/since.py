"""What changed since an earlier estate, for a board: who came, who reaches what matters and did not, what stops now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from blastradius.engine import Assumption, PreparedEstate, World, plain, system_of
from blastradius.estate import Estate
from blastradius.model import Frozen, Kind, Level
from blastradius.reports.changes import ControlChangeRow, Side, changes
from blastradius.reports.failures import Failure, failures
from blastradius.reports.surface import third_parties
from blastradius.reports.unstated import marks_jewels
from blastradius.reports.ways import Way, jewels, open_in
from blastradius.reports.words import label, plural

MOST_NAMED = 3
Row = TypeVar("Row")


class NamedRow(Frozen):
    """A third party by its id and name."""

    party: str
    name: str


class WayRow(Frozen):
    """A third party (its id and name) and a crown jewel, with the lowest level at which it reaches it.

    ``level`` is null where it does so no more, ``before`` where it did not before. ``in_both`` is whether both estates
    have the two of them.
    """

    party: str
    name: str
    jewel: str
    jewel_name: str
    level: str | None
    before: str | None
    in_both: bool


class PlacedRow(Frozen):
    """A control (its id) gained or lost on something that both estates have, in words."""

    control: str
    says: str


class StopRow(Frozen):
    """A third party and a process that stops where it is out; ``in_both`` is whether both estates have the two."""

    party: str
    name: str
    process: str
    process_name: str
    in_both: bool


class SinceRow(Frozen):
    """What changed from an estate of an earlier ``day`` to this one.

    ``differing`` counts the things, relations, zones and controls that are stated differently. Of ways and stops
    (each third party by itself, without any buffer left) the ``new`` ones are there now and were not, the ``gone`` ones
    the other way round; ``nearer`` are reached from a lower level on than before, ``farther`` from a higher one. A
    thing is a crown jewel where either estate marks it.
    """

    day: str
    same: bool
    differing: int
    new_parties: tuple[NamedRow, ...]
    gone_parties: tuple[NamedRow, ...]
    jewels_marked: bool
    new_ways: tuple[WayRow, ...]
    gone_ways: tuple[WayRow, ...]
    nearer: tuple[WayRow, ...]
    farther: tuple[WayRow, ...]
    controls_gained: tuple[PlacedRow, ...]
    controls_lost: tuple[PlacedRow, ...]
    processes_before: int
    processes_now: int
    new_stops: tuple[StopRow, ...]
    gone_stops: tuple[StopRow, ...]


Levels = Mapping[Way, Level]
Pair = tuple[str, str]


def since(base: Estate, system: PreparedEstate, params: Assumption, failed: Sequence[Failure]) -> SinceRow:
    """What changed from the base to the estate that is asked about, of which ``failed`` says what stops without whom.

    Raises:
        UsageError: the memory does not suffice.
        CertificateError: the audit refuses what the engine claims; a defect of the engine.
    """
    head, earlier = system.estate, system_of(base)
    stated = changes(Side(base), Side(head))
    names = {*jewels(base), *jewels(head)}
    before, now = (_levels(it, params, names) for it in (earlier, system))
    stopped, stops = (set(_stops(found)) for found in (failures(earlier, params, None), failed))
    parties = [{party.id for party in third_parties(estate)} for estate in (base, head)]
    both = base.entities.keys() & head.entities.keys()

    def ways(found: Iterable[Way]) -> tuple[WayRow, ...]:
        return tuple(_way(head if way in now else base, way, now.get(way), before.get(way), both) for way in found)

    common = now.keys() & before.keys()
    return SinceRow(
        day=base.day,
        same=base.digest == head.digest and base.day == head.day,
        differing=len(stated.entities) + len(stated.relations) + len(stated.zones) + len(stated.controls),
        new_parties=_named(head, parties[1] - parties[0]),
        gone_parties=_named(base, parties[0] - parties[1]),
        jewels_marked=marks_jewels(base) or marks_jewels(head),
        new_ways=ways(_by_level(now, now.keys() - before.keys())),
        gone_ways=ways(_by_level(before, before.keys() - now.keys())),
        nearer=ways(_by_level(now, (way for way in common if now[way] < before[way]))),
        farther=ways(_by_level(before, (way for way in common if now[way] > before[way]))),
        controls_gained=_placed(stated.controls, "gained"),
        controls_lost=_placed(stated.controls, "lost"),
        processes_before=_processes(base),
        processes_now=_processes(head),
        new_stops=tuple(_stop(head, pair, both) for pair in sorted(stops - stopped)),
        gone_stops=tuple(_stop(base, pair, both) for pair in sorted(stopped - stops)),
    )


def _levels(system: PreparedEstate, params: Assumption, names: Collection[str]) -> Levels:
    """The lowest level at which each third party reaches each of these things beyond what anyone does there."""
    parties = [party.id for party in third_parties(system.estate)]
    there = sorted(name for name in names if name in system.estate.entities)
    found: dict[Way, Level] = {}
    for level in (level for level in Level if level <= params.level):
        asked = plain(params.asked).model_copy(update={"assume": level})
        (ways,) = open_in(system, asked, [World(asked)], parties, there)
        for way in ways:
            found.setdefault(way, level)
    return found


def _stops(failed: Iterable[Failure]) -> Iterator[Pair]:
    return ((it.party.id, process) for it in failed for process in it.alone.stops)


def _processes(estate: Estate) -> int:
    return len(estate.of_kind(Kind.PROCESS))


def _by_level(levels: Levels, ways: Iterable[Way]) -> list[Way]:
    return sorted(ways, key=lambda way: (levels[way], way))


def _named(estate: Estate, names: Iterable[str]) -> tuple[NamedRow, ...]:
    return tuple(NamedRow(party=name, name=label(estate, name)) for name in sorted(names))


def _way(estate: Estate, way: Way, level: Level | None, before: Level | None, both: Collection[str]) -> WayRow:
    party, jewel = way
    return WayRow(
        party=party,
        name=label(estate, party),
        jewel=jewel,
        jewel_name=label(estate, jewel),
        level=None if level is None else level.word,
        before=None if before is None else before.word,
        in_both=party in both and jewel in both,
    )


def _placed(rows: Iterable[ControlChangeRow], change: str) -> tuple[PlacedRow, ...]:
    found = (row for row in rows if row.change == change)
    return tuple(PlacedRow(control=row.id, says=f"{row.on_name}: {row.says}") for row in found)


def _stop(estate: Estate, pair: Pair, both: Collection[str]) -> StopRow:
    party, process = pair
    return StopRow(
        party=party,
        name=label(estate, party),
        process=process,
        process_name=label(estate, process),
        in_both=party in both and process in both,
    )


UNCOMPARED = (
    "Not compared: no earlier estate was given, so what changed is not known. 'blastradius snapshot' keeps this one "
    "for next time."
)


def since_said(row: SinceRow | None, day: str) -> Iterator[str]:
    """What changed, in sentences; ``day`` is the one of the estate that is asked about."""
    if row is None:
        yield UNCOMPARED
        return
    compared = f"Compared with the estate of {row.day}{' (the same day)' if row.day == day else ''}"
    if row.same:
        yield f"{compared}: nothing changed; both state the same."
        return
    differ = f"{plural(row.differing, 'statement')} differ{'s' if row.differing == 1 else ''}" if row.differing else ""
    yield f"{compared}, {differ or 'nothing is stated differently'}. {_who(row)}"
    yield _reached(row)
    yield f"Controls gained: {_some(row.controls_gained, _says)}. Lost: {_some(row.controls_lost, _says)}."
    yield _stopping(row)


def _who(row: SinceRow) -> str:
    new, gone = (_some(parties, lambda it: it.name) for parties in (row.new_parties, row.gone_parties))
    return f"New third parties: {new}. Gone: {gone}."


def _reached(row: SinceRow) -> str:
    if not row.jewels_marked:
        return "Who could reach what matters most cannot be compared, for no crown jewel is marked."
    said = [
        f"Who could reach a crown jewel now, and could not before: {_some(row.new_ways, _way_said, _NOBODY)}.",
        f"Who could before, and no more: {_some(row.gone_ways, _way_said, _NOBODY)}.",
        *([f"With less effort than before: {_some(row.nearer, _way_said)}."] if row.nearer else []),
        *([f"Only with more effort: {_some(row.farther, _way_said)}."] if row.farther else []),
    ]
    return " ".join(said)


def _stopping(row: SinceRow) -> str:
    if not (row.processes_before and row.processes_now):
        when = "now" if row.processes_before else "in the earlier estate" if row.processes_now else "in either"
        return f"What would stop cannot be compared, for no process is stated {when}."
    new = _some(row.new_stops, lambda it: _stop_said(it, now=True), _NOTHING)
    gone = _some(row.gone_stops, lambda it: _stop_said(it, now=False), _NOTHING)
    return f"What stops now without one of them, and did not before: {new}. What did before, and no more: {gone}."


_NOBODY, _NOTHING = "nobody that is known", "nothing that is known"


def _some(rows: Sequence[Row], said: Callable[[Row], str], none: str = "none") -> str:
    """How many where they are several, and the first few by name."""
    if not rows:
        return none
    named = "; ".join(said(row) for row in rows[:MOST_NAMED])
    if len(rows) > MOST_NAMED:
        return f"{len(rows):,}, among them {named}"
    return f"{len(rows):,} ({named})" if len(rows) > 1 else named


def _says(row: PlacedRow) -> str:
    return row.says


def _way_said(row: WayRow) -> str:
    at = f"{row.before}, now {row.level}" if row.before and row.level else row.level or row.before
    aside = "" if row.in_both else f", {_ONE_SIDED[row.level is not None]}"
    return f"{row.name} to {row.jewel_name}, level {at}{aside}"


def _stop_said(row: StopRow, *, now: bool) -> str:
    aside = "" if row.in_both else f", {_ONE_SIDED[now]}"
    return f"{row.process_name} without {row.name}{aside}"


_ONE_SIDED = {True: "not stated before", False: "not stated any more"}
