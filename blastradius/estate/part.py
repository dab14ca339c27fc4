"""A part of an estate that stands for the whole: all that is said around some things, and the whole's own numbers.

Who asks it about anything else than these things is told what is missing, so that a question is asked again with more
of the estate until nothing is. What that comes to is what the whole would have said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import Any

from blastradius.errors import BlastradiusError
from blastradius.estate.estate import Census, Estate
from blastradius.estate.namesakes import MOST_LOOKED_AT
from blastradius.estate.ties import VOID_ALONG
from blastradius.model import Control, Frozen, Kind, Note


class NotHereError(Exception):
    """A question has come to things around which not all is here: their names (of entities, APIs, zones, inputs)."""

    def __init__(self, names: Collection[str]) -> None:
        super().__init__(f"{len(names)} things")
        self.names = frozenset(names)


class WholeNeededError(Exception):
    """A question has come to what only the whole estate can say."""


class Whole(Frozen):
    """What is said of a whole estate in the answers of a part: its numbers, digest and notes, those that follow too.

    ``day`` (ISO date) is the one for which the notes hold; it is null where no day changes them.
    """

    census: Census
    digest: str
    notes: tuple[Note, ...]
    day: str | None

    @classmethod
    def of(cls, estate: Estate) -> Whole:
        """What is said of an estate."""
        return cls(
            census=estate.census,
            digest=estate.digest,
            notes=estate.notes,
            day=estate.today if estate.changes_with_the_day else None,
        )


class Part(Estate):
    """The part of an estate around the things in ``around``; ``built`` has all that is said of them."""

    def __init__(self, built: Estate, whole: Whole, around: frozenset[str]) -> None:
        # the tables of the estate that was built, and the whole's own numbers in the place of its
        vars(self).update(vars(built), census=whole.census, digest=whole.digest, notes=whole.notes)
        self.around = around

    def require(self, names: Iterable[str]) -> None:
        """See that all is here that is said around some things.

        Raises:
            NotHereError: it is not.
        """
        missing = set(names) - self.around
        if missing:
            raise NotHereError(missing)

    def changed(self, **changes: Any) -> Estate:
        """The same, where nothing is changed; what-ifs are asked of the whole, whose digest they change.

        Raises:
            WholeNeededError: something is changed.
        """
        if any(map(tuple, changes.values())):
            raise WholeNeededError
        return self

    def resolve(self, text: str, kinds: Collection[Kind] | None = None, *, zones: bool = False) -> str:
        """The id of what is here by that name.

        Raises:
            WholeNeededError: nothing is, or several things are; the whole says what is near.
        """
        if text in self.entities and (kinds is None or self.kind_of(text) in kinds):
            return text
        if self.in_columns:
            raise WholeNeededError
        try:
            return super().resolve(text, kinds, zones=zones)
        except BlastradiusError:
            raise WholeNeededError from None

    @cached_property
    def namesakes(self) -> Mapping[str, tuple[str, ...]]:
        """The ids of the things of each display name that several have."""
        return super().namesakes if self.census[0] <= MOST_LOOKED_AT else {}

    def why_void(self, control: Control, ends: Iterable[str]) -> str | None:
        """Why a control stops nothing, once all that this rests on is here.

        Raises:
            NotHereError: it is not.
        """
        if control.provided_by is not None and control.kind in VOID_ALONG:
            ends = tuple(ends)
            self.require(self._ties.looked_at(control.provided_by, ends))
        return super().why_void(control, ends)
