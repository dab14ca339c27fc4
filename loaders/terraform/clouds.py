"""Azure and Google Cloud as a graph: things that stand in places, and roles that identities have on them.

A place is what a role may be given on: a subscription, a resource group, a project, or the thing itself. Each thing is
tied to what reaches the places that it stands in where the thing is described, whoever else is in the file. What stands
above subscriptions and projects is taken to hold all of them, and what is described without a place to stand anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.ending import until
from blastradius.loaderkit.names import MAX_ID, fitting
from blastradius.model import Basis, Credential, Kind, Operation, Party, Scope, Service, Store, Verb

READ, WRITE, CONTROL, CALL, ACT = "read", "write", "control", "call", "act as"
_VERBS = {READ: Verb.READS, WRITE: Verb.WRITES, CONTROL: Verb.CONTROLS}
_EFFECTS = {Kind.STORE: (READ, WRITE, CONTROL), Kind.SERVICE: (CALL, CONTROL)}


@dataclass
class Clouds:
    """What is gathered of things and roles at one provider; ``word`` is its name in ids.

    ``above`` are the organizations, folders and management groups on which roles are given, ``wholes`` the
    subscriptions and projects.
    """

    collector: FactCollector
    word: str
    zone: str | None = None
    owner: str | None = None
    above: tuple[str, ...] = ()
    wholes: tuple[str, ...] = ()
    unplaced: set[str] = field(default_factory=set)
    touched: set[tuple[str, str]] = field(default_factory=set)
    websites: set[str] = field(default_factory=set)

    def thing(
        self,
        made: str,
        kind: Kind,
        name: str,
        provenance: Provenances,
        *,
        tag: str,
        places: Iterable[str] = (),
        basis: Basis = Basis.INFERRED,
    ) -> str:
        """A store or a service, tied to what reaches the places that it stands in."""
        made = fitting(made)
        attributes = {"id": made, "name": name[:MAX_ID], "tags": (tag,), "zone": self.zone, "owner": self.owner}
        entity = Store if kind == Kind.STORE else Service
        if made not in self.collector.entities:
            self.collector.entity(entity.model_validate({**attributes, "basis": basis, "provenance": provenance}))
        self._tie(made, _EFFECTS[kind], self._stands(made, places, basis), provenance)
        return made

    def part_of(self, part: str, whole: str, tag: str, places: Iterable[str], provenance: Provenances) -> None:
        """A store that is a part of another, which a resource names."""
        part, name = fitting(part), whole.rpartition("/")[2]
        made = self.thing(whole, Kind.STORE, name, provenance, tag=tag, places=places)
        kinds = {self.collector.entities[name].kind for name in (part, made)}
        if made != part and kinds == {Kind.STORE}:
            self.collector.relate(Verb.PART_OF, part, made, provenance=provenance)

    def identity(
        self,
        made: str,
        name: str,
        provenance: Provenances,
        *,
        places: Iterable[str] = (),
        basis: Basis = Basis.INFERRED,
    ) -> str:
        """A service account, a managed identity or a principal; its credential."""
        made = fitting(made)
        if made not in self.collector.entities:
            attributes = {"id": made, "name": name[:MAX_ID], "owner": self.owner, "zone": self.zone, "basis": basis}
            self.collector.entity(Service.model_validate({**attributes, "provenance": provenance}))
        key = self.key(made, provenance, basis=basis)
        self._tie(made, (ACT, CONTROL), self._stands(made, places, basis), provenance)
        return key

    def _stands(self, made: str, places: Iterable[str], basis: Basis) -> tuple[str, ...]:
        """The places that something stands in, with those above; all where it is described and none is known."""
        known = tuple(places)
        if not known and basis == Basis.DECLARED and self.wholes:
            self.unplaced.add(made)
        return (*(known or self.wholes), *self.above) if known or basis == Basis.DECLARED else ()

    def _tie(self, made: str, effects: Iterable[str], places: Iterable[str], provenance: Provenances) -> None:
        for place in places:
            for effect in effects:
                self._touch(self._operation(effect, place, provenance), effect, made, provenance)

    def key(self, holder: str, provenance: Provenances, *, basis: Basis = Basis.INFERRED) -> str:
        """The credential of an identity or a party."""
        key = fitting(f"{holder} credentials")
        if key not in self.collector.entities:
            self.collector.entity(Credential(id=key, type="oauth_token", basis=basis, provenance=provenance))
            self.collector.relate(Verb.HOLDS, holder, key, provenance=provenance, basis=basis)
        return key

    def party(self, made: Party, provenance: Provenances) -> str:
        """An outsider's credential."""
        if made.id not in self.collector.entities:
            self.collector.entity(made)
        return self.key(made.id, provenance)

    def grant(
        self,
        key: str,
        role: str,
        effects: Iterable[str],
        place: str,
        provenance: Provenances,
        end: str | None = None,
    ) -> None:
        """A role on a place, until a day if there is an ``end``, and what it permits there, an upper bound."""
        scope = fitting(f"{role} on {place}")
        if scope not in self.collector.entities:
            self.collector.entity(Scope(id=scope, name=role[:MAX_ID], provenance=provenance))
        granted = until(self.collector, scope, end, provenance)
        self.collector.relate(Verb.GRANTS, key, granted, provenance=provenance)
        for effect in effects:
            operation = self.reach(effect, place, provenance)
            self.collector.relate(Verb.PERMITS, scope, operation, provenance=provenance, basis=Basis.INFERRED)

    def reach(self, effect: str, place: str, provenance: Provenances, suffix: str = "") -> str:
        """What is done on a place: to the thing that it is, or to whatever stands in it."""
        operation = self._operation(effect + suffix, place, provenance)
        known = self.collector.entities.get(fitting(place))
        if known is None and effect in (READ, WRITE, CONTROL):
            rest = fitting(f"{self.word} anything in {place}")
            if rest not in self.collector.entities:
                attributes = {
                    "id": rest,
                    "name": f"anything in {place}"[:MAX_ID],
                    "owner": self.owner,
                    "zone": self.zone,
                }
                made = Store.model_validate({**attributes, "basis": Basis.INFERRED, "provenance": provenance})
                self.collector.entity(made)
            self._touch(operation, effect, rest, provenance)
        elif known:
            self._touch(operation, effect, known.id, provenance)
        return operation

    def anyone(self, effect: str, place: str, provenance: Provenances) -> None:
        """Anyone may do it: to a thing by an operation of its own, to a place as whoever has the role there."""
        suffix = " by anyone" if fitting(place) in self.collector.entities else ""
        operation = self.reach(effect, place, provenance, suffix)
        attributes = {"anonymous": True, "direction": "exposed"}
        self.collector.entities[operation] = self.collector.entities[operation].model_copy(update=attributes)

    def publish(self) -> None:
        """Websites that anyone may read are public by intent, and so is reading them."""
        entities = self.collector.entities
        for bucket in sorted(self.websites & entities.keys()):
            reading = fitting(f"{self.word} {READ} by anyone {bucket}")
            for name in (bucket, reading) if reading in entities else ():
                entities[name] = entities[name].model_copy(update={"public": True})

    def _operation(self, effect: str, place: str, provenance: Provenances) -> str:
        made = fitting(f"{self.word} {effect} {place}")
        if made not in self.collector.entities:
            self.collector.entity(Operation(id=made, basis=Basis.INFERRED, provenance=provenance))
        return made

    def _touch(self, operation: str, effect: str, thing: str, provenance: Provenances) -> None:
        if (operation, thing) in self.touched:
            return
        self.touched.add((operation, thing))
        kind = self.collector.entities[thing].kind
        if effect == CALL:
            if kind == Kind.SERVICE:
                self.collector.relate(Verb.SERVES, thing, operation, provenance=provenance, basis=Basis.INFERRED)
        elif effect == ACT:
            key = fitting(f"{thing} credentials")
            if key in self.collector.entities:
                self.collector.relate(Verb.ISSUES, operation, key, provenance=provenance, basis=Basis.INFERRED)
        elif kind == Kind.STORE or effect == CONTROL:
            self.collector.relate(_VERBS[effect], operation, thing, provenance=provenance, basis=Basis.INFERRED)

    def acts_as(self, key: str, identity: str, provenance: Provenances) -> None:
        """A credential that lets one act as an identity."""
        operation = self._operation(ACT, identity, provenance)
        self._touch(operation, ACT, fitting(identity), provenance)
        self.collector.relate(Verb.GRANTS, key, operation, provenance=provenance)
