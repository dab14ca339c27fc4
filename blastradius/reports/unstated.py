"""What nobody stated, told as such: it is unknown, and never 0."""

from __future__ import annotations

from collections.abc import Collection

from blastradius.answer import UNKNOWN, Cell
from blastradius.engine import Reach
from blastradius.estate import Estate
from blastradius.model import Capability, Kind, Store
from blastradius.reports.phrases import phrase
from blastradius.reports.words import is_public, label, listed, plural

MARK = "mark what matters most with 'crown_jewel: true' in an estate file"


def marks_jewels(estate: Estate) -> bool:
    """Whether anything is marked as a crown jewel, so that there is something to count."""
    return estate.census.crown_jewels > 0


def states_processes(estate: Estate) -> bool:
    """Whether a business process is stated, so that one could stop."""
    return estate.census.processes > 0


def missing(estate: Estate) -> tuple[str, ...]:
    """What an answer in numbers cannot count, in sentences that say what to state."""
    found = [] if marks_jewels(estate) else [f"no crown jewel is marked, so none can be counted; {MARK}"]
    found += [] if states_processes(estate) else ["no process is stated, so what would stop is unknown"]
    return tuple(found)


def told_counts(estate: Estate, jewels: Cell, processes: Cell) -> tuple[Cell, Cell]:
    """Crown jewels and processes as a table tells them: unknown where the estate marks or states none."""
    return jewels if marks_jewels(estate) else UNKNOWN, processes if states_processes(estate) else UNKNOWN


def jewels_said(estate: Estate, jewels: Collection[str], most: int = 4) -> str:
    """Crown jewels counted and named, such as ``1 crown jewel: Orders``; that none is marked where none is."""
    if not marks_jewels(estate):
        return phrase("no jewel")
    names = sorted(label(estate, jewel) for jewel in jewels)
    named = f": {listed(names, most)}" if names else ""
    return f"{plural(len(names), 'crown jewel')}{named}"


def records_or_unknown(counted: int, uncounted: int) -> int | None:
    """How many records could be read; ``None`` where no store that could be read says how many it has."""
    return None if uncounted and not counted else counted


def uncounted_stores(reach: Reach) -> int:
    """Stores that could be read in part, or whole without anyone having stated how many records they hold."""
    read = {fact.entity for fact in reach.levels if fact.capability == Capability.READ}
    in_part = {fact.entity for fact in reach.levels if fact.capability == Capability.READ_SUBSET}
    stores = [name for name in in_part if reach.estate.kind_of(name) == Kind.STORE]
    stores = [name for name in stores if not is_public(reach.estate, name)]
    return sum(not (name in read and _is_sized(reach.estate, name)) for name in stores)


def _is_sized(estate: Estate, name: str) -> bool:
    store = estate.entities[name]
    return isinstance(store, Store) and store.records is not None


def records_said(counted: int, uncounted: int) -> str:
    """How many records could be read, in words."""
    if not uncounted:
        return phrase("records", f"{counted:,}") if counted else phrase("no records")
    besides = phrase("uncounted", plural(uncounted, "store"))
    return phrase("records and", f"{counted:,}", besides) if counted else phrase("records unknown", besides)
