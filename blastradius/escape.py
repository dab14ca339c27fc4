"""Data strings made harmless and visible: one rule for terminals, pictures and documents."""

from __future__ import annotations

import unicodedata

# Controls, format characters (bidi among them), surrogates, line and paragraph separators.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Zero-width joiners belong to correctly written Persian, Hindi and emoji; they move nothing around.
_JOINERS = "\u200c\u200d"
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    r"""``text`` with every character that could act instead of being read shown as ``\n``, ``\x1b``, ``\u202e``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) if acts(char) else char for char in text)


def columns(text: str) -> int:
    """How many character cells ``text`` takes, wide East Asian characters counting two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def cut(text: str, limit: int) -> str:
    """``text``, or its beginning and an ellipsis where it is longer than ``limit`` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def acts(char: str) -> bool:
    """Whether a terminal or a viewer would obey ``char`` instead of showing it."""
    if unicodedata.category(char) in _UNSAFE:
        return char not in _JOINERS
    return ord(char) & 0xFFFE == 0xFFFE  # noncharacters, which XML refuses


def _shown(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
