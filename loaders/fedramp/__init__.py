"""The FedRAMP marketplace: cloud products, who runs them, what they are built on, and which agencies rely on whom.

A record is an entry of ``Products``, ``Agencies``, ``Assessors``, ``AtoMapping`` or ``ReuseMapping``, or a system that
a product lists as leveraging it; in the older form an entry of ``Providers``, a letter or an underlying package of one,
or an agency's own authorisation. A provider owns its product; a system depends on the product it leverages; an agency
that authorised or reuses a product relies on its provider. With the option ``agency`` only the uses of that agency and
its parts count, and they are ourselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import Field

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader, Provenances
from blastradius.loaderkit.names import harmless
from blastradius.loaderkit.options import Name
from blastradius.loaderkit.options import Options as Shape
from blastradius.loaderkit.validation import read_options
from blastradius.model import Basis, NoteKind, Party, Service, Verb
from blastradius.secrets import looks_secret

from .sections import BUILT_ON, SECTIONS, is_older, sections

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Options(Shape):
    """The options of one file."""

    agency: Name | None = Field(
        default=None,
        description="the agency that we are: `22-005`, `22-005-01` for a part of it, or its name in the older form",
    )


def recognises(data: Any) -> bool:
    """Whether a document is the marketplace's data, of this form or of an older one."""
    inner = data.get("data") if isinstance(data, dict) else None
    if not isinstance(inner, dict):
        return False
    return ("Products" in inner and ("Agencies" in inner or "AtoMapping" in inner)) or is_older(inner)


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one file of the marketplace.

    Raises:
        InputError: not the marketplace, sections that are not lists, or an option that does not fit.
    """
    chosen = read_options(Options, document, options)
    if not recognises(document.data):
        raise InputError([f"{document.path}: no 'data' with 'Products'; not the FedRAMP marketplace"])
    inner = document.data["data"]
    wrong = [name for name in SECTIONS if not isinstance(inner.get(name, []), list)]
    if wrong:
        line, column = document.position("data", wrong[0])
        raise InputError([f"{document.path}:{line}:{column}: {wrong[0]!r} is not a list"])
    return _MarketplaceMapper(document, inner, chosen).build()


class _MarketplaceMapper:
    """The marketplace as parties and services."""

    def __init__(self, document: Document, data: dict[str, list[Any]], options: Options) -> None:
        self.collector = FactCollector("fedramp", document)
        self.document = document
        self.sections = sections(data)
        self.us = options.agency
        self.providers: dict[str, str] = {}
        self.unknown: dict[str, int] = {}

    def build(self) -> Loaded:
        """All sections; each record ends as a fact, rejected or ignored."""
        for product, provenance in self._entries("Products"):
            self._count(self._product(product, provenance), "a product without an id and a provider", provenance)
        for agency, provenance in self._entries("Agencies"):
            self._count(self._agency(agency, provenance), "an agency without an id", provenance)
        for system, provenance in self._entries(BUILT_ON):
            self._leveraged(system, provenance)
        for section in ("AtoMapping", "ReuseMapping"):
            for use, provenance in self._entries(section):
                self._use(use, provenance, section)
        self.collector.ignore("assessors, who run nothing", len(self.sections.get("Assessors", ())))
        self._say()
        return self.collector.loaded(as_of=self._as_of())

    def _as_of(self) -> str | None:
        meta = self.document.data.get("meta")
        changed = (meta.get("last_change") or meta.get("Created_At")) if isinstance(meta, dict) else None
        return changed[:10] if isinstance(changed, str) and _DATE.match(changed) else None

    def _entries(self, section: str) -> Iterator[tuple[Any, Provenances]]:
        for entry, keys in self.sections.get(section, ()):
            yield entry, self.collector.provenance(*keys)

    def _count(self, done: bool, why: str, provenance: Provenances) -> None:
        if done:
            self.collector.fact()
        else:
            self.collector.reject(why, provenance=provenance)

    def _product(self, product: Any, provenance: Provenances) -> bool:
        name, provider = self._id(product, "id"), self._id(product, "csp") or self._id(product, "name")
        if name is None or provider is None or provider.startswith(("fedramp:", "agency:")):
            return False
        self.providers[name] = provider
        self.collector.entity(Party(id=provider, role="provider", provenance=provenance))
        words = (self._id(product, key) for key in ("status", "impact_level", "deployment_model"))
        tags = tuple(sorted({*_texts(product.get("service_model")), *(word for word in words if word)}))
        made = Service(id=f"fedramp:{name}", name=self._id(product, "cso"), tags=tags, provenance=provenance)
        self.collector.relate(Verb.OWNS, provider, self.collector.entity(made), provenance=provenance)
        return True

    def _leveraged(self, system: dict[str, Any], provenance: Provenances) -> None:
        name, other = self._id(system, "on"), self._id(system, "id")
        missing = [provider for provider in (name, other) if provider is not None and provider not in self.providers]
        if name is None or other is None:
            self.collector.reject("a leveraging system without an id", provenance=provenance)
        elif missing:
            self.unknown[missing[0]] = self.unknown.get(missing[0], 0) + 1
        else:
            if other != name:
                self.collector.relate(Verb.DEPENDS_ON, f"fedramp:{other}", f"fedramp:{name}", provenance=provenance)
            self.collector.fact()

    def _agency(self, agency: Any, provenance: Provenances) -> bool:
        name = self._id(agency, "id")
        if name is None:
            return False
        self._party(name, agency, provenance, Basis.DECLARED)
        return True

    def _party(self, name: str, attributes: dict[str, Any], provenance: Provenances, basis: Basis) -> str:
        parent, part = self._id(attributes, "parent"), self._id(attributes, "sub")
        shown = f"{parent} / {part}" if parent and part else parent
        made = {"id": f"agency:{name}", "name": shown, "basis": basis, "provenance": provenance}
        if self._is_us(name):
            made["role"] = "self"
        known = self.collector.entities.get(f"agency:{name}")
        return known.id if known else self.collector.entity(Party.model_validate(made))

    def _use(self, use: Any, provenance: Provenances, section: str) -> None:
        product = self._id(use, "id")
        agency = self._id(use, "sub_id") or self._id(use, "agency_id") or self._named(use)
        if product is None or agency is None:
            self.collector.reject(f"an entry of {section} without a product or an agency", provenance=provenance)
        elif self.us is not None and not self._is_us(agency):
            self.collector.ignore("uses by other agencies")
        elif product not in self.providers:
            self.unknown[product] = self.unknown.get(product, 0) + 1
        else:
            party = self._party(agency, use, provenance, Basis.INFERRED)
            self.collector.relate(Verb.RELIES_ON, party, self.providers[product], provenance=provenance)
            self.collector.fact()

    def _is_us(self, agency: str) -> bool:
        return self.us is not None and (agency == self.us or agency.startswith((f"{self.us}-", f"{self.us} / ")))

    def _named(self, use: Any) -> str | None:
        """What stands for an agency's id where there is none."""
        parent, part = self._id(use, "parent"), self._id(use, "sub")
        return f"{parent} / {part}" if parent and part else parent

    def _id(self, entry: Any, key: str) -> str | None:
        value = entry.get(key) if isinstance(entry, dict) else None
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        return self.collector.name(" ".join(text.split())[:200]) if isinstance(text, str) and harmless(text) else None

    def _say(self) -> None:
        for product, count in sorted(self.unknown.items()):
            self.collector.rejected += count
            message = f"entries left out that refer to product {product!r}, which is not listed: {count:,}"
            self.collector.note(NoteKind.UNRESOLVED, message)
        known = (entity.removeprefix("agency:") for entity in self.collector.entities)
        if self.us is not None and not any(map(self._is_us, known)):
            raise InputError([f"{self.document.path}: option 'agency' is {self.us!r}, and no agency has that id"])


def _texts(value: Any) -> list[str]:
    listed = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return [item for item in listed if isinstance(item, str) and harmless(item) and not looks_secret(item)]


LOADER = Loader(
    name="fedramp",
    title="FedRAMP marketplace (JSON)",
    suffixes=(".json",),
    recognises=recognises,
    load=load,
    reads="cloud products and their providers, what is built on what, which agencies rely on which providers",
    maps=(
        ("product", "service that its provider owns"),
        ("csp", "party with role provider"),
        ("leveraged system", "the system depends on the product"),
        ("agency", "party; ourselves where option `agency` says so"),
        ("ATO or reuse by an agency", "the agency relies on the provider"),
        ("assessor", "ignored, counted"),
    ),
    infers_not=(
        "which agency we are (option agency)",
        "what an agency uses a product for, with which data and which keys",
        "what happens to a system when the product it leverages is gone: dependences are soft until declared",
    ),
    options=Options,
)
