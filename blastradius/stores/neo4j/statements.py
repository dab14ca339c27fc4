"""The constant queries of this room: each stands in a ``.cypher`` file, under a line ``// name``."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import LiteralString, cast

_HEAD = re.compile(r"^// (\w+)$", re.MULTILINE)


@cache
def statements(file: str) -> dict[str, LiteralString]:
    """The queries of a file in this room, by name."""
    text = (Path(__file__).parent / file).read_text(encoding="utf-8")
    _, *parts = _HEAD.split(text)
    # what a file of ours holds is as constant as what stands in the code
    return {name: cast("LiteralString", body.strip()) for name, body in zip(parts[::2], parts[1::2], strict=True)}


def statement(file: str, name: str) -> LiteralString:
    """One query of a file."""
    return statements(file)[name]
