"""What is read of a stored estate to make a part of it: all that is said around some things, and what that rests on."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from blastradius.estate.estate import Estate
from blastradius.estate.foretold import WholeNeededError
from blastradius.estate.part import Part, Whole
from blastradius.estate.snapshot import loaded
from blastradius.model import Verb, input_ends


class Stored(NamedTuple):
    """A line of a stored estate's snapshot, and its place there."""

    place: int
    record: str


class Shelf(Protocol):
    """Where an estate is stored; each answer may have a line more than once."""

    def zones(self) -> Iterable[Stored]:
        """All zones."""
        ...

    def entities(self, names: Collection[str]) -> Iterable[Stored]:
        """The entities of these ids."""
        ...

    def called(self, labels: Collection[str]) -> Iterable[Stored]:
        """The entities of these display names."""
        ...

    def touching(self, names: Collection[str]) -> Iterable[Stored]:
        """The relations with one of these entities at an end, as a key, or running a control of theirs."""
        ...

    def guarded(self, names: Collection[str]) -> Iterable[Stored]:
        """The entities with a control that one of these runs."""
        ...

    def members(self, names: Collection[str]) -> Iterable[Stored]:
        """The entities of these APIs, and in these zones."""
        ...

    def open(self) -> Iterable[Stored]:
        """The operations that anyone may call, and what acts on what it takes in."""
        ...


class _Said(NamedTuple):
    """A line, and what it says: its family, and the fields of it."""

    place: int
    record: str
    family: str
    stated: Mapping[str, Any]

    @property
    def id(self) -> str:
        name: str = self.stated["id"]
        return name

    @property
    def label(self) -> str:
        name: str = self.stated.get("name") or self.id
        return name

    @property
    def ends(self) -> set[str]:
        """The ends of a relation."""
        return {*self.stated["sources"], *self.stated["targets"]}

    @property
    def rests_on(self) -> set[str]:
        """What else has to be there: keys, originals, and who runs a control."""
        named = {name for field in ("keys", "needs", "copy_of") for name in self.stated.get(field, ())}
        runs = {control.get("provided_by") for control in self.stated.get("controls", ())} - {None}
        return named | runs


@dataclass
class Excerpt:
    """The lines read so far; ``around`` are the things around which all has been."""

    shelf: Shelf
    heading: str
    whole: Whole
    around: set[str] = field(default_factory=set)
    relations: dict[int, _Said] = field(default_factory=dict)
    _zones: list[_Said] = field(default_factory=list)
    _entities: dict[str, _Said] = field(default_factory=dict)
    _alike: dict[str, _Said] = field(default_factory=dict)
    _touched: dict[str, set[int]] = field(default_factory=dict)
    _looked_up: set[str] = field(default_factory=set)

    def begin(self, names: Collection[str]) -> None:
        """Read what people name, by id or display name: things, and zones with what is in them."""
        self._zones = [_said(line) for line in self.shelf.zones()]
        zones = {zone.id for zone in self._zones if {zone.id, zone.label} & set(names)}
        meant = [*self.shelf.called(names), *self.shelf.members(zones | set(names))]
        self.add({*names, "internet", *(_said(line).id for line in meant)})

    def add(self, names: Collection[str]) -> None:
        """Read all that is said around some more things."""
        new = set(names) - self.around
        meant = new.union(*map(input_ends, new))
        found = [*self.shelf.members(new), *(self.shelf.open() if "internet" in new else ())]
        meant |= {_said(line).id for line in found}
        self._keep(self.shelf.guarded(new))
        ring = meant | self._ends(meant)
        self._ends(ring)
        self._rest()
        self.around |= new

    def part(self, source: str) -> Part:
        """The part that has been read; ``source`` is for messages.

        Raises:
            InputError: a line that is none of an estate's.
            WholeNeededError: what is said of the whole does not hold today.
        """
        entities = {**self._alike, **self._entities}
        lines = sorted((said.place, said.record) for said in (*self._zones, *entities.values()))
        lines += sorted((said.place, said.record) for said in self.relations.values())
        built = Estate.build([loaded([self.heading, *(record for _, record in lines)], source)])
        if self.whole.day not in (None, built.today):
            raise WholeNeededError
        return Part(built, self.whole, frozenset(self.around))

    def _ends(self, names: Collection[str]) -> set[str]:
        """The ends of all relations that touch some things, read where they were not."""
        self._touch(names)
        return {
            end for name in names for place in self._touched.get(name, ()) for end in self.relations[place].ends
        }  # fmt: skip

    def _touch(self, names: Collection[str]) -> None:
        new = [name for name in names if name not in self._touched]
        for name in new:
            self._touched[name] = set()
        for line in self.shelf.touching(new):
            if line.place not in self.relations:
                self.relations[line.place] = _said(line)
            said = self.relations[line.place]
            for name in said.ends | said.rests_on:
                if name in self._touched:
                    self._touched[name].add(line.place)

    def _rest(self) -> None:
        """Read the things that are named by what has been read, what they come from, and what has their names."""
        while True:
            named = {name for said in self.relations.values() for name in said.ends | said.rests_on}
            named |= {name for said in self._entities.values() for name in said.rests_on} | set(self._touched)
            new = named - self._looked_up
            self._looked_up |= new
            self._keep(self.shelf.entities(new))
            behind = self._behind() - self._touched.keys()
            self._touch(behind)
            if not new and not behind:
                break
        self._doubles()

    def _keep(self, lines: Iterable[Stored]) -> None:
        self._entities |= {said.id: said for said in map(_said, lines)}

    def _behind(self) -> set[str]:
        """The originals of copies and the parts of wholes, whose own originals and parts count as well."""
        originals = {name for said in self._entities.values() for name in said.stated.get("copy_of", ())}
        parts = {
            part
            for said in self.relations.values()
            if said.stated["verb"] == Verb.PART_OF
            for part in said.stated["sources"]
        }
        return originals | parts

    def _doubles(self) -> None:
        """Read what has the display name of something that is here: its name, and no more of it."""
        labels = {said.label for said in self._entities.values()}
        new = labels - {said.label for said in self._alike.values()}
        found = [*self.shelf.called(new), *self.shelf.entities(new)]
        for said in map(_said, found):
            if said.id not in self._entities:
                brief = {key: said.stated[key] for key in ("id", "name") if key in said.stated}
                self._alike[said.id] = said._replace(record=json.dumps({said.family: brief}))


def _said(line: Stored) -> _Said:
    ((family, stated),) = json.loads(line.record).items()
    return _Said(line.place, line.record, family, stated)
