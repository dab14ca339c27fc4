"""A page a third party, for who asks further than the board's page: ties, reach, governance, what would cut it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blastradius.answer import UNKNOWN, Page, Row, Section, Table
from blastradius.engine import Assumption, PreparedEstate
from blastradius.estate import Estate
from blastradius.model import Frozen, Level, Party
from blastradius.reports.failures import Failure
from blastradius.reports.gaps import GapRow
from blastradius.reports.measures import MEASURES, MeasureRow, Measures
from blastradius.reports.register import ApiRow, RegisterRow, register
from blastradius.reports.surface import Surface
from blastradius.reports.unstated import marks_jewels, states_processes
from blastradius.reports.ways import CutRow, cost_said, ways_of
from blastradius.reports.words import label, listed, plural

MOST_PAGES = 60
"""Of how many third parties there is a page."""
MOST_CUTS = 5
MOST_NAMED = 8


class GrantRow(Frozen):
    """A grant (the relation's id) of a party's keys, and whether it is needed and used, as far as is known."""

    grant: str
    target: str
    verdict: str


class PartyRow(Frozen):
    """What the page of one third party says.

    ``stops`` are the processes (ids) that stop where it is out for longer than any buffer. ``level`` is the lowest one
    at which it reaches a crown jewel, null where it does at none; ``cuts`` are the changes that close most of its ways
    there, of ``tried``; ``left`` others take longer and were not. ``gaps`` are the ids of what is lacking or does not
    fit, of it or of what is its own.
    """

    ties: RegisterRow
    grants: tuple[GrantRow, ...]
    measures: tuple[MeasureRow, ...]
    stops: tuple[str, ...]
    level: str | None
    cuts: tuple[CutRow, ...]
    tried: int
    left: int
    gaps: tuple[str, ...]


def appendix(
    system: PreparedEstate,
    params: Assumption,
    surfaces: Sequence[Surface],
    failed: Sequence[Failure],
    lacking: Sequence[GapRow],
) -> tuple[PartyRow, ...]:
    """A row for each third party, those first that reach the most crown jewels at the lowest level."""
    measures, by_party = Measures(system), {surface.party: surface for surface in surfaces}
    stops = {failure.party.id: tuple(sorted(failure.alone.stops)) for failure in failed}
    rows = register(system.estate, surfaces, params)[:MOST_PAGES]
    return tuple(_row(system, params, row, by_party[row.party], stops[row.party], measures, lacking) for row in rows)


def _row(
    system: PreparedEstate,
    params: Assumption,
    row: RegisterRow,
    surface: Surface,
    stops: tuple[str, ...],
    measures: Measures,
    lacking: Sequence[GapRow],
) -> PartyRow:
    party = system.estate.entities[row.party]
    if not isinstance(party, Party):
        raise TypeError(f"{row.party!r} is no party")
    first = next((level for level in row.reach if level.crown_jewels), None)
    own = {row.party, *surface.own, *surface.keys, *surface.scopes, *surface.can_call, *surface.called, *surface.feeds}
    cuts = None
    if first is not None:
        at = Level[first.level.upper()]
        cuts = ways_of(system, params, at, {row.party: first.crown_jewels or ()}).cuts(MOST_CUTS)
    return PartyRow(
        ties=row,
        grants=tuple(
            GrantRow(grant=it.grant.id, target=label(system.estate, it.grant.targets[0]), verdict=it.verdict)
            for it in measures.granted(surface)
        ),
        measures=measures.of(party, surface, stops),
        stops=stops,
        level=None if first is None else first.level,
        cuts=() if cuts is None else cuts.rows,
        tried=0 if cuts is None else cuts.tried,
        left=0 if cuts is None else cuts.left,
        gaps=tuple(gap.id for gap in lacking if own.intersection(gap.things)),
    )


def appendix_pages(
    estate: Estate, rows: Sequence[PartyRow], lacking: Sequence[GapRow], day: str, left: int
) -> tuple[Page, ...]:
    """The pages, in the order of the rows; a last one says how many third parties are ``left`` without one."""
    says = {gap.id: gap.says for gap in lacking}
    told = tuple(_page(estate, row, says, day) for row in rows)
    if not left:
        return told
    more = f"{plural(left, 'more third party has', 'more third parties have')} no page; those that reach most have one."
    return (*told, Page("The others", f"as of {day}", (Section("Left out", (more,)),)))


def _page(estate: Estate, row: PartyRow, says: dict[str, str], day: str) -> Page:
    sections = (
        Section("What ties it to us", (), _ties(estate, row)),
        Section("How far it could reach", tuple(_reached(estate)), _levels(estate, row)),
        Section("What stops without it", (_stops(estate, row),)),
        Section("What keeps it in bounds", (), _measures(row)),
        Section("What would cut it", (_cut_said(row),), _cuts(estate, row)),
        Section("What is not known, or does not fit", (_gaps(row, says),)),
    )
    role = "stands behind others" if row.ties.role == "upstream" else "third party"
    return Page(row.ties.name, f"{role}, as of {day}", sections, long=True)


def _ties(estate: Estate, row: PartyRow) -> Table:
    it = row.ties

    def names(of: Sequence[str]) -> str:
        return listed([label(estate, name) for name in of], MOST_NAMED)

    keys = [f"{key.name} ({_end(key.expires) if key.works else 'works no more'})" for key in it.keys]
    stated = (
        ("owner here", it.owner or UNKNOWN),
        ("it can call", "; ".join(filter(None, [_apis(estate, it.calls), names(it.services)]))),
        ("we call of its own", _apis(estate, it.called)),
        ("keys", listed(keys, MOST_NAMED)),
        ("scopes", names(it.scopes)),
        ("granted, and not needed or not seen used", _needless(row.grants)),
        ("it sends us", names(it.feeds)),
        ("it runs", names(it.runs)),
        ("data it can read as granted", listed(it.data, MOST_NAMED)),
        ("relies on", names(it.behind)),
    )
    rows = tuple((what, said or "none that is stated") for what, said in stated)
    return Table("ties", "What ties it to us", ("what", "as stated"), rows)


def _needless(grants: Sequence[GrantRow]) -> str:
    """What is granted and not needed; where nobody says so of some of it, that."""
    names = [grant.target for grant in grants if grant.verdict == "excess"]
    unknown = sum(grant.verdict == "unknown" for grant in grants)
    silence = [f"unknown of {unknown:,} of {len(grants):,}"] if unknown else []
    said = listed(names, MOST_NAMED) if names else "none that is known" if grants else ""
    return "; ".join(filter(None, [said, *silence]))


def _end(day: str | None) -> str:
    return f"ends {day}" if day else "no end stated"


def _apis(estate: Estate, apis: Sequence[ApiRow]) -> str:
    """The functions of each API."""
    said = ((api.api, [label(estate, name) for name in api.operations]) for api in apis)
    return "; ".join(f"{f'{api}: ' if api else ''}{listed(names, MOST_NAMED)}" for api, names in said)


def _reached(estate: Estate) -> Iterator[str]:
    if not marks_jewels(estate):
        yield "What of that matters most is unknown, for no crown jewel is marked."
    yield "What anyone on the internet could reach, and what it brings along itself, is not counted."


def _levels(estate: Estate, row: PartyRow) -> Table:
    def names(of: Sequence[str]) -> str:
        return listed([label(estate, name) for name in of], 4)

    cells: tuple[Row, ...] = tuple(
        (
            level.level,
            UNKNOWN if level.crown_jewels is None else names(level.crown_jewels) or "none that is known",
            level.things,
            names(level.stores),
        )
        for level in row.ties.reach
    )
    return Table("levels", "How far it could reach", ("level", "crown jewels", "things", "stores it could read"), cells)


def _stops(estate: Estate, row: PartyRow) -> str:
    if row.stops:
        return f"Out for longer than any buffer it stops {listed([label(estate, it) for it in row.stops], MOST_NAMED)}."
    if not states_processes(estate):
        return "Unknown, for no process is stated."
    return "No process is known to stop without it. Silence is not safety."


def _measures(row: PartyRow) -> Table:
    cells = tuple((MEASURES[it.id], it.state, it.says) for it in row.measures)
    return Table("measures", "What keeps it in bounds", ("measure", "state", "what is stated"), cells)


def _cut_said(row: PartyRow) -> str:
    if row.level is None:
        return "No way of it to a crown jewel is known, so there is nothing to cut."
    if not row.tried:
        left = f" ({plural(row.left, 'change')} that would take longer not tried)" if row.left else ""
        return f"Nothing that can be done from one day to the next is known that would cut it{left}."
    left = f" ({plural(row.left, 'other', 'others')} that take longer were not)" if row.left else ""
    tried = f"{plural(row.tried, 'change')} tried one at a time{left}"
    if not row.cuts:
        return f"None of {tried} closes by itself a way to a crown jewel at level {row.level!r}."
    return f"Of {tried}, these close most of its ways to crown jewels at level {row.level!r}:"


def _cuts(estate: Estate, row: PartyRow) -> Table:
    cells = tuple((cut.change, cut.says, len(cut.ways), cost_said(estate, cut)) for cut in row.cuts)
    return Table("cuts", "What would cut it", ("id", "what to do", "ways closed", "what it costs"), cells, ids=("id",))


def _gaps(row: PartyRow, says: dict[str, str]) -> str:
    if not row.gaps:
        return "Nothing of what is asked of each third party is known to be lacking."
    return f"Of it, or of what is its own: {'; '.join(says[name] for name in row.gaps)}."
