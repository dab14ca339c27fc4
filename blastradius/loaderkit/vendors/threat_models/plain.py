"""Plain values out of documents that may hold anything, and ids that stay readable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field

from blastradius.loaderkit.collector import FactCollector, bare_url
from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.json_values import Keys, mapping
from blastradius.loaderkit.names import MAX_ID, excerpt
from blastradius.loaderkit.options import Name, Names
from blastradius.loaderkit.options import Options as Shape
from blastradius.model import Basis, Control, ControlKind, Entity, NoteKind, Party, Verb, Zone
from blastradius.secrets import looks_secret

_RANK = {basis: rank for rank, basis in enumerate(Basis)}
MAX_SHOWN = 48
_OPAQUE = re.compile(r"\{?([0-9a-fA-F]{8})-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\}?|([0-9]+)")
_ADDRESS = re.compile(r"[\w+.:-]+://[^\s'\"<>]*")
_USER = re.compile(r"^((?:[\w+.-]+:)*//)?[^/\s]*@")
_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class Options(Shape):
    """What the options of these formats have in common."""

    namespace: Name | None = Field(
        default=None, description="what goes before every id; else made of the document's own name"
    )
    us: Names = Field(default=(), description="owners, providers and actors that are ourselves")
    parties: Annotated[
        dict[Name, Name], Field(default_factory=dict, description="which party an owner, provider or actor is")
    ]
    zone: Name | None = Field(default=None, description="where things lie that state no zone")


def many(value: Any, keys: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """The items of a list with their places; a single thing where a list belongs counts as a list of it."""
    if isinstance(value, list):
        yield from (((*keys, index), item) for index, item in enumerate(value))
    elif value is not None:
        yield keys, value


def entries(value: Any, keys: Keys = ()) -> Iterator[tuple[Keys, str, Any]]:
    """The entries of a mapping with their places and names; of a list, under the names that it gives."""
    if isinstance(value, dict):
        yield from (((*keys, str(name)), str(name), item) for name, item in value.items())
    else:
        for place, item in many(value, keys):
            yield place, word(mapping(item).get("name")) or word(mapping(item).get("title")) or "", item


def word(value: Any) -> str | None:
    """One line of text; numbers become text, anything else nothing."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    return " ".join(value.split()) or None if isinstance(value, str) else None


def words(value: Any) -> tuple[str, ...]:
    """All the texts of a list, each once."""
    return tuple(dict.fromkeys(text for _, item in many(value) if (text := word(item))))


def flag(value: Any) -> bool | None:
    """Yes, no, or not stated; YAML's words arrive as text."""
    if isinstance(value, bool):
        return value
    return _WORDS.get(value.strip().lower()) if isinstance(value, str) else None


def number(value: Any) -> float | None:
    """A number, also where it arrives as text."""
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def opaque(raw: str | None) -> str | None:
    """What to show of an id that says nothing to people: the start of a UUID, or a number."""
    found = _OPAQUE.fullmatch(raw) if raw else None
    return (found[1] or found[2]) if found else None


def bare(address: str) -> str:
    """An address without user, password, query and fragment, also where it is not quite a URL."""
    return _USER.sub(r"\1", bare_url(address).partition("?")[0].partition("#")[0])


def clean(text: str) -> str:
    """A text with every address in it bare."""
    return _ADDRESS.sub(lambda found: bare(found.group()), text)


def shown(value: Any) -> str:
    """A value as a message may show it: short, and nothing that looks like a key."""
    return excerpt(clean(repr(value)))


def assumed_control(kind: ControlKind, why: str, provenance: Provenances) -> Control:
    """A control that a document says is there, and does not show."""
    return Control(kind=kind, status="assumed", why=why, provenance=provenance)


