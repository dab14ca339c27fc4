"""The external surface in both directions: a register with one row a third party, and what is not known of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import Field

from blastradius.answer import UNKNOWN, Answer, Query, Row, Table
from blastradius.engine import Assumption, what_if
from blastradius.estate import Estate
from blastradius.model import Credential, Frozen, Operation, Party, Store
from blastradius.reports.gaps import GapRow, gap_table, gaps
from blastradius.reports.governance import CONTRACT_END, CRITICALITY, LAST_REVIEW
from blastradius.reports.impact import is_audited
from blastradius.reports.labels import assumed, footing
from blastradius.reports.reaches import MARKS, ReachRow, marks, reaches
from blastradius.reports.rows import ModelRow, model_row
from blastradius.reports.surface import Surface, Surfaces, is_live, third_parties
from blastradius.reports.unstated import marks_jewels, missing
from blastradius.reports.words import label, listed, plural


class Params(Assumption):
    """Up to which level reach is told, and how much of what is stated to believe."""

    assume: Literal["granted", "abused", "takeover", "lateral"] = Field(
        "lateral", description="up to which level to tell the reach, each level by itself"
    )


class ApiRow(Frozen):
    """Operations of one API: ``api`` is its name, null for operations that belong to none."""

    api: str | None
    operations: tuple[str, ...]


class KeyRow(Frozen):
    """A key that a party holds; ``expires`` is null where nobody stated it, ``works`` is false once it is spent."""

    key: str
    name: str
    type: str
    expires: str | None
    works: bool


class RegisterRow(Frozen):
    """One third party, or one behind them (role ``upstream``); ids, but for ``name`` and what is not of the estate.

    ``runs`` are its services and stores. ``calls`` it can call with the keys that work, ``called`` we call of its own.
    ``data`` are the classes of what it can read as granted, ``unclassified`` the stores of which nobody states one.
    ``contract_end`` is a day, or the words of a source. ``key_expiry`` is the first end of a key that works, null where
    none is stated. ``behind`` are those that it relies on. ``reach`` has a row a level.
    """

    party: str
    name: str
    role: str
    owner: str | None
    criticality: str | None
    last_review: str | None
    contract_end: str | None
    ended: bool
    runs: tuple[str, ...]
    calls: tuple[ApiRow, ...]
    services: tuple[str, ...]
    called: tuple[ApiRow, ...]
    keys: tuple[KeyRow, ...]
    scopes: tuple[str, ...]
    feeds: tuple[str, ...]
    data: tuple[str, ...]
    unclassified: tuple[str, ...]
    key_expiry: str | None
    behind: tuple[str, ...]
    reach: tuple[ReachRow, ...]


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
    parties, found = third_parties(estate), Surfaces(estate)
    surfaces = [found.of(party.id) for party in parties]
    reached = reaches(estate, surfaces, params)
    rows = [_row(estate, *ties) for ties in zip(parties, surfaces, reached, strict=True)]
    rows.sort(
        key=lambda row: (*(-len(level.crown_jewels or ()) for level in row.reach), -row.reach[-1].things, row.party)
    )
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


def _row(estate: Estate, party: Party, surface: Surface, reach: tuple[ReachRow, ...]) -> RegisterRow:
    words = party.governance
    keys = [_key(estate, key) for name in surface.keys if isinstance(key := estate.entities[name], Credential)]
    stores = [store for name in reach[0].stores if isinstance(store := estate.entities[name], Store)]
    return RegisterRow(
        party=party.id,
        name=label(estate, party.id),
        role=party.role,
        owner=party.owner,
        criticality=words.get(CRITICALITY),
        last_review=words.get(LAST_REVIEW),
        contract_end=words.get(CONTRACT_END, party.contract_end),
        ended=party.contract_end is not None and party.contract_end < estate.day,
        runs=tuple(sorted(surface.own.difference(surface.feeds))),
        calls=_by_api(estate, surface.can_call),
        services=surface.services,
        called=_by_api(estate, surface.called),
        keys=tuple(keys),
        scopes=surface.scopes,
        feeds=surface.feeds,
        data=tuple(sorted({store.classification for store in stores if store.classification})),
        unclassified=tuple(store.id for store in stores if not store.classification),
        key_expiry=min((key.expires for key in keys if key.works and key.expires), default=None),
        behind=surface.behind,
        reach=reach,
    )


def _key(estate: Estate, key: Credential) -> KeyRow:
    return KeyRow(
        key=key.id, name=label(estate, key.id), type=key.type, expires=key.expires, works=is_live(estate, key.id)
    )


def _by_api(estate: Estate, operations: Iterable[str]) -> tuple[ApiRow, ...]:
    found: dict[str | None, list[str]] = defaultdict(list)
    for name in operations:
        operation = estate.entities[name]
        found[operation.api if isinstance(operation, Operation) else None].append(name)
    return tuple(ApiRow(api=api, operations=tuple(names)) for api, names in sorted(found.items(), key=_named))


def _named(api: tuple[str | None, list[str]]) -> tuple[bool, str]:
    return api[0] is None, api[0] or ""


def _headline(estate: Estate, rows: Sequence[RegisterRow], fourth: int, exposed: int, consumed: int) -> str:
    if not rows:
        return "the estate has no third party, as far as is stated"
    third = plural(len(rows) - fourth, "third party", "third parties")
    counted = f"{third} and {fourth:,} behind them" if fourth else third
    both = f"functions that they can call with their keys: {exposed:,}, that we call of theirs: {consumed:,}"
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
