"""Plain values out of a parsed document, in which anything may stand anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

Keys = tuple[str | int, ...]
"""The keys and indexes that lead from the top of a document to a value in it."""


def under(value: Any, *keys: str | int) -> Any:
    """What stands under ``keys`` in mappings and lists; ``None`` where nothing does."""
    for key in keys:
        if isinstance(key, int):
            value = value[key] if isinstance(value, list) and key < len(value) else None
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value


def mapping(value: Any, *keys: str | int) -> dict[str, Any]:
    """The mapping under ``keys``; an empty one where there is none."""
    found = under(value, *keys)
    return found if isinstance(found, dict) else {}


def as_list(value: Any) -> list[Any]:
    """A list as it is, one thing as a list of one, nothing as none."""
    return value if isinstance(value, list) else [] if value is None else [value]


def mappings(value: Any) -> list[dict[str, Any]]:
    """The mappings in a list, or the one that stands alone."""
    return [item for item in as_list(value) if isinstance(item, dict)]


def scalar(value: Any) -> str:
    """A text as it stands, or a whole number as text; empty for anything else."""
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def text(value: Any, *keys: str | int) -> str:
    """The text under ``keys`` without blanks around it, or a whole number as text; empty for anything else."""
    return scalar(under(value, *keys)).strip()


def texts(value: Any) -> list[str]:
    """The texts in a list, as they stand; none where it is no list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def scalars(value: Any) -> list[str]:
    """The texts and whole numbers in a list, or the one that stands alone, as text; blank ones are left out."""
    return [found for item in as_list(value) if (found := scalar(item)).strip()]


def kind_by_keys(value: Any, marks: Iterable[tuple[str, tuple[str, ...]]]) -> str | None:
    """The first kind of which a mapping has all the keys; ``None`` for what is of none, or no mapping."""
    if not isinstance(value, dict):
        return None
    return next((kind for kind, keys in marks if all(key in value for key in keys)), None)


def read_json(encoded: str | None) -> Any:
    """What a JSON text says, also in URL encoding; ``None`` where it is none."""
    try:
        return json.loads(unquote(encoded) if encoded and encoded.lstrip().startswith("%") else encoded or "")
    except (ValueError, RecursionError):
        return None
