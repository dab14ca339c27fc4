"""OpenAPI 3.0 to 3.2 and Swagger 2: operations, scopes, and which scope permits which operation."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.names import harmless, slug
from blastradius.loaderkit.validation import read_options
from blastradius.model import Tally
from blastradius.reading import Archive

from .model import ApiMapper
from .options import Options
from .reading import VERSIONS, Description, read_description

_YAML = re.compile(rb"""^["']?(openapi|swagger)["']?\s*:""", re.MULTILINE)
_LOOKS = {".yaml": _YAML, ".yml": _YAML, ".json": re.compile(rb'"(openapi|swagger)"\s*:\s*"?[23]')}
"""How a description looks before it is read, so that only such files of an archive are."""


def recognises(data: Any) -> bool:
    """Whether a document says it is an OpenAPI or Swagger description, or is an archive with one inside."""
    return any(word in data for word in VERSIONS) if isinstance(data, dict) else bool(_inside(data))


def _inside(data: Any) -> list[str]:
    """The files of an archive that say at their top, or anywhere in JSON, that they are descriptions."""
    if not isinstance(data, Archive):
        return []
    looks = ((name, look) for name in data if (look := _LOOKS.get(PurePath(name).suffix.lower())))
    return sorted(name for name, look in looks if look.search(data.content(name)))


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one API description, or those in an archive, each with the files it refers to.

    Raises:
        InputError: no description of a known version, or an option that does not fit.
    """
    chosen = read_options(Options, document, options)
    documents = [document.data[name] for name in _inside(document.data)] or [document]
    loads = [
        _load(description, chosen)
        for description in documents
        if description is document or recognises(description.data)
    ]
    if not loads:
        raise InputError([f"{document.path}: no file inside is an API description at its top; unpack it and name one"])
    return loads[0] if len(loads) == 1 else _together(loads)


def _together(loads: list[Loaded]) -> Loaded:
    """Several loads as one."""
    return Loaded(
        entities=tuple(entity for loaded in loads for entity in loaded.entities),
        relations=tuple(relation for loaded in loads for relation in loaded.relations),
        notes=tuple(note for loaded in loads for note in loaded.notes),
        tally=sum((loaded.tally for loaded in loads), Tally()),
    )


def _load(document: Document, chosen: Options) -> Loaded:
    collector = FactCollector("openapi", document)
    description = read_description(document, collector)
    api = chosen.api or _api_name(document, description)
    ApiMapper(collector, api, chosen, description).build()
    return collector.loaded(title=description.title)


def _api_name(document: Document, description: Description) -> str:
    stem = PurePath(document.path).stem
    return slug(description.title, 100) or slug(stem, 100) or (stem if harmless(stem) else "api")


LOADER = Loader(
    name="openapi",
    title="OpenAPI 3.0 to 3.2 and Swagger 2",
    suffixes=(".yaml", ".yml", ".json", ".zip", ".gz", ".tgz"),
    recognises=recognises,
    load=load,
    reads="operations, security schemes, scopes, the scopes that each operation asks for, webhooks and callbacks",
    maps=(
        ("method of a path", "operation, tagged as it is there"),
        ("scope of an OAuth2 or OpenID Connect scheme", "scope"),
        ("security scheme without scopes", "scope that any valid key of the scheme carries"),
        ("alternative in security", "scopes permit the operation; those of several schemes are needed together"),
        ("empty security", "operation that anyone may call"),
        ("no security stated", "operation of which nothing is said to permit it; not open to anyone"),
        ("webhook, callback", "feed that the API sends, published by what answers"),
    ),
    infers_not=(
        "whether we offer or call the API (option direction)",
        "which service answers (option served_by)",
        "what an operation reads and writes (option effects)",
        "who takes in the webhooks and callbacks that it sends",
        "who holds credentials and what they were granted",
        "whether several scopes in one requirement mean all or any (option scopes)",
    ),
    options=Options,
)
