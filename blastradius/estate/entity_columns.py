"""What a table states of its entities, as flat arrays: a column a field."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from blastradius.columns.facts import FactTable
from blastradius.columns.ragged import Numbers, RaggedArray, flags_at
from blastradius.columns.tables import BASES, KINDS, NO_INDEX, EntityColumns
from blastradius.model import Basis, Kind, Zone


def entity_columns(table: FactTable, zones: Mapping[str, Zone]) -> EntityColumns:
    """The columns of the entities of a table."""
    fields, count, kinds = table.fields, len(table.kind), table.kind
    flat = {zone.id: place for place, zone in enumerate(zone for zone in zones.values() if zone.flat)}
    service = KINDS.index(Kind.SERVICE)
    inside = {number: flat[zone] for number, zone in fields.zone.items() if zone in flat and kinds[number] == service}
    apis = {name: place for place, name in enumerate(sorted(set(fields.api.values())))}
    return EntityColumns(
        ids=table.names,
        kind=table.kind.astype(np.int64),
        api=_column(count, {number: apis[name] for number, name in fields.api.items()}),
        flat_zone=_column(count, inside),
        anonymous=flags_at(fields.anonymous, count),
        password=flags_at(fields.password, count),
        crown_jewel=flags_at(fields.crown_jewel, count),
        records=_column(count, fields.records),
        copy_of=_copies(count, fields.copy_of),
        complete=flags_at(fields.complete, count),
        public=flags_at(fields.public, count),
        ourselves=flags_at(fields.ourselves, count),
        basis=_column(count, fields.basis, BASES.index(Basis.DECLARED)).astype(np.int8),
        apis=list(apis),
        flat_zones=list(flat),
    )


def _column(count: int, values: Mapping[int, int], otherwise: int = NO_INDEX) -> Numbers:
    """A column of a table, from what few of its rows state."""
    found = np.full(count, otherwise, np.int64)
    found[np.fromiter(values, np.int64, len(values))] = np.fromiter(values.values(), np.int64, len(values))
    return found


def _copies(count: int, stated: Mapping[int, tuple[int, ...]]) -> RaggedArray:
    owners = np.repeat(np.fromiter(stated, np.int64, len(stated)), [len(originals) for originals in stated.values()])
    originals = np.fromiter((original for row in stated.values() for original in row), np.int64, len(owners))
    return RaggedArray.grouped(owners, originals, count)
