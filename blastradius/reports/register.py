"""A register of third parties: a row each, with what ties it to us in both directions, and its reach at each level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from blastradius.engine import Assumption
from blastradius.estate import Estate
from blastradius.model import Credential, Frozen, Operation, Party, Store
from blastradius.reports.governance import CONTRACT_END, CRITICALITY, LAST_REVIEW
from blastradius.reports.reaches import ReachRow, reaches
from blastradius.reports.surface import Surface, is_live
from blastradius.reports.words import label


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


def register(estate: Estate, surfaces: Sequence[Surface], params: Assumption) -> list[RegisterRow]:
    """A row for each, those first that reach the most crown jewels at the lowest level."""
    reached = reaches(estate, surfaces, params)
    rows = [_row(estate, surface, reach) for surface, reach in zip(surfaces, reached, strict=True)]
    return sorted(
        rows,
        key=lambda row: (*(-len(level.crown_jewels or ()) for level in row.reach), -row.reach[-1].things, row.party),
    )


def _row(estate: Estate, surface: Surface, reach: tuple[ReachRow, ...]) -> RegisterRow:
    party = estate.entities[surface.party]
    if not isinstance(party, Party):
        raise TypeError(f"{surface.party!r} is no party")
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
