"""The external surface in both directions: a register with one row a third party, and what is not known of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import Field

from blastradius.answer import UNKNOWN, Answer, Query, Row, Table
from blastradius.engine import Assumption, what_if
from blastradius.estate import Estate
from blastradius.model import Frozen
from blastradius.reports.gaps import GapRow, gap_table, gaps
from blastradius.reports.governance import CRITICALITY
from blastradius.reports.impact import is_audited
from blastradius.reports.labels import assumed, footing
from blastradius.reports.reaches import MARKS, ReachRow, marks
from blastradius.reports.register import ApiRow, RegisterRow, register
from blastradius.reports.rows import ModelRow, model_row
from blastradius.reports.surface import surfaces_of
from blastradius.reports.unstated import marks_jewels, missing
from blastradius.reports.words import label, listed, plural


class Params(Assumption):
    """Up to which level reach is told, and how much of what is stated to believe."""

    assume: Literal["granted", "abused", "takeover", "lateral"] = Field(
        "lateral", description="up to which level to tell the reach, each level by itself"
    )


class InventoryData(Frozen):
    """The answer to ``inventory``; ``third`` and ``fourth`` count the rows, the latter those of role ``upstream``.

    ``exposed`` counts the operations that some third party can call, ``consumed`` those of theirs that we call.
    """

    question: str
    headline: str
    assume: str
    distrusted: tuple[str, ...]
    parties: tuple[RegisterRow, ...]
    third: int
    fourth: int
    exposed: int
    consumed: int
    gaps: tuple[GapRow, ...]
    checked: bool
    model: ModelRow


def run(estate: Estate, params: Params) -> Answer:
    """One row a third party, those first that reach the most crown jewels at the lowest level, and the gaps."""
    estate = what_if(estate, params.asked)
    surfaces = surfaces_of(estate)
    rows = register(estate, surfaces, params)
    fourth = sum(row.role == "upstream" for row in rows)
    exposed = len({name for surface in surfaces for name in surface.can_call})
    consumed = len({name for surface in surfaces for name in surface.called})
    lacking = gaps(estate, surfaces)
    data = InventoryData(
        question="inventory",
        headline=_headline(estate, rows, fourth, exposed, consumed),
        assume=params.assume,
        distrusted=params.distrust,
        parties=tuple(rows),
        third=len(rows) - fourth,
        fourth=fourth,
        exposed=exposed,
        consumed=consumed,
        gaps=lacking,
        checked=is_audited(estate),
        model=model_row(estate),
    )
    return Answer(
        question="inventory",
        headline=data.headline,
        data=data,
        tables=(_table(estate, rows), gap_table(lacking)),
        lines=(*([MARKS] if rows else []), assumed(params.assume), *missing(estate), footing(estate)),
        notes=estate.notes,
    )


def _headline(estate: Estate, rows: Sequence[RegisterRow], fourth: int, exposed: int, consumed: int) -> str:
    if not rows:
        return "the estate has no third party, as far as is stated"
    third = plural(len(rows) - fourth, "third party", "third parties")
    counted = f"{third} and {fourth:,} behind them" if fourth else third
    theirs, ours = (f"{count:,}" if count else "none that is stated" for count in (exposed, consumed))
    both = f"functions that they can call with their keys: {theirs}, that we call of theirs: {ours}"
    return f"{counted}: {both}; {_reaching(estate, rows)}"


def _reaching(estate: Estate, rows: Sequence[RegisterRow]) -> str:
    if not marks_jewels(estate):
        return "what of that matters most is unknown, for no crown jewel is marked"
    counts = [
        f"{sum(bool(row.reach[place].crown_jewels) for row in rows):,} at level {level.level!r}"
        for place, level in enumerate(rows[0].reach)
    ]
    return f"of all {len(rows):,}, so many could reach a crown jewel: {', '.join(counts)}"


MOST_SHOWN = 20
"""How many third parties people are shown at first."""
_UNDER = (
    "role",
    "runs",
    "it can call",
    "we call",
    "keys",
    "first key ends",
    "scopes",
    "sends us",
    "data",
    "behind it",
    CRITICALITY,
    "crown jewels it could reach",
)
_BESIDE = ("id", "third party", "owner", "contract end", "last review", "reach")


def _table(estate: Estate, rows: Sequence[RegisterRow]) -> Table:
    cells = tuple((*_beside(row), *_under(estate, row)) for row in rows)
    title = "The register: what ties each third party to us, and how far it would reach"
    columns = (*_BESIDE, *_UNDER)
    rated = columns.index(CRITICALITY)  # where nobody says, it stands among the gaps, and need not in every row
    brief = tuple((*row[:rated], "" if row[rated] == UNKNOWN else row[rated], *row[rated + 1 :]) for row in cells)
    return Table("register", title, columns, cells, ids=("id",), brief=brief[:MOST_SHOWN], under=_UNDER, headed=_UNDER)


def _beside(row: RegisterRow) -> Row:
    end = f"{row.contract_end} (over)" if row.ended else row.contract_end
    stated = (row.owner, end, row.last_review)
    return (row.party, row.name, *(UNKNOWN if text is None else text for text in stated), marks(row.reach))


def _under(estate: Estate, row: RegisterRow) -> Row:
    def names(of: Iterable[str]) -> str:
        return "; ".join(label(estate, name) for name in of)

    unclassified = f"of no stated class: {names(row.unclassified)}" if row.unclassified else ""
    return (
        "stands behind others" if row.role == "upstream" else row.role,
        names(row.runs),
        "; ".join(filter(None, [_apis(estate, row.calls), names(row.services)])),
        _apis(estate, row.called),
        "; ".join(key.name if key.works else f"{key.name} (works no more)" for key in row.keys),
        _key_end(row),
        names(row.scopes),
        names(row.feeds),
        "; ".join([*row.data, *([unclassified] if unclassified else [])]),
        names(row.behind),
        UNKNOWN if row.criticality is None else row.criticality,
        _jewels(estate, row.reach),
    )


def _apis(estate: Estate, apis: Sequence[ApiRow]) -> str:
    """APIs with how many of their functions, such as ``orders (5 functions)``; one alone by its own name."""

    def said(api: ApiRow) -> str:
        names = [label(estate, name) for name in api.operations]
        if api.api is None:
            return "; ".join(names)
        return f"{api.api}: {names[0]}" if len(names) == 1 else f"{api.api} ({len(names):,} functions)"

    return "; ".join(map(said, apis))


def _key_end(row: RegisterRow) -> str:
    works = [key for key in row.keys if key.works]
    if not works:
        return ""
    return UNKNOWN if row.key_expiry is None else row.key_expiry


def _jewels(estate: Estate, reach: Sequence[ReachRow]) -> str:
    """Crown jewels with the level from which on each is reached."""
    since: dict[str, str] = {}
    for row in reach:
        for jewel in row.crown_jewels or ():
            since.setdefault(jewel, row.level)
    return "; ".join(f"{level}: {listed(_at(estate, since, level))}" for level in dict.fromkeys(since.values()))


def _at(estate: Estate, since: dict[str, str], level: str) -> list[str]:
    return [label(estate, jewel) for jewel, first in since.items() if first == level]


QUERY = Query(
    "inventory",
    "Who is tied to us and how, both ways, and what is not known",
    Params,
    run,
    InventoryData,
    main="register",
    example="--assume takeover",
)
