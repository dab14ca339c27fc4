"""A brief for a board in sentences: eight parts that fit on one page, all from its data."""

from __future__ import annotations

from collections.abc import Iterator

from blastradius.answer import Page, Section, Table
from blastradius.estate import Estate
from blastradius.model import Level
from blastradius.reports.brief_data import BriefData, ReachingRow
from blastradius.reports.labels import footing, unsaid
from blastradius.reports.reaches import marks
from blastradius.reports.since import since_said
from blastradius.reports.ways import cost_said
from blastradius.reports.words import hour, label, listed, plural

MOST_ROWS = 10
"""How many third parties the page names in its table of reach."""
MOST_GAPS = 5


def page_of(estate: Estate, data: BriefData) -> Page:
    """The page: what we have, how far, what we depend on, whether governance fits, what would help, what changed."""
    decisions = _decision_table(data)
    sections = (
        Section("1  Do we know who is tied to us?", tuple(_inventory(data))),
        Section(
            "2  If one of them fell, how far could it reach?",
            tuple(_reach(data)),
            _reach_table(estate, data),
            drawn=data.drawn is not None,
        ),
        Section("3  What do we depend on?", tuple(_dependence(estate, data))),
        Section("4  Is governance in proportion?", tuple(_proportion(data))),
        Section("What would help most", tuple(_help(data)), _cut_table(estate, data)),
        Section("To decide", () if decisions.rows else (NOTHING_TO_DECIDE,), decisions),
        Section("What changed", tuple(since_said(data.since, data.as_of))),
        Section("How sure is this?", tuple(_sure(estate, data))),
    )
    return Page("Third parties: what could reach us", f"as of {data.as_of}", sections)


def headline(data: BriefData) -> str:
    """The page in one sentence."""
    total = data.third + data.fourth
    if not total:
        return "the estate has no third party, as far as is stated"
    if data.jewels is None:
        return f"{_tied(data)}; what of their reach matters most is unknown, for no crown jewel is marked"
    reaching = f"{_of_these(data.reaching_jewels, total)} could reach a crown jewel"
    return f"{_tied(data)}; {reaching if data.reaching_jewels else NONE_REACHES}; {_stopping(data)}"


NONE_REACHES = "none of them is known to reach a crown jewel"


def _of_these(count: int, of: int) -> str:
    if count == of:
        return "it" if of == 1 else f"all {of:,} of them"
    return f"{count:,} of these {of:,}"


def _tied(data: BriefData) -> str:
    third = plural(data.third, "third party", "third parties")
    return f"{third} and {data.fourth:,} behind them" if data.fourth else third


def _stopping(data: BriefData) -> str:
    if not data.processes:
        return "what would stop is unknown, for no process is stated"
    if not data.stopping:
        return "no process is known to stop without one of them"
    return f"without {_of_these(data.stopping, data.third + data.fourth)} a process stops"


def _inventory(data: BriefData) -> Iterator[str]:
    exposed, consumed = (_or_none(count) for count in (data.exposed, data.consumed))
    yield (
        f"{_tied(data)}, as far as is stated; functions that they can call with their keys: {exposed}; of theirs that "
        f"we call: {consumed}."
    )
    if data.gaps:
        said = [f"{row.says}: {_share(len(row.things), row.of)}" for row in data.gaps[:MOST_GAPS]]
        more = f"; and {plural(len(data.gaps) - MOST_GAPS, 'more kind')} of gap" if len(data.gaps) > MOST_GAPS else ""
        yield f"Not known, or amiss: {'; '.join(said)}{more}."


def _or_none(count: int) -> str:
    return f"{count:,}" if count else "none that is stated"


def _share(count: int, of: int) -> str:
    """How many of how many, as it is said."""
    if of == 1:
        return "the only one" if count else "none"
    return f"all {of:,}" if count == of else f"{count:,} of {of:,}"


