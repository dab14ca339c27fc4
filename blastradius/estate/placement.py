"""Where controls stand: those that are declared, those that a scope implies, and which of them stop nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from blastradius.columns.facts import FactTable
from blastradius.columns.ragged import Flags, Numbers
from blastradius.columns.tables import CONTROLS, NO_INDEX, VERBS, ControlColumns, LazyNames
from blastradius.model import Basis, Control, ControlKind, Relation, Verb

_AUTHZ = CONTROLS.index(ControlKind.FUNCTION_AUTHZ)
_DOUBTFUL = [CONTROLS.index(kind) for kind in (ControlKind.FALLBACK, ControlKind.VERIFIED)]
_BY_NAME = np.argsort(np.argsort([str(kind) for kind in CONTROLS], kind="stable"))
"""The place of each kind of control in alphabetical order."""

IMPLIED = Control(
    kind=ControlKind.FUNCTION_AUTHZ,
    status="assumed",
    basis=Basis.INFERRED,
    why="a scope guards the operation; not shown to be enforced",
)

Reason = Callable[[Control, Relation], str | None]


@dataclass(frozen=True)
class PlacedControl:
    """A control where it stands: ``host`` is the id of an entity or a relation."""

    id: str
    host: str
    control: Control


@dataclass(frozen=True)
class VoidControl:
    """A control that stops nothing where it stands, and why."""

    host: str
    control: Control
    reason: str


@dataclass(frozen=True)
class Placement:
    """The controls of an estate by host and kind; ``void`` are those that stop nothing, by number."""

    columns: ControlColumns
    void: dict[int, VoidControl]

    @classmethod
    def of(cls, table: FactTable, reason: Reason) -> Placement:
        """Place the controls of a table; ``reason`` says why one on a relation stops nothing there, if it does not."""
        declared, count = table.controls, len(table.kind)
        host = np.where(declared.entity != NO_INDEX, declared.entity, count + declared.relation)
        implied = np.setdiff1d(guarded(table), host[declared.kind == _AUTHZ])
        kind = np.concatenate([declared.kind, np.full(len(implied), _AUTHZ)])
        host = np.concatenate([host, implied])
        none = np.full(len(implied), NO_INDEX)
        order = np.lexsort((_BY_NAME[kind], host))
        kind, host = kind[order], host[order]
        failed = np.concatenate([declared.failed, none > 0])[order]
        provider = np.concatenate([declared.provider, none])[order]
        void = dict(_void(table, kind, host - count, provider, reason))
        failed[list(void)] = True
        columns = ControlColumns(
            ids=LazyNames(len(kind), lambda number: f"{CONTROLS[kind[number]]}@{host_name(table, int(host[number]))}"),
            kind=kind,
            host=host,
            failed=failed,
            provider=provider,
            fails_closed=np.concatenate([declared.fails_closed, none > 0])[order],
        )
        return cls(columns, void)


def guarded(table: FactTable) -> Numbers:
    """The operations, by number, that a scope guards."""
    permits: Flags = table.relations.verb == VERBS.index(Verb.PERMITS)
    return np.unique(table.relations.targets.take(permits).values)


def host_name(table: FactTable, host: int) -> str:
    """The id of a host: an entity by its number, a relation by its number beyond the entities."""
    count = len(table.kind)
    return table.names[host] if host < count else table.relations.ids[host - count]


def _void(
    table: FactTable, kind: Numbers, relation: Numbers, provider: Numbers, reason: Reason
) -> Iterator[tuple[int, VoidControl]]:
    doubtful = np.isin(kind, _DOUBTFUL) & (relation >= 0) & (provider != NO_INDEX)
    for number in np.flatnonzero(doubtful).tolist():
        host = table.rows.relation(int(relation[number]))
        control = next(stated for stated in host.controls if stated.kind == CONTROLS[kind[number]])
        why = reason(control, host)
        if why is not None:
            yield number, VoidControl(host.id, control, why)
