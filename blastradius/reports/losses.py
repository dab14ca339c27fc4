"""What it costs the business to do without something: processes that stop or slow where it is gone for good."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from blastradius.engine import PreparedEstate, World, compile_system
from blastradius.estate import Estate
from blastradius.model import ENTITY_TYPES, Basis, Capability, Entity, Fact, Kind, Level, Relation, Scenario, Verb
from blastradius.reports.impact import holding

_TAKEN = (Verb.CALLS, Verb.CONSUMES, Verb.READS)
_DONE = (Verb.READS, Verb.WRITES, Verb.CONTROLS, Verb.DISABLES, Verb.ISSUES, Verb.CONNECTS)


@dataclass(frozen=True)
class Loss:
    """The processes that stop, and the others that slow, by id."""

    stops: tuple[str, ...]
    slows: tuple[str, ...]


def losses(estate: Estate, removed: Sequence[Collection[str]], basis: Basis) -> list[Loss | None]:
    """For each set of relations taken away what the business loses; ``None`` where nothing says who needs them."""
    return Price(estate, removed, basis).of(removed)


class Price:
    """What it costs the business where relations are taken away, among some sets of them and their unions.

    What is taken in along a relation gets a supplier of its own, which is out where the relation is taken away; an
    operation, or a feed, that does nothing any more is out as a whole.
    """

    def __init__(self, estate: Estate, removed: Sequence[Collection[str]], basis: Basis) -> None:
        self._estate, self._basis, self._calls = estate, basis, _Calls(estate)
        most = _Lost(self._calls, frozenset[str]().union(*removed))  # who loses more loses no input less
        self._twins = {name: _twin(estate, estate.relations[name], number) for number, name in enumerate(most.inputs)}

    def of(self, removed: Sequence[Collection[str]]) -> list[Loss | None]:
        """For each set what is lost; ``None`` where nothing says who needs it. All are solved at once and audited."""
        lost = [_Lost(self._calls, frozenset(names)) for names in removed]
        asked = [
            Scenario(
                outage=(*(self._twins[name][0].id for name in here.inputs), *here.out),
                assume=Level.GRANTED,
                basis=self._basis,
            )
            for here in lost
        ]
        places = [place for place, scenario in enumerate(asked) if scenario.outage]
        found: list[Loss | None] = [None] * len(lost)
        solved = losses_in(self._system, [asked[place] for place in places]) if places else []
        for place, loss in zip(places, solved, strict=True):
            found[place] = loss
        return found

    @cached_property
    def _system(self) -> PreparedEstate:
        twins = self._twins.values()
        return compile_system(self._estate.changed(entities=[it for it, _ in twins], relations=[it for _, it in twins]))


def losses_in(system: PreparedEstate, asked: Sequence[Scenario]) -> list[Loss]:
    """What the business loses in each scenario; all of them are solved at once and audited."""
    processes = np.array([process.id for process in system.estate.of_kind(Kind.PROCESS)], np.object_)
    numbers = [
        system.facts.number(Fact(process, capability))
        for capability in (Capability.DENY, Capability.DEGRADE)
        for process in processes.tolist()
    ]
    held = holding(system, [World(scenario) for scenario in asked], np.array(numbers, np.int64))
    stopped, slowed = held[:, : len(processes)], held[:, len(processes) :]
    return [
        Loss(tuple(processes[stops].tolist()), tuple(processes[slows].tolist()))
        for stops, slows in zip(stopped, slowed & ~stopped, strict=True)
    ]


class _Calls:
    """The calls of an estate that are made with keys, what those open, and who serves and publishes what."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.made = [call for call in estate.by_verb[Verb.CALLS] if call.keys]
        self._by_key = _grouped((key, call) for call in self.made for key in call.keys)
        self._ties = {
            verb: _grouped((relation.sources[0], relation) for relation in estate.by_verb[verb])
            for verb in (Verb.GRANTS, Verb.PERMITS, Verb.SERVES)
        }

    @cached_property
    def leading_to(self) -> Mapping[Verb, Mapping[str, list[Relation]]]:
        """What serves each operation and publishes each feed."""
        return {
            verb: _grouped((target, relation) for relation in self.estate.by_verb[verb] for target in relation.targets)
            for verb in (Verb.SERVES, Verb.PUBLISHES)
        }

    def with_keys(self, keys: Collection[str]) -> list[Relation]:
        """Those that are made with any of some keys."""
        found = {call.id: call for key in sorted(keys) for call in self._by_key.get(key, ())}
        return list(found.values())

    def opens(self, call: Relation, removed: Collection[str]) -> bool:
        """Whether the keys of a call open what it calls, without some relations."""
        granted = set(self._ends(Verb.GRANTS, call.keys, removed))
        opened = {*granted, *self._ends(Verb.PERMITS, granted, removed), *self._ends(Verb.SERVES, granted, ())}
        return call.targets[0] in opened

    def _ends(self, verb: Verb, sources: Collection[str], removed: Collection[str]) -> Iterator[str]:
        """What relations of a verb lead to, all of whose sources are among some."""
        known = set(sources)
        for relation in (relation for source in known for relation in self._ties[verb].get(source, ())):
            if relation.id not in removed and (verb == Verb.SERVES or known.issuperset(relation.sources)):
                yield from relation.targets


