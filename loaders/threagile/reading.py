"""A Threagile model in its own terms, with the files that it includes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from posixpath import normpath
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Provenances
from blastradius.loaderkit.json_values import Keys, mapping
from blastradius.loaderkit.vendors.threat_models.plain import (
    Naming,
    clean,
    entries,
    flag,
    many,
    shown,
    word,
    words,
)
from blastradius.model import NoteKind, placed
from blastradius.secrets import looks_secret

IGNORED = {
    "individual_risk_categories": "risk categories",
    "custom_risk_categories": "risk categories",
    "risk_tracking": "tracked risks",
    "abuse_cases": "abuse cases",
    "security_requirements": "security requirements",
    "questions": "questions",
}


@dataclass(frozen=True)
class DataAsset:
    """A kind of data."""

    id: str
    title: str
    classification: str | None
    owner: str | None
    tags: tuple[str, ...]
    provenance: Provenances


@dataclass(frozen=True)
class Link:
    """A communication link, from who opens it to its target."""

    title: str
    target: str
    protocol: str | None
    authentication: str | None
    authorization: str | None
    readonly: bool
    filtered: bool
    tags: tuple[str, ...]
    sent: tuple[str, ...]
    received: tuple[str, ...]
    provenance: Provenances


@dataclass
class TechnicalAsset:
    """A thing that runs or keeps data; what is said of it in several files is one."""

    id: str
    title: str
    attributes: dict[str, Any]
    provenance: Provenances
    links: list[Link] = field(default_factory=list)
    records: int = 1


@dataclass(frozen=True)
class Group:
    """A trust boundary or a shared runtime, and the technical assets in it."""

    id: str
    title: str
    members: tuple[str, ...]
    provenance: Provenances


@dataclass
class Model:
    """All that was read."""

    title: str | None = None
    data: dict[str, DataAsset] = field(default_factory=dict)
    assets: dict[str, TechnicalAsset] = field(default_factory=dict)
    boundaries: dict[str, Group] = field(default_factory=dict)
    runtimes: dict[str, Group] = field(default_factory=dict)


@dataclass(frozen=True)
class _Part:
    """One file of a model."""

    document: Document
    data: dict[str, Any]

    def provenance(self, keys: Keys) -> Provenances:
        line, column = self.document.position(*keys)
        return (placed("threagile", self.document.path, line, column),)


def read_model(document: Document, collector: FactCollector, naming: Naming) -> Model:
    """Read a model with all it includes; what does not fit is rejected piece by piece.

    Raises:
        InputError: no Threagile model, or one without technical assets.
    """
    why = _not_ours(document.data)
    if why:
        raise InputError([f"{document.path}: {why}"])
    reader = _Reader(collector, naming)
    parts = list(reader.parts(_Part(document, document.data), {normpath(document.path)}))
    if not any(True for part in parts for _ in entries(part.data.get("technical_assets"))):
        raise InputError([f"{document.path}: a Threagile model without technical assets; nothing in it can be reached"])
    for part in parts:
        reader.part(part)
    return reader.model


def recognises(data: Any) -> bool:
    """Whether a document says it is a Threagile model, or has the parts of one."""
    return isinstance(data, dict) and ("threagile_version" in data or {"technical_assets", "title"} <= data.keys())


def _not_ours(data: Any) -> str | None:
    if not recognises(data):
        return "not a Threagile model; expected 'threagile_version' and 'technical_assets'"
    version = word(data.get("threagile_version")) or "1"
    known = version.partition(".")[0] in ("0", "1")
    return None if known else f"threagile_version {shown(version)}; read are 0.x and 1.x"


@dataclass
class _Reader:
    collector: FactCollector
    naming: Naming
    model: Model = field(default_factory=Model)
    titles: dict[str, str] = field(default_factory=dict)

    def parts(self, part: _Part, seen: set[str]) -> Iterator[_Part]:
        """The file and, once each, those that it includes and that they include."""
        yield part
        for keys, include in many(part.data.get("includes"), ("includes",)):
            name = word(include)
            try:
                found = part.document.sibling(name) if name else None
            except InputError as error:
                why = clean(error.problems[0])
                self._not_included("" if looks_secret(why) else f": {why}", part.provenance(keys))
                continue
            if found is None or not isinstance(found.data, dict):
                self._not_included("", part.provenance(keys))
            elif normpath(found.path) not in seen:
                seen.add(normpath(found.path))
                yield from self.parts(_Part(found, found.data), seen)

    def _not_included(self, why: str, provenance: Provenances) -> None:
        self.collector.note(
            NoteKind.UNRESOLVED, f"an include that is no part of a model{why}; left out", provenance=provenance
        )

    def part(self, part: _Part) -> None:
        self.model.title = self.model.title or self.naming.text(
            part.data.get("title"), "the title", part.provenance(("title",))
        )
        for keys, title, entry in entries(part.data.get("data_assets"), ("data_assets",)):
            self._data_asset(title, entry, part.provenance(keys))
        for keys, title, entry in entries(part.data.get("technical_assets"), ("technical_assets",)):
            self._technical_asset(title, entry, keys, part)
        for section, what, members, kept in (
            ("trust_boundaries", "a trust boundary", "technical_assets_inside", self.model.boundaries),
            ("shared_runtimes", "a shared runtime", "technical_assets_running", self.model.runtimes),
        ):
            for keys, title, entry in entries(part.data.get(section), (section,)):
                found = self._identified(title, entry, what, part.provenance(keys))
                if found:
                    self._group(Group(*found, words(mapping(entry).get(members)), part.provenance(keys)), kept)
        for section, what in IGNORED.items():
            count = sum(1 for _ in entries(part.data.get(section)))
            if count:
                self.collector.ignore(what, count)

    def _identified(self, title: str, value: Any, what: str, provenance: Provenances) -> tuple[str, str] | None:
        """The id that references use, or the title where there is none, and the title to show."""
        name = self.naming.text(title, f"the title of {what}", provenance)
        raw = word(mapping(value).get("id")) or word(title)
        if not isinstance(value, dict) or raw is None or name is None or self.naming.within(raw) is None:
            self.collector.reject(f"{what} without an id that can be used", provenance=provenance)
            return None
        return raw, name

    def _group(self, made: Group, kept: dict[str, Group]) -> None:
        """Keep a group; what several files say of one is one."""
        before = kept.get(made.id)
        if before and before.title != made.title:
            self.collector.reject(f"{made.title!r} has the id of {before.title!r}", provenance=made.provenance)
            return
        if before:
            self.collector.fact()
            made = replace(before, members=tuple(dict.fromkeys((*before.members, *made.members))))
        kept[made.id] = made

    def _data_asset(self, title: str, value: Any, provenance: Provenances) -> None:
        found = self._identified(title, value, "a data asset", provenance)
        if found is None:
            return
        made = DataAsset(
            *found,
            classification=self.naming.text(value.get("confidentiality"), "a rating", provenance),
            owner=self.naming.text(value.get("owner"), "an owner", provenance),
            tags=self.naming.tags(value.get("tags"), provenance),
            provenance=provenance,
        )
        before = self.model.data.setdefault(made.id, made)
        if before.title != made.title:
            self.collector.reject(f"data asset {made.title!r} has the id of {before.title!r}", provenance=provenance)
        elif before is not made:
            self.collector.fact()

    def _technical_asset(self, title: str, value: Any, keys: Keys, part: _Part) -> None:
        provenance = part.provenance(keys)
        inside = mapping(value)
        links = list(entries(inside.get("communication_links"), (*keys, "communication_links")))
        known = self.model.assets.get(self.titles.get(title, ""))
        if known is None:
            found = self._identified(title, value, "a technical asset", provenance)
            if found is None or found[0] in self.model.assets:
                if found:
                    self.collector.reject(f"technical asset {found[1]!r} has the id of another", provenance=provenance)
                if links:
                    self.collector.reject(
                        "links of a technical asset that was left out", provenance=provenance, records=len(links)
                    )
                return
            known = TechnicalAsset(*found, attributes=inside, provenance=provenance)
            self.titles[title] = known.id
            self.model.assets[known.id] = known
        else:
            known.attributes = self._merged(known, inside, provenance)
            known.records += 1
        for place, name, link in links:
            self._link(known, name, mapping(link), part.provenance(place))

    def _merged(self, known: TechnicalAsset, more: dict[str, Any], provenance: Provenances) -> dict[str, Any]:
        """Lists grow, yes wins over no, and of two different words the first stays."""
        declared = dict(known.attributes)
        for key, value in more.items():
            before = declared.get(key)
            if isinstance(value, list) and isinstance(before, list):
                declared[key] = [*before, *value]
            elif before is None or flag(value) is True:
                declared[key] = value
            elif key in ("id", "type", "owner") and value is not None and word(value) != word(before):
                message = f"{known.title!r} has another {key} here; the first is kept"
                self.collector.note(NoteKind.CONTRADICTED, message, provenance=provenance)
        return declared

    def _link(self, asset: TechnicalAsset, title: str, value: dict[str, Any], provenance: Provenances) -> None:
        name, target = self.naming.text(title, "a link's title", provenance), word(value.get("target"))
        if name is None or target is None:
            what = "a communication link without a title" if name is None else "a communication link without a target"
            self.collector.reject(what, provenance=provenance)
            return
        made = Link(
            title=name,
            target=target,
            protocol=self.naming.text(value.get("protocol"), "a protocol", provenance),
            authentication=word(value.get("authentication")),
            authorization=word(value.get("authorization")),
            readonly=flag(value.get("readonly")) is True,
            filtered=flag(value.get("ip_filtered")) is True,
            tags=(*self.naming.tags(value.get("tags"), provenance), *(("vpn",) if flag(value.get("vpn")) else ())),
            sent=words(value.get("data_assets_sent")),
            received=words(value.get("data_assets_received")),
            provenance=provenance,
        )
        asset.links.append(made)
