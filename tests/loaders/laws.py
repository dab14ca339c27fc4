"""What holds for every loader: damage is said and never crashes, and order and repetition change nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.reading import parse_document

WRONG: tuple[Any, ...] = (
    *(None, True, -7, 1e300, 10**400, "x", "²", "\u202e\u0007", "y" * 600, "9" * 5000),
    *([], [7], [[]], {}, {"a": [1]}, {"": []}, [[{"a": {}}]]),
)
SECRETS = ("AKIAIOSFODNN7CANARY1", "password=CANARY-hunter2", "ghp_CANARYCANARYCANARYCANARY")
HOSTILE = (
    *("\u202egnp.exe", "a\nb", "a\0b", "\x1b[31mred", "\ud800", "\u200bzero", " ", "e\u0301", "\U0001f512"),
    *("=cmd|'/c calc'!A0", "'; DROP TABLE parties;--", "<script>alert(1)</script>", "../../etc/passwd", "${7*7}"),
    *("{{7*7}}", "%s%n", "a:b>c,d", "NO", "1.10", "null", "__proto__", "a" * 501, "quote\"'`", "back\\slash", "*"),
)
DULL: Any = {"provenance": True, "controls": {"__all__": {"provenance"}}}
Keys = tuple[str | int, ...]


def load(loader: Loader, data: Any, suffix: str = ".json", **options: Any) -> Loaded:
    """Load data as if it had been written to a file; an estate can be built of it."""
    loaded = loader.load(parse_document(data if isinstance(data, str) else json.dumps(data), "f", suffix), options)
    Estate.build([loaded])
    return loaded


def survives(loader: Loader, data: Any, **options: Any) -> Loaded | None:
    """Load it, or have it refused with a reason; anything else comes through."""
    try:
        return load(loader, data, **options)
    except InputError as refused:
        why = str(refused)
    assert why.startswith("f")
    return None


def damaged(data: Any, wrong: Iterable[Any] = WRONG) -> Iterator[Any]:
    """The data with one value replaced by a wrong one, for every place and every wrong value."""
    wrong = tuple(wrong)
    for keys, _ in places(data):
        for value in wrong:
            yield with_value(data, keys, value)


def places(value: Any, keys: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Every value below the top, with the keys and indexes that lead to it."""
    children: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, (dict, list)):
        children = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in children:
        yield (*keys, key), each
        yield from places(each, (*keys, key))


def with_value(data: Any, keys: Keys, value: Any) -> Any:
    """The data with another value at a place; what is not on the way there is shared."""
    if not keys:
        return value
    copy = data.copy()
    copy[keys[0]] = with_value(data[keys[0]], keys[1:], value)
    return copy


def everything(loaded: Loaded) -> str:
    """All that comes out of a load, as one text."""
    return loaded.model_dump_json()


def estate(loads: Iterable[Loaded]) -> dict[str, Any]:
    """What an estate says, blind to where it was read."""
    built = Estate.build(loads)
    said = {name: each.model_dump(mode="json", exclude=DULL) for name, each in built.entities.items()}
    return said | {name: each.model_dump(mode="json", exclude=DULL) for name, each in built.relations.items()}


def lawful(loader: Loader, halves: tuple[Any, Any], whole: Any, suffix: str = ".json", **options: Any) -> None:
    """Loading twice, in any order, or split in two files gives the same estate."""
    first, second, both = (load(loader, data, suffix, **options) for data in (*halves, whole))
    assert estate([first, second]) == estate([second, first]) == estate([both]) == estate([both, first, both])


def hostile(shared: Path) -> list[str]:
    """Names that have broken other programs."""
    listed = json.loads((shared / "badinput" / "generated" / "hostile_names.json").read_text(encoding="utf-8"))
    return [entry["name"] for entry in listed]
