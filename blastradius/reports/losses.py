"""What it costs the business to do without something: processes that stop or slow where it is gone for good."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from blastradius.engine import PreparedEstate, World, compile_system
from blastradius.estate import Estate
from blastradius.model import ENTITY_TYPES, Basis, Capability, Entity, Fact, Kind, Level, Relation, Scenario, Verb
from blastradius.reports.impact import held_in

_TAKEN = (Verb.CALLS, Verb.CONSUMES, Verb.READS)
_DONE = (Verb.READS, Verb.WRITES, Verb.CONTROLS, Verb.DISABLES, Verb.ISSUES, Verb.CONNECTS)


@dataclass(frozen=True)
class Loss:
    """The processes that stop, and the others that slow, by id."""

    stops: tuple[str, ...]
    slows: tuple[str, ...]


def losses(estate: Estate, removed: Sequence[Collection[str]], basis: Basis) -> list[Loss | None]:
    """For each set of relations taken away what the business loses; ``None`` where nothing says who needs them.

    What is taken in along a relation gets a supplier of its own, which is out where the relation is taken away; an
    operation, or a feed, that does nothing any more is out as a whole.
    """
    lost = [_Lost(estate, frozenset(names)) for names in removed]
    twins = {name: _twin(estate, estate.relations[name], number) for number, name in enumerate(_inputs(lost))}
    asked = [
        Scenario(outage=(*(twins[name][0].id for name in here.inputs), *here.out), assume=Level.GRANTED, basis=basis)
        for here in lost
    ]
    places = [place for place, scenario in enumerate(asked) if scenario.outage]
    entities, relations = [twin for twin, _ in twins.values()], [relation for _, relation in twins.values()]
    system = compile_system(estate.changed(entities=entities, relations=relations))
    found: list[Loss | None] = [None] * len(lost)
    for place, loss in zip(places, losses_in(system, [asked[place] for place in places]), strict=True):
        found[place] = loss
    return found


def losses_in(system: PreparedEstate, asked: Sequence[Scenario]) -> list[Loss]:
    """What the business loses in each scenario; all of them are solved at once and audited."""
    processes = [process.id for process in system.estate.of_kind(Kind.PROCESS)]
    felt = [Fact(process, capability) for capability in (Capability.DENY, Capability.DEGRADE) for process in processes]
    found = []
    for held in held_in(system, [World(scenario) for scenario in asked], felt):
        stops = tuple(process for process in processes if Fact(process, Capability.DENY) in held)
        slows = tuple(process for process in processes if Fact(process, Capability.DEGRADE) in held)
        found.append(Loss(stops, tuple(process for process in slows if process not in stops)))
    return found


class _Lost:
    """What is lost with relations: inputs, by their relations, and what is out as a whole."""

    def __init__(self, estate: Estate, removed: frozenset[str]) -> None:
        self.estate, self.removed = estate, removed
        relations = [estate.relations[name] for name in sorted(removed)]
        taken = [relation.id for relation in relations if _is_input(estate, relation)]
        keys = {key for relation in relations for key in _keys_at(relation)}
        scopes = {relation.verb for relation in relations} & {Verb.GRANTS, Verb.PERMITS}
        calls = [call for call in estate.by_verb[Verb.CALLS] if call.keys] if scopes or keys else []
        taken += [call.id for call in calls if self._fails(call)]
        self.inputs = tuple(dict.fromkeys(taken))
        self.out = tuple(dict.fromkeys(self._out(relations)))

    def _fails(self, call: Relation) -> bool:
        """Whether a call is no longer let in, or made without a key that it was made with."""
        held = {f"{Verb.HOLDS}:{call.sources[0]}>{key}" for key in call.keys}
        before, after = self._opens(call, frozenset()), self._opens(call, self.removed)
        return bool(held & self.removed) or (before and not after)

    def _opens(self, call: Relation, removed: frozenset[str]) -> bool:
        """Whether the keys of a call open what it calls."""
        granted = {
            target
            for relation in self.estate.by_verb[Verb.GRANTS]
            if relation.id not in removed and set(relation.sources) <= set(call.keys)
            for target in relation.targets
        }
        permitted = (
            relation
            for relation in self.estate.by_verb[Verb.PERMITS]
            if relation.id not in removed and set(relation.sources) <= granted
        )
        serving = (relation for relation in self.estate.by_verb[Verb.SERVES] if relation.sources[0] in granted)
        opened = granted | {target for relation in (*permitted, *serving) for target in relation.targets}
        return call.targets[0] in opened

    def _out(self, relations: Sequence[Relation]) -> Iterator[str]:
        """Operations that do nothing any more, or are served by nobody; feeds that nobody publishes."""
        for relation in relations:
            source, target = relation.sources[0], relation.targets[0]
            if relation.verb in _DONE and self.estate.kind_of(source) == Kind.OPERATION:
                yield source
            elif relation.verb in (Verb.SERVES, Verb.PUBLISHES):
                others = self.estate.by_verb[relation.verb]
                if all(other.id in self.removed for other in others if target in other.targets):
                    yield target


def _is_input(estate: Estate, relation: Relation) -> bool:
    return relation.verb in _TAKEN and estate.kind_of(relation.sources[0]) in (Kind.SERVICE, Kind.PROCESS)


def _keys_at(relation: Relation) -> tuple[str, ...]:
    return relation.targets if relation.verb == Verb.HOLDS else ()


def _inputs(lost: Sequence[_Lost]) -> list[str]:
    return list(dict.fromkeys(name for here in lost for name in here.inputs))


def _twin(estate: Estate, relation: Relation, number: int) -> tuple[Entity, Relation]:
    """A supplier that only this relation takes in, and the relation to it."""
    name = f"supplier {number} of {relation.sources[0]}"
    while name in estate.entities:
        name += "'"
    stated = {field: getattr(relation, field) for field in relation.model_fields_set}
    alone = {"targets": (name,), "keys": (), "needs": (), "vote_min": None}
    kind = estate.kind_of(relation.targets[0])
    return ENTITY_TYPES[kind](id=name, kind=kind), Relation(**stated | alone)
