"""OWASP Threat Dragon 2 and 1 (JSON): actors, processes, stores and the flows between them, by diagram.

A record is a cell of a diagram or a threat noted on one. Threats say nothing about reach and are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader, Provenances
from blastradius.loaderkit.json_values import Keys, mapping
from blastradius.loaderkit.names import slug
from blastradius.loaderkit.validation import read_options
from blastradius.loaderkit.vendors.threat_models.diagram import Diagram, Element, Flow, Options, Role
from blastradius.loaderkit.vendors.threat_models.plain import Naming, flag, many, number, shown, word

_SHAPES = {
    "process": "process",
    "store": "store",
    "actor": "outside",
    "flow": "flow",
    "boundarybox": "box",
    "trustboundarybox": "box",
    "boundary": "curve",
    "boundarycurve": "curve",
    "trustboundarycurve": "curve",
    "trustbroundarycurve": "curve",
    "text": "text",
    "tdtextblock": "text",
}
_ROLES: dict[str, Role] = {"process": "process", "store": "store", "outside": "outside"}
_FLAGS = {
    "outOfScope": "out of scope",
    "isALog": "log",
    "storesCredentials": "stores credentials",
    "storesInventory": "stores inventory",
    "handlesCardPayment": "handles card payment",
    "isEncrypted": "encrypted",
    "isPublicNetwork": "public network",
    "providesAuthentication": "provides authentication",
    "isWebApplication": "web application",
}


@dataclass(frozen=True)
class Cell:
    """One cell in the words of version 2, whichever version it was drawn in."""

    key: str
    shape: str
    attributes: dict[str, Any]
    value: dict[str, Any]
    provenance: Provenances


@dataclass(frozen=True)
class Box:
    """A trust boundary drawn as a box."""

    left: float
    top: float
    width: float
    height: float
    zone: str
    name: str | None

    def has(self, x: float, y: float) -> bool:
        """Whether a point lies inside."""
        return self.left <= x <= self.left + self.width and self.top <= y <= self.top + self.height


def recognises(data: Any) -> bool:
    """Whether a document is a Threat Dragon model."""
    return (
        isinstance(data, dict) and isinstance(data.get("summary"), dict) and "diagrams" in mapping(data.get("detail"))
    )


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one model.

    Raises:
        InputError: no Threat Dragon model, one with nothing drawn, or an option that does not fit.
    """
    chosen = read_options(Options, document, options)
    why = _not_ours(document.data)
    if why:
        raise InputError([f"{document.path}: {why}"])
    collector = FactCollector("threat_dragon", document)
    naming = Naming(collector, chosen)
    title = naming.text(document.data["summary"].get("title"), "the title", collector.provenance("summary"))
    naming.namespace = chosen.namespace or slug(title)
    diagram = Diagram(naming, chosen)
    _Reader(collector, naming, diagram).read(document)
    diagram.model()
    return collector.loaded(title=title, zones=tuple(naming.zones.values()))


def _not_ours(data: Any) -> str | None:
    if not recognises(data):
        return "not a Threat Dragon model; expected 'summary' and 'detail.diagrams'"
    version = word(data.get("version")) or "2"
    known = version.lstrip("vV").partition(".")[0] in ("0", "1", "2")
    return None if known else f"Threat Dragon version {shown(version)}; read are 1 and 2"


