"""OpenAPI 3.0 to 3.2 and Swagger 2: operations, scopes, and which scope permits which operation."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from blastradius.loader import Document, Loaded, Loader
from blastradius.model import Note, Provenance
from blastradius.options import harmless, read_options

from ._openapi_model import Modelled
from ._openapi_options import Options
from ._openapi_reading import VERSIONS, Description, read_description


def recognises(data: Any) -> bool:
    """Whether a document says it is an OpenAPI or Swagger description."""
    return isinstance(data, dict) and any(word in data for word in VERSIONS)


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one API description.

    Raises:
        InputError: no description of a known version, or an option that does not fit.
    """
    chosen = read_options(Options, document, options)
    description = read_description(document)
    model = Modelled(document.path, chosen.api or _api_name(document, description), chosen, description)
    model.build()
    return Loaded(
        title=description.title,
        entities=(*model.scopes.values(), *model.operations.values(), *model.feeds.values()),
        relations=tuple(model.relations.values()),
        notes=_placed((*description.notes, *model.notes), document),
        tally=model.tally,
    )


def _placed(notes: tuple[Note, ...], document: Document) -> tuple[Note, ...]:
    at = (Provenance(source="openapi", file=document.path),)
    return tuple(each if each.provenance else each.model_copy(update={"provenance": at}) for each in notes)


def _api_name(document: Document, description: Description) -> str:
    stem = PurePath(document.path).stem
    return _slug(description.title or "") or _slug(stem) or (stem if harmless(stem) else "api")


def _slug(text: str) -> str:
    flat = "".join(each if each.isalnum() else " " for each in text.lower())
    return "-".join(flat.split())[:100]


LOADER = Loader(
    name="openapi",
    title="OpenAPI 3.0 to 3.2 and Swagger 2",
    suffixes=(".yaml", ".yml", ".json"),
    recognises=recognises,
    load=load,
    reads="operations, security schemes, scopes, the scopes that each operation asks for, webhooks and callbacks",
    infers_not=(
        "whether we offer or call the API (option direction)",
        "which service answers (option served_by)",
        "what an operation reads and writes (option effects)",
        "who takes in the webhooks and callbacks that it sends",
        "who holds credentials and what they were granted",
        "whether several scopes in one requirement mean all or any (option scopes)",
    ),
)
