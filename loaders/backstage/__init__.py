"""Backstage catalogs: components, the APIs they provide and consume, resources, and who owns them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.json_values import Keys, mapping
from blastradius.loaderkit.validation import read_options
from blastradius.model import NoteKind
from blastradius.reading import Documents

from .entities import SecretError, TemplateError, UnreadableError, is_entity, read_entity
from .model import CatalogMapper, Chosen

_LOOKED_AT = 50


def recognises(data: Any) -> bool:
    """Whether a document is a catalog entity, or has some among its first."""
    return any(is_entity(record) for _, record in islice(_records(data), _LOOKED_AT))


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read a catalog; a record is one entity, or one document of the file.

    Raises:
        InputError: no entity of Backstage, only templates of some, or an option that does not fit.
    """
    chosen = read_options(Chosen, document, options)
    if not any(is_entity(record) for _, record in _records(document.data)):
        what = "no entity with an 'apiVersion' of backstage.io and a 'kind'; expected a Backstage catalog"
        raise InputError([f"{document.path}: {what}"])
    collector = FactCollector("backstage", document)
    model = CatalogMapper(collector, chosen, options)
    templates = []
    for keys, value in _records(document.data):
        try:
            _record(model, keys, value)
        except TemplateError as error:
            templates.append(f"{collector.provenance(*keys)[0]}: {error}")
            collector.reject(str(error), provenance=collector.provenance(*keys))
    if templates and not collector.facts:
        raise InputError(templates)
    if isinstance(document.data, Documents) and document.data.empty:
        collector.ignore("empty documents", document.data.empty)
    if _is_page(document.data):
        collector.note(NoteKind.INCOMPLETE, "the answer is one page of several; load the others as well")
    return model.loaded()


def _record(model: CatalogMapper, keys: Keys, value: Any) -> None:
    if value is None:
        model.collector.ignore("empty documents")
    elif not isinstance(value, dict):
        model.collector.reject("a document is no mapping", provenance=model.collector.provenance(*keys))
    elif not is_entity(value):
        model.collector.ignore("documents that are no entity of Backstage")
    else:
        try:
            model.add(read_entity(keys, value))
        except SecretError:
            model.collector.secret("the name of an entity", provenance=model.collector.provenance(*keys))
            model.collector.reject(
                "an entity has no name that can be taken in", provenance=model.collector.provenance(*keys)
            )
        except UnreadableError as error:
            model.collector.reject(f"an entity cannot be read: {error}", provenance=model.collector.provenance(*keys))


def _records(data: Any) -> Iterator[tuple[Keys, Any]]:
    """The entities of a file: one, several documents, a list, or the answer of a catalog's server."""
    if isinstance(data, dict):
        items = data.get("items")
        wrapped = items if isinstance(items, list) and not is_entity(data) else None
        yield from ((("items", number), wrapper) for number, wrapper in enumerate(wrapped)) if wrapped else [((), data)]
    elif isinstance(data, list):
        yield from (((number,), item) for number, item in enumerate(data))


def _is_page(data: Any) -> bool:
    """Whether a catalog's server says that there are entities that it did not list."""
    page = mapping(data)
    items, total = page.get("items"), page.get("totalItems")
    more = type(total) is int and isinstance(items, list) and total > len(items)
    return more or bool(mapping(page.get("pageInfo")).get("nextCursor"))


LOADER = Loader(
    name="backstage",
    title="Backstage software catalog (YAML, JSON)",
    suffixes=(".yaml", ".yml", ".json"),
    recognises=recognises,
    load=load,
    reads="components, the APIs they provide and consume, resources, dependences, owners, API definitions, locations",
    maps=(
        ("Component", "service"),
        ("Resource", "store; service where option `runs` names it"),
        ("API", "operation that stands for all of its functions; its OpenAPI or AsyncAPI definition is loaded as well"),
        ("API of a group that option `parties` says is another organisation", "operation that we call (consumed)"),
        ("Group, and User where one is named", "party"),
        ("AiResource", "feed of code"),
        ("System", "tag, or zone with option `zones`"),
        ("owner", "party owns the thing, or publishes the feed"),
        ("providesApis", "service serves the API, and each function of its definition where both are in one file"),
        ("consumesApis", "service calls the API"),
        (
            "dependsOn, dependencyOf",
            "depends_on; a component also reads and writes the resource, assumed (option `resources`)",
        ),
        ("subcomponentOf", "the component is part_of the whole"),
        ("Location", "the files that it names beside it are loaded"),
    ),
    infers_not=(
        "whether we offer or call an API (options direction, apis)",
        "which function of an API a consumer calls, and with which key",
        "what a component does with a resource (option resources)",
        "which resources run rather than hold data (option runs)",
        "which groups are other organisations (option parties)",
        "trust boundaries (options zone, zones)",
    ),
    options=Chosen,
)
