"""Published lists of subprocessors (Markdown): a vendor relies on each of them.

A record is a list item or a table row. Items below an item and items of sections on changes, notices and the like are
ignored. Whose list it is comes from the title ('Acme subprocessors'), or from the option ``party``.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.names import harmless
from blastradius.loaderkit.options import Name
from blastradius.loaderkit.options import Options as Shape
from blastradius.loaderkit.validation import read_options
from blastradius.model import Basis, NoteKind, Party, Verb
from blastradius.reading import Lines
from blastradius.secrets import looks_secret

from .reading import WORD, Ends, Listed, items, title, vendor_of, whose

MAX_TEXT = 500


class Options(Shape):
    """The options of one list."""

    party: Name | None = Field(default=None, description="whose list it is; else what its title says")
    names: dict[str, Name] = Field(
        default_factory=dict, description="the id that a party has elsewhere, by its name on the list"
    )


def recognises(data: Any) -> bool:
    """Whether a text is titled as a list of subprocessors."""
    return isinstance(data, Lines) and WORD.search(title(data) or "") is not None


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one list.

    Raises:
        InputError: no plain text, nobody whose list it is, or nobody on it.
    """
    chosen = read_options(Options, document, options)
    if not isinstance(document.data, Lines):
        raise InputError([f"{document.path}: not a list in Markdown; a table is read by the loader 'table'"])
    collector = FactCollector("subprocessors", document)
    vendor = chosen.party or collector.name(whose(document.data))
    if vendor is None and (vendor := collector.name(vendor_of(document.data))):
        message = f"whose list it is, is read off a sentence: {vendor!r} (option party says another)"
        collector.note(NoteKind.ASSUMED, message)
    if vendor is None:
        raise InputError([f"{document.path}: its title does not say whose list it is; say it with option 'party'"])
    vendor = chosen.names.get(vendor, vendor)
    collector.entity(Party(id=vendor, role="provider", provenance=collector.provenance()))
    for listed in items(document.data):
        _end(collector, vendor, listed, chosen)
    if not collector.facts:
        html = any("<table" in line.lower() for line in document.data)
        why = "; tables of HTML are not; write them as Markdown" if html else ""
        raise InputError([f"{document.path}: no subprocessor found in it; read are list items and table rows{why}"])
    return collector.loaded()


def _end(collector: FactCollector, vendor: str, listed: Listed, options: Options) -> None:
    provenance = collector.provenance(listed.line - 1)
    if listed.ends in (Ends.DETAIL, Ends.ELSEWHERE, Ends.STRUCK):
        collector.ignore(str(listed.ends))
        return
    if looks_secret(listed.name):
        collector.secret("an item", provenance=provenance)
    name = collector.name(listed.name)
    if name is None or listed.ends == Ends.NAMELESS:
        collector.reject("an item that names nobody", provenance=provenance)
        return
    name = options.names.get(name, name)
    declared = {"location": _text(listed.location), "data": _text(listed.data)}
    made = Party(
        id=name,
        role="processor",
        description=_text(listed.purpose),
        governance={key: value for key, value in declared.items() if value},
        basis=Basis.DECLARED,
        provenance=provenance,
    )
    collector.entity(made)
    if name != vendor:
        collector.relate(Verb.RELIES_ON, vendor, name, provenance=provenance)
    collector.fact()


def _text(text: str | None) -> str | None:
    return text[:MAX_TEXT] if text and harmless(text) and not looks_secret(text) else None


LOADER = Loader(
    name="subprocessors",
    title="Lists of subprocessors (Markdown)",
    suffixes=(".md", ".markdown", ".txt"),
    recognises=recognises,
    load=load,
    reads="whom a vendor relies on, for what, where",
    maps=(
        ("whose list it is, by the title", "party with role provider"),
        ("item of a list, row of a table", "party with role processor; the first relies on it"),
        ("purpose", "description"),
        ("location, data", "governance of the party"),
        ("items struck out, of former ones, of other sections, details below an item", "ignored, counted"),
    ),
    infers_not=(
        "whose list it is, where the title does not say (option party)",
        "which of our data a subprocessor sees",
        "under which id a party is known elsewhere (option names)",
    ),
    options=Options,
)
