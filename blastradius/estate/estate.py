"""The estate: what all sources say together, merged and checked, kept as columns."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from blastradius.columns.compose import ComposedRows, Kept, concatenated
from blastradius.columns.facts import FactTable, ObjectRows, table_of_objects
from blastradius.columns.ragged import Numbers
from blastradius.columns.tables import CONTROLS, KINDS, NO_INDEX, VERBS, Columns
from blastradius.errors import InputError
from blastradius.estate.change import Change, digest_of
from blastradius.estate.checks import check
from blastradius.estate.entity_columns import entity_columns
from blastradius.estate.footing import Footing
from blastradius.estate.merge import alone, merged, one_each, one_table
from blastradius.estate.namesakes import namesakes
from blastradius.estate.naming import called, resolved, suggested
from blastradius.estate.placement import PlacedControl, PlacedControls, Placement, host_name
from blastradius.estate.selections import kept_out, scenarios
from blastradius.estate.things import entities_of, relations_of, some_relations
from blastradius.estate.ties import VOID_ALONG, Ties, replaced
from blastradius.estate.unsaid import UNSAID_ALONG, Unsaid, named, unsaid_dependence, unsaid_votes
from blastradius.loaderkit.contract import Loaded
from blastradius.loaderkit.names import counted, first_few
from blastradius.model import (
    Control,
    ControlKind,
    Entity,
    Exercise,
    Expectation,
    ExpectedFact,
    Kind,
    Note,
    NoteKind,
    Relation,
    Scenario,
    Tally,
    Verb,
    Zone,
)
from blastradius.rules import RULES

if TYPE_CHECKING:
    import networkx as nx

Thing = TypeVar("Thing", Entity, Relation)
_DOUBTFUL = [CONTROLS.index(kind) for kind in VOID_ALONG]
START_KINDS = (Kind.PARTY, Kind.CREDENTIAL, Kind.FEED)
"""The kinds of entity that somebody may start at who is after something."""
MOST_PROBLEMS = 20
"""How many problems are said of an estate that is read line by line: it may have millions."""


class Census(NamedTuple):
    """How many entities, relations, processes and crown jewels an estate has.

    ``starts`` are its parties, credentials and feeds, ``own`` those of its parties that are ourselves.
    """

    entities: int
    relations: int
    processes: int
    crown_jewels: int
    starts: int
    own: int


class Estate:
    """All entities, relations and zones by id; built once, never changed.

    They stand in order of their ids, but for what is read line by line: that is in the order of its files.
    """

    def __init__(
        self,
        table: FactTable,
        zones: Mapping[str, Zone],
        *,
        title: str | None = None,
        as_of: str | None = None,
        today: str | None = None,
        clock: Mapping[str, float] | None = None,
        expectations: tuple[Expectation, ...] = (),
        exercises: tuple[Exercise, ...] = (),
        notes: tuple[Note, ...] = (),
        tally: Tally | None = None,
    ) -> None:
        self._table = table
        self._kinds = table.kind.tobytes()
        self.entities: Mapping[str, Entity] = entities_of(table)
        self.relations: Mapping[str, Relation] = relations_of(table)
        self.zones = zones
        self.title = title
        self.as_of = as_of
        self.clock = clock or {}
        self.expectations = expectations
        self.exercises = exercises
        self.tally = tally or Tally()
        self._given_notes = notes
        self.today = today or datetime.datetime.now(datetime.UTC).date().isoformat()
        self._placement = Placement.of(table, self.day)
        self.notes = (*notes, *self._void_controls(), *self._assumptions(), *self._undated())
        self.change: Change | None = None

    @classmethod
    def build(cls, loaded: Iterable[Loaded], today: str | None = None) -> Estate:
        """Merge what the loaders found; ``today`` (ISO date) is the day of an estate that states none.

        Raises:
            InputError: an id of two kinds, an unknown reference, a wrong kind at an end, or a control where
                no rule looks for it; all of them at once, or the first twenty of what is read line by line.
        """
        parts = list(loaded)
        tables = [part.bulk for part in parts if isinstance(part.bulk, FactTable)]
        entities = [entity for part in parts for entity in part.entities]
        relations = [relation for part in parts for relation in part.relations]
        table, notes = one_table(tables, entities, relations)
        zones, zone_notes = merged((zone for part in parts for zone in part.zones), lambda zone: zone.id, "zone")
        expected = tuple(expectation for part in parts for expectation in part.expectations)
        check(table, expected, MOST_PROBLEMS if tables else None)
        return cls(
            table,
            {zone.id: zone for zone in zones},
            title=next((part.title for part in parts if part.title), None),
            as_of=max((part.as_of for part in parts if part.as_of), default=None),
            today=today,
            clock=_one_clock(parts),
            expectations=expected,
            exercises=one_each(exercise for part in parts for exercise in part.exercises),
            notes=(*(note for part in parts for note in part.notes), *notes, *zone_notes),
            tally=sum((part.tally for part in parts), Tally()),
        )

    def changed(
        self,
        *,
        without: Collection[str] = (),
        controls: Collection[str] = (),
        entities: Iterable[Entity] = (),
        relations: Iterable[Relation] = (),
        zones: Iterable[Zone] = (),
    ) -> Estate:
        """The same estate without some relations (by id), and with controls (``kind@host``) that work in place.

        ``entities``, ``relations`` and ``zones`` are there besides; those of ids that are there already change nothing.
        What is numbered keeps its number.

        Raises:
            InputError: a control is put where no rule looks for it.
            KeyError: a relation, or a host of a control, that the estate does not have.
        """
        added: dict[str, list[Control]] = defaultdict(list)
        for kind, _, host in (name.partition("@") for name in controls):
            added[host].append(Control(kind=ControlKind(kind)))
        guarded = [_with(self.entities[host], kinds) for host, kinds in added.items() if host in self.entities]
        hosts = added.keys() - self.entities.keys() - set(without)  # what is taken away is not guarded
        roads = [_with(self.relations[host], added[host]) for host in sorted(hosts)]
        away = {*without, *(relation.id for relation in roads)}
        stays = np.array([name not in away for name in self._table.relations.ids], np.bool_) if away else None
        whole = Kept.all_of(self._table)
        whole.entities[[self._table.number[entity.id] for entity in guarded]] = False
        kept = whole if stays is None else Kept(self._table, whole.entities, stays)
        guarded += [entity for entity in entities if entity.id not in self.entities]
        roads += [relation for relation in relations if relation.id not in self.relations]
        declared = {zone.id: zone for zone in zones} | {**self.zones}
        if not (guarded or roads or away or len(declared) > len(self.zones)):
            return self
        gone = (*(self.entities[host] for host in added if host in self.entities), *map(self.relations.get, away))
        table = concatenated([kept, Kept.all_of(table_of_objects(guarded, roads))])
        check(table, ())
        found = Estate(table, declared, **self._said_besides)
        zoned = tuple(zone for name, zone in declared.items() if name not in self.zones)
        found.change = Change(self, tuple(filter(None, gone)), (*guarded, *roads), zoned)
        return found

    @property
    def _said_besides(self) -> dict[str, Any]:
        """What is said of the estate as a whole."""
        return {
            "title": self.title,
            "as_of": self.as_of,
            "today": self.today,
            "clock": self.clock,
            "expectations": self.expectations,
            "exercises": self.exercises,
            "notes": self._given_notes,
            "tally": self.tally,
        }

    def __reduce__(self) -> tuple[partial[Estate], tuple[FactTable, Mapping[str, Zone]], dict[str, Any]]:
        counted = {} if self.change is None else {"digest": self.digest}
        return partial(Estate, **self._said_besides), (self._table, self.zones), counted

    @cached_property
    def census(self) -> Census:
        """How much there is, of the whole estate where this is a part of one."""
        kinds = Counter(self._kinds)
        processes, *starts = (kinds[KINDS.index(kind)] for kind in (Kind.PROCESS, *START_KINDS))
        fields = self._table.fields
        sizes = len(self.entities), len(self.relations), processes
        return Census(*sizes, len(fields.crown_jewel), sum(starts), len(fields.ourselves))

    @cached_property
    def footing(self) -> Footing:
        """How well it is known what it says, of the whole estate where this is a part of one."""
        return Footing.of(self.columns, self.controls)

    def require_whole(self) -> None:
        """See that all of the estate is here; of one that is no part of one, it is."""

    def require(self, names: Iterable[str]) -> None:
        """See that all is here that is said around some things; of an estate that is no part of one, it is."""

    def __repr__(self) -> str:
        named = f" {self.title!r}" if self.title else ""
        things = f"{counted(len(self.entities), 'entity', 'entities')}, {counted(len(self.relations), 'relation')}"
        return f"<Estate{named}: {things}, {counted(len(self.notes), 'note')}>"

    @property
    def in_columns(self) -> bool:
        """Whether facts were read line by line: they stand in the order of their files, and count as their lines."""
        return not isinstance(self._table.rows, ObjectRows)

    @property
    def source_notes(self) -> tuple[Note, ...]:
        """The notes of the sources and of their merging, without those that follow from the estate."""
        return self._given_notes

    @property
    def changes_with_the_day(self) -> bool:
        """Whether keys end by a day that the estate does not state."""
        return self.as_of is None and bool(self._table.fields.expires)

    @property
    def day(self) -> str:
        """The day (ISO date) that the estate is of: its ``as_of``, or today where it states none."""
        return self.as_of or self.today

    @property
    def table(self) -> FactTable:
        """The facts as they were merged and checked."""
        return self._table

    @cached_property
    def columns(self) -> Columns:
        """All facts as flat arrays."""
        return Columns(entity_columns(self._table, self.zones), self._table.relations, self._placement.columns)

    @cached_property
    def by_verb(self) -> Mapping[Verb, Sequence[Relation]]:
        """The relations of each verb, in the estate's order."""
        verb = self._table.relations.verb
        return {name: some_relations(self._table, np.flatnonzero(verb == n)) for n, name in enumerate(VERBS)}

    def of_kind(self, kind: Kind) -> tuple[Entity, ...]:
        """The entities of one kind, in the estate's order."""
        numbers = np.flatnonzero(self._table.kind == KINDS.index(kind)).tolist()
        return tuple(alone(self._table.rows.entity(number)) for number in numbers)

    def kind_of(self, entity: str) -> Kind:
        """The kind of an entity."""
        return KINDS[self._kinds[self._table.number[entity]]]

    def controls_on(self, host: str) -> tuple[PlacedControl, ...]:
        """The controls that stand on an entity or a relation."""
        return self.controls.on(host)

    @cached_property
    def controls(self) -> PlacedControls:
        """Every control in the estate by its id, ``kind@host``."""
        return PlacedControls(self._table, self._placement.columns, self.day)

    def in_zone(self, zone: str) -> list[str]:
        """The services and stores of a zone, by id."""
        return list(self._by_zone.get(zone, ()))

    @cached_property
    def zone_of(self) -> Mapping[int, str]:
        """The zone of each entity that names one, by its number, in the estate's order."""
        return {number: zone for number, zone in sorted(self._table.fields.zone.items()) if zone}

    @cached_property
    def _by_zone(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        kinds = self._table.kind
        for kind in (Kind.SERVICE, Kind.STORE):
            for number, zone in self.zone_of.items():
                if kinds[number] == KINDS.index(kind):
                    found[zone].append(self._table.names[number])
        return found

    def parts_of(self, whole: str) -> list[str]:
        """What is declared to be part of a service or a store."""
        return self._parts.get(whole, [])

    @cached_property
    def _parts(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for relation in self.by_verb[Verb.PART_OF]:
            found[relation.targets[0]].append(relation.sources[0])
        return found

    def owners_of(self, thing: str) -> Sequence[str]:
        """The parties that are stated to own a thing, in the order of the estate."""
        return self._owners.get(thing, ())

    @cached_property
    def _owners(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for relation in self.by_verb[Verb.OWNS]:
            for thing in relation.targets:
                found[thing].append(relation.sources[0])
        return found

    def grants_of(self, key: str) -> Sequence[str]:
        """The ids of the relations by which a key, alone or with others, opens something, in the estate's order."""
        return self._grants.get(key, ())

    @cached_property
    def _grants(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for relation in self.by_verb[Verb.GRANTS]:
            for key in dict.fromkeys(relation.sources):
                found[key].append(relation.id)
        return found

    def crown_jewel(self, entity: str) -> bool:
        """Whether an entity is marked as a crown jewel."""
        return self._table.number.get(entity) in self._table.fields.crown_jewel

    def is_public(self, entity: str) -> bool:
        """Whether it is stated that anyone may have an entity."""
        return self._table.number.get(entity) in self._table.fields.public

    def resolve(self, text: str, kinds: Collection[Kind] | None = None, *, zones: bool = False) -> str:
        """The id of what a person names by its id or its display name; of several of one name one of ``kinds``.

        With ``zones`` the id or the name of a zone will do.

        Raises:
            OfAnotherKindError: what is called so is of no kind in ``kinds``.
            UsageError: nothing is called so, or several things are; the message has what is near, or their ids.
        """
        if text in self.entities and (kinds is None or self.kind_of(text) in kinds):
            return text
        stated = dict.fromkeys(self._by_zone) if zones else {}
        places = {zone: self.zones[zone].label if zone in self.zones else zone for zone in (*stated, *self.zones)}
        return resolved(list(called(self._table, self.entities)), text, kinds, places if zones else {})

    def scenarios_of(
        self, expectation: Expectation, among: Collection[str] | None = None
    ) -> list[tuple[str | None, Scenario]]:
        """The scenarios of an expectation; a rule for all has one for each thing that it is about, by id.

        Of these only the ones in ``among`` where that is stated.
        """
        return [it for it in scenarios(expectation, self.of_kind) if among is None or it[0] is None or it[0] in among]

    def kept_out(self, expectation: Expectation) -> tuple[ExpectedFact, ...]:
        """All that an expectation says is not to be reached, by name or because it fits what is kept."""
        return kept_out(expectation, self.of_kind)

    def suggest(self, name: str) -> str:
        """A did-you-mean tail for a name that is not in the estate; empty when nothing comes close."""
        return suggested(called(self._table, self.entities), name)

    @cached_property
    def namesakes(self) -> Mapping[str, tuple[str, ...]]:
        """The ids of the things of each display name that several have."""
        return namesakes(self.entities)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the facts alone: the same estate has the same digest wherever its files lie.

        What is read line by line counts as its lines, whatever their order; what was changed, by the change.
        """
        rows, lines = self._table.rows, self._table.digest
        if self.change is not None:
            return self.change.digest
        if isinstance(rows, ObjectRows):
            return digest_of(rows, self.zones.values())
        if isinstance(rows, ComposedRows) and (rows.given.entities or rows.given.relations):
            lines += int(digest_of(rows.given, self.zones.values()), 16)
        return f"{lines % 2**256:064x}"

    def findings(self) -> tuple[Note, ...]:
        """What is loose in the inventory, on the day that it is of."""
        from blastradius.estate.lint import Inventory, findings  # most who ask do not look

        inventory = Inventory(self._table, self.entities, self.zones, self.expectations, self.controls_on, self.day)
        return findings(inventory)

    def to_networkx(self) -> nx.MultiDiGraph[str]:
        """The estate as a multigraph: nodes by entity id, an edge for each pair of ends, keyed by relation id."""
        from blastradius.estate.multigraph import multigraph

        return multigraph(self.entities.values(), self.relations.values(), title=self.title, digest=self.digest)

    @cached_property
    def _ties(self) -> Ties:
        return Ties(self.entities, self.by_verb)

    def why_void(self, control: Control, ends: Iterable[str]) -> str | None:
        """Why a control stops nothing of a step whose suppliers, or whose feed, these are; ``None`` where it counts."""
        if control.provided_by is not None and control.kind == ControlKind.FALLBACK:
            return self._ties.why_false_fallback(control.provided_by, ends)
        if control.provided_by is not None and control.kind == ControlKind.VERIFIED:
            return self._ties.why_own_signature(control.provided_by, ends)
        return None

    def _void_controls(self) -> Iterator[Note]:
        """Controls that stop nothing of one of the relations that they stand on, or at the end of."""
        columns = self._placement.columns
        doubtful = columns.host[np.isin(columns.kind, _DOUBTFUL) & (columns.provider != NO_INDEX)]
        hosts = {host_name(self._table, host) for host in doubtful.tolist()}
        for relation in self._relations_at(hosts):
            for host in (relation.id, relation.sources[0]):
                for placed in self.controls_on(host) if host in hosts else ():
                    why = self.why_void(placed.control, replaced(relation)) if _concerns(placed, relation) else None
                    if why is not None:
                        yield _void_note(placed, why)

    def _relations_at(self, hosts: Collection[str]) -> list[Relation]:
        """The relations that are hosts, or begin at one."""
        verbs = [*VOID_ALONG[ControlKind.FALLBACK], *VOID_ALONG[ControlKind.VERIFIED]]
        relations = (relation for verb in dict.fromkeys(verbs) for relation in self.by_verb[verb])
        return [r for r in relations if r.id in hosts or r.sources[0] in hosts] if hosts else []

    def _undated(self) -> list[Note]:
        """That keys end by a day that the estate does not state, so that answers may change with it."""
        expires = self._table.fields.expires
        if not self.changes_with_the_day:
            return []
        names = self._table.names
        over = [names[number] for number, end in sorted(expires.items(), key=lambda e: e[::-1]) if end < self.today]
        ends = counted(len(expires), "key says when it ends", "keys say when they end")
        message = f"{ends}, and nothing says what day the inventory is of: today, {self.today}, is taken"
        message += f"; ended by then: {first_few(over)}" if over else "; none of them has ended by then"
        return [Note(kind=NoteKind.ASSUMED, message=f"{message}; say `as_of`")]

    def _assumptions(self) -> list[Note]:
        """What is taken where nothing is said."""
        return list(filter(None, (said(*named(self._table.relations.ids, rows)) for said, rows in self._unsaid)))

    @property
    def _unsaid(self) -> Iterator[tuple[Unsaid, Numbers]]:
        """The relations that leave something open, with what is said of them."""
        columns = self._table.relations
        rows = np.flatnonzero(np.isin(columns.verb, [VERBS.index(verb) for verb in UNSAID_ALONG]))
        by_consumer = self._table.kind[columns.sources.first[rows]] != KINDS.index(Kind.OPERATION)
        unstated = [row for row in rows[by_consumer].tolist() if columns.dependency[row] is None]
        yield unsaid_dependence, np.array(unstated, np.int64)
        group = (columns.verb == VERBS.index(Verb.CONSUMES)) & (columns.targets.lengths > 1) & (columns.vote_min == 0)
        yield unsaid_votes, np.flatnonzero(group)


def _one_clock(parts: Iterable[Loaded]) -> dict[str, float]:
    """The hours that steps of each rule take; where sources differ, the fewest, which reach further.

    Raises:
        InputError: there is no such rule.
    """
    found: dict[str, float] = {}
    known = [rule.id for rule in RULES]
    unknown = sorted({rule for part in parts for rule in part.clock} - set(known))
    if unknown:
        raise InputError([f"clock: no rule is called {unknown[0]!r}; the rules are {', '.join(known)}"])
    for part in parts:
        for rule, hours in part.clock.items():
            found[rule] = min(hours, found.get(rule, hours))
    return found


def _with(thing: Thing, controls: Sequence[Control]) -> Thing:
    """A thing with controls put on it, in the place of others of their kinds."""
    kinds = {control.kind for control in controls}
    others: tuple[Control, ...] = tuple(own for own in thing.controls if own.kind not in kinds)
    return thing.model_copy(update={"controls": (*others, *controls)})


def _concerns(placed: PlacedControl, relation: Relation) -> bool:
    """Whether a control is of a kind that might stop nothing along a relation."""
    return relation.verb in VOID_ALONG.get(placed.control.kind, ())


def _void_note(placed: PlacedControl, why: str) -> Note:
    return Note(
        kind=NoteKind.CONTRADICTED,
        message=f"{placed.control.kind} on {placed.host!r} stops nothing: {why}",
        about=(placed.host,),
        provenance=placed.control.provenance,
    )
