"""What is taken where relations leave it open: notes that are about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from blastradius.columns.ragged import Numbers
from blastradius.loaderkit.names import counted, first_few
from blastradius.model import Note, NoteKind, Verb

MOST_NAMED = 1000
"""How many relations a note is about at most, of an estate of any size."""
UNSAID_ALONG = (Verb.CALLS, Verb.READS, Verb.CONSUMES)
"""Along which it may be left open how hard the dependence is, unless an operation is the one that depends."""
Unsaid = Callable[[tuple[str, ...], int], Note | None]
"""What is said of relations by their ids, of many only the first, and of how many there are."""


def named(ids: Sequence[str], rows: Numbers) -> tuple[tuple[str, ...], int]:
    """The ids of relations by number, of many only the first, and how many there are."""
    first: list[int] = rows[:MOST_NAMED].tolist()
    return tuple(sorted(ids[row] for row in first)), len(rows)


def unsaid_dependence(about: tuple[str, ...], count: int) -> Note | None:
    """That it is not said how hard dependences are; ``None`` where there are none."""
    does = counted(count, "call, read or feed taken in does", "calls, reads and feeds taken in do")
    return _assumed(f"{does} not say how hard the dependence is; taken as soft", about, count)


def unsaid_votes(about: tuple[str, ...], count: int) -> Note | None:
    """That it is not said how the votes of feeds are counted; ``None`` where there are none."""
    does = counted(count, "group of feeds does", "groups of feeds do")
    return _assumed(f"{does} not say how votes are counted; any one wrong feed may decide", about, count)


def _assumed(message: str, about: tuple[str, ...], count: int) -> Note | None:
    if not count:
        return None
    named = first_few(list(map(repr, about)), count)
    return Note(kind=NoteKind.ASSUMED, message=f"{message}: {named}", about=about)
