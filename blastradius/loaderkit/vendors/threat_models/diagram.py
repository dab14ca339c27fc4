"""A data flow diagram in our terms, as the threat models of several tools draw one.

What is drawn outside is a party and a system that it owns; a process is a service. A flow into a service is an
entry point, an operation that the sender calls, unless the diagram says that it only answers. A drawn store is an
store; one that says which data it holds is a service, and that data the stores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import Field

from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.names import MAX_ID, counted
from blastradius.loaderkit.options import Names
from blastradius.loaderkit.vendors.threat_models.plain import Naming, shown
from blastradius.loaderkit.vendors.threat_models.plain import Options as Shape
from blastradius.model import Basis, Control, ControlKind, NoteKind, Operation, Party, Service, Store, Verb

Role = Literal["outside", "process", "store"]
ON_STORES = frozenset(
    {
        ControlKind.APPROVAL,
        ControlKind.ENCRYPTED_ELSEWHERE,
        ControlKind.IMMUTABLE_BACKUP,
        ControlKind.OBJECT_AUTHZ,
        ControlKind.QUARANTINED,
        ControlKind.VALIDATED,
    }
)
ON_SERVICES = ON_STORES - {ControlKind.IMMUTABLE_BACKUP, ControlKind.ENCRYPTED_ELSEWHERE} | {
    ControlKind.HARDENED,
    ControlKind.PAM,
    ControlKind.SANDBOXED,
    ControlKind.SEGMENTED,
}
_ON_ENTRY_POINTS = frozenset({ControlKind.FUNCTION_AUTHZ})


class Options(Shape):
    """The options of a diagram: which drawn things are outside and which are not."""

    outside: Names = Field(default=(), description="patterns of what is outside: over names, ids, types and zones")
    inside: Names = Field(default=(), description="patterns of what is drawn outside and is ours")


@dataclass(frozen=True)
class Element:
    """A thing drawn; ``key`` is what flows call it, ``names`` what options may call it."""

    key: str
    id: str
    name: str
    role: Role
    provenance: Provenances
    names: tuple[str, ...] = ()
    zone: str | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    basis: Basis = Basis.DECLARED
    classification: str | None = None


@dataclass(frozen=True)
class Flow:
    """Data that goes from one thing to another; ``answers`` is the key of the flow that asked for it."""

    key: str
    id: str
    name: str | None
    source: str | None
    target: str | None
    provenance: Provenances
    both: bool = False
    answers: str | None = None
    is_answer: bool = False
    data: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True)
class Datum:
    """A kind of data that the diagram names."""

    key: str
    id: str
    name: str
    provenance: Provenances
    classification: str | None = None
    tags: tuple[str, ...] = ()


@dataclass
class Diagram:
    """What is drawn, and what it comes to."""

    naming: Naming
    options: Options
    elements: dict[str, Element] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    data: dict[str, Datum] = field(default_factory=dict)
    stored: dict[str, dict[str, Provenances]] = field(default_factory=dict)
    seen: dict[str, dict[str, Provenances]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    copies: dict[str, dict[str, str]] = field(default_factory=dict)
    holders: set[str] = field(default_factory=set)
    entry_points: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    # drawing

    def element(self, made: Element) -> None:
        """Draw a thing; the same drawn again is the same, another under its key is left out."""
        made = replace(made, role=self._role(made))
        before = self.elements.setdefault(made.key, made)
        if before is not made:
            self._again((before.name, before.role) == (made.name, made.role), made.name, made.provenance)

    def datum(self, made: Datum) -> None:
        """Name a kind of data."""
        before = self.data.setdefault(made.key, made)
        if before is not made:
            self._again(before.classification == made.classification, made.name, made.provenance)

    def _role(self, made: Element) -> Role:
        """What the options say of a thing, or else what the diagram does."""
        if matches(self.options.outside, made.names):
            return "outside"
        return "process" if made.role == "outside" and matches(self.options.inside, made.names) else made.role

    def _again(self, same: bool, name: str, provenance: Provenances) -> None:
        if same:
            self.naming.collector.fact()
        else:
            message = f"{name!r} is there already as something else, and flows cannot tell which"
            self.naming.collector.reject(message, provenance=provenance)

    def holds(self, element: str, data: Iterable[str], provenance: Provenances) -> None:
        """A thing stores data."""
        self._note_data(self.stored, element, data, provenance)

    def handles(self, element: str, data: Iterable[str], provenance: Provenances) -> None:
        """A thing sees data."""
        self._note_data(self.seen, element, data, provenance)

    def _note_data(
        self, kept: dict[str, dict[str, Provenances]], element: str, data: Iterable[str], provenance: Provenances
    ) -> None:
        for item in data:
            kept.setdefault(element, {}).setdefault(item, provenance)

    # modelling

    def model(self) -> None:
        """Turn all that is drawn into facts."""
        self._tell_apart()
        self._find_stored()
        for element in self.elements.values():
            self._entity(element)
        for element in self.elements.values():
            if element.role == "outside" and element.key in self.ids:
                self._party(element)
        for datum in self.data.values():
            self._store(datum)
        for flow in sorted(self.flows, key=lambda flow: flow.is_answer):
            self._flow(flow)
        for kept, verbs in ((self.stored, (Verb.READS, Verb.WRITES)), (self.seen, (Verb.READS,))):
            for key, data in kept.items():
                for item, provenance in data.items():
                    self._touches(key, item, verbs, provenance)
        self._say()

    def _tell_apart(self) -> None:
        """Data or a flow with the id of something else gets one of its own."""
        drawn = {element.id for element in self.elements.values()}
        for key, datum in self.data.items():
            if datum.id in drawn:
                self.data[key] = replace(datum, id=f"{datum.id} (data)"[:MAX_ID])
        drawn |= {datum.id for datum in self.data.values()}
        self.flows = [
            replace(flow, id=f"{flow.id} (flow)"[:MAX_ID]) if flow.id in drawn else flow for flow in self.flows
        ]

    def _find_stored(self) -> None:
        """Data that flows into or out of a drawn store is stored there, and so is what the store handles."""
        for key, element in self.elements.items():
            if element.role == "store":
                for item, provenance in self.seen.pop(key, {}).items():
                    self.holds(key, (item,), provenance)
        for flow in self.flows:
            for end in (flow.source, flow.target):
                if end in self.elements and self.elements[end].role == "store":
                    self.holds(end, (datum for datum in flow.data if datum in self.data), flow.provenance)
        self.holders = {key for key, data in self.stored.items() if any(item in self.data for item in data)}

    def _entity(self, element: Element) -> None:
        given = {"zone": element.zone, "owner": element.owner, "tags": element.tags, "provenance": element.provenance}
        made: Service | Store
        if element.role == "outside":
            name = f"the system of {element.name}"[:MAX_ID]
            made = Service(id=f"{element.id}/system"[:MAX_ID], name=name, basis=Basis.INFERRED, **given)
        elif element.role == "process" or element.key in self.holders:
            controls = tuple(control for control in element.controls if control.kind in ON_SERVICES)
            made = Service(id=element.id, name=element.name, controls=controls, basis=element.basis, **given)
        else:
            controls = tuple(control for control in element.controls if control.kind in ON_STORES)
            given["classification"] = element.classification
            made = Store(id=element.id, name=element.name, controls=controls, basis=element.basis, **given)
        kept = self._kept(made, element.name)
        if kept:
            self.ids[element.key] = kept

    def _kept(self, made: Service | Store, name: str) -> str | None:
        kept = self.naming.put(made)
        if kept is None:
            self.naming.collector.reject(f"{name!r} has the id of another kind of thing", provenance=made.provenance)
        else:
            self.naming.collector.fact()
        return kept

    def _party(self, element: Element) -> None:
        self.counts["outside"] += 1
        party = self.naming.party(*element.names)
        made = Party(
            id=party or element.id, name=party or element.name, basis=Basis.INFERRED, provenance=element.provenance
        )
        self.naming.owner(made, self.ids[element.key], element.provenance, Basis.INFERRED, element.names)

    def _store(self, datum: Datum) -> None:
        """A store for every place that keeps the data; one for the data in passing where none does."""
        places = [key for key in self.ids if datum.key in self.stored.get(key, {})]
        copies = self.copies.setdefault(datum.key, {})
        for place in places or [""]:
            element = self.elements.get(place)
            inside = element.id.removeprefix(f"{self.naming.namespace}:") if element else ""
            store = Store(
                id=f"{datum.id} at {inside}"[:MAX_ID] if element else datum.id,
                name=f"{datum.name} at {element.name}" if element else datum.name,
                zone=element.zone if element else None,
                classification=datum.classification,
                tags=datum.tags,
                provenance=datum.provenance,
            )
            kept = self.naming.put(store)
            if kept:
                copies[place] = kept
        if copies:
            self.naming.collector.fact()
        else:
            self.naming.collector.reject(
                f"{datum.name!r} has the id of another kind of thing", provenance=datum.provenance
            )

    def _copies(self, datum: str, key: str | None = None) -> list[str]:
        """The stores of data: what one thing keeps of it, else all."""
        copies = self.copies.get(datum, {})
        return [copies[key]] if key in copies else list(copies.values())

    # flows

    def _flow(self, flow: Flow) -> None:
        missing = [end for end in (flow.source, flow.target) if end not in self.elements]
        if missing:
            named = "an end that is not drawn" if missing[0] is None else f"{shown(missing[0])}, which is not drawn"
            self.naming.unresolved(f"a flow goes from or to {named}", provenance=flow.provenance)
            return
        source, target = self.elements[flow.source or ""], self.elements[flow.target or ""]
        if not (source.key in self.ids and target.key in self.ids):
            self.naming.collector.reject("a flow from or to something that was left out", provenance=flow.provenance)
        elif source.key == target.key:
            self.naming.collector.ignore("flows of a thing to itself")
        else:
            self.naming.collector.fact()
            self._unknown_data(flow)
            self._joined(flow, source, target)

    def _unknown_data(self, flow: Flow) -> None:
        for datum in flow.data:
            if datum not in self.data:
                message = f"a flow carries {shown(datum)}, which is not among the data; not followed"
                self.naming.collector.note(NoteKind.UNRESOLVED, message, provenance=flow.provenance)

    def _joined(self, flow: Flow, source: Element, target: Element) -> None:
        stores = [end for end in (source, target) if end.role == "store"]
        if not stores:
            self._entry_point(flow, source, target)
        elif len(stores) == 2:
            for item, other in ((source, target), (target, source)) if flow.both else ((source, target),):
                self._between_stores(flow, item, other)
        else:
            into = target in stores
            user, store = (source, target) if into else (target, source)
            verbs = (Verb.WRITES, Verb.READS) if flow.both else (Verb.WRITES,) if into else (Verb.READS,)
            self._use(flow, user, store, verbs)

    def _use(self, flow: Flow, user: Element, store: Element, verbs: tuple[Verb, ...]) -> None:
        """A service reads or writes a store, or the data that the store holds."""
        service, place = self.ids[user.key], self.ids[store.key]
        if store.key not in self.holders:
            for verb in verbs:
                self.naming.relate(verb, service, place, flow.provenance)
            return
        self.naming.relate(Verb.DEPENDS_ON, service, place, flow.provenance, Basis.INFERRED, dependency="soft")
        for datum in flow.data or self.stored[store.key]:
            for copy in self._copies(datum, store.key):
                for verb in verbs:
                    self.naming.relate(verb, service, copy, flow.provenance, Basis.INFERRED)

    def _between_stores(self, flow: Flow, source: Element, target: Element) -> None:
        if target.key in self.holders:
            self._use(flow, target, source, (Verb.READS,))
        elif source.key in self.holders:
            self._use(flow, source, target, (Verb.WRITES,))
        else:
            self.naming.relate(Verb.DERIVES_FROM, self.ids[target.key], self.ids[source.key], flow.provenance)

    def _entry_point(self, flow: Flow, source: Element, target: Element) -> None:
        """A flow between services: something that the sender can call, or the answer to that."""
        sender, taker = self.ids[source.key], self.ids[target.key]
        for key in (source.key, target.key):
            for datum in flow.data:
                self._touches(key, datum, (Verb.READS,), flow.provenance, Basis.INFERRED)
        asked, *ends = self.entry_points.get(flow.answers or "", ("", "", ""))
        if flow.is_answer and ends == [taker, sender]:
            self.naming.relate(Verb.READS, asked, sender, flow.provenance)
            self._carried(asked, flow, source, (Verb.READS,))
            return
        operation = None if flow.is_answer else self._operation(flow, source, target)
        if operation is None:
            self.naming.relate(Verb.WRITES, sender, taker, flow.provenance)
            return
        self.entry_points.setdefault(flow.key, (operation, sender, taker))
        self.naming.relate(Verb.SERVES, taker, operation, flow.provenance, Basis.INFERRED)
        self.naming.relate(Verb.CALLS, sender, operation, flow.provenance, Basis.INFERRED)
        verbs = (Verb.WRITES, Verb.READS) if flow.both else (Verb.WRITES,)
        for verb in verbs:
            self.naming.relate(verb, operation, taker, flow.provenance)
        self._carried(operation, flow, target, verbs)

    def _operation(self, flow: Flow, source: Element, target: Element) -> str | None:
        exposed, consumed = source.role == "outside", target.role == "outside"
        made = Operation(
            id=flow.id,
            name=flow.name,
            api=self.ids[target.key],
            direction="consumed" if consumed and not exposed else "exposed" if exposed and not consumed else "internal",
            tags=flow.tags,
            controls=flow.controls + tuple(control for control in target.controls if control.kind in _ON_ENTRY_POINTS),
            basis=Basis.INFERRED,
            provenance=flow.provenance,
        )
        kept = self.naming.put(made)
        self.counts["called"] += kept is not None
        return kept

    def _carried(self, operation: str, flow: Flow, served: Element, verbs: tuple[Verb, ...]) -> None:
        """What an operation does to the data it carries: sent data is written where it is stored."""
        for datum in flow.data:
            for verb in verbs:
                if verb == Verb.READS or datum in self.stored.get(served.key, {}):
                    for copy in self._copies(datum, served.key):
                        self.naming.relate(verb, operation, copy, flow.provenance, Basis.INFERRED)

    def _touches(
        self, key: str, datum: str, verbs: tuple[Verb, ...], provenance: Provenances, basis: Basis = Basis.DECLARED
    ) -> None:
        element = self.elements.get(key)
        if element and key in self.ids and (element.role != "store" or key in self.holders):
            for copy in self._copies(datum, key):
                for verb in verbs:
                    self.naming.relate(verb, self.ids[key], copy, provenance, basis)

    def _say(self) -> None:
        counts = self.counts
        messages = {
            "outside": f"{counted(counts['outside'], 'thing')} drawn outside read as a party that owns a system",
            "called": f"{counted(counts['called'], 'flow')} into a service read as something that the sender can call; "
            "which side asks, and with which key, is not drawn",
        }
        for word, message in messages.items():
            if counts[word]:
                self.naming.collector.note(NoteKind.ASSUMED, message)


def matches(patterns: Iterable[str], names: Iterable[str]) -> bool:
    """Whether any of the names fits any of the patterns."""
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)