@dataclass
class _Reader:
    collector: FactCollector
    naming: Naming
    diagram: Diagram

    def read(self, document: Document) -> None:
        cells = 0
        for keys, diagram in many(document.data["detail"]["diagrams"], ("detail", "diagrams")):
            place = (*keys, "cells") if "cells" in mapping(diagram) else (*keys, "diagramJson", "cells")
            drawn = mapping(diagram).get("cells", mapping(mapping(diagram).get("diagramJson")).get("cells"))
            found = list(many(drawn, place))
            cells += len(found)
            self._diagram([self._cell(value, provenance) for provenance, value in found])
        if not cells:
            raise InputError([f"{document.path}: a Threat Dragon model with nothing drawn; draw it, or leave it out"])

    def _cell(self, value: Any, keys: Keys) -> Cell | None:
        """A cell with a shape that is known and an id; threats on it are counted in any case."""
        provenance = self.collector.provenance(*keys)
        inside = mapping(value)
        data = mapping(inside.get("data"))
        threats = [*many(data.get("threats")), *many(inside.get("threats"))]
        if threats:
            self.collector.ignore("threats", len(threats))
        declared = word(inside.get("shape")) or word(inside.get("type")) or ""
        shape = _SHAPES.get("".join(filter(str.isalnum, declared.lower().removeprefix("tm."))))
        key = word(inside.get("id"))
        if shape is None or key is None:
            what = f"a cell of shape {shown(declared)}" if shape is None else "a cell without an id"
            self.collector.reject(what, provenance=provenance)
            return None
        return Cell(key, shape, data or _said_in_version_1(inside), inside, provenance)

    def _diagram(self, cells: list[Cell | None]) -> None:
        drawn = [cell for cell in cells if cell is not None]
        boxes = [box for row in drawn if row.shape == "box" and (box := self._box(row))]
        for row in drawn:
            if row.shape in _ROLES:
                self._element(row, boxes)
            elif row.shape == "flow":
                self._flow(row)
        for shape, what in (
            ("curve", "boundaries drawn as a line, which do not say what is inside"),
            ("text", "texts"),
        ):
            count = sum(row.shape == shape for row in drawn)
            if count:
                self.collector.ignore(what, count)

    def _box(self, cell: Cell) -> Box | None:
        name = self.naming.text(cell.attributes.get("name"), "a boundary's name", cell.provenance)
        left, top, width, height = _frame(cell.value)
        zone = self.naming.zone(cell.key, name or "trust boundary", cell.provenance)
        if zone is None or None in (left, top, width, height):
            self.collector.reject("a trust boundary without a place", provenance=cell.provenance)
            return None
        self.collector.fact()
        return Box(left or 0, top or 0, width or 0, height or 0, zone, name)

    def _element(self, cell: Cell, boxes: list[Box]) -> None:
        name = (
            self.naming.text(cell.attributes.get("name"), "a cell's name", cell.provenance)
            or f"unnamed {_ROLES[cell.shape]}"
        )
        made = self.naming.id(cell.key, name)
        if made is None:
            self.collector.reject("a cell whose id cannot be used", provenance=cell.provenance)
            return
        box = _around(cell.value, boxes)
        drawn = Element(
            key=cell.key,
            id=made,
            name=name,
            role=_ROLES[cell.shape],
            provenance=cell.provenance,
            names=tuple(text for text in (cell.key, name, box and box.name) if text),
            zone=box.zone if box else self.naming.options.zone,
            tags=_tags(cell.attributes),
        )
        self.diagram.element(drawn)

    def _flow(self, cell: Cell) -> None:
        name = self.naming.text(cell.attributes.get("name"), "a flow's name", cell.provenance)
        made = self.naming.id(cell.key, name or "flow")
        if made is None:
            self.collector.reject("a flow whose id cannot be used", provenance=cell.provenance)
            return
        protocol = self.naming.text(cell.attributes.get("protocol"), "a protocol", cell.provenance)
        flow = Flow(
            key=cell.key,
            id=made,
            name=name,
            source=_end(cell.value.get("source")),
            target=_end(cell.value.get("target")),
            provenance=cell.provenance,
            both=flag(cell.attributes.get("isBidirectional")) is True,
            tags=_tags(cell.attributes) + ((protocol,) if protocol else ()),
        )
        self.diagram.flows.append(flow)


def _said_in_version_1(cell: dict[str, Any]) -> dict[str, Any]:
    """Version 1 keeps on the cell what version 2 keeps in its data; names stand in texts and labels."""
    texts = [mapping(mapping(cell.get("attrs")).get("text"))]
    texts += [mapping(mapping(mapping(label).get("attrs")).get("text")) for _, label in many(cell.get("labels"))]
    return {**cell, "name": next((name for text in texts if (name := word(text.get("text")))), cell.get("name"))}


def _end(value: Any) -> str | None:
    """The cell at the end of a flow; ``None`` for an end that hangs in the air."""
    return word(mapping(value).get("cell")) or word(mapping(value).get("id"))


def _tags(declared: dict[str, Any]) -> tuple[str, ...]:
    return tuple(tag for word_, tag in _FLAGS.items() if flag(declared.get(word_)) is True)


def _frame(cell: dict[str, Any]) -> tuple[float | None, float | None, float | None, float | None]:
    position, size = mapping(cell.get("position")), mapping(cell.get("size"))
    return number(position.get("x")), number(position.get("y")), number(size.get("width")), number(size.get("height"))


def _around(cell: dict[str, Any], boxes: list[Box]) -> Box | None:
    """The smallest box that the middle of a cell lies in."""
    left, top, width, height = _frame(cell)
    if left is None or top is None:
        return None
    middle = (left + (width or 0) / 2, top + (height or 0) / 2)
    return min((box for box in boxes if box.has(*middle)), key=lambda box: box.width * box.height, default=None)


LOADER = Loader(
    name="threat_dragon",
    title="OWASP Threat Dragon model (JSON)",
    suffixes=(".json",),
    recognises=recognises,
    load=load,
    reads="actors, processes, stores, data flows and trust boundaries drawn as boxes",
    maps=(
        ("actor", "party that owns a system"),
        ("process", "service"),
        ("store", "store"),
        ("trust boundary drawn as a box", "zone of what lies in it"),
        ("flow between actors and processes", "operation that the sender calls and the other side serves"),
        ("flow to or from a store", "write or read of the store"),
        ("boundary drawn as a line, text, threat", "ignored, counted"),
    ),
    infers_not=(
        "which actor is which party, or ourselves (options parties, us, inside)",
        "which side of a flow asks and which answers: each is read as something that the sender can call",
        "who holds which key, and what it grants",
        "which data a flow carries or a store holds",
        "what lies on which side of a boundary drawn as a line",
        "whether cells in two diagrams are the same thing",
    ),
    options=Options,
)