def _reach(data: BriefData) -> Iterator[str]:
    levels = [row.level for row in data.reaching[0].reach] if data.reaching else []
    if levels:
        said = "; ".join(f"{level}, they {_DOES[Level[level.upper()]]}" for level in levels)
        yield f"A mark for each level of attack: {said}. ● a crown jewel is reached, ○ only something else."
    if data.jewels is not None:
        yield f"{_counted(data)}. What anyone on the internet could reach is not counted."
    elif not data.reaching:
        nobody = "None of them is known to reach anything" if data.third + data.fourth else "No third party is stated"
        yield f"{nobody}. Silence is not safety."
    if data.level is not None:
        yield from _rests(data)


def _counted(data: BriefData) -> str:
    """How many reach what, such as ``9 could reach a crown jewel, 4 nothing that is known``."""
    counts = (data.reaching_jewels, data.reaching_else, data.reaching_nothing)
    whats = ("a crown jewel", "only something else", "nothing that is known")
    first, *others = [(count, what) for count, what in zip(counts, whats, strict=True) if count] or [(0, whats[0])]
    return ", ".join([f"{first[0]:,} could reach {first[1]}", *(f"{count:,} {what}" for count, what in others)])


_DOES = {
    Level.GRANTED: "use what they were given",
    Level.ABUSED: "trick and find, and break nothing",
    Level.TAKEOVER: "break the system behind the door",
    Level.LATERAL: "walk on inside",
}
"""What an attacker does at each level, in so few words that all fit in a line."""


def _rests(data: BriefData) -> Iterator[str]:
    ways = plural(data.ways, "way")
    found = (
        f"At level {data.level!r} there {'is' if data.ways == 1 else 'are'} {ways} from a third party to a crown jewel"
    )
    if not data.rests_on:
        yield f"{found}; no other way is kept shut by a single control that is only assumed to work."
        return
    said = "; ".join(f"{row.says} ({len(row.ways):,} more without it)" for row in data.rests_on[:2])
    more = f"; and {len(data.rests_on) - 2:,} more such controls" if len(data.rests_on) > 2 else ""
    yield f"{found}. That there are no more rests on what nobody has shown to work: {said}{more}."


def _reach_table(estate: Estate, data: BriefData) -> Table:
    cells = tuple((row.party, row.name, marks(row.reach), _jewels(estate, row)) for row in data.reaching)
    columns = ("id", "third party", "reach", "crown jewels, from which level on")
    title = "Who could reach what"
    return Table("reach", title, columns, cells, ids=("id",), brief=cells[:MOST_ROWS])


def _jewels(estate: Estate, row: ReachingRow) -> str:
    """Crown jewels with the level from which on each is reached."""
    since: dict[str, str] = {}
    for level in row.reach:
        for jewel in level.crown_jewels or ():
            since.setdefault(jewel, level.level)
    levels = dict.fromkeys(since.values())
    return "; ".join(
        f"{level}: {listed([label(estate, jewel) for jewel, first in since.items() if first == level], 3)}"
        for level in levels
    )


def _dependence(estate: Estate, data: BriefData) -> Iterator[str]:
    if not data.processes:
        yield "No process is stated, so what would stop is unknown."
    elif not data.third + data.fourth:
        yield "No third party is stated, so what would stop without one is unknown."
    elif not data.stopping:
        yield f"No process of {data.processes:,} is known to stop where one of them is out. Silence is not safety."
    else:
        said = "; ".join(
            f"{row.name}: {listed([_felt(it.name, it.stops_at_h, it.tolerance_h) for it in row.felt], 2)}"
            for row in data.stops
        )
        left = data.stopping - len(data.stops)
        more = f"; and {left:,} more" if left else ""
        yield f"Out for longer than any buffer, each by itself, these stop a process: {said}{more}."
    several = [row for row in data.behind if len(row.stands_behind) > 1]
    if several:
        said = "; ".join(
            f"{row.name} stands behind {_share(len(row.stands_behind), data.third)} "
            f"({listed([label(estate, name) for name in row.stands_behind], 3)})"
            for row in several[:2]
        )
        yield f"Concentration: {said}."
    elif data.behind:
        yield "Concentration: nobody is known to stand behind more than one of them."
    else:
        yield "Concentration: unknown, for nobody states who stands behind them."


