"""What was declared and never seen in traffic, and what was seen and nobody declared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from blastradius.answer import Answer, Query, Row, Table
from blastradius.estate import Estate
from blastradius.estate.routes import route
from blastradius.model import Basis, Entity, Frozen, Kind, Relation, Verb
from blastradius.reports.rows import ModelRow, PlaceRow, model_row, place_row
from blastradius.reports.words import label, listed, plural, relation_said

_USES = (Verb.READS, Verb.WRITES, Verb.PUBLISHES, Verb.CONSUMES)
_REACHES = (Verb.DEPENDS_ON, Verb.CONNECTS)
_VERBS = (Verb.CALLS, Verb.SERVES, Verb.GRANTS, *_USES, *_REACHES)
_KINDS = (Kind.SERVICE, Kind.OPERATION, Kind.STORE, Kind.FEED, Kind.CREDENTIAL)
MOST_SHOWN = 20
"""How many things people are shown at first."""
Pair = tuple[str, str]
Which = Literal["declared", "observed"]


class Params(BaseModel):
    """Which things to compare; all that traffic can show unless some are named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    only: tuple[str, ...] = Field((), description="kinds and verbs to compare, such as operation or calls")


class SeenRow(Frozen):
    """One thing that only one side knows, ``says`` it in words.

    ``kind`` is an entity's kind or a relation's verb. ``watched``: something else that its source, or what serves
    it, does was observed, so that its absence says more. ``instead``: what the other side knows between the same
    two things. ``at`` has the same places as ``places``.
    """

    id: str
    says: str
    kind: str
    watched: bool
    instead: str | None
    at: tuple[str, ...]
    places: tuple[PlaceRow, ...]


class SeenData(Frozen):
    """The answer to ``seen``."""

    question: str
    headline: str
    both: int
    never_seen: tuple[SeenRow, ...]
    not_declared: tuple[SeenRow, ...]
    model: ModelRow


@dataclass
class Side:
    """What one side knows: things by what they are the same as, and relations by the two things they join."""

    same: set[str] = field(default_factory=set)
    between: dict[Pair, str] = field(default_factory=dict)


def run(estate: Estate, params: Params) -> Answer:
    """Compare what is declared with what is observed, by the bases that every merged fact keeps."""
    compared = Compared(estate, params.only)
    never, undeclared = tuple(compared.rows("declared")), tuple(compared.rows("observed"))
    data = SeenData(
        question="seen",
        headline=_headline(compared, never, undeclared),
        both=compared.both,
        never_seen=never,
        not_declared=undeclared,
        model=model_row(estate),
    )
    tables = (
        _table("never_seen", "Declared and never seen", estate, never, "traffic has instead"),
        _table("not_declared", "Seen and not declared", estate, undeclared, "declared is instead"),
    )
    return Answer(
        question="seen",
        headline=data.headline,
        data=data,
        tables=tables if compared.is_observed else (tables[0]._replace(brief=()),),
        notes=estate.notes if compared.is_observed else (),
    )


