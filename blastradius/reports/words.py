"""Words for people: of what is held over a thing, names, counts."""

from __future__ import annotations

from blastradius.estate import Estate
from blastradius.model import Capability

WORDS = {
    Capability.CONTROL: "controls it",
    Capability.STEER: "makes it do what they want",
    Capability.WRITE: "can change it",
    Capability.READ: "can read all of it",
    Capability.POSSESS: "has a copy",
    Capability.OPERATE: "can use it through its holder",
    Capability.USE: "can use it",
    Capability.DENY: "it stops",
    Capability.TAINT: "it is wrong",
    Capability.READ_SUBSET: "can read own rows",
    Capability.DEGRADE: "it slows",
    Capability.PRESENT: "can use it together with others",
}
"""Capabilities in words for people."""


def label(estate: Estate, name: str) -> str:
    """The display name of an entity."""
    return estate.entities[name].label


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count and its noun, such as ``1 store`` or ``3 processes``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def is_public(estate: Estate, name: str) -> bool:
    """Whether it is stated that anyone may have it."""
    return bool(getattr(estate.entities[name], "public", False))
