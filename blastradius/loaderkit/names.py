"""Names and short texts out of files: what can be an id, what may be shown, and how it is put."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeGuard

from blastradius.model import MAX_ID as MAX_ID
from blastradius.secrets import looks_secret

MAX_NAME = 2048
_HARMFUL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def harmless(text: str) -> bool:
    """Whether a text can be part of an id: no control characters, no change of direction, no halves."""
    return bool(text.strip()) and _HARMFUL.search(text) is None


def is_name(value: Any) -> TypeGuard[str]:
    """Whether a value is a text that can be part of an id; ``:secret:`` in an ARN is no secret."""
    return isinstance(value, str) and _is_name(value)


@lru_cache(maxsize=2**16)
def _is_name(text: str) -> bool:
    return len(text) <= MAX_NAME and harmless(text) and not looks_secret(text.replace(":secret:", ":"))


def name_list(value: Any) -> tuple[str, ...] | None:
    """One text or a list of texts that can be part of an id; ``None`` for anything else. What is absent is none."""
    if value is None:
        return ()
    listed = value if isinstance(value, list) else [value]
    return tuple(listed) if all(is_name(item) for item in listed) else None


def fitting(made: str) -> str:
    """An id made of several names; one that is too long ends in a digest instead."""
    if len(made) <= MAX_ID:
        return made
    return f"{made[:440]}...{hashlib.sha256(made.encode()).hexdigest()[:16]}"


def line(value: Any) -> str | None:
    """A text on one line; nothing where it is none, could do harm, or looks like a secret."""
    flat = " ".join(value.split()) if isinstance(value, str) else ""
    return flat if harmless(flat) and not looks_secret(flat) else None


def slug(title: str | None, length: int = 60) -> str:
    """A title as a prefix for ids: letters and digits in lower case, hyphens between."""
    flat = "".join(char if char.isalnum() else " " for char in (title or "").lower())
    return "-".join(flat.split())[:length].rstrip("-")


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """A count and its noun."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def first_few(names: Sequence[str], count: int | None = None) -> str:
    """The first three of some names, and how many more there are; ``count`` is that of all, if not all are given."""
    more = (len(names) if count is None else count) - 3
    return ", ".join(names[:3]) + (f" and {more:,} more" if more > 0 else "")


def excerpt(text: str) -> str:
    """A text as a message may show it: short, and nothing that looks like a key."""
    return "a text that looks like a secret" if looks_secret(text) else text if len(text) <= 40 else f"{text[:37]}..."
