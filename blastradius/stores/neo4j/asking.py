"""Questions about one start, asked where the estate is kept: the client carries the frontier and reads at it.

A question is asked of the part of the estate that was read so far. Where it comes to a thing around which not all was
read, that is read as well, and it is asked again; the last answer is that of the whole estate, and checked as such.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from pydantic import ValidationError

from blastradius.errors import BlastradiusError, NotHereError, StoreError
from blastradius.estate import Estate
from blastradius.estate.excerpt import Excerpt
from blastradius.estate.foretold import WholeNeededError
from blastradius.estate.part import Whole
from blastradius.stores.neo4j.connection import Connection
from blastradius.stores.neo4j.pull import Pointer, Tell, pointer, untold
from blastradius.stores.neo4j.shelf import LoadShelf

Result = TypeVar("Result")
_FEW = 3_000
"""How many relations are read of any estate; of a larger one a sixth.

One that is read at the frontier costs about three times one of a stream, and each round is built and asked anew.
"""


def asked_there(
    connection: Connection, named: Collection[str], ask: Callable[[Estate], Result], tell: Tell = untold
) -> Result | None:
    """What ``ask`` says of the estate, of which no more is read than it comes to.

    ``named`` are the texts by which people name things in the question. ``None`` where only the whole estate can say
    it, or most of it is reached; whoever asks then pulls it.

    Raises:
        StoreError: the server refuses, or the estate was never pushed.
    """
    now = pointer(connection)
    whole = None if now is None else _whole(now)
    if now is None or whole is None:
        return None
    shelf = LoadShelf(connection, now.load)
    excerpt = Excerpt(shelf, now.heading, whole)
    excerpt.begin(named)
    most = max(_FEW, whole.census.relations // 6)
    around_each = whole.census.relations / max(1, whole.census.entities)
    further: Collection[str] = ()
    while len(excerpt.relations) + around_each * len(further) <= most and shelf.ring(further) <= most:
        excerpt.add(further)
        tell(f"asking {connection.address}, {len(excerpt.relations):,} relations read", None)
        try:
            found = ask(excerpt.part(str(connection.address)))
        except NotHereError as missing:
            further = missing.names
        except StoreError:
            raise
        except (WholeNeededError, BlastradiusError):  # what is wrong with a question, the whole says with what is near
            return None
        else:
            return found if shelf.is_kept() else None
    return None


def _whole(now: Pointer) -> Whole | None:
    """What is said of the whole estate, where it was short enough to be kept."""
    if now.whole is None:
        return None
    try:
        return Whole.model_validate_json(now.whole)
    except ValidationError:  # said by another version
        return None
