"""Things that people cannot tell apart by their names."""

from __future__ import annotations

from collections.abc import Iterator

from blastradius.estate.lint.inventory import Inventory, finding
from blastradius.estate.namesakes import namesakes
from blastradius.model import Note


def alike(inventory: Inventory) -> Iterator[Note]:
    """Several things of one display name, with their ids: neither can be asked about by it."""
    for name, ids in namesakes(inventory.entities).items():
        things = [inventory.entities[thing] for thing in ids]
        *others, last = [f"the {thing.kind} {thing.id!r}" for thing in things]
        message = f"{len(things)} things are called {name!r}: {', '.join(others)} and {last}; name them apart"
        yield finding(things[-1], f"{message}, or join them if they are one").model_copy(update={"about": ids})
