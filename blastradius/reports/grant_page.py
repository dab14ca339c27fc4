"""What a grant would add, break and could be made smaller to, in words and tables; and why it is refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from blastradius.answer import Row, Table
from blastradius.estate import Estate
from blastradius.model import Fact, Kind, Level
from blastradius.reports.diff_data import ANYONE
from blastradius.reports.grant_data import (
    AddedRow,
    BrokenRow,
    FailOn,
    GrantData,
    HoldRow,
    PartRow,
    ProposedRow,
    SmallerRow,
    Start,
    WayRow,
    counted,
    jewels_of,
)
from blastradius.reports.labels import assumed, footing
from blastradius.reports.policy import STATED
from blastradius.reports.silence import told
from blastradius.reports.unstated import MARK, marks_jewels
from blastradius.reports.words import WORDS, label, plural, said

MOST_PROPOSED = 12
MOST_HOLDS = 5
"""How many controls people are shown at first, and of what is proposed how much."""


def refusals(
    estate: Estate,
    fail_on: FailOn,
    rows: Sequence[AddedRow],
    broken: Sequence[BrokenRow],
    *,
    is_unserved: bool,
) -> list[str]:
    """Why it is refused, in words; nothing where it is not. ``is_unserved``: what is needed could not be called."""
    if fail_on == "never":
        return []
    found, jewels = [], jewels_of(rows)
    if fail_on == "jewel":
        if jewels:
            jewel = "a crown jewel" if len(jewels) == 1 else f"{len(jewels):,} crown jewels"
            found.append(f"{jewel} could newly be reached, or reached further into: {_listed(estate, jewels)}")
    else:
        level = Level.LATERAL if fail_on == "new" else Level[fail_on.upper()]
        early = counted(row for row in rows if Level[row.level.upper()] <= level)
        if early:
            things = plural(len(early), "thing")
            found.append(f"{things} could newly be reached, or reached further into, under level {level.word!r}")
    rules = list(dict.fromkeys(row.expectation for row in broken))
    if rules:
        found.append(f"{plural(len(rules), 'expectation')} of the estate would break")
    if is_unserved:
        found.append("no grant to this key serves what is needed")
    return found


def _listed(estate: Estate, names: Sequence[str], most: int = 3) -> str:
    """Names in words, some of many."""
    shown = [label(estate, name) for name in names[:most]]
    if len(names) > most:
        shown.append(f"{len(names) - most:,} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def headline(estate: Estate, data: GrantData) -> str:
    """The answer in one sentence."""
    if data.holder is None or {row.kind for row in data.proposed} - _ONE_KEY:
        return _headline_of_all(estate, data)
    holder = label(estate, data.holder)
    if not data.grants:
        return _headline_of_needs(estate, data, holder)
    granted = _listed(estate, data.grants)
    if not data.entities:
        start = f"granting {granted} to {holder} adds nothing known to what a compromise of {holder} could reach"
        return f"{start} under level {data.assume!r}"
    jewels = f", {_listed(estate, data.crown_jewels)} among them" if data.crown_jewels else ""
    return (
        f"granting {granted} to {holder} would let a compromise of {holder} reach, or reach further into, "
        f"{plural(data.entities, 'thing')} under level {data.assume!r}{jewels}"
    )


_ONE_KEY = {"party", "credential", "holds", "grants"}
"""What is proposed where one holder is granted something by one key."""


def _headline_of_all(estate: Estate, data: GrantData) -> str:
    """The answer about what is more than a grant to one key."""
    under = f"under level {data.assume!r}"
    if not data.entities:
        return f"what is proposed adds nothing known to what third parties could reach {under}"
    jewels = f", {_listed(estate, data.crown_jewels)} among them" if data.crown_jewels else ""
    starts = list(dict.fromkeys(start for row in data.added if row.kind != Kind.SCOPE for start in row.starts))
    things = plural(data.entities, "thing")
    return f"what is proposed would let {_who(estate, starts)} reach, or reach further into, {things} {under}{jewels}"


_FALLS = {Kind.FEED: "whoever writes to {}", Kind.CREDENTIAL: "whoever finds {}"}


def _who(estate: Estate, starts: Sequence[Start], most: int = 3) -> str:
    """Who would reach something: ``a compromise of Acme``, ``anyone on the internet``."""
    said = [ANYONE for start in starts if start is None]
    others = [start for start in starts if start is not None]
    fallen = [start for start in others if estate.kind_of(start) not in _FALLS]
    if fallen:
        said.append(f"a compromise of {'one of ' if len(fallen) > 1 else ''}{_listed(estate, fallen, most)}")
    said += [_FALLS[estate.kind_of(it)].format(label(estate, it)) for it in others if it not in fallen]
    return " or ".join(said)


def _headline_of_needs(estate: Estate, data: GrantData, holder: str) -> str:
    needs = _listed(estate, data.needs)
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


def lines(before: Estate, estate: Estate, data: GrantData) -> Iterable[str]:
    """The verdict, what is not said, and what it rests on: what there is ``before`` anything is granted."""
    if data.fail_on == "never":
        yield "nothing is refused (--fail-on never)"
    elif data.fails:
        yield f"refused (--fail-on {data.fail_on}): {'; '.join(data.because)}"
    else:
        yield f"not refused (--fail-on {data.fail_on})"
    if data.fail_on == "jewel" and not marks_jewels(estate):
        yield f"no crown jewel is marked, so none can be newly reached; {MARK}, or ask with --fail-on new"
    if not estate.expectations:
        yield "the estate expects nothing (no 'expect'), so no expectation can break"
    if data.holds_tried and not data.holds:
        yield f"of {plural(data.holds_tried, 'control')} that could be put in place none by itself would hold any of it"
    if data.holds_untried:
        yield f"{plural(data.holds_untried, 'more control')} could be put in place and were not tried"
    unsaid = told(data.unsaid)
    if unsaid:
        yield unsaid
    yield assumed(data.assume)
    yield footing(before)


def tables(estate: Estate, data: GrantData) -> Iterable[Table]:
    """What it breaks, what it adds, each grant by itself, the smaller ones; only those that say something."""
    if {row.kind for row in data.proposed} - _ONE_KEY:
        yield _proposed_table(data.proposed)
    if data.broken:
        yield _broken_table(estate, data.broken)
    if data.proposed:
        yield _added_table(estate, data)
    if data.ways:
        yield _way_table(data.ways[0])
    if data.holds:
        yield _holds_table(estate, data.holds)
    if len(data.grants) > 1:
        yield _parts_table(estate, data.parts)
    if any(row.means for row in data.smaller):
        yield _smaller_table(estate, data)


def _added_table(estate: Estate, data: GrantData) -> Table:
    rows = data.added
    columns = ("level", "before", "what", "kind", "what it means", "crown jewel", "to", "entity")
    cells = [
        (r.level, r.before or "", r.name, r.kind, WORDS[r.capability], r.crown_jewel, _who(estate, r.starts), r.entity)
        for r in rows
    ]
    numbered = reversed(list(enumerate(rows)))
    firsts = {(row.entity, row.level, row.starts): place for place, row in numbered if row.kind != Kind.SCOPE}
    brief = tuple(cells[place] for place in sorted(firsts.values()))
    hidden = [
        *(["before"] if not any(row.before for row in rows) else []),
        *(["to"] if len({row.starts for row in rows}) < 2 else []),
        *(["crown jewel"] if not marks_jewels(estate) else []),
    ]
    return Table("added", "What it adds", columns, tuple(cells), ids=("entity", *hidden), brief=brief, under=("to",))


def _proposed_table(rows: Sequence[ProposedRow]) -> Table:
    cells = tuple((r.kind.replace("_", " "), r.name, r.places[0].text if r.places else "", r.id) for r in rows)
    columns = ("kind", "what", "read at", "id")
    return Table(
        "proposed", "What is proposed", columns, cells, ids=("id",), brief=cells[:MOST_PROPOSED], under=("read at",)
    )


def _way_table(way: WayRow) -> Table:
    """How the weightiest of what is added would be reached."""
    cells = [(row.level, row.says, row.because, ", ".join(place.text for place in row.places)) for row in way.steps]
    told = tuple(cell for row, cell in zip(way.steps, cells, strict=True) if row.rule != "closure")
    columns = ("level", "what holds", "because", "read at")
    return Table("way", f"How {way.name} would be reached", columns, tuple(cells), brief=told, under=("read at",))


def _holds_table(estate: Estate, rows: Sequence[HoldRow]) -> Table:
    cells = tuple(
        (
            row.says[0],
            _names(estate, row.crown_jewels),
            _listed(estate, row.entities),
            f"or: {'; '.join(row.says[1:3])}" if len(row.says) > 1 else "",
            " or ".join(row.controls),
        )
        for row in rows
    )
    columns = ("control", "crown jewels held", "keeps out of reach", "which would do as well", "id")
    title = "Controls that are not there, and would hold some of it"
    hidden = ("id",) if any(row.crown_jewels for row in rows) else ("id", columns[1])
    return Table("holds", title, columns, cells, ids=hidden, brief=cells[:MOST_HOLDS], under=columns[3:4])


def _parts_table(estate: Estate, rows: Iterable[PartRow]) -> Table:
    cells = tuple((label(estate, r.grant), r.entities, _names(estate, r.crown_jewels), r.grant) for r in rows)
    columns = ("grant", "adds", "crown jewels", "id")
    return Table("parts", "Each grant on its own", columns, cells, ids=("id",))


def _broken_table(estate: Estate, rows: Iterable[BrokenRow]) -> Table:
    cells = tuple(
        (
            _breach(estate, r),
            f"{r.expectation}: {label(estate, r.start)}" if r.start else r.expectation,
            f"{r.capability or r.statement}({r.entity})",
        )
        for r in rows
    )
    columns = ("would be so", "expectation", "fact")
    return Table("broken", "Expectations it breaks", columns, cells, ids=("fact",), under=("expectation",))


def _breach(estate: Estate, row: BrokenRow) -> str:
    if row.capability is not None:
        return said(estate, Fact(row.entity, row.capability))
    return f"{label(estate, row.entity)}: {STATED[row.statement or 'owner']} is not said"


def _smaller_table(estate: Estate, data: GrantData) -> Table:
    cells: tuple[Row, ...] = tuple(
        (
            _means(estate, r),
            f"{label(estate, r.holder)}: {_listed(estate, r.needs)}",
            r.entities,
            _names(estate, r.crown_jewels),
            "" if r.saves is None else r.saves,
            _names(estate, r.saves_crown_jewels),
            _strongest_of(estate, r, r.needs),
            _made(r),
            " + ".join(means.name for means in r.means),
        )
        for r in data.smaller
    )
    columns = ("grant", "for", "adds", "crown jewels", "saves", "jewels saved", "what it adds", "has to be made", "id")
    optional = (("crown jewels", 3), ("saves", 4), ("jewels saved", 5), ("has to be made", 7))
    hidden = ["id", *(column for column, place in optional if not any(row[place] not in ("", None) for row in cells))]
    title = "The smallest grants that serve what is called"
    if len({row.key for row in data.smaller}) == 1:
        hidden.append("for")
        title = (
            f"The smallest grants that let {label(estate, data.smaller[0].holder)} call {_listed(estate, data.needs)}"
        )
    return Table("smaller", title, columns, cells, ids=tuple(hidden), under=("what it adds", "has to be made"))


def _strongest_of(estate: Estate, row: SmallerRow, needs: Collection[str]) -> str:
    """The first things that a grant adds something to, each with the strongest that could be had of it."""
    here = counted(row.added, needs)
    by_entity: dict[str, AddedRow] = {}
    for added in row.added:  # by level: what comes later, and is no part of what came before, is stronger
        if added.entity in here:
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
