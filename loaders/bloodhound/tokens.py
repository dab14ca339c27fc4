"""Tokens of GitHub in a BloodHound graph: what they are permitted, until when, and what that opens of a repository."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any, NamedTuple

from blastradius.loaderkit.contract import Provenances
from blastradius.model import Control, ControlKind, Kind, Verb
from blastradius.reading import parse_document

from .reading import Node


class Opening(NamedTuple):
    """An operation on a repository: which permissions together permit it, and what it does to what of it."""

    words: str
    needs: tuple[tuple[str, ...], ...]
    does: tuple[tuple[Verb, Kind], ...]


OPENINGS = (
    Opening("read contents", (("contents:read",), ("contents:write",)), ((Verb.READS, Kind.STORE),)),
    Opening("write contents", (("contents:write",),), ((Verb.WRITES, Kind.STORE),)),
    Opening("change workflows", (("contents:write", "workflows:write"),), ((Verb.CONTROLS, Kind.SERVICE),)),
    Opening(
        "administration", (("administration:write",),), ((Verb.CONTROLS, Kind.STORE), (Verb.CONTROLS, Kind.SERVICE))
    ),
)


def permissions(node: Node) -> list[str]:
    """``contents:write`` for each permission and its level; they may be JSON inside a text, and in groups.

    Raises:
        InputError: a text that should be JSON and is not.
    """
    declared = node.attributes.get("permissions")
    if isinstance(declared, str) and declared.lstrip().startswith("{"):
        declared = parse_document(declared, node.place.document.path, ".json").data
    return list(dict.fromkeys(_levels(declared)))


def _levels(declared: Any) -> Iterator[str]:
    for name, level in declared.items() if isinstance(declared, dict) else ():
        if isinstance(level, dict):
            yield from _levels({key: item for key, item in level.items() if isinstance(item, str)})
        elif isinstance(level, str) and level.strip():
            yield f"{name}:{level.strip()}"


def ended(node: Node, provenance: Provenances) -> dict[str, Any]:
    """The day a token ends, and why it opens nothing any more, where the graph says so; empty where it does not."""
    found: dict[str, Any] = {}
    declared = node.text("token_expires_at") or node.text("expires_at")
    try:
        found["expires"] = datetime.date.fromisoformat(declared[:10]).isoformat() if declared else None
    except ValueError:
        found["description"] = "its end is not a date"
    if node.attributes.get("token_expired") is True:
        found["controls"] = (Control(kind=ControlKind.EXPIRED, why="said to have ended", provenance=provenance),)
    elif node.text("suspended_at"):
        found["controls"] = (Control(kind=ControlKind.REVOKED, why="suspended", provenance=provenance),)
    return {name: value for name, value in found.items() if value is not None}
