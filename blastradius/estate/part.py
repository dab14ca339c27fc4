"""A part of an estate that stands for the whole: all that is said around some things, and the whole's own numbers.

Who asks it about anything else than these things is told what is missing, so that a question is asked again with more
of the estate until nothing is. What that comes to is what the whole would have said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import NoReturn

from blastradius.errors import BlastradiusError, NotHereError
from blastradius.estate.change import Change
from blastradius.estate.estate import Census, Estate
from blastradius.estate.footing import Footing
from blastradius.estate.foretold import WholeNeededError, census_after, notes_after
from blastradius.estate.namesakes import MOST_LOOKED_AT
from blastradius.estate.ties import VOID_ALONG
from blastradius.model import (
    SEEDS,
    Control,
    Entity,
    Expectation,
    ExpectedFact,
    Frozen,
    Kind,
    Note,
    Relation,
    Scenario,
    Zone,
    named_ends,
)


class Whole(Frozen):
    """What is said of a whole estate in the answers of a part: its numbers, digest and notes, those that follow too.

    ``day`` (ISO date) is the one for which the notes hold; it is null where no day changes them. ``given`` are the
    notes of the sources, which stand first.
    """

    census: Census
    footing: Footing
    digest: str
    notes: tuple[Note, ...]
    given: int
    expectations: tuple[Expectation, ...]
    day: str | None

    @classmethod
    def of(cls, estate: Estate) -> Whole:
        """What is said of an estate."""
        return cls(
            census=estate.census,
            footing=estate.footing,
            digest=estate.digest,
            notes=estate.notes,
            given=len(estate.source_notes),
            expectations=estate.expectations,
            day=estate.today if estate.changes_with_the_day else None,
        )

    def after(self, change: Change, changed: Estate) -> Whole:
        """What would be said of the whole after a change, by which a part of it has become ``changed``.

        Raises:
            WholeNeededError: only the whole can say.
        """
        return self.model_copy(
            update={
                "census": census_after(self.census, change),
                "footing": self.footing.after(change, changed),
                "digest": change.digest,
                "notes": (*self.notes[: self.given], *notes_after(self.notes[self.given :], change)),
            }
        )


class Part(Estate):
    """The part of an estate around the things in ``around``; ``built`` has all that is said of them."""

    def __init__(self, built: Estate, whole: Whole, around: frozenset[str], *, by_line: bool | None = None) -> None:
        # the tables of the estate that was built, and the whole's own numbers in the place of its
        said = {name: getattr(whole, name) for name in ("census", "footing", "digest", "notes", "expectations")}
        vars(self).update(vars(built), **said)
        self.whole = whole
        self.around = around
        self.by_line = built.in_columns if by_line is None else by_line

    def require(self, names: Iterable[str]) -> None:
        """See that all is here that is said around some things.

        Raises:
            NotHereError: it is not.
        """
        missing = set(names) - self.around
        if missing:
            raise NotHereError(missing)

    @cached_property
    def here(self) -> Estate:
        """What is here as if that were all, for who has seen that what is missing cannot matter."""
        found = Estate.__new__(Estate)
        vars(found).update(vars(self))
        return found

    def changed(
        self,
        *,
        without: Collection[str] = (),
        controls: Collection[str] = (),
        entities: Iterable[Entity] = (),
        relations: Iterable[Relation] = (),
        zones: Iterable[Zone] = (),
    ) -> Estate:
        """The same part of the estate that the whole would be if it were changed so.

        Raises:
            NotHereError: something is changed around which not all is here.
            WholeNeededError: only the whole can say what its notes would be.
            InputError: a control is put where no rule looks for it.
            KeyError: a relation, or a host of a control, that is not here.
        """
        found = super().changed(without=without, controls=controls, entities=entities, relations=relations, zones=zones)
        if found.change is None:
            return self
        for thing in (*found.change.gone, *found.change.new):
            self.require((*thing.sources, *thing.targets) if isinstance(thing, Relation) else (thing.id,))
        return Part(found, self.whole.after(found.change, found), self.around, by_line=self.by_line)

    def require_whole(self) -> NoReturn:
        """See that all of the estate is here.

        Raises:
            WholeNeededError: it never is.
        """
        raise WholeNeededError

    def scenarios_of(
        self, expectation: Expectation, among: Collection[str] | None = None
    ) -> list[tuple[str | None, Scenario]]:
        """The scenarios of an expectation, those of a rule for all only in ``among``, once all that they name is here.

        Raises:
            NotHereError: it is not.
            WholeNeededError: it is a rule for all, and asked of all.
        """
        if expectation.for_each is not None:
            if among is None:
                self.require_whole()
            self.require(among)
        found = super().scenarios_of(expectation, among)
        self.require(name for _, scenario in found for name in _named(scenario))
        return found

    def kept_out(self, expectation: Expectation) -> tuple[ExpectedFact, ...]:
        """What of all that is not to be reached is here; what is not here is not reached."""
        return tuple(fact for fact in super().kept_out(expectation) if fact.entity in self.entities)

    def resolve(self, text: str, kinds: Collection[Kind] | None = None, *, zones: bool = False) -> str:
        """The id of what is here by that name.

        Raises:
            WholeNeededError: nothing is, or several things are; the whole says what is near.
        """
        if text in self.entities and (kinds is None or self.kind_of(text) in kinds):
            return text
        if self.by_line:
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


def _named(scenario: Scenario) -> Iterator[str]:
    """What a scenario starts from, where its controls stand, and what the relations join that it takes away."""
    for way in SEEDS:
        yield from getattr(scenario, way)
    hosts = [text.partition("@")[2] for text in (*scenario.distrust, *scenario.controls)]
    for host in (*filter(None, hosts), *scenario.without):
        yield from (host, *named_ends(host))
