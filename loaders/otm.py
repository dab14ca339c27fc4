"""Open Threat Model 0.x (JSON, YAML): components in trust zones, the data they keep, and flows between them.

A record is a trust zone, component, dataflow, asset, threat, mitigation or representation. An asset with the id of
the store that keeps it, and keeps nothing else, is that store's content. Threats and
representations say nothing about reach and are ignored; a mitigation counts where a component says that it is
implemented and our controls have a word for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader, Provenances
from blastradius.loaderkit.json_values import Keys, mapping
from blastradius.loaderkit.names import slug
from blastradius.loaderkit.options import Names
from blastradius.loaderkit.validation import read_options
from blastradius.loaderkit.vendors.threat_models.diagram import (
    ON_SERVICES,
    ON_STORES,
    Datum,
    Diagram,
    Element,
    Flow,
    Role,
    matches,
)
from blastradius.loaderkit.vendors.threat_models.diagram import Options as Shape
from blastradius.loaderkit.vendors.threat_models.plain import (
    Naming,
    assumed_control,
    clean,
    flag,
    many,
    number,
    opaque,
    shown,
    word,
    words,
)
from blastradius.model import Basis, Control, ControlKind, NoteKind, Verb

_STORES = re.compile(
    r"(?i)(?<![a-z0-9])(databases?|db|data-?store|store|storage|bucket|s3|rds|dynamodb|blob|warehouse|redshift|sql"
    r"|mysql|mariadb|postgres(ql)?|mongodb|redis|queue|topic|sqs|kafka|file-?(system|share))(?![a-z0-9])"
)
_OUTSIDE = frozenset(["external", "internet", "third-party", "thirdparty", "public-internet", "untrusted"])
_MITIGATIONS = (
    (r"\bharden", ControlKind.HARDENED),
    (r"\bsandbox", ControlKind.SANDBOXED),
    (r"\bsegment(ation|ed|s)?\b", ControlKind.SEGMENTED),
    (r"\bprivileged access management\b|\bPAM\b", ControlKind.PAM),
    (r"\bvalidat(e|es|ed|ion)\b.*\binputs?\b|\binputs?\b.*\bvalidat(ed|ion)\b", ControlKind.VALIDATED),
    (r"\bquarantin", ControlKind.QUARANTINED),
    (r"\b(four|two)[- ]eyes\b|\bapproval\b", ControlKind.APPROVAL),
    (r"\bobject[- ]level authori[sz]ation\b", ControlKind.OBJECT_AUTHZ),
    (r"\bclient[- ]side encrypt", ControlKind.ENCRYPTED_ELSEWHERE),
    (r"\bimmutable backups?\b", ControlKind.IMMUTABLE_BACKUP),
)


class Options(Shape):
    """The options of one model."""

    stores: Names = Field(
        default=(), description="patterns of components that are stores: over names, ids, types and zones"
    )


def recognises(data: Any) -> bool:
    """Whether a document says it is an Open Threat Model."""
    return isinstance(data, dict) and "otmVersion" in data


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one model.

    Raises:
        InputError: no Open Threat Model of a known version, one without components, or an option that does
            not fit.
    """
    chosen = read_options(Options, document, options)
    why = _not_ours(document.data)
    if why:
        raise InputError([f"{document.path}: {why}"])
    collector = FactCollector("otm", document)
    naming = Naming(collector, chosen)
    project = mapping(document.data.get("project"))
    title = naming.text(project.get("name"), "the project's name", collector.provenance("project"))
    declared = naming.text(project.get("id"), "the project's id", collector.provenance("project"))
    naming.namespace = chosen.namespace or slug(title if opaque(declared) else declared) or slug(title)
    _Reader(collector, naming, chosen, Diagram(naming, chosen)).read(document.data)
    return collector.loaded(title=title, zones=tuple(naming.zones.values()))


