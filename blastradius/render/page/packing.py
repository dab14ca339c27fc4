"""Numbers as a page carries them: as text that packs well, and that a browser reads back into typed arrays."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import numpy as np

from blastradius.columns.ragged import Numbers, RaggedArray

_LETTERS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", np.uint8)


def packed(values: Any, kind: str) -> dict[str, str]:
    """Numbers: floats as little-endian bytes in base64; integers by how much each is more than the one before.

    A difference is written as source maps write numbers, in letters of five bits, lowest first, and its sign before
    them: small steps take one letter, and what repeats repeats in the text.
    """
    kept = np.asarray(values).astype(np.dtype(kind).newbyteorder("<"))
    if kept.dtype.kind == "f":
        return {"type": kind, "base64": b64encode(kept.tobytes()).decode("ascii")}
    more = kept.astype(np.int64)
    more[1:] -= more[:-1].copy()
    return {"type": kind, "steps": _lettered(more)}


def _lettered(numbers: Numbers) -> str:
    signed = (np.abs(numbers) << 1) | (numbers < 0)
    letters_of_longest = -(-int(signed.max(initial=1)).bit_length() // 5)
    digits = signed[:, None] >> (5 * np.arange(letters_of_longest))
    is_last = digits < 32
    used = ~np.roll(is_last, 1, axis=1)
    used[:, 0] = True
    letters = _LETTERS[(digits & 31) | np.where(is_last, 0, 32)]
    return bytes(letters[used]).decode("ascii")


def lists(rows: RaggedArray) -> dict[str, Any]:
    """Rows of numbers; ``Lists`` in ``compiled.js``."""
    return {"first": packed(rows.indptr, "int32"), "values": packed(rows.values, "int32")}