class Compared:
    """The two sides of an estate.

    Operations that have one route are the same function, however their sources write its parameters.
    """

    def __init__(self, estate: Estate, only: Iterable[str]) -> None:
        self.estate = estate
        self.only = set(only)
        self.servers: dict[str, list[str]] = defaultdict(list)
        for relation in estate.by_verb[Verb.SERVES]:
            self.servers[relation.targets[0]].append(relation.sources[0])
        self.sides: dict[Which, Side] = {"declared": Side(), "observed": Side()}
        self.watched: set[str] = set()
        for thing in self._things():
            self._add(thing)

    @property
    def is_observed(self) -> bool:
        """Whether anything was observed."""
        return bool(self.sides["observed"].same)

    @property
    def both(self) -> int:
        """How many things are declared and observed."""
        same = {self.same(thing) for thing in self._things() if Basis.DECLARED in thing.bases}
        return len(same & self.sides["observed"].same)

    def rows(self, which: Which) -> Iterator[SeenRow]:
        """What is known on one side only."""
        other = self.sides["observed" if which == "declared" else "declared"]
        for thing in self._things():
            if Basis(which) not in thing.bases or self._known(thing, other):
                continue
            yield SeenRow(
                id=thing.id,
                says=self._says(thing),
                kind=self._kind(thing),
                watched=any(name in self.watched for name in self._sources(thing)),
                instead=next((other.between[pair] for pair in self._pairs(thing) if pair in other.between), None),
                at=tuple(map(str, thing.provenance)),
                places=tuple(map(place_row, thing.provenance)),
            )

    def _says(self, thing: Entity | Relation) -> str:
        return relation_said(self.estate, thing.id) if isinstance(thing, Relation) else label(self.estate, thing.id)

    def same(self, thing: Entity | Relation) -> str:
        """What two accounts of one thing have in common; usually the id."""
        if isinstance(thing, Relation):
            ends = [self._same_entity(source) for source in (*thing.sources, *thing.targets)]
            return f"{thing.verb}:{ends}"
        return self._same_entity(thing.id)

    def _same_entity(self, name: str) -> str:
        own = route(self.estate.entities[name])
        return " ".join(own) if own else name

    def _things(self) -> Iterator[Entity | Relation]:
        for kind in _KINDS:
            if not self.only or kind in self.only:
                yield from self.estate.of_kind(kind)
        for verb in _VERBS:
            if not self.only or verb in self.only:
                yield from self.estate.by_verb[verb]

    def _sources(self, thing: Entity | Relation) -> Iterable[str]:
        """Where traffic would have to be watched for the thing to be seen."""
        return thing.sources if isinstance(thing, Relation) else self.servers.get(thing.id, ())

    def _kind(self, thing: Entity | Relation) -> str:
        return str(thing.verb if isinstance(thing, Relation) else thing.kind)

    def _add(self, thing: Entity | Relation) -> None:
        for which, side in self.sides.items():
            if Basis(which) in thing.bases:
                side.same.add(self.same(thing))
                for pair in self._pairs(thing):
                    side.between.setdefault(pair, thing.id)
        if isinstance(thing, Relation) and Basis.OBSERVED in thing.bases:
            self.watched.add(thing.sources[0])

    def _known(self, thing: Entity | Relation, other: Side) -> bool:
        if isinstance(thing, Relation) and thing.verb in _REACHES:
            return any(pair in other.between for pair in self._pairs(thing))
        return self.same(thing) in other.same

    def _pairs(self, thing: Entity | Relation) -> Iterator[Pair]:
        """The two things that a relation lets speak to each other: a service and a service, store or feed."""
        if isinstance(thing, Relation):
            if thing.verb is Verb.CALLS:
                yield from ((thing.sources[0], server) for server in self.servers[thing.targets[0]])
            elif thing.verb in (*_USES, *_REACHES):
                yield from ((thing.sources[0], target) for target in thing.targets)


def _headline(compared: Compared, never: Sequence[SeenRow], undeclared: Sequence[SeenRow]) -> str:
    if not compared.is_observed:
        return "nothing in this estate was observed; load traces or access logs to compare"
    watched = sum(row.watched for row in never)
    return (
        f"{plural(len(never), 'thing')} declared and never seen, {watched:,} of them where traffic was "
        f"watched; {plural(len(undeclared), 'thing')} seen and not declared; {compared.both:,} both"
    )


def _table(name: str, title: str, estate: Estate, rows: Sequence[SeenRow], instead: str) -> Table:
    """What one side knows; in brief the entities where traffic was watched, or where none was the first few."""
    watched_first = sorted(rows, key=lambda row: not row.watched)
    cells = {row.id: _cells(estate, row) for row in watched_first}
    telling = [row for row in watched_first if row.watched] or watched_first
    return Table(
        name,
        title,
        ("kind", "id", "what", "watched", instead, "read at"),
        tuple(cells.values()),
        ids=("id",),
        brief=tuple(cells[row.id] for row in telling[:MOST_SHOWN]),
        under=("read at",),
    )


def _cells(estate: Estate, row: SeenRow) -> Row:
    instead = None if row.instead is None else relation_said(estate, row.instead)
    return row.kind, row.id, row.says, row.watched, instead, listed(row.at, 1)


QUERY = Query(
    "seen", "What was declared and never seen, and what was seen and not declared", Params, run, SeenData, example=""
)
