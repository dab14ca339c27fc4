"""pytm (what ``tm.py --json`` writes): actors, servers, datastores, boundaries, data, and flows with answers.

A record is an element, boundary, flow, data, finding or assumption; the lists of actors and assets repeat
the elements and count only where those are missing. Findings and assumptions say nothing about reach.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader, Provenances
from blastradius.loaderkit.json_values import Keys, mapping
from blastradius.loaderkit.names import slug
from blastradius.loaderkit.validation import read_options
from blastradius.loaderkit.vendors.threat_models.diagram import Datum, Diagram, Element, Flow, Options, Role
from blastradius.loaderkit.vendors.threat_models.plain import Naming, assumed_control, flag, many, shown, word, words
from blastradius.model import Control, ControlKind

_ROLES: dict[str, Role] = {"Actor": "outside", "ExternalEntity": "outside", "Datastore": "store"}
_CONTROLS = (
    ("isHardened", ControlKind.HARDENED),
    ("validatesInput", ControlKind.VALIDATED),
    ("sanitizesInput", ControlKind.VALIDATED),
    ("authorizesSource", ControlKind.FUNCTION_AUTHZ),
    ("hasAccessControl", ControlKind.FUNCTION_AUTHZ),
)
_FLAGS = {
    "isAdmin": "admin",
    "storesPII": "PII",
    "isPII": "PII",
    "storesSensitiveData": "sensitive",
    "storesLogData": "log",
    "isCredentials": "credentials",
    "isShared": "shared",
    "onAWS": "AWS",
}


def recognises(data: Any) -> bool:
    """Whether a document is a dump of a pytm model."""
    if not isinstance(data, dict) or not isinstance(data.get("flows"), list):
        return False
    listed = data.get("elements") or data.get("assets")
    drawn = (
        any(isinstance(item, dict) and "__class__" in item for item in listed) if isinstance(listed, list) else False
    )
    return drawn or any(isinstance(flow, dict) and {"source", "sink"} <= flow.keys() for flow in data["flows"])


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one model.

    Raises:
        InputError: no dump of a pytm model, one without elements, or an option that does not fit.
    """
    chosen = read_options(Options, document, options)
    why = _not_ours(document.data)
    if why:
        raise InputError([f"{document.path}: {why}"])
    collector = FactCollector("pytm", document)
    naming = Naming(collector, chosen)
    title = naming.text(document.data.get("name"), "the model's name", collector.provenance("name"))
    naming.namespace = chosen.namespace or slug(title)
    diagram = Diagram(naming, chosen)
    _Reader(collector, naming, diagram).read(document.data)
    diagram.model()
    return collector.loaded(title=title, zones=tuple(naming.zones.values()))


def _not_ours(data: Any) -> str | None:
    if isinstance(data, str) and "pytm" in data:
        return "a pytm model as Python code, which is never run; load what 'tm.py --json' writes"
    if not isinstance(data, dict) or "flows" not in data:
        return "not a pytm model as 'tm.py --json' writes it; expected 'elements' and 'flows'"
    return None if any(True for _ in _elements(data)) else "a pytm model without elements; nothing in it can be reached"


def _elements(data: dict[str, Any]) -> Iterator[tuple[Keys, Any]]:
    sections = ("elements",) if data.get("elements") else ("actors", "assets")
    for section in sections:
        yield from many(data.get(section), (section,))


