"""What the spec knows of what is held: seeds, controls that stand or have fallen, the fixpoint."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator
from math import inf
from typing import Any

from blastradius.estate import Estate
from blastradius.model import Basis, Entity, Fact, Kind, Level, Relation, Scenario
from blastradius.model import Capability as C
from blastradius.model import Verb as V

VETTED = "pinned verified staged not_exposed"
NEVER = inf
RANK = {basis: rank for rank, basis in enumerate(Basis)}

_STATES = "read_subset read taint write degrade deny control"
APPLIES: dict[str, set[str]] = {
    Kind.PARTY: {"control", "taint", "deny", "degrade"},
    Kind.CREDENTIAL: {"operate", "possess", "deny", "degrade"},
    Kind.SCOPE: {"use"},
    Kind.OPERATION: {"use", "control", "taint", "deny", "degrade"},
    Kind.SERVICE: {*_STATES.split(), "use", "steer"},
    Kind.STORE: set(_STATES.split()),
    Kind.FEED: set(_STATES.split()),
    Kind.PROCESS: {"taint", "deny", "degrade"},
}
"""What can be said of each kind of entity."""

Consequence = tuple[Fact, float, tuple[Entity | Relation, ...]]
"""What follows, when, and the relations (or the entity) that say so."""


def last(*arrivals: float) -> float:
    """When all of them are there."""
    return max(arrivals, default=0.0)


def first(arrivals: Iterable[float]) -> float:
    """When one of them is there."""
    return min(arrivals, default=NEVER)


class Held(ABC):
    """What is held at one level, and what stands."""

    def __init__(self, estate: Estate, scenario: Scenario, level: Level) -> None:
        self.e, self.s, self.level = estate, scenario, level
        self.end = inf if scenario.hours is None else scenario.hours
        self.held: dict[Fact, float] = {}
        self.kinds = {x.id: x.kind for x in estate.entities.values()}
        self.guards: dict[tuple[str, tuple[str, ...], bool], list[str]] = {}
        rows: dict[V, list[Relation]] = defaultdict(list)
        for r in estate.relations.values():
            rows[r.verb].append(r)
        self.rows = rows
        self.owners = self.by_target(V.OWNS)
        self.servers = self.by_target(V.SERVES)
        self.publishers = self.by_target(V.PUBLISHES)

    def by_target(self, verb: V) -> dict[str, list[str]]:
        """For each target of a verb its sources."""
        found: dict[str, list[str]] = defaultdict(list)
        for r in self.rows[verb]:
            found[r.targets[0]].append(r.sources[0])
        return found

    # what is held, what stands

    def fixpoint(self) -> dict[Fact, float]:
        """Take what follows until nothing new does, or sooner."""
        new = [(fact, 0.0) for fact in self.seeds() if self.applies(fact)]
        while new:
            self.held |= dict(new)
            best: dict[Fact, float] = {}
            for fact, at, said in self.consequences():
                if (
                    at < self.held.get(fact, inf)
                    and (at < self.end or at == 0)  # what comes at once always comes
                    and self.applies(fact)
                    and all(map(self.known, said))
                ):
                    best[fact] = min(at, best.get(fact, inf))
            new = list(best.items())
        return self.held

    def known(self, thing: Entity | Relation) -> bool:
        """Whether it is known on the basis asked for, or a better one."""
        return RANK[thing.basis] <= RANK[self.s.basis]

    def applies(self, fact: Fact) -> bool:
        """Whether it can be said of what it is said of."""
        return fact.capability == C.ANYONE or fact.capability in APPLIES[self.kind(fact.entity)]

    def at(self, name: str, capability: C) -> float:
        """The hour in which a fact arrives."""
        return self.held.get(Fact(name, capability), inf)

    def free(self, kinds: str, *hosts: str, ours: bool = True) -> float:
        """When the last control of these kinds there has fallen; without ``ours`` only those of others count."""
        if (kinds, hosts, ours) not in self.guards:
            stops = [c for host in hosts for c in self.e.controls_on(host) if c.control.kind in kinds.split()]
            stops = [c for c in stops if ours or c.control.provided_by is not None]
            self.guards[kinds, hosts, ours] = [c.id for c in stops]
        return last(*map(self.falls, self.guards[kinds, hosts, ours]))

    def falls(self, control_id: str) -> float:  # R14
        """The hour in which a control falls."""
        control = self.e.controls[control_id].control
        if control.status in ("failed", "absent") or {control.kind, control_id} & set(self.s.distrust):
            return 0.0
        n = control.provided_by
        if n is None:
            return NEVER
        never_closed = control.kind in ("fallback", "immutable_backup")
        opens = never_closed or control.fails == "open" or "fail_closed" in self.s.distrust
        misled = control.misled or control.kind in ("second_source", "out_of_band")
        ways = [self.at(n, C.CONTROL), self.at(n, C.STEER)]
        ways += [self.at(n, C.DENY)] if opens else []
        ways += [self.at(n, C.TAINT)] if misled else []
        return first(ways)

    def kind(self, name: str) -> Kind:
        """The kind of an entity."""
        return self.kinds[name]

    def says(self, name: str, word: str) -> Any:
        """A word that an entity may say; ``None`` where it does not."""
        return getattr(self.e.entities[name], word, None)

    def of_others(self, service: str) -> bool:
        """Whether a service is owned by others, and not by ourselves."""
        roles = [self.says(p, "role") for p in self.owners[service]]
        return bool(roles) and "self" not in roles

    # seeds

    def members(self, name: str) -> list[str]:
        """A zone stands for its services and stores."""
        if name in self.e.entities:
            return [name]
        return [x.id for x in self.e.entities.values() if x.zone == name and x.kind in (Kind.SERVICE, Kind.STORE)]

    def with_parts(self, name: str) -> set[str]:
        """A seed on a whole is a seed on its parts."""
        found = {name}
        while more := {r.sources[0] for r in self.rows[V.PART_OF] if r.targets[0] in found} - found:
            found |= more
        return found

    def seeds(self) -> Iterator[Fact]:
        """What the scenario starts from."""
        gains = {"compromise": C.CONTROL, "leak": C.POSSESS, "poison": C.WRITE, "wrong": C.TAINT, "outage": C.DENY}
        for way, gain in (gains | {"breach": C.READ, "use": C.USE}).items():
            for name in getattr(self.s, way):
                for member in self.members(name):
                    for part in self.with_parts(member):
                        key = self.kind(part) == Kind.CREDENTIAL and way == "use"
                        yield Fact(part, C.OPERATE if key else gain)
        attacks = ("compromise", "use", "leak", "poison", "breach")
        if self.s.anyone or any(getattr(self.s, way) for way in attacks):
            yield Fact("internet", C.ANYONE)

    @abstractmethod
    def consequences(self) -> Iterator[Consequence]:
        """What follows from what is held."""

    # controls that are void where they stand

    def vouched(self, feed: str, *hosts: str) -> float:
        """When the last of what vets a feed has fallen; a vendor that verifies its own stops nothing."""
        makers = {*self.publishers[feed]}
        for w in self.rows[V.WRITES]:
            if w.targets[0] == feed:
                makers |= {w.sources[0], *self.servers[w.sources[0]]}
        vendors = makers | {p for maker in (*makers, feed) for p in self.owners[maker]}
        stops = [c for host in hosts for c in self.e.controls_on(host) if c.control.kind in VETTED.split()]
        own = [c for c in stops if c.control.kind == "verified" and self.belongs(c.control.provided_by, vendors)]
        return last(*(self.falls(c.id) for c in stops if c not in own))

    def belongs(self, provider: str | None, vendors: set[str]) -> bool:
        """Whether who verifies is a vendor, or belongs to one."""
        return provider is not None and not vendors.isdisjoint({provider, *self.owners[provider]})

    def stops_loss(self, replaced: Iterable[str], *hosts: str, wait: float = 0.0, slows: bool = False) -> float:
        """When the last fallback has fallen that counts: not too late, not false, and no slower one against slowing."""
        stops = [c for host in hosts for c in self.e.controls_on(host) if c.control.kind == "fallback"]
        stops = [c for c in stops if (c.control.starts_after_h or 0.0) <= wait and not (slows and c.control.slower)]
        return last(*(self.falls(c.id) for c in stops if not self.is_false(c.control.provided_by, replaced)))

    def is_false(self, provider: str | None, replaced: Iterable[str]) -> bool:
        """Whether a fallback shares a zone or an owner that is not ourselves with what it replaces, or rests on it."""
        if provider is None:
            return False
        behind = {y for x in replaced for y in (x, *self.publishers[x], *self.servers[x])}
        zone = self.says(provider, "zone")
        same_zone = zone is not None and any(self.says(x, "zone") == zone for x in behind)
        shared = self.parties_of(provider) & {p for x in behind for p in self.parties_of(x)}
        return same_zone or bool(shared) or not behind.isdisjoint(self.rests_on(provider))

    def parties_of(self, name: str) -> set[str]:
        """The parties other than ourselves that a thing is, or falls with."""
        return {p for p in (name, *self.owners[name]) if self.says(p, "role") not in (None, "self")}

    def rests_on(self, name: str) -> set[str]:
        """A thing and what it cannot do without."""
        hard = [r for v in (V.DEPENDS_ON, V.RUNS_ON) for r in self.rows[v] if r.dependency in (None, "hard")]
        hard += [r for v in (V.CALLS, V.READS, V.CONSUMES) for r in self.rows[v] if r.dependency == "hard"]
        found: set[str] = set()
        new = {name}
        while new - found:
            found |= new
            new = {x for r in hard if r.sources[0] in found for x in r.targets}
            new |= {y for x in found for y in (*self.publishers[x], *self.servers[x])}
        return found