def _not_ours(data: Any) -> str | None:
    if not recognises(data):
        if "otmVersion" in mapping(mapping(data).get("properties")) or "OpenThreatModel" in mapping(
            mapping(data).get("definitions")
        ):
            return "the JSON Schema of Open Threat Models, not a model; nothing in it is anybody's"
        return "not an Open Threat Model; expected 'otmVersion'"
    version = word(data["otmVersion"]) or ""
    if not re.match(r"0\.\d", version):
        return f"otmVersion {shown(data['otmVersion'])}; read are 0.1 and 0.2"
    if not any(True for _ in many(data.get("components"))):
        return "an Open Threat Model without components; nothing in it can be reached"
    return None


@dataclass(frozen=True)
class Zone:
    """A trust zone: our id for it, its name, and whether it is the internet."""

    id: str | None
    name: str | None
    outside: bool


@dataclass
class _Reader:
    collector: FactCollector
    naming: Naming
    options: Options
    diagram: Diagram
    zones: dict[str, Zone] = field(default_factory=dict)
    parents: dict[str, tuple[str, str]] = field(default_factory=dict)
    mitigations: dict[str, tuple[str, ControlKind | None]] = field(default_factory=dict)
    implemented: set[str] = field(default_factory=set)
    idle: int = 0

    def read(self, data: dict[str, Any]) -> None:
        for section in ("trustZones", "trustzones"):
            for keys, item in many(data.get(section), (section,)):
                self._zone(item, keys)
        for keys, asset in many(data.get("assets"), ("assets",)):
            self._asset(asset, keys)
        for keys, mitigation in many(data.get("mitigations"), ("mitigations",)):
            self._mitigation(mitigation, keys)
        components = list(many(data.get("components"), ("components",)))
        for _, component in components:
            self._lies_in(component)
        for keys, component in components:
            self._component(component, keys)
        for keys, dataflow in many(data.get("dataflows"), ("dataflows",)):
            self._dataflow(dataflow, keys)
        self.diagram.model()
        for keys, component in components:
            self._nested(word(mapping(component).get("id")), keys)
        self._count(data)

    def _identified(self, value: Any, keys: Keys, what: str) -> tuple[str, str | None, Provenances] | None:
        """The id and the name of a record; rejected without an id."""
        provenance = self.collector.provenance(*keys)
        raw = word(mapping(value).get("id"))
        if raw is None or self.naming.text(raw, f"the id of {what}", provenance) is None:
            self.collector.reject(f"{what} without an id that can be used", provenance=provenance)
            return None
        return raw, self.naming.text(mapping(value).get("name"), f"the name of {what}", provenance), provenance

    def _zone(self, value: Any, keys: Keys) -> None:
        found = self._identified(value, keys, "a trust zone")
        if found:
            raw, name, provenance = found
            outside = bool({slug(word(value.get("type"))), slug(name)} & _OUTSIDE)
            self.zones.setdefault(raw, Zone(self.naming.zone(raw, name, provenance), name, outside))
            self.collector.fact()

    def _asset(self, value: Any, keys: Keys) -> None:
        found = self._identified(value, keys, "an asset")
        made = self.naming.id(found[0], found[1]) if found else None
        if found and made:
            raw, name, provenance = found
            self.diagram.datum(
                Datum(raw, made, name or clean(raw), provenance, self._classification(value, provenance))
            )
        elif found:
            self.collector.reject("an asset whose id cannot be used", provenance=found[2])

    def _classification(self, value: dict[str, Any], provenance: Provenances) -> str | None:
        """What an attribute calls the data, or else how it was rated."""
        declared = self.naming.text(
            mapping(value.get("attributes")).get("classification"), "a classification", provenance
        )
        level = number(mapping(value.get("risk")).get("confidentiality"))
        return declared or (f"confidentiality {level:g}" if level is not None else None)

    def _mitigation(self, value: Any, keys: Keys) -> None:
        found = self._identified(value, keys, "a mitigation")
        if found:
            self.idle += 1
            name = found[1] or clean(found[0])
            kinds = (kind for pattern, kind in _MITIGATIONS if re.search(pattern, name, re.IGNORECASE))
            self.mitigations.setdefault(found[0], (name, next(kinds, None)))

    def _component(self, value: Any, keys: Keys) -> None:
        found = self._identified(value, keys, "a component")
        made = self.naming.id(found[0], found[1]) if found else None
        if not found or not made:
            if found:
                self.collector.reject("a component whose id cannot be used", provenance=found[2])
            return
        raw, name, provenance = found
        kind = self.naming.text(value.get("type"), "a component's type", provenance)
        tags = self.naming.tags(value.get("tags"), provenance)
        zone = self._zone_of(raw, provenance)
        names = tuple(text for text in (raw, name, kind, zone.name) if text)
        role, basis = self._role(kind, tags, names, zone)
        content = self._content(raw, value) if role == "store" else None
        drawn = Element(
            key=raw,
            id=made,
            name=name or clean(raw),
            role=role,
            provenance=provenance,
            names=names,
            zone=zone.id or self.options.zone,
            tags=tuple(dict.fromkeys((*((kind,) if kind else ()), *tags, *_out_of_scope(value)))),
            controls=tuple(self._controls(value, role, provenance)),
            basis=basis,
            classification=content.classification if content else None,
        )
        self.diagram.element(drawn)
        if content is None:
            self._keeps(raw, mapping(value.get("assets")), provenance)

    def _content(self, raw: str, value: dict[str, Any]) -> Datum | None:
        """The asset that is all that a store keeps and has the store's own id: the two are one thing."""
        if words(mapping(value.get("assets")).get("stored")) != (raw,) or raw not in self.diagram.data:
            return None
        self.collector.fact()
        return self.diagram.data.pop(raw)

    def _role(self, kind: str | None, tags: tuple[str, ...], names: tuple[str, ...], zone: Zone) -> tuple[Role, Basis]:
        """Outside by zone or tag, a store by the words of its type: the format has no word for either."""
        if zone.outside or {slug(tag) for tag in tags} & _OUTSIDE:
            return "outside", Basis.INFERRED
        if matches(self.options.stores, names):
            return "store", Basis.DECLARED
        if kind and _STORES.search(kind):
            return "store", Basis.INFERRED
        return "process", Basis.DECLARED

    def _lies_in(self, value: Any) -> None:
        """What a component lies in: nothing, an id alone, or as versions 0.1 and 0.2 each say it."""
        declared = mapping(value).get("parent")
        bare, parent = word(declared), mapping(declared)
        named = [(kind, ref) for kind in ("component", "trustZone") if (ref := word(parent.get(kind)))]
        if bare:
            named = [("trustZone" if bare in self.zones else "component", bare)]
        named.append((word(parent.get("type")) or "", word(parent.get("id")) or ""))
        self.parents.setdefault(word(mapping(value).get("id")) or "", named[0])

    def _zone_of(self, raw: str, provenance: Provenances) -> Zone:
        """The nearest trust zone around a component."""
        seen: set[str] = set()
        kind, ref = self.parents.get(raw, ("", ""))
        while kind == "component" and ref in self.parents and ref not in seen:
            seen.add(ref)
            kind, ref = self.parents[ref]
        if kind == "trustZone" and ref in self.zones:
            return self.zones[ref]
        if ref:
            message = f"a component lies in {shown(ref)}, which leads to no trust zone"
            self.collector.note(NoteKind.UNRESOLVED, message, provenance=provenance)
        return Zone(None, None, False)

    def _keeps(self, raw: str, assets: dict[str, Any], provenance: Provenances) -> None:
        for how, keep in (("stored", self.diagram.holds), ("processed", self.diagram.handles)):
            for asset in words(assets.get(how)):
                if asset in self.diagram.data:
                    keep(raw, (asset,), provenance)
                else:
                    message = f"a component has {how} {shown(asset)}, which is not among the assets"
                    self.collector.note(NoteKind.UNRESOLVED, message, provenance=provenance)

    def _controls(self, value: dict[str, Any], role: Role, provenance: Provenances) -> Iterator[Control]:
        """Controls for the mitigations that are implemented and that we have a word for; each once."""
        kinds = set()
        for _, threat in many(value.get("threats")):
            for _, mitigation in many(mapping(threat).get("mitigations")):
                ref = word(mapping(mitigation).get("mitigation")) or ""
                name, kind = self.mitigations.get(ref, ("", None))
                fits = kind in (ON_STORES if role == "store" else ON_SERVICES) and role != "outside"
                done = (word(mapping(mitigation).get("state")) or "").lower() == "implemented"
                if kind and fits and done:
                    self.implemented.add(ref)
                    if kind not in kinds:
                        yield assumed_control(kind, f"mitigation {name!r} is said to be implemented", provenance)
                    kinds.add(kind)

    def _dataflow(self, value: Any, keys: Keys) -> None:
        found = self._identified(value, keys, "a dataflow")
        made = self.naming.id(found[0], found[1] or "flow") if found else None
        if found and made:
            raw, name, provenance = found
            flow = Flow(
                key=raw,
                id=made,
                name=name,
                source=word(value.get("source")) or word(value.get("from")),
                target=next(filter(None, (word(value.get(key)) for key in ("destination", "target", "to"))), None),
                provenance=provenance,
                both=flag(value.get("bidirectional")) is True,
                data=words(value.get("assets")),
                tags=self.naming.tags(value.get("tags"), provenance),
            )
            self.diagram.flows.append(flow)
        elif found:
            self.collector.reject("a dataflow whose id cannot be used", provenance=found[2])

    def _nested(self, raw: str | None, keys: Keys) -> None:
        """What runs inside something is within reach of it."""
        kind, ref = self.parents.get(raw or "", ("", ""))
        inner, outer = (self.collector.entities.get(self.diagram.ids.get(item or "", "")) for item in (raw, ref))
        if kind == "component" and inner and outer and inner.kind == outer.kind == "service" and inner is not outer:
            provenance = self.collector.provenance(*keys)
            self.naming.relate(Verb.CONNECTS, outer.id, inner.id, provenance, Basis.INFERRED)

    def _count(self, data: dict[str, Any]) -> None:
        self.collector.fact(len(self.implemented))
        idle = self.idle - len(self.implemented)
        if idle:
            self.collector.ignore("mitigations not said to be implemented, or that no control stands for", idle)
        for key in ("threats", "representations"):
            count = sum(1 for _ in many(data.get(key)))
            if count:
                self.collector.ignore(key, count)