def _grouped(pairs: Iterable[tuple[str, Relation]]) -> Mapping[str, list[Relation]]:
    found: dict[str, list[Relation]] = defaultdict(list)
    for name, relation in pairs:
        found[name].append(relation)
    return found


class _Lost:
    """What is lost with relations: inputs, by their relations, and what is out as a whole."""

    def __init__(self, calls: _Calls, removed: frozenset[str]) -> None:
        self.estate, self.removed, self._calls = calls.estate, removed, calls
        relations = [self.estate.relations[name] for name in sorted(removed)]
        taken = [relation.id for relation in relations if _is_input(self.estate, relation)]
        taken += [call.id for call in self._in_doubt(relations) if self._fails(call)]
        self.inputs = tuple(dict.fromkeys(taken))
        self.out = tuple(dict.fromkeys(self._out(relations)))

    def _in_doubt(self, relations: Sequence[Relation]) -> Sequence[Relation]:
        """The calls that may not be let in any more."""
        if any(relation.verb == Verb.PERMITS for relation in relations):
            return self._calls.made
        return self._calls.with_keys({key for relation in relations for key in _keys_at(relation)})

    def _fails(self, call: Relation) -> bool:
        """Whether a call is no longer let in, or made without a key that it was made with."""
        if not self.removed.isdisjoint(f"{Verb.HOLDS}:{call.sources[0]}>{key}" for key in call.keys):
            return True
        return self._calls.opens(call, ()) and not self._calls.opens(call, self.removed)

    def _out(self, relations: Sequence[Relation]) -> Iterator[str]:
        """Operations that do nothing any more, or are served by nobody; feeds that nobody publishes."""
        for relation in relations:
            source, target = relation.sources[0], relation.targets[0]
            if relation.verb in _DONE and self.estate.kind_of(source) == Kind.OPERATION:
                yield source
            others = self._calls.leading_to.get(relation.verb, {}).get(target, ())
            if others and all(other.id in self.removed for other in others):
                yield target


def _is_input(estate: Estate, relation: Relation) -> bool:
    return relation.verb in _TAKEN and estate.kind_of(relation.sources[0]) in (Kind.SERVICE, Kind.PROCESS)


def _keys_at(relation: Relation) -> tuple[str, ...]:
    """The keys that a relation gives somebody, or to which it gives something."""
    return {Verb.HOLDS: relation.targets, Verb.GRANTS: relation.sources}.get(relation.verb, ())


def _twin(estate: Estate, relation: Relation, number: int) -> tuple[Entity, Relation]:
    """A supplier that only this relation takes in, and the relation to it."""
    name = f"supplier {number} of {relation.sources[0]}"
    while name in estate.entities:
        name += "'"
    stated = {field: getattr(relation, field) for field in relation.model_fields_set}
    alone = {"targets": (name,), "keys": (), "needs": (), "vote_min": None}
    kind = estate.kind_of(relation.targets[0])
    return ENTITY_TYPES[kind](id=name, kind=kind), Relation(**stated | alone)
