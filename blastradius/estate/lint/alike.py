"""Things that people cannot tell apart by their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from blastradius.estate.lint.inventory import Inventory, finding
from blastradius.estate.namesakes import namesakes
from blastradius.model import Kind, Note, Party, Provenance, Verb


def alike(inventory: Inventory) -> Iterator[Note]:
    """Several things of one display name, with their ids: neither can be asked about by it."""
    for name, ids in namesakes(inventory.entities).items():
        things = [inventory.entities[thing] for thing in ids]
        *others, last = [f"the {thing.kind} {thing.id!r}" for thing in things]
        message = f"{len(things)} things are called {name!r}: {', '.join(others)} and {last}; name them apart"
        yield finding(things[-1], f"{message}, or join them if they are one").model_copy(update={"about": ids})


def shared_by_name(inventory: Inventory) -> Iterator[Note]:
    """Services that one file says one firm runs, and another file another: one service, or two of one name.

    What any file says of both is meant so, and what we have a part in is no confusion of two others.
    """
    others = {party.id for party in inventory.all_of(Kind.PARTY) if isinstance(party, Party) and party.role != "self"}
    run: dict[str, dict[str, Provenance]] = defaultdict(dict)
    files: dict[str, list[str]] = defaultdict(list)
    for relation in inventory.relations(inventory.along(Verb.OWNS)):
        if relation.sources[0] in others and inventory.entities[relation.targets[0]].kind == Kind.SERVICE:
            for place in relation.provenance[:1]:
                run[relation.targets[0]].setdefault(relation.sources[0], place)
            files[relation.targets[0]] += {place.file for place in relation.provenance}
    for name in run:
        if len(run[name]) > 1 and len(files[name]) == len({*files[name]}):
            whose = " and ".join(f"{party!r} ({Path(at.file).name}:{at.line})" for party, at in run[name].items())
            message = f"service {name!r} is run by {whose}, so each has what the other's opens; if these are two"
            yield finding(inventory.entities[name], f"{message}, give them different names in those files")