@dataclass
class Naming:
    """Ids and names for one document: what is fit to be copied, under one namespace."""

    collector: FactCollector
    options: Options
    namespace: str = ""
    zones: dict[str, Zone] = field(default_factory=dict)
    dropped: set[tuple[str, Provenances]] = field(default_factory=set)

    def text(self, value: Any, where: str, provenance: Provenances) -> str | None:
        """A text that may be copied: one line, URLs bare, nothing that looks like a key."""
        plain = word(value)
        if plain is None:
            return None
        plain = clean(plain)
        if looks_secret(plain):
            if (where, provenance) not in self.dropped:
                self.collector.secret(where, provenance=provenance)
            self.dropped.add((where, provenance))
            return None
        return self.collector.name(plain)

    def tags(self, values: Any, provenance: Provenances) -> tuple[str, ...]:
        """Tags that may be copied."""
        return tuple(tag for item in words(values) if (tag := self.text(item, "a tag", provenance)))

    def id(self, raw: str | None, name: str | None) -> str | None:
        """A readable id from the source's own: an opaque one (UUID, number) goes behind the name."""
        shown_as = opaque(raw) if raw != name else None
        return self.within(f"{(name or 'unnamed')[:MAX_SHOWN].strip()} {shown_as}" if shown_as else raw or name)

    def within(self, name: str | None) -> str | None:
        """A name under the document's namespace, or ``None`` where it cannot be an id."""
        if not name:
            return None
        return self.collector.name(clean(f"{self.namespace}:{name}" if self.namespace else name))

    def zone(self, raw: str, name: str | None, provenance: Provenances) -> str | None:
        """A trust zone, kept once."""
        made = self.id(raw, name)
        if made is not None:
            self.zones.setdefault(made, Zone(id=made, name=name or clean(raw), provenance=provenance))
        return made

    def put(self, made: Entity) -> str | None:
        """Keep an entity; ``None`` where its id is that of another kind of thing."""
        order = {
            "tags": tuple(sorted({*made.tags})),
            "controls": tuple(sorted(made.controls, key=lambda control: control.kind)),
        }
        made = made.model_copy(update=order)  # merging sorts both, so loading once has to as well
        before = self.collector.entities.get(made.id)
        return self.collector.entity(made) if before is None or before.kind == made.kind else None

    def make(self, kind: type[Entity], made: str | None, **declared: Any) -> str | None:
        """Make and keep an entity; ``None`` where it has no id, or that of another kind of thing."""
        return None if made is None else self.put(kind(id=made, **declared))

    def relate(
        self,
        verb: Verb,
        source: str,
        target: str,
        provenance: Provenances,
        basis: Basis = Basis.DECLARED,
        **attributes: Any,
    ) -> None:
        """Keep a relation; found again, the better known account of it stands, whichever came first."""
        made = self.collector.relate(verb, source, target, provenance=provenance, basis=basis, **attributes)
        before = self.collector.relations[made]
        if _RANK[basis] < _RANK[before.basis]:
            self.collector.relations[made] = before.model_copy(update={"basis": basis})

    def party(self, *names: str | None) -> str | None:
        """The party that the options give for any of these names."""
        return next((self.options.parties[name] for name in names if name and name in self.options.parties), None)

    def owner(self, made: Party, owned: str, provenance: Provenances, basis: Basis, names: tuple[str, ...]) -> None:
        """Keep who owns a thing, as ``self`` where the options say that one of the names is us.

        To be called when all else is kept: a party that has the name of something else gets an id of its own.
        """
        if {made.id, *names} & set(self.options.us):
            made = made.model_copy(update={"role": "self"})
        apart = made.model_copy(update={"id": f"{made.id[: MAX_ID - 8]} (party)"})
        kept = self.put(made) or self.put(apart)
        if kept:
            self.relate(Verb.OWNS, kept, owned, provenance, basis)

    def unresolved(self, message: str, *about: str, provenance: Provenances, records: int = 1) -> None:
        """Records that name something which is not there."""
        self.collector.rejected += records
        self.collector.note(NoteKind.UNRESOLVED, f"{message}; left out", *about, provenance=provenance)
