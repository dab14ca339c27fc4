"""The estate: what all sources together say, merged and checked; its graph is a NetworkX multigraph."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any

from blastradius.errors import InputError
from blastradius.estate.lint import Ties, findings, void
from blastradius.estate.merge import merged
from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    SIGNATURES,
    Basis,
    Control,
    ControlKind,
    Entity,
    Expectation,
    Kind,
    Note,
    NoteKind,
    Provenance,
    Relation,
    Store,
    Tally,
    Verb,
    Zone,
)
from blastradius.rules import placements

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True)
class PlacedControl:
    """A control where it stands: ``host`` is the id of an entity or a relation."""

    id: str
    host: str
    control: Control


class Estate:
    """All entities, relations and zones by id, sorted; built once, never changed."""

    def __init__(
        self,
        entities: Mapping[str, Entity],
        relations: Mapping[str, Relation],
        zones: Mapping[str, Zone],
        *,
        title: str | None = None,
        as_of: str | None = None,
        expectations: tuple[Expectation, ...] = (),
        notes: tuple[Note, ...] = (),
        tally: Tally | None = None,
    ) -> None:
        self.entities = entities
        self.relations = relations
        self.zones = zones
        self.title = title
        self.as_of = as_of
        self.expectations = expectations
        self.tally = tally or Tally()
        self._placed, void_notes = self._place_controls()
        self.notes = (*notes, *void_notes, *self._assumptions())

    @classmethod
    def build(cls, loaded: Iterable[Loaded]) -> Estate:
        """Merge what the loaders found.

        Raises:
            InputError: an id of two kinds, an unknown reference, a wrong kind at an end, or a control where
                no rule looks for it; all of them at once.
        """
        parts = list(loaded)
        problems = _two_kinds(each for part in parts for each in part.entities)
        if problems:
            raise InputError(problems)
        entities, notes_e = merged((e for part in parts for e in part.entities), lambda e: e.id, "entity")
        relations, notes_r = merged((r for part in parts for r in part.relations), lambda r: r.id, "relation")
        zones, notes_z = merged((z for part in parts for z in part.zones), lambda z: z.id, "zone")
        by_id = {each.id: each for each in entities}
        _check(by_id, relations, [x for part in parts for x in part.expectations])
        return cls(
            by_id,
            {each.id: each for each in relations},
            {each.id: each for each in zones},
            title=next((part.title for part in parts if part.title), None),
            as_of=max((part.as_of for part in parts if part.as_of), default=None),
            expectations=tuple(x for part in parts for x in part.expectations),
            notes=(*(note for part in parts for note in part.notes), *notes_e, *notes_r, *notes_z),
            tally=sum((part.tally for part in parts), Tally()),
        )

    @cached_property
    def by_verb(self) -> Mapping[Verb, tuple[Relation, ...]]:
        """The relations of each verb, in id order."""
        found: dict[Verb, list[Relation]] = defaultdict(list)
        for relation in self.relations.values():
            found[relation.verb].append(relation)
        return {verb: tuple(found[verb]) for verb in Verb}

    def of_kind(self, kind: Kind) -> tuple[Entity, ...]:
        """The entities of one kind, in id order."""
        return tuple(each for each in self.entities.values() if each.kind == kind)

    def kind_of(self, entity: str) -> Kind:
        """The kind of an entity."""
        return self.entities[entity].kind

    def controls_on(self, host: str) -> tuple[PlacedControl, ...]:
        """The controls that stand on an entity or a relation, void ones as ``failed``."""
        return self._placed.get(host, ())

    @cached_property
    def controls(self) -> Mapping[str, PlacedControl]:
        """Every control in the estate by its id, ``kind@host``."""
        return {each.id: each for placed in self._placed.values() for each in placed}

    def crown_jewel(self, entity: str) -> bool:
        """Whether an entity is marked as a crown jewel."""
        return bool(getattr(self.entities.get(entity), "crown_jewel", False))

    def suggest(self, name: str) -> str:
        """A did-you-mean tail for a name that is not in the estate; empty when nothing comes close."""
        close = get_close_matches(name, list(self.entities), n=1)
        return f"; did you mean {close[0]!r}?" if close else ""

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the facts alone: the same estate has the same digest wherever its files lie."""
        blind: dict[str, Any] = {"provenance": True, "also": True, "controls": {"__all__": {"provenance"}}}
        things = [each.model_dump(mode="json", exclude=blind) for each in self.entities.values()]
        things += [each.model_dump(mode="json", exclude=blind) for each in self.relations.values()]
        things += [each.model_dump(mode="json", exclude={"provenance"}) for each in self.zones.values()]
        return hashlib.sha256(json.dumps(things, sort_keys=True).encode()).hexdigest()

    def findings(self, today: str) -> tuple[Note, ...]:
        """What is loose in the inventory; ``today`` (ISO date) counts where the estate has no ``as_of``."""
        return findings(self.entities, self.by_verb, self._placed_kinds(), self.as_of or today)

    def to_networkx(self) -> nx.MultiDiGraph[str]:
        """The estate as a multigraph: nodes by entity id, an edge for each pair of ends, keyed by relation id."""
        import networkx as nx

        graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(title=self.title, digest=self.digest)
        for entity in self.entities.values():
            graph.add_node(entity.id, **entity.model_dump(mode="json", exclude={"id"}, exclude_none=True))
        for relation in self.relations.values():
            data = relation.model_dump(mode="json", exclude={"sources", "targets"}, exclude_none=True)
            for source in relation.sources:
                for target in relation.targets:
                    graph.add_edge(source, target, key=relation.id, **data)
        return graph

    def _placed_kinds(self) -> Mapping[str, frozenset[ControlKind]]:
        return {host: frozenset(each.control.kind for each in placed) for host, placed in self._placed.items()}

    def _place_controls(self) -> tuple[dict[str, tuple[PlacedControl, ...]], list[Note]]:
        notes: list[Note] = []
        ties = Ties.of(self.by_verb)
        placed: dict[str, tuple[PlacedControl, ...]] = {}
        for host, controls in self._stated_controls():
            kept = []
            for control in sorted(controls, key=lambda c: c.kind):
                reason = void(control, host, self.entities, ties)
                if reason:
                    notes.append(_void_note(control, host.id, reason))
                    control = control.model_copy(update={"status": "failed"})
                kept.append(PlacedControl(f"{control.kind}@{host.id}", host.id, control))
            placed[host.id] = tuple(kept)
        return placed, notes

    def _stated_controls(self) -> Iterable[tuple[Entity | Relation, tuple[Control, ...]]]:
        guarded = self._guarded_by_scope()
        for host in self._hosts():
            controls = host.controls
            if host.id in guarded and not any(c.kind == ControlKind.FUNCTION_AUTHZ for c in controls):
                controls = (*controls, _IMPLIED_AUTHZ.model_copy(update={"provenance": guarded[host.id]}))
            if controls:
                yield host, controls

    def _hosts(self) -> Iterable[Entity | Relation]:
        """Whatever may state controls or be guarded by a scope."""
        return (*self.entities.values(), *self.relations.values())

    def _guarded_by_scope(self) -> dict[str, tuple[Provenance, ...]]:
        return {target: each.provenance for each in self.by_verb[Verb.PERMITS] for target in each.targets}

    def _assumptions(self) -> list[Note]:
        unstated = [
            each
            for verb in (Verb.CALLS, Verb.READS, Verb.CONSUMES)
            for each in self.by_verb[verb]
            if each.dependency is None and self.entities[each.sources[0]].kind == Kind.SERVICE
        ]
        if not unstated:
            return []
        message = f"{len(unstated)} calls, reads and consumes do not say how hard the dependence is; taken as soft"
        return [Note(kind=NoteKind.ASSUMED, message=message)]


