"""Where controls stand: those that are declared, and those that a scope implies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from blastradius.columns.facts import FactTable
from blastradius.columns.ragged import Flags, Numbers
from blastradius.columns.tables import CONTROLS, NO_INDEX, VERBS, ControlColumns, LazyNames
from blastradius.model import Basis, Control, ControlKind, Verb

_AUTHZ = CONTROLS.index(ControlKind.FUNCTION_AUTHZ)
_BY_NAME = np.argsort(np.argsort([str(kind) for kind in CONTROLS], kind="stable"))
"""The place of each kind of control in alphabetical order."""

IMPLIED = Control(
    kind=ControlKind.FUNCTION_AUTHZ,
    status="assumed",
    basis=Basis.INFERRED,
    why="a scope guards the operation; not shown to be enforced",
)

_SAID = ("failed", "fails_closed", "misled", "phishable", "slower", "starts_after_h")
"""What controls say beside where they stand."""


@dataclass(frozen=True)
class PlacedControl:
    """A control where it stands: ``host`` is the id of an entity or a relation."""

    id: str
    host: str
    control: Control


@dataclass(frozen=True)
class Placement:
    """The controls of an estate by host and kind."""

    columns: ControlColumns

    @classmethod
    def of(cls, table: FactTable) -> Placement:
        """Place the controls of a table."""
        declared, count = table.controls, len(table.kind)
        host = np.where(declared.entity != NO_INDEX, declared.entity, count + declared.relation)
        implied = np.setdiff1d(guarded(table), host[declared.kind == _AUTHZ])
        kind = np.concatenate([declared.kind, np.full(len(implied), _AUTHZ)])
        host = np.concatenate([host, implied])
        none = np.full(len(implied), NO_INDEX)
        order = np.lexsort((_BY_NAME[kind], host))
        kind, host = kind[order], host[order]
        provider = np.concatenate([declared.provider, none])[order]
        said = {
            name: np.concatenate([column, np.zeros(len(implied), column.dtype)])[order]
            for name, column in vars(declared).items()
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
    return np.unique(table.relations.targets.take(permits).values)


def host_name(table: FactTable, host: int) -> str:
    """The id of a host: an entity by its number, a relation by its number beyond the entities."""
    count = len(table.kind)
    return table.names[host] if host < count else table.relations.ids[host - count]
