"""Where controls stand: those that are declared, and those that a scope or a date implies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from blastradius.columns.facts import FactTable
from blastradius.columns.ragged import Flags, Numbers, distinct
from blastradius.columns.tables import CONTROLS, NO_INDEX, VERBS, ControlColumns, LazyNames
from blastradius.estate.merge import alone
from blastradius.model import Basis, Control, ControlKind, Credential, Entity, Provenance, Relation, Verb

_BY_NAME = np.argsort(np.argsort([str(kind) for kind in CONTROLS], kind="stable"))
"""The place of each kind of control in alphabetical order."""

_SAID = ("failed", "fails_closed", "misled", "phishable", "slower", "starts_after_h")
"""What controls say beside where they stand."""


class PlacedControl(NamedTuple):
    """A control where it stands: ``host`` is the id of an entity or a relation."""

    id: str
    host: str
    control: Control


class PlacedControls(Mapping[str, PlacedControl]):
    """The controls of an estate by id, ``kind@host``; those on a host are made when one of them is asked for."""

    def __init__(self, table: FactTable, columns: ControlColumns, day: str) -> None:
        self._table, self._columns, self._day = table, columns, day
        self._known: dict[str, tuple[PlacedControl, ...]] = {}

    def on(self, host: str) -> tuple[PlacedControl, ...]:
        """The controls on an entity or a relation."""
        if host not in self._spans:
            return ()
        if host not in self._known:
            self._known[host] = tuple(self._made(range(*self._spans[host])))
        return self._known[host]

    @property
    def hosts(self) -> Set[str]:
        """The entities and relations that have any."""
        return self._spans.keys()

    @property
    def implied(self) -> Flags:
        """Whether each control, by number, is one that nobody declared where it stands."""
        declared, columns, count = self._table.controls, self._columns, len(self._table.kind)
        host = np.where(declared.entity != NO_INDEX, declared.entity, count + declared.relation)
        found: Flags = ~np.isin(columns.host * len(CONTROLS) + columns.kind, host * len(CONTROLS) + declared.kind)
        return found

    def __getitem__(self, name: str) -> PlacedControl:
        host = name.partition("@")[2]
        for placed in self.on(host):
            if placed.id == name:
                return placed
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns.ids)

    def __len__(self) -> int:
        return len(self._columns.kind)

    @cached_property
    def _spans(self) -> Mapping[str, tuple[int, int]]:
        """For each host the first of its controls by number, and the last plus one; they stand in order of hosts."""
        host = self._columns.host
        firsts = np.flatnonzero(np.diff(host, prepend=NO_INDEX))
        names = (host_name(self._table, number) for number in host[firsts].tolist())
        ends = np.append(firsts, len(host))[1:].tolist()
        return dict(zip(names, zip(firsts.tolist(), ends, strict=True), strict=True))

    def _made(self, numbers: range) -> Iterator[PlacedControl]:
        host = int(self._columns.host[numbers[0]])
        thing = self._host(host)
        declared = {control.kind: control for control in thing.controls}
        for number in numbers:
            kind = CONTROLS[self._columns.kind[number]]
            control = declared.get(kind)
            if control is None and kind == ControlKind.EXPIRED:
                control = past_end(alone(self._table.rows.entity(host)), self._day)
            control = control or enforced_scope(self._table.rows.relation_at(self._permits[host]))
            yield PlacedControl(f"{kind}@{thing.id}", thing.id, control)

    def _host(self, host: int) -> Entity | Relation:
        count, rows = len(self._table.kind), self._table.rows
        return rows.entity(host) if host < count else rows.relation(host - count)

    @cached_property
    def _permits(self) -> Mapping[int, int]:
        """For each operation that a scope guards a relation that says so, by number."""
        columns = self._table.relations
        rows = np.flatnonzero(columns.verb == VERBS.index(Verb.PERMITS))
        targets = columns.targets.take(rows)
        return dict(zip(targets.values.tolist(), rows[targets.row_ids].tolist(), strict=True))


class Placement(NamedTuple):
    """The controls of an estate by host and kind."""

    columns: ControlColumns

    @classmethod
    def of(cls, table: FactTable, day: str) -> Placement:
        """Place the controls of a table; keys whose end lies before the day (ISO date) have expired."""
        declared, count = table.controls, len(table.kind)
        kind, host = declared.kind, np.where(declared.entity != NO_INDEX, declared.entity, count + declared.relation)
        for implied, hosts in ((ControlKind.FUNCTION_AUTHZ, guarded(table)), (ControlKind.EXPIRED, ended(table, day))):
            number = CONTROLS.index(implied)
            new = hosts[~np.isin(hosts, host[kind == number])]
            kind, host = np.concatenate([kind, np.full(len(new), number)]), np.concatenate([host, new])
        none = np.full(len(kind) - len(declared.kind), NO_INDEX)
        order = np.lexsort((_BY_NAME[kind], host))
        kind, host = kind[order], host[order]
        provider = np.concatenate([declared.provider, none])[order]
        said: dict[str, Any] = {
            name: np.concatenate([column, np.zeros(len(none), column.dtype)])[order]
            for name, column in declared._asdict().items()
            if name in _SAID
        }
        columns = ControlColumns(
            ids=LazyNames(len(kind), lambda number: f"{CONTROLS[kind[number]]}@{host_name(table, int(host[number]))}"),
            kind=kind,
            host=host,
            provider=provider,
            **said,
        )
        return cls(columns)


def guarded(table: FactTable) -> Numbers:
    """The operations, by number, that a scope guards."""
    permits: Flags = table.relations.verb == VERBS.index(Verb.PERMITS)
    return distinct(table.relations.targets.take(permits).values)


def ended(table: FactTable, day: str) -> Numbers:
    """The credentials, by number, whose end lies before the day."""
    return np.array([number for number, expires in table.fields.expires.items() if expires < day], np.int64)


def enforced_scope(declared_at: tuple[Provenance, ...]) -> Control:
    """What a scope implies on an operation that it permits, as declared there."""
    return Control(
        kind=ControlKind.FUNCTION_AUTHZ,
        status="assumed",
        basis=Basis.INFERRED,
        why="a scope guards the operation; not shown to be enforced",
        provenance=declared_at,
    )


def past_end(key: Entity, day: str) -> Control:
    """What the end of a key implies, once the day has passed it."""
    why = f"its end, {key.expires}, lies before {day}" if isinstance(key, Credential) else None
    return Control(kind=ControlKind.EXPIRED, why=why, basis=key.basis, provenance=key.provenance)


def host_name(table: FactTable, host: int) -> str:
    """The id of a host: an entity by its number, a relation by its number beyond the entities."""
    count = len(table.kind)
    return table.names[host] if host < count else table.relations.ids[host - count]