_IMPLIED_AUTHZ = Control(
    kind=ControlKind.FUNCTION_AUTHZ,
    status="assumed",
    basis=Basis.INFERRED,
    why="a scope guards the operation; not shown to be enforced",
)


def _void_note(control: Control, host: str, reason: str) -> Note:
    return Note(
        kind=NoteKind.CONTRADICTED,
        message=f"{control.kind} on {host!r} stops nothing: {reason}",
        about=(host,),
        provenance=control.provenance,
    )


def _two_kinds(entities: Iterable[Entity]) -> list[str]:
    first: dict[str, Entity] = {}
    problems = []
    for entity in entities:
        other = first.setdefault(entity.id, entity)
        if other.kind != entity.kind:
            problems.append(
                f"{_at(entity)}{entity.id!r} is a {entity.kind} here and a {other.kind} at "
                f"{_at(other).rstrip(': ') or 'another place'}; ids are unique across kinds"
            )
    return problems


def _check(entities: Mapping[str, Entity], relations: Iterable[Relation], expected: Iterable[Expectation]) -> None:
    problems = [problem for relation in relations for problem in _relation_problems(relation, entities)]
    problems += [problem for entity in entities.values() for problem in _entity_problems(entity, entities)]
    problems += [problem for each in expected for problem in _expectation_problems(each, entities)]
    if problems:
        raise InputError(problems)