@dataclass
class _Reader:
    collector: FactCollector
    naming: Naming
    diagram: Diagram
    boundaries: dict[str, str] = field(default_factory=dict)
    carried: dict[str, list[str]] = field(default_factory=dict)
    names: Counter[str | None] = field(default_factory=Counter)

    def read(self, data: dict[str, Any]) -> None:
        for keys, boundary in many(data.get("boundaries"), ("boundaries",)):
            self._boundary(boundary, keys)
        for keys, element in _elements(data):
            self._element(element, keys)
        for keys, datum in many(data.get("data"), ("data",)):
            self._datum(datum, keys)
        flows = list(many(data.get("flows"), ("flows",)))
        asked = {word(mapping(flow).get("response")): word(mapping(flow).get("name")) for _, flow in flows}
        self.names = Counter(word(mapping(flow).get("name")) for _, flow in flows)
        for keys, flow in flows:
            self._flow(flow, keys, asked)
        for key in ("findings", "assumptions"):
            count = sum(1 for _ in many(data.get(key)))
            if count:
                self.collector.ignore(key, count)

    def _named(self, value: Any, keys: Keys, what: str) -> tuple[str, str, str, Provenances] | None:
        """The name as references spell it, our id, the name as it may be copied, and the place."""
        provenance = self.collector.provenance(*keys)
        raw = word(mapping(value).get("name"))
        name = self.naming.text(raw, f"the name of {what}", provenance)
        made = self.naming.within(name)
        if raw is None or name is None or made is None:
            self.collector.reject(f"{what} without a name that can be used", provenance=provenance)
            return None
        return raw, made, name, provenance

    def _boundary(self, value: Any, keys: Keys) -> None:
        found = self._named(value, keys, "a boundary")
        if found:
            raw, made, name, provenance = found
            zone = self.naming.zone(name, name, provenance)
            self.boundaries.setdefault(raw, zone or made)
            self.collector.fact()

    def _element(self, value: Any, keys: Keys) -> None:
        found = self._named(value, keys, "an element")
        if found is None:
            return
        raw, made, name, provenance = found
        kind = self.naming.text(value.get("__class__"), "a class", provenance) or "Asset"
        boundary = self._boundary_of(value, name, provenance)
        outside = flag(value.get("isThirdParty")) is True
        drawn = Element(
            key=raw,
            id=made,
            name=name,
            role="outside" if outside else _ROLES.get(kind, "process"),
            provenance=provenance,
            names=tuple(text for text in (raw, kind, boundary) if text),
            zone=self.boundaries.get(boundary or "") or self.naming.options.zone,
            tags=(kind, *_tags(value)),
            controls=tuple(_controls(value, provenance)),
            classification=_classification(value.get("maxClassification")),
        )
        self.diagram.element(drawn)

    def _boundary_of(self, value: dict[str, Any], name: str, provenance: Provenances) -> str | None:
        boundary = word(value.get("inBoundary"))
        if boundary and boundary not in self.boundaries:
            message = f"{name!r} lies in a boundary that is not among the boundaries"
            self.naming.unresolved(message, provenance=provenance, records=0)
        return boundary

    def _datum(self, value: Any, keys: Keys) -> None:
        found = self._named(value, keys, "data")
        if found is None:
            return
        raw, made, name, provenance = found
        classification = _classification(value.get("classification"))
        self.diagram.datum(Datum(raw, made, name, provenance, classification, _tags(value)))
        for process in words(value.get("processedBy")):
            if process in self.diagram.elements:
                self.diagram.handles(process, (raw,), provenance)
            else:
                self.naming.unresolved(
                    f"{name!r} is processed by {shown(process)}, which is no element", provenance=provenance, records=0
                )
        for process in words(value.get("carriedBy")):
            self.carried.setdefault(process, []).append(raw)

    def _flow(self, value: Any, keys: Keys, asked: dict[str | None, str | None]) -> None:
        found = self._named(value, keys, "a flow")
        if found is None:
            return
        raw, _, name, provenance = found
        source, sink = word(value.get("source")), word(value.get("sink"))
        ends = (self.naming.text(item, "the end of a flow", provenance) for item in (source, sink))
        made = self.naming.within(f"{' to '.join(end or 'something' for end in ends)}: {name}")
        if made is None:
            self.collector.reject("a flow whose name cannot be used", provenance=provenance)
            return
        answers = word(value.get("responseTo")) or asked.get(raw)
        carried = self.carried.get(raw, ()) if self.names[raw] == 1 or "data" not in value else ()
        flow = Flow(
            key=raw,
            id=made,
            name=name,
            source=source,
            target=sink,
            provenance=provenance,
            answers=answers,
            is_answer=answers is not None or flag(value.get("isResponse")) is True,
            data=tuple(dict.fromkeys((*words(value.get("data")), *carried))),
            tags=self.naming.tags(value.get("protocol"), provenance),
            controls=tuple(
                control for control in _controls(value, provenance) if control.kind == ControlKind.FUNCTION_AUTHZ
            ),
        )
        self.diagram.flows.append(flow)


def _controls(value: dict[str, Any], provenance: Provenances) -> Iterator[Control]:
    """What an element is said to do, in older dumps on itself and in newer ones among its controls."""
    kinds = set()
    for attribute, kind in _CONTROLS:
        declared = mapping(value.get("controls")).get(attribute, value.get(attribute))
        if flag(declared) is True and kind not in kinds:
            kinds.add(kind)
            yield assumed_control(kind, f"the model says {attribute}", provenance)


def _classification(value: Any) -> str | None:
    """The word of a classification, such as ``secret``; ``None`` for unknown."""
    last = (word(value) or "").rpartition(".")[2].lower().replace("_", " ")
    return last if last in ("public", "restricted", "sensitive", "secret", "top secret") else None


def _tags(value: dict[str, Any]) -> tuple[str, ...]:
    found = (tag for attribute, tag in _FLAGS.items() if flag(value.get(attribute)) is True)
    return (*found, *(("out of scope",) if flag(value.get("inScope")) is False else ()))


LOADER = Loader(
    name="pytm",
    title="pytm model (what tm.py --json writes)",
    suffixes=(".json",),
    recognises=recognises,
    load=load,
    reads="actors, external entities, processes, datastores, boundaries, data, and flows with their answers",
    maps=(
        ("Actor, ExternalEntity, third party", "party that owns a system"),
        ("Server, Process, Lambda and other elements", "service"),
        ("Datastore", "store; where it holds named data, service with a store for each"),
        ("Boundary", "zone"),
        ("Data", "store, one for each element that keeps it"),
        ("Dataflow between services", "operation that the sender calls and the other side serves"),
        ("Dataflow to or from a store", "write or read of the store, or of the data in it"),
        ("response of a flow", "read by the operation that asked"),
        ("isHardened, validatesInput, sanitizesInput, authorizesSource, hasAccessControl", "control, assumed"),
        ("finding, assumption", "ignored, counted"),
    ),
    infers_not=(
        "which actor is which party, or ourselves (options parties, us, inside)",
        "which side of a flow asks, where it names no answer: it is read as something that the sender can call",
        "who holds which key, and what it grants",
        "what a query into a datastore returns, where the answer is not drawn as a flow",
    ),
    options=Options,
)
