"""Damage to good input: every value of a document in turn replaced by one of the wrong type."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loader import Loaded, Loader
from blastradius.reading import parse_document

WRONG: tuple[Any, ...] = (None, 7, True, "x", "\u202e", "y" * 600, [], [7], [[]], {}, {"a": 1}, {"": []}, [{"a": {}}])
HEAP = "heap.json"


def mangled(data: Any) -> Iterator[Any]:
    """The document with one value replaced, for every place and every wrong value."""
    for keys in _places(data):
        for wrong in WRONG:
            damaged = copy.deepcopy(data)
            if not keys:
                continue
            holder = damaged
            for key in keys[:-1]:
                holder = holder[key]
            holder[keys[-1]] = wrong
            yield damaged


def _places(value: Any, keys: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield keys
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in children:
        yield from _places(each, (*keys, key))


def survives(loader: Loader, data: Any, **options: Any) -> Loaded | None:
    """Load it and build an estate of it, or have it refused with a reason; anything else comes through."""
    try:
        loaded = loader.load(parse_document(json.dumps(data), HEAP, ".json"), options)
    except InputError as error:
        if not str(error).startswith(HEAP):
            raise
        return None
    Estate.build([loaded])
    return loaded


def hostile_names(shared: Path) -> list[str]:
    """Names that have broken other programs."""
    listed = json.loads((shared / "badinput" / "generated" / "hostile_names.json").read_text())
    return [each["name"] for each in listed]
