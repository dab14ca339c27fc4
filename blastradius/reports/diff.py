"""The comparison of two estates as an answer: in words, in tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from blastradius.answer import Answer, Row, Table
from blastradius.estate import Estate
from blastradius.model import Basis, Kind, Level, Note, Scenario
from blastradius.reports.changes import ChangeRow, ControlChangeRow, Side, status_said
from blastradius.reports.diff_data import ANYONE, DiffData, Params, ReachChangeRow, compared, unexplained
from blastradius.reports.labels import assumed, footing
from blastradius.reports.origins import CauseRow
from blastradius.reports.rows import PlaceRow
from blastradius.reports.silence import told
from blastradius.reports.unstated import MARK, marks_jewels
from blastradius.reports.words import STARTED, WORDS, label, listed, plural

__all__ = ["DiffData", "Params", "Side", "difference"]

_ACCESS = ("holds", "grants", "permits", "calls")
_APIS = (Kind.OPERATION, Kind.SCOPE)
MOST_OPENED = 5
"""Of how many starts more can be asked in the explorer."""
MOST_SHOWN = 20
"""How many rows of a table people are shown at first."""


def difference(base: Side, head: Side, params: Params) -> Answer:
    """What ``head`` has and ``base`` has not, and the other way round; findings by what ``fail_on`` asks for.

    Raises:
        UsageError: the memory does not suffice.
        CertificateError: the checker refuses what the engine claims; a defect of the engine.
    """
    data = compared(base, head, params)
    data = data.model_copy(update={"headline": _headline(head.estate, data)})
    return Answer(
        question="diff",
        headline=data.headline,
        data=data,
        tables=tuple(table for table in _tables(data) if table.rows),
        lines=tuple(_lines(base.estate, head.estate, data)),
        notes=tuple(_spelled(head, note) for note in head.estate.notes),
        findings=data.fails,
        opens=tuple(_opens(data, params)),
    )


def _opens(data: DiffData, params: Params) -> Iterator[tuple[str, Scenario]]:
    """Who could reach more in the head, the first few of them."""
    asked = Scenario(assume=Level[params.assume.upper()], basis=Basis(params.basis))
    names = dict.fromkeys((row.start, row.start_name) for row in data.gained)
    for start, name in list(names)[:MOST_OPENED]:
        said = name if start is None else f"{STARTED['compromise']} {name}"
        yield said, asked.model_copy(update={"anyone": True} if start is None else {"compromise": (start,)})


def _spelled(side: Side, note: Note) -> Note:
    """A note with the names of files that the user knows."""
    places = tuple(place.model_copy(update={"file": side.spelled(place.file)}) for place in note.provenance)
    return note.model_copy(update={"message": side.spelled(note.message), "provenance": places})


def _headline(head: Estate, data: DiffData) -> str:
    if data.base.digest == data.head.digest and not (data.gained or data.lost):
        return "the two estates state the same"
    under = f"under level {data.assume!r}"
    if not (data.newly_reached or data.no_longer_reached):
        return f"the change adds nothing known to what third parties could reach {under}, and takes nothing away"
    less = plural(data.no_longer_reached, "thing")
    if not data.newly_reached:
        nothing = f"the change adds nothing known to what third parties could reach {under}"
        return f"{nothing}; they could no longer reach, or less far into, {less}"
    jewels = listed([label(head, name) for name in data.crown_jewels], 3)
    among = f", {jewels} among them" if jewels else ""
    gained = f"with the change third parties could reach, or reach further into, {plural(data.newly_reached, 'thing')}"
    tail = f"; they could no longer reach, or less far into, {less}" if data.no_longer_reached else ""
    return f"{gained} {under}{among}{tail}"


def _lines(base: Estate, head: Estate, data: DiffData) -> Iterator[str]:
    yield _verdict(data)
    if data.fail_on == "jewel" and not (marks_jewels(base) or marks_jewels(head)):
        yield f"no crown jewel is marked, so none can be newly reached; {MARK}, or ask with --fail-on new"
    if data.base_day != data.head_day:
        yield f"the base is of {data.base_day}, the head of {data.head_day}: what expired in between is a change too"
    skipped = max(unexplained(data.gained), unexplained(data.lost))
    if skipped:
        yield f"for {plural(skipped, 'third party', 'third parties')} what makes the difference was not looked up"
    unsaid = told(data.unsaid)
    if unsaid:
        yield unsaid
    yield assumed(data.assume)
    yield footing(head)


def _verdict(data: DiffData) -> str:
    if data.fail_on == "never":
        return "nothing is refused (--fail-on never)"
    if not data.fails:
        return f"not refused (--fail-on {data.fail_on})"
    why = "a crown jewel" if data.fail_on == "jewel" else "something"
    return f"refused (--fail-on {data.fail_on}): {why} could newly be reached, or reached further into"


def _tables(data: DiffData) -> Iterable[Table]:
    yield _reach_table("gained", "Newly reached, or further into, by third parties", "let in by", data.gained)
    yield _reach_table("lost", "No longer reached, or less of it", "kept out by", data.lost)
    yield _changes_table("parties", "Parties", [row for row in data.entities if row.kind == Kind.PARTY])
    yield _changes_table("apis", "Operations and scopes of APIs", [row for row in data.entities if row.kind in _APIS])
    yield _changes_table("access", "Who holds what, what it grants and permits", _of_access(data.relations))
    yield _controls_table(data.controls)
    others = [row for row in data.entities if row.kind not in (Kind.PARTY, *_APIS)]
    others += [row for row in data.relations if row.kind not in _ACCESS]
    yield _changes_table("others", "What else is stated differently", [*others, *data.zones])


def _of_access(rows: Iterable[ChangeRow]) -> list[ChangeRow]:
    return [row for row in rows if row.kind in _ACCESS]


def _reach_table(name: str, title: str, by: str, rows: Sequence[ReachChangeRow]) -> Table:
    """A row for each hold and all that gained it for the same reason; in brief one for each thing at each level."""
    folded: dict[tuple[object, ...], list[ReachChangeRow]] = {}
    for row in rows:
        folded.setdefault((row.entity, row.capability, row.level, row.before, row.because), []).append(row)
    cells = {key: _reach_cells(some) for key, some in folded.items()}
    firsts: dict[tuple[object, ...], Row] = {}
    for key, some in folded.items():
        if some[0].kind != Kind.SCOPE:
            firsts.setdefault((some[0].entity, some[0].level, tuple(row.start for row in some)), cells[key])
    columns = ("level", "before", "what", "kind", "what it means", "jewel", "who", by, "entity")
    hidden = ("entity",) if any(row.before for row in rows) else ("entity", "before")
    brief = tuple(firsts.values())[:MOST_SHOWN]
    return Table(
        name, title, columns, tuple(cells.values()), ids=hidden, brief=brief, under=("who", by), spare=("kind",)
    )


def _reach_cells(rows: Sequence[ReachChangeRow]) -> Row:
    first = rows[0]
    return (
        first.level,
        first.before or "",
        first.name,
        first.kind,
        WORDS[first.capability],
        first.crown_jewel,
        _who(rows),
        _causes_said(first.because),
        first.entity,
    )


def _who(rows: Sequence[ReachChangeRow]) -> str:
    names = [row.start_name for row in rows if row.start is not None]
    fallen = f"if {'one of ' if len(names) > 1 else ''}{listed(names, 3)} is compromised" if names else ""
    return " and ".join([*(ANYONE for row in rows if row.start is None), *([fallen] if fallen else [])])


def _causes_said(because: Sequence[CauseRow] | None) -> str:
    if because is None:
        return "not looked up"
    said = [f"{cause.says}{_at(cause.places)}" for cause in because[:2]]
    more = [f"{len(because) - 2:,} more"] if len(because) > 2 else []
    return "; ".join([*said, *more]) or "no single difference"


def _at(places: Sequence[PlaceRow]) -> str:
    return f" ({places[0].text})" if places else ""


def _changes_table(name: str, title: str, rows: Sequence[ChangeRow]) -> Table:
    cells = tuple(
        (
            row.change,
            row.kind.replace("_", " "),
            row.name,
            _fields_said(row),
            row.places[0].text if row.places else "",
            row.id,
        )
        for row in rows
    )
    hidden = ("id",) if any(row.fields for row in rows) else ("id", "what differs")
    columns = ("change", "kind", "what", "what differs", "read at", "id")
    return Table(name, title, columns, cells, ids=hidden, brief=cells[:MOST_SHOWN], under=("what differs", "read at"))


def _fields_said(row: ChangeRow) -> str:
    return "; ".join(
        f"{field.field}: {field.before or 'unsaid'}, now {field.after or 'unsaid'}" for field in row.fields
    )


def _controls_table(rows: Sequence[ControlChangeRow]) -> Table:
    order = {"lost": 0, "changed": 1, "gained": 2}
    cells = tuple(
        (
            row.change,
            row.says,
            row.on_name,
            status_said(row.before),
            status_said(row.after),
            row.places[0].text if row.places else "",
            row.id,
        )
        for row in sorted(rows, key=lambda row: order[row.change])
    )
    columns = ("change", "control", "on", "before", "now", "read at", "id")
    title = "Controls gained and lost, on what both have"
    return Table("controls", title, columns, cells, ids=("id",), brief=cells[:MOST_SHOWN], under=("on", "read at"))