def _out_of_scope(value: dict[str, Any]) -> tuple[str, ...]:
    """The tag of a component that the tool it comes from calls out of scope."""
    declared = (mapping(value.get(key)).get("Out Of Scope") for key in ("properties", "attributes"))
    return ("out of scope",) if any(flag(item) for item in declared) else ()


LOADER = Loader(
    name="otm",
    title="Open Threat Model 0.x",
    suffixes=(".json", ".yaml", ".yml", ".otm"),
    recognises=recognises,
    load=load,
    reads="components, trust zones, data assets, data flows, and mitigations that are implemented",
    maps=(
        (
            "component",
            "service; store by its type or option `stores`; in a zone of the internet, a party that owns a system",
        ),
        ("component in a component", "within reach of the one around it"),
        ("trust zone", "zone"),
        ("asset", "store, one for each component that keeps it"),
        ("dataflow between services", "operation that the sender calls and the other side serves"),
        ("dataflow to or from a store", "write or read of the store, or of the assets in it"),
        ("mitigation said to be implemented", "control, assumed, where its name says which"),
        ("threat, representation", "ignored, counted"),
    ),
    infers_not=(
        "who runs what is outside, and what is outside beyond the zone 'internet' (options outside, parties, us)",
        "which components are stores, beyond the words of their types (option stores)",
        "which side of a flow asks and which answers: each is read as something that the sender can call",
        "who holds which key, and what it grants",
    ),
    options=Options,
)
