"""Ends of the inventory that lead nowhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from blastradius.columns.ragged import Flags
from blastradius.estate.lint.inventory import Inventory, finding
from blastradius.model import Kind, Note, Verb


def loose_ends(inventory: Inventory) -> Iterator[Note]:
    """Things that lack what their kind should have, in their order; what is stated to be unknown is no oversight."""
    loose: dict[int, list[str]] = defaultdict(list)
    names = inventory.table.names
    for kind, missing, message in _loose(inventory):
        for number in np.flatnonzero(inventory.of_kind(kind) & missing).tolist():
            loose[number].append(f"{kind} {names[number]!r} {message}")
    for number in sorted(loose):
        entity = inventory.entities[names[number]]
        yield from (finding(entity, message) for message in loose[number] if not entity.unknown)


def _loose(inventory: Inventory) -> Iterator[tuple[Kind, Flags, str]]:
    """A kind, which names lack what their kind should have, and how that is said."""
    at_end = inventory.at_end
    held = at_end("targets", Verb.HOLDS, Verb.OWNS, Verb.CONTAINS, Verb.ISSUES)
    yield Kind.CREDENTIAL, ~held, "is held by nobody; say who holds it, or which store contains it"
    opens = at_end("sources", Verb.GRANTS) | at_end("needs", Verb.CALLS)
    yield Kind.CREDENTIAL, ~opens, "grants nothing; say what it grants"
    acts = (Verb.READS, Verb.WRITES, Verb.CONTROLS, Verb.DISABLES, Verb.ISSUES, Verb.CONNECTS)
    touches = at_end("sources", *acts) | at_end("targets", Verb.SERVES)
    yield Kind.OPERATION, ~touches, "touches nothing; say what it reads, writes or controls, or what serves it"
    sent = at_end("targets", Verb.PUBLISHES, Verb.OWNS, Verb.WRITES)
    yield Kind.FEED, ~sent, "has no publisher; say which party or service publishes it"