def _felt(name: str, stops: float | None, tolerance: float | None) -> str:
    at = "" if stops is None else hour(stops)
    return f"{name} {at} (tolerance {'unknown' if tolerance is None else f'{tolerance:g} h'})"


def _proportion(data: BriefData) -> Iterator[str]:
    if data.jewels is None:
        yield "Unknown: no crown jewel is marked, so reach cannot be held against governance."
    elif not data.governed:
        yield "None of those with whom we deal is known to reach a crown jewel."
    elif not data.out_of_proportion:
        has = "an owner, a review and an end of its contract on record"
        yield f"Of {_those(data.governed)} that could reach a crown jewel each has {has}."
    else:
        said = "; ".join(f"{row.says}: {_named(row.names, data.governed)}" for row in data.out_of_proportion)
        yield f"Of {_those(data.governed)} with whom we deal that could reach a crown jewel: {said}."


def _those(count: int) -> str:
    return "the one" if count == 1 else f"the {count:,}"


def _named(names: tuple[str, ...], of: int) -> str:
    return f"all {of:,}" if len(names) == of > 1 else listed(names, 4)


def _help(data: BriefData) -> Iterator[str]:
    if data.jewels is None:
        yield "Unknown: no crown jewel is marked, so it is not known what to keep out of reach."
    elif data.level is None:
        yield "No way to a crown jewel is known, so there is nothing to cut."
    elif not data.changes_tried:
        later = (
            f"; not tried: {plural(data.changes_left, 'other', 'others')}, longer to make" if data.changes_left else ""
        )
        yield f"No change that is ours to make at once could close a way at level {data.level!r}{later}."
    elif not data.cuts:
        yield f"None of {_tried(data)} closes by itself a way at level {data.level!r}."
    else:
        yield f"Of {_tried(data)}, these close most of the {plural(data.ways, 'way')} at level {data.level!r}:"


def _tried(data: BriefData) -> str:
    """How many changes were tried, and what was left out."""
    left = [
        f"{plural(data.changes_left, 'other', 'others')} that take longer were not" if data.changes_left else "",
        f"only ways of {data.starts_looked_at:,} third parties were looked at" if data.starts_left else "",
    ]
    besides = "; ".join(filter(None, left))
    return f"{plural(data.changes_tried, 'change')} tried one at a time{f' ({besides})' if besides else ''}"


def _cut_table(estate: Estate, data: BriefData) -> Table:
    cells = tuple((row.change, row.says, len(row.ways), cost_said(estate, row)) for row in data.cuts)
    return Table(
        "cuts", "What would help most", ("id", "what to do", "ways closed", "what it costs"), cells, ids=("id",)
    )


NOTHING_TO_DECIDE = "Nothing that follows from this page."
BLANK = "______________"
"""What the board fills in."""


def _decision_table(data: BriefData) -> Table:
    cells = tuple((text, BLANK, BLANK) for text in _decisions(data))
    return Table("decisions", "To decide", ("decision", "owner", "by"), cells)


def _decisions(data: BriefData) -> Iterator[str]:
    """What follows from the rest of the page; each is for people to take or to leave."""
    for row in data.cuts[:2]:
        yield f"{row.says[:1].upper()}{row.says[1:]}, or accept what it opens until a date"
    for rest in data.rests_on[:1]:
        yield f"Have it shown that this works: {rest.says}"
    for reason in data.out_of_proportion[:1]:
        yield f"Put right: {reason.says} ({_named(reason.names, data.governed)})"
    if data.jewels is None:
        yield "Say what matters most, so that it can be marked"


def _sure(estate: Estate, data: BriefData) -> Iterator[str]:
    proof = "checked by an independent program" if data.checked else "not checked, for the estate is too large"
    yield f"What follows from what is stated is computed, and {proof}; what nobody stated it does not know."
    known = footing(estate)
    more = f"; {unsaid(data.controls_unsaid, data.controls)}" if data.controls_unsaid else ""
    yield f"{known[:1].upper()}{known[1:]}{more}."
