"""What a brief for a board says, as data: every number of its page stands here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from blastradius.columns.tables import BASES
from blastradius.engine import Assumption, PreparedEstate, solve
from blastradius.estate import Estate
from blastradius.estate.footing import is_unsaid, status_of
from blastradius.model import Basis, Frozen, Kind, Level, Party
from blastradius.reports.appendix import MOST_PAGES, PartyRow, appendix
from blastradius.reports.failures import Failure, critical, failures, outage
from blastradius.reports.gaps import GapRow, gaps
from blastradius.reports.governance import CONTRACT_END, LAST_REVIEW
from blastradius.reports.impact import is_audited
from blastradius.reports.reaches import ReachRow, reaches
from blastradius.reports.rows import ModelRow, model_row
from blastradius.reports.since import SinceRow, since
from blastradius.reports.surface import Surface, is_live, surfaces_of, third_parties
from blastradius.reports.timeline import PainRow, pain_rows
from blastradius.reports.unstated import marks_jewels
from blastradius.reports.ways import CutRow, RestRow, Ways, jewels, ways_of
from blastradius.reports.words import label

MOST_CUTS = 3
MOST_STOPS = 5


class ReachingRow(Frozen):
    """One third party (its id and name) and what it reaches, level by level."""

    party: str
    name: str
    reach: tuple[ReachRow, ...]


class StopRow(Frozen):
    """One third party without which processes stop, and when; ``critical`` counts those that matter most."""

    party: str
    name: str
    critical: int
    felt: tuple[PainRow, ...]


class BehindRow(Frozen):
    """One third party on which others (ids) rely."""

    party: str
    name: str
    stands_behind: tuple[str, ...]


class ReasonRow(Frozen):
    """Why governance is out of proportion: those (ids) that reach a crown jewel and of which this is so."""

    id: str
    says: str
    parties: tuple[str, ...]
    names: tuple[str, ...]


class BriefData(Frozen):
    """The answer to ``brief``; counts stand beside the rows that they count.

    ``third`` parties are dealt with, ``fourth`` stand behind them. ``exposed`` functions can be called by third
    parties, ``consumed`` ones of theirs we call. Of all third and fourth parties so many reach a crown jewel
    (``reaching_jewels``), only something else, or nothing that is known. ``jewels`` is how many crown jewels there are,
    null where none is marked. ``level`` is the lowest one at which a crown jewel is reached, null where none is; the
    ``ways`` from third parties to crown jewels, ``cuts`` and ``rests_on`` are counted there. ``governed`` are those of
    ``third`` that reach a crown jewel. ``changes_left`` could be made and were not tried, as they are not ours to make
    from one day to the next or there are too many; the changes are those along the ways of ``starts_looked_at`` third
    parties, which leaves out those of ``starts_left`` others.

    ``known`` counts the ``relations`` by how well they are known, ``documented`` those documented or seen.
    ``stopping`` counts the third parties without which something stops. ``since`` is what changed since an earlier
    estate, null where none was given. ``appendix`` is null where it was not asked for;
    ``appendix_left`` third parties have no page in it.
    """

    question: str
    headline: str
    as_of: str
    assume: str
    distrusted: tuple[str, ...]
    third: int
    fourth: int
    exposed: int
    consumed: int
    gaps: tuple[GapRow, ...]
    reaching: tuple[ReachingRow, ...]
    reaching_jewels: int
    reaching_else: int
    reaching_nothing: int
    jewels: int | None
    level: str | None
    drawn: str | None
    ways: int
    cuts: tuple[CutRow, ...]
    changes_tried: int
    changes_left: int
    starts_looked_at: int
    starts_left: int
    rests_on: tuple[RestRow, ...]
    controls: int
    controls_assumed: int
    controls_unsaid: int
    processes: int
    critical: tuple[str, ...]
    stops: tuple[StopRow, ...]
    stopping: int
    behind: tuple[BehindRow, ...]
    governed: int
    out_of_proportion: tuple[ReasonRow, ...]
    relations: int
    documented: int
    known: dict[Basis, int]
    since: SinceRow | None
    appendix: tuple[PartyRow, ...] | None
    appendix_left: int
    checked: bool
    model: ModelRow


def brief_data(system: PreparedEstate, params: Assumption, base: Estate | None, *, more: bool) -> BriefData:
    """Everything that the page says, but for its headline.

    ``base`` is an earlier estate to compare with; with ``more`` also what a page a third party says.
    """
    estate = system.estate
    parties, surfaces = third_parties(estate), surfaces_of(estate)
    rows = _reaching(estate, parties, reaches(estate, surfaces, params))
    place, ways = _ways(system, params, rows)
    cuts, lacking = ways.cuts(MOST_CUTS), gaps(estate, surfaces)
    failed = failures(system, params, None)
    stopping = [failure for failure in failed if failure.alone.stops]
    reaching_jewels = [row for row in rows if any(level.crown_jewels for level in row.reach)]
    fourth = sum(party.role == "upstream" for party in parties)
    some = [row for row in rows if any(level.things or level.crown_jewels for level in row.reach)]
    risky = [surface for surface in surfaces if surface.party in {row.party for row in reaching_jewels}]
    return BriefData(
        question="brief",
        headline="",
        as_of=estate.day,
        assume=params.assume,
        distrusted=params.distrust,
        third=len(parties) - fourth,
        fourth=fourth,
        exposed=len({name for surface in surfaces for name in surface.can_call}),
        consumed=len({name for surface in surfaces for name in surface.called}),
        gaps=lacking,
        reaching=tuple(some),
        reaching_jewels=len(reaching_jewels),
        reaching_else=len(some) - len(reaching_jewels),
        reaching_nothing=len(parties) - len(some),
        jewels=len(jewels(estate)) if marks_jewels(estate) else None,
        level=None if place is None else rows[0].reach[place].level,
        drawn=rows[0].party if place is not None else None,
        ways=len(ways.open),
        cuts=cuts.rows,
        changes_tried=cuts.tried,
        changes_left=cuts.left,
        starts_looked_at=cuts.starts,
        starts_left=cuts.starts_left,
        rests_on=ways.rests(),
        processes=len(estate.of_kind(Kind.PROCESS)),
        critical=critical(estate),
        stops=_stops(system, params, stopping),
        stopping=len(stopping),
        behind=_behind(estate, failed),
        governed=sum(_party(estate, it.party).role != "upstream" for it in risky),
        out_of_proportion=_reasons(estate, risky),
        **_how_sure(estate),
        since=None if base is None else since(base, system, params, failed),
        appendix=appendix(system, params, surfaces, failed, lacking) if more else None,
        appendix_left=max(0, len(parties) - MOST_PAGES) if more else 0,
        checked=is_audited(estate),
        model=model_row(estate),
    )


def _how_sure(estate: Estate) -> dict[str, Any]:
    """How well relations are known, and how many controls are only assumed to work."""
    known = np.bincount(estate.columns.relations.basis, minlength=len(BASES)).tolist()
    statuses = [status_of(placed.control) for placed in estate.controls.values()]
    return {
        "relations": sum(known),
        "documented": sum(known[: BASES.index(Basis.INFERRED)]),
        "known": dict(zip(BASES, known, strict=True)),
        "controls": len(statuses),
        "controls_assumed": statuses.count("assumed"),
        "controls_unsaid": sum(is_unsaid(placed.control) for placed in estate.controls.values()),
    }


def _reaching(estate: Estate, parties: Sequence[Party], reached: Sequence[tuple[ReachRow, ...]]) -> list[ReachingRow]:
    """Those first that reach the most crown jewels at the lowest level."""
    rows = [
        ReachingRow(party=party.id, name=label(estate, party.id), reach=reach)
        for party, reach in zip(parties, reached, strict=True)
    ]
    return sorted(
        rows,
        key=lambda row: (*(-len(level.crown_jewels or ()) for level in row.reach), -row.reach[-1].things, row.party),
    )


def _ways(system: PreparedEstate, params: Assumption, rows: Sequence[ReachingRow]) -> tuple[int | None, Ways]:
    """The place of the lowest level at which a crown jewel is reached, and the ways there; at the highest if none."""
    levels = [level for level in Level if level <= params.level]
    places = (place for place in range(len(levels)) if any(row.reach[place].crown_jewels for row in rows))
    place = next(places, None)
    at = len(levels) - 1 if place is None else place
    open_ = {row.party: row.reach[at].crown_jewels or () for row in rows}
    return place, ways_of(system, params, levels[at], open_)


def _stops(system: PreparedEstate, params: Assumption, stopping: Sequence[Failure]) -> tuple[StopRow, ...]:
    """The third parties without which the most stops of what matters most, with the hours."""
    counted = set(critical(system.estate))
    order = sorted(
        stopping,
        key=lambda it: (-len(counted.intersection(it.alone.stops)), -len(it.alone.stops), it.party.id),
    )
    rows = []
    for failure in order[:MOST_STOPS]:
        reach = solve(system.estate, outage(params, None, failure.party.id), system=system)
        rows.append(
            StopRow(
                party=failure.party.id,
                name=label(system.estate, failure.party.id),
                critical=len(counted.intersection(failure.alone.stops)),
                felt=tuple(row for row in pain_rows(reach) if row.stops_at_h is not None),
            )
        )
    return tuple(rows)


def _behind(estate: Estate, failed: Iterable[Failure]) -> tuple[BehindRow, ...]:
    rows = [
        BehindRow(
            party=it.party.id,
            name=label(estate, it.party.id),
            stands_behind=tuple(name for name in it.rely if _party(estate, name).role != "upstream"),
        )
        for it in failed
    ]
    return tuple(
        sorted((row for row in rows if row.stands_behind), key=lambda row: (-len(row.stands_behind), row.party))
    )


def _party(estate: Estate, name: str) -> Party:
    party = estate.entities[name]
    if not isinstance(party, Party):
        raise TypeError(f"{name!r} is no party")
    return party


def _reasons(estate: Estate, risky: Sequence[Surface]) -> tuple[ReasonRow, ...]:
    """What is amiss with those who reach a crown jewel and with whom we deal."""
    found: dict[str, list[str]] = {name: [] for name in REASONS}
    for surface in risky:
        if _party(estate, surface.party).role != "upstream":
            for name in _amiss(estate, surface):
                found[name].append(surface.party)
    return tuple(
        ReasonRow(id=name, says=REASONS[name], parties=tuple(ids), names=tuple(label(estate, it) for it in ids))
        for name, ids in found.items()
        if ids
    )


REASONS = {
    "ended": "the relationship is over, and a key of it works still",
    "owner": "nobody here answers for it",
    "last_review": "no review is on record",
    "contract_end": "no end of the contract is on record",
}
"""What makes governance out of proportion to reach, the gravest first."""


def _amiss(estate: Estate, surface: Surface) -> Iterator[str]:
    party = _party(estate, surface.party)
    is_over = party.contract_end is not None and party.contract_end < estate.day
    if is_over and any(is_live(estate, key) for key in surface.keys):
        yield "ended"
    if party.owner is None:
        yield "owner"
    if LAST_REVIEW not in party.governance:
        yield "last_review"
    if party.contract_end is None and CONTRACT_END not in party.governance:
        yield "contract_end"
