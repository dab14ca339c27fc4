"""An estate as flat arrays and plain values, and back: all that it is made of, so that it need not be read again.

What was read line by line stays in its file; of that only the places of the lines are packed.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from mmap import mmap
from types import GenericAlias
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from blastradius.columns.compose import ComposedRows
from blastradius.columns.facts import DeclaredControls, FactTable, ObjectRows, Rows, relation_ids
from blastradius.columns.growing import EntityFields
from blastradius.columns.ragged import RaggedArray
from blastradius.columns.tables import KINDS, RelationColumns
from blastradius.estate.estate import Estate
from blastradius.loaderkit.bulk import LineRows
from blastradius.model import ENTITY_TYPES, Entity, Exercise, Expectation, Frozen, Note, Relation, Tally, Zone

Array = NDArray[Any]
TextOf = Callable[[str], bytes | mmap]
"""What a file says, by its name as it was spelled."""
IsTextOf = Callable[[str, bytes | mmap], bool]
"""Whether a file says just that."""
_Value = TypeVar("_Value", bound=Frozen)
_DEPENDENCIES = (None, "hard", "soft", "none")
_DEPENDENCY = {word: number for number, word in enumerate(_DEPENDENCIES)}
_RAGGED = ("sources", "targets", "keys", "needs")
_PLACES = {"entity_offset": "q", "entity_line": "I", "relation_offset": "q", "relation_line": "I"}
"""The arrays of places of lines, with their types."""


class UnpackableError(Exception):
    """Something that does not come back from a pack as it was."""


@dataclass
class Pack:
    """Arrays by name, and what else is said: values that JSON can have."""

    arrays: dict[str, Array] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)


def packed(estate: Estate, is_text_of: IsTextOf) -> Pack:
    """All that an estate is made of, but for the day on which it is asked, and for lines that stand in a file.

    Raises:
        UnpackableError: it was changed for a what-if, or something in it would not come back as it was.
    """
    if estate.change is not None:
        raise UnpackableError("a change")
    pack = Pack()
    pack.said = {
        "title": estate.title,
        "as_of": estate.as_of,
        "clock": dict(estate.clock),
        "tally": _texts(Tally, [estate.tally]),
        "zones": _texts(Zone, estate.zones.values()),
        "expectations": _texts(Expectation, estate.expectations),
        "exercises": _texts(Exercise, estate.exercises),
        "notes": _texts(Note, estate.source_notes),
        "table": _packed_table(pack, estate.table, is_text_of),
    }
    return pack


def unpacked(pack: Pack, text_of: TextOf) -> Estate:
    """The estate of a pack, as of today; ``text_of`` has the lines that it was read from.

    Raises:
        LookupError, TypeError, ValueError: it is no pack.
    """
    said = pack.said
    return Estate(
        _table(pack, said["table"], text_of),
        {zone.id: zone for zone in _values(Zone, said["zones"])},
        title=said["title"],
        as_of=said["as_of"],
        clock=said["clock"],
        expectations=_values(Expectation, said["expectations"]),
        exercises=_values(Exercise, said["exercises"]),
        notes=_values(Note, said["notes"]),
        tally=_values(Tally, said["tally"])[0],
    )


# values


def _texts(shape: type[_Value], values: Iterable[_Value]) -> str:
    """Values of one type as JSON.

    Raises:
        UnpackableError: one of them would not come back as it was, or without saying more than it did.
    """
    given = tuple(values)
    try:
        text = f"[{','.join(value.model_dump_json(exclude_unset=True) for value in given)}]"
        again = _values(shape, text)
    except ValueError:  # half a character, or what the type refuses
        raise UnpackableError(shape.__name__) from None
    if again != given or any(a.model_fields_set != b.model_fields_set for a, b in zip(again, given, strict=True)):
        raise UnpackableError(shape.__name__)
    return text


def _values(shape: type[_Value], text: str) -> tuple[_Value, ...]:
    many: Any = GenericAlias(tuple, (shape, ...))
    found: tuple[_Value, ...] = TypeAdapter(many).validate_json(text)
    return found


# the table


def _packed_table(pack: Pack, table: FactTable, is_text_of: IsTextOf) -> dict[str, Any]:
    columns = table.relations
    pack.arrays["kind"] = table.kind
    for name in _RAGGED:
        ragged: RaggedArray = getattr(columns, name)
        pack.arrays |= {f"{name}.indptr": ragged.indptr, f"{name}.values": ragged.values}
    pack.arrays["dependency"] = np.array([_DEPENDENCY[word] for word in columns.dependency], np.int8)
    pack.arrays |= {f"relation.{name}": getattr(columns, name) for name in _PLAIN}
    pack.arrays |= {f"control.{name}": column for name, column in table.controls._asdict().items()}
    return {
        "names": list(table.number),
        "fields": {name: _listed(stated) for name, stated in vars(table.fields).items()},
        "digest": f"{table.digest:x}",
        "rows": _packed_rows(pack, table.rows, is_text_of),
    }


_PLAIN = tuple(name for name in RelationColumns._fields if name not in (*_RAGGED, "ids", "dependency"))
"""The columns of relations that are arrays."""
_CONTROL = DeclaredControls._fields


def _table(pack: Pack, said: Mapping[str, Any], text_of: TextOf) -> FactTable:
    arrays, names = pack.arrays, said["names"]
    ends: dict[str, Any] = {name: RaggedArray(arrays[f"{name}.indptr"], arrays[f"{name}.values"]) for name in _RAGGED}
    plain: dict[str, Any] = {name: arrays[f"relation.{name}"] for name in _PLAIN}
    relations = RelationColumns(
        ids=relation_ids(names, plain["verb"], ends["sources"], ends["targets"]),
        dependency=[_DEPENDENCIES[number] for number in arrays["dependency"].tolist()],
        **ends,
        **plain,
    )
    stated: dict[str, Any] = {name: _told(few) for name, few in said["fields"].items()}
    return FactTable(
        number={name: number for number, name in enumerate(names)},
        kind=arrays["kind"],
        fields=EntityFields(**stated),
        relations=relations,
        controls=DeclaredControls._make(arrays[f"control.{name}"] for name in _CONTROL),
        rows=_rows(pack, said["rows"], text_of),
        digest=int(said["digest"], 16),
    )


def _listed(stated: dict[Any, Any] | set[int]) -> list[Any]:
    """What few entities state: keys and values in their order, or numbers."""
    return [list(stated)] if isinstance(stated, set) else [list(stated), list(stated.values())]


def _told(stated: list[Any]) -> dict[Any, Any] | set[int]:
    if len(stated) == 1:
        return set(stated[0])
    return dict(
        zip(stated[0], (tuple(value) if isinstance(value, list) else value for value in stated[1]), strict=True)
    )


# the objects behind it


def _packed_rows(pack: Pack, rows: Rows, is_text_of: IsTextOf, name: str = "rows") -> dict[str, Any]:
    """What makes the objects of a table; its arrays begin with ``name``."""
    if isinstance(rows, LineRows) and is_text_of(rows.file, rows.text):
        pack.arrays |= {f"{name}.{place}": np.asarray(getattr(rows, place)) for place in ("kind", *_PLACES)}
        return {"lines": rows.file, "source": rows.source}
    if isinstance(rows, ObjectRows):
        kinds = [KINDS.index(entity.kind) for entity in rows.entities]
        pack.arrays[f"{name}.kinds"] = np.array(kinds, np.int8)
        texts = {str(kind): _texts(shape, some) for kind, shape, some in _by_kind(rows.entities)}
        return {"entities": texts, "relations": _texts(Relation, rows.relations)}
    if isinstance(rows, ComposedRows):
        pack.arrays |= {f"{name}.table_of": rows.table_of, f"{name}.entity_of": rows.entity_of}
        pack.arrays |= {f"{name}.kept.{place}": kept for place, kept in enumerate(rows.kept)}
        return {"parts": [_packed_rows(pack, part, is_text_of, f"{name}.{n}") for n, part in enumerate(rows.parts)]}
    raise UnpackableError(type(rows).__name__)


def _rows(pack: Pack, said: Mapping[str, Any], text_of: TextOf, name: str = "rows") -> Rows:
    arrays = pack.arrays
    if "lines" in said:
        places = {place: array(code, arrays[f"{name}.{place}"].tobytes()) for place, code in _PLACES.items()}
        kind = array("b", arrays[f"{name}.kind"].tobytes())
        return LineRows(source=said["source"], file=said["lines"], text=text_of(said["lines"]), kind=kind, **places)
    if "entities" in said:
        made = {KINDS.index(kind): iter(_values(ENTITY_TYPES[kind], said["entities"][kind])) for kind in KINDS}
        entities = [next(made[kind]) for kind in arrays[f"{name}.kinds"].tolist()]
        return ObjectRows(entities, list(_values(Relation, said["relations"])))
    parts = [_rows(pack, part, text_of, f"{name}.{place}") for place, part in enumerate(said["parts"])]
    kept = [arrays[f"{name}.kept.{place}"] for place in range(len(parts))]
    return ComposedRows(parts, kept, arrays[f"{name}.table_of"], arrays[f"{name}.entity_of"])


def _by_kind(entities: Sequence[Entity]) -> Iterator[tuple[Any, type[Entity], list[Entity]]]:
    for kind, shape in ENTITY_TYPES.items():
        yield kind, shape, [entity for entity in entities if entity.kind == kind]