def _relation_problems(relation: Relation, entities: Mapping[str, Entity]) -> Iterable[str]:
    ends = SIGNATURES[relation.verb]
    for names, kinds in ((relation.sources, ends.sources), (relation.targets, ends.targets)):
        for name in names:
            if name not in entities:
                yield _unknown(relation, name, entities, kinds)
            elif entities[name].kind not in kinds:
                yield (
                    f"{_at(relation)}{name!r} is a {entities[name].kind}; {relation.verb} goes here to {_words(kinds)}"
                )
    if len(relation.targets) > 1 and not ends.group:
        yield f"{_at(relation)}{relation.verb} names several targets at once; give each an item of its own"
    if len(relation.sources) > 1 and not ends.joint:
        yield f"{_at(relation)}{relation.verb} names several sources at once; give each an item of its own"
    for word, verb in _WORDS_OF.items():
        if word in relation.model_fields_set and getattr(relation, word) and relation.verb != verb:
            yield f"{_at(relation)}{word} says nothing on {relation.verb}; it belongs on {verb}"
    for names in (relation.sources, relation.targets):
        if len(set(names)) < len(names):
            yield f"{_at(relation)}{relation.verb} names the same thing twice; name it once"
    if relation.at_least and relation.at_least > len(relation.targets):
        yield f"{_at(relation)}at_least {relation.at_least} of {len(relation.targets)} can never be met"
    yield from _control_problems(relation, relation.controls, entities)


def _entity_problems(entity: Entity, entities: Mapping[str, Entity]) -> Iterable[str]:
    if isinstance(entity, Store) and entity.copy_of is not None and entity.copy_of not in entities:
        yield _unknown(entity, entity.copy_of, entities, frozenset({Kind.STORE}))
    yield from _control_problems(entity, entity.controls, entities)


def _expectation_problems(each: Expectation, entities: Mapping[str, Entity]) -> Iterable[str]:
    for fact in (*each.reached, *each.not_reached, *each.possible):
        if fact.entity not in entities:
            yield _unknown(each, fact.entity, entities, frozenset(Kind))


_PLACES = placements()
_WORDS_OF = {
    "at_least": Verb.DEPENDS_ON,
    "capacity_loss": Verb.DEPENDS_ON,
    "vote_min": Verb.CONSUMES,
    "brittle": Verb.CONSUMES,
}


def _control_problems(
    host: Entity | Relation, controls: Iterable[Control], entities: Mapping[str, Entity]
) -> Iterable[str]:
    for control in controls:
        kinds, verbs = _PLACES[control.kind]
        fits = host.kind in kinds if isinstance(host, Entity) else host.verb in verbs
        if not fits:
            word = host.kind if isinstance(host, Entity) else host.verb
            places = _words({*kinds, *verbs}) or "a control, as `fails: closed`"
            yield f"{_at(host)}control {str(control.kind)!r} stops nothing on {word}; it belongs on {places}"
        if control.provided_by is not None and control.provided_by not in entities:
            yield _unknown(host, control.provided_by, entities, frozenset(Kind))


def _unknown(
    at: Entity | Relation | Expectation, name: str, entities: Mapping[str, Entity], kinds: frozenset[Kind]
) -> str:
    near = [each.id for each in entities.values() if each.kind in kinds]
    close = get_close_matches(name, near, n=1)
    tail = f"did you mean {close[0]!r}?" if close else f"declare it as {_words(kinds)}"
    return f"{_at(at)}{name!r} is not declared; {tail}"


def _at(thing: Entity | Relation | Expectation) -> str:
    return f"{thing.provenance[0]}: " if thing.provenance else ""


def _words(names: Iterable[str]) -> str:
    return ", ".join(sorted(map(str, names)))
