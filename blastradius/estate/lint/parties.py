"""Keys that should be gone, and doors that strangers can try."""

from __future__ import annotations

from collections.abc import Iterator

from blastradius.columns.ragged import flags_at
from blastradius.estate.lint.inventory import Inventory, finding
from blastradius.loaderkit.names import first_few
from blastradius.model import ControlKind, Credential, Kind, Note, NoteKind, Party, Verb

_SPENT = {ControlKind.REVOKED, ControlKind.ROTATED, ControlKind.EXPIRED}
_STURDY = {ControlKind.HARDENED, ControlKind.SANDBOXED}


def ended(inventory: Inventory) -> Iterator[Note]:
    """Keys that are held still by parties with whom the relationship has ended."""
    parties = {party.id: party for party in inventory.named(inventory.of_kind(Kind.PARTY)) if isinstance(party, Party)}
    gone = {name for name, party in parties.items() if party.contract_end and party.contract_end < inventory.day}
    for relation in inventory.relations(inventory.along(Verb.HOLDS)) if gone else ():
        party, key = parties.get(relation.sources[0]), relation.targets[0]
        if party is not None and party.id in gone and not _is_spent(inventory, key):
            yield finding(
                party,
                f"the relationship with {party.id!r} ended on {party.contract_end}, but it still holds "
                f"{key!r}; revoke the credential or correct the date",
            )


def idle(inventory: Inventory) -> Iterator[Note]:
    """Keys that nobody uses, and that work still."""
    for key in inventory.named(flags_at(inventory.table.fields.dormant, len(inventory.table.kind))):
        if isinstance(key, Credential) and not _is_spent(inventory, key.id):
            yield finding(key, f"{key.id!r} is dormant, and works still; revoke it, or say that it is in use")


def strangers(inventory: Inventory) -> Iterator[Note]:
    """Services that strangers can call, of which nobody said whether they withstand it."""
    opened = flags_at(inventory.table.fields.anonymous, len(inventory.table.kind))
    serves = inventory.along(Verb.SERVES)
    serves &= opened[inventory.table.relations.targets.first]
    unsaid = {
        relation.sources[0]
        for relation in inventory.relations(serves)
        if not _is_said(inventory, relation.id) and not _is_said(inventory, relation.sources[0])
    }
    if unsaid:
        names = sorted(unsaid)
        some = first_few(list(map(repr, names)))
        message = (
            f"strangers can call {some}, and nobody said whether that is hardened or sandboxed; say so, "
            "if need be with `status: absent`, or whoever assumes a takeover has it fall by silence"
        )
        place = inventory.entities[names[0]].provenance[:1]
        yield Note(kind=NoteKind.INCOMPLETE, message=message, about=tuple(names), provenance=place)


def _is_spent(inventory: Inventory, key: str) -> bool:
    return not _SPENT.isdisjoint(placed.control.kind for placed in inventory.controls_on(key))


def _is_said(inventory: Inventory, host: str) -> bool:
    return not _STURDY.isdisjoint(placed.control.kind for placed in inventory.controls_on(host))
