"""What one loader gathers from one document: facts with their place, notes, and how every record ended."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from blastradius.loaderkit.accounts import furthest
from blastradius.loaderkit.agreement import agreeing
from blastradius.loaderkit.contract import Document, Loaded, Provenances
from blastradius.loaderkit.names import MAX_ID, harmless
from blastradius.model import (
    Basis,
    Entity,
    Note,
    NoteKind,
    Party,
    Provenance,
    Relation,
    Tally,
    Verb,
    bare_relation,
    end_of_id,
    id_of_sides,
    joint_end,
    placed,
)
from blastradius.secrets import looks_secret


def bare_url(url: str) -> str:
    """A URL without user, password, query and fragment; text that is no URL comes back as it is."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:  # brackets that hold no address, as where a password was redacted
        scheme, sign, rest = url.partition("://")
        bare = re.split(r"[?#]", rest or scheme, maxsplit=1)[0].rpartition("@")[2]
        return f"{scheme}{sign}{bare}" if sign else bare
    return urlunsplit((parts.scheme, host, parts.path, "", "")) if parts.netloc else url


class Gap(Enum):
    """What a file leaves open about some ids, or what is taken for granted: the kind of the note, and its words.

    A format lists its own in a subclass, in the order in which they are said.
    """

    def __init__(self, kind: NoteKind, message: str) -> None:
        self.kind = kind
        self.message = message


@dataclass
class FactCollector:
    """Facts and notes of one document, each with its place, and the count of its records.

    A record is what the format's own terms call one (an app, a grant, a row). It ends once: as ``fact()``,
    ``reject()`` or ``ignore()``.
    """

    source: str
    document: Document
    entities: dict[str, Entity] = field(default_factory=dict)
    relations: dict[str, Relation] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    facts: int = 0
    rejected: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    told: set[str] = field(default_factory=set)
    gaps: dict[Gap, set[str]] = field(default_factory=lambda: defaultdict(set))
    _names: dict[str, str | None] = field(default_factory=dict)
    _sides: dict[tuple[str, ...], str] = field(default_factory=dict)
    _further: dict[str, dict[Provenance, None]] = field(default_factory=dict)

    def provenance(self, *keys: str | int) -> Provenances:
        """The place of the value at ``keys``."""
        line, column = self.document.position(*keys)
        return (placed(self.source, self.document.path, line, column),)

    def entity(self, made: Entity) -> str:
        """Keep an entity and return its id; of two with one id the first stays, and a difference is noted."""
        before = self.entities.setdefault(made.id, made)
        if before is not made and _declared(before) != _declared(made):
            message = f"{made.id!r} is described twice and differently; the first is kept"
            self.note(NoteKind.CONTRADICTED, message, made.id, provenance=made.provenance)
        return made.id

    def keep(self, made: Entity) -> str:
        """The id of an entity, kept unless it is there: what describes a thing comes before what mentions it."""
        return self.entity(made) if made.id not in self.entities else made.id

    def party(self, parties: Mapping[str, str], names: Iterable[str], provenance: Provenances) -> str | None:
        """The party that an option gives for the first of these names that it has, kept as inferred."""
        given = next((parties[name] for name in names if name in parties), None)
        return self.keep(Party(id=given, basis=Basis.INFERRED, provenance=provenance)) if given else None

    def relate(
        self,
        verb: Verb,
        sources: str | tuple[str, ...],
        targets: str | tuple[str, ...],
        *,
        provenance: Provenances,
        basis: Basis = Basis.DECLARED,
        **attributes: Any,
    ) -> str:
        """Keep a relation and return its id; the same one found again adds its place and its basis.

        Where it says something else then, what reaches further stands, as of two sources.
        """
        ends = _tuple(sources), _tuple(targets)
        name = id_of_sides(verb, *map(self._side, ends))
        before = self.relations.get(name)
        if before is None or not _says(before, attributes):
            made = _relation(name, verb, *ends, basis, provenance, attributes)
            if before is None:
                self.relations[name] = made
                return name
            before = self.relations[name] = before.model_copy(update=furthest([before, made], self.notes))
        self._further.setdefault(name, {}).update(dict.fromkeys(provenance))
        if basis not in before.bases:
            best, *others = sorted({*before.bases, basis}, key=list(Basis).index)
            self.relations[name] = before.model_copy(update={"basis": best, "also": tuple(others)})
        return name

    def _side(self, ends: tuple[str, ...]) -> str:
        """Ends as they stand in the id of a relation, each list of them made so once."""
        found = self._sides.get(ends)
        if found is None:
            found = self._sides[ends] = joint_end(map(end_of_id, ends))
        return found

    def _with_places(self, name: str, relation: Relation) -> Relation:
        """A relation with all its places; thousands may say the same, so they are put together once, at the end."""
        if name not in self._further:
            return relation
        places = tuple(dict.fromkeys((*relation.provenance, *self._further[name])))
        return relation.model_copy(update={"provenance": places})

    def note(self, kind: NoteKind, message: str, *about: str, provenance: Provenances = ()) -> None:
        """Say something that answers repeat."""
        place = provenance or (Provenance(source=self.source, file=self.document.path),)
        self.notes.append(Note(kind=kind, message=agreeing(message), about=about, provenance=place))

    def fact(self, records: int = 1) -> None:
        """Records that became facts."""
        self.facts += records

    def reject(self, why: str, *, provenance: Provenances = (), records: int = 1) -> None:
        """Records that could not be read as what they should be; each is said."""
        self.rejected += records
        self.note(NoteKind.UNSUPPORTED, f"{why}; left out", provenance=provenance)

    def ignore(self, what: str, records: int = 1) -> None:
        """Records of a class that carries no reach; said once a class, with the count."""
        self.ignored[what] += records

    def ignore_as_told(self, what: str, records: int = 1) -> None:
        """Records that the user said to leave out: counted with their class, and no news to who said it."""
        self.ignored[what] += records
        self.told.add(what)

    def secret(self, where: str, *, provenance: Provenances = ()) -> None:
        """A value that looks like a key was dropped; ``where`` names its place, never the value."""
        self.note(NoteKind.SECRET_DROPPED, f"{where} looks like a secret; its value was dropped", provenance=provenance)

    def name(self, value: Any) -> str | None:
        """A text that can be an id, or ``None``: not text, harmful, too long, or like a secret."""
        if not isinstance(value, str) or len(value) > MAX_ID:
            return None
        if value not in self._names:
            self._names[value] = value.strip() if harmless(value) and not looks_secret(value) else None
        return self._names[value]

    def words(self, value: Any, where: str, *, provenance: Provenances = ()) -> str | None:
        """A text for people, on one line and not too long; nothing where it is none, could do harm, or is a secret."""
        flat = " ".join(value.split()) if isinstance(value, str) else ""
        if looks_secret(flat):
            self.secret(where, provenance=provenance)
            return None
        return flat[:300] if harmless(flat) else None

    def label(self, text: str, where: str, *, provenance: Provenances = ()) -> str | None:
        """A display name as it stands; nothing where it could do harm, is too long, or is a secret."""
        if looks_secret(text):
            self.secret(where, provenance=provenance)
            return None
        return text if harmless(text) and len(text) <= MAX_ID else None

    def note_gaps(self, gaps: type[Gap]) -> None:
        """Say what was found to be open, each with its count, the first few ids, and all that it is about."""
        for gap in gaps:
            about = sorted(self.gaps[gap])
            if about:
                shown = ", ".join(about[:3]) + (", …" if len(about) > 3 else "")
                self.note(gap.kind, f"{gap.message}: {len(about):,} ({shown})", *about)

    def loaded(self, **more: Any) -> Loaded:
        """All of it as the loader returns it; ``more`` are further fields of ``Loaded``."""
        for what, count in sorted(self.ignored.items()):
            if what in self.told:
                continue
            self.note(NoteKind.UNSUPPORTED, f"{count:,} {what}: not modelled, ignored")
        tally = Tally(facts=self.facts, rejected=self.rejected, ignored=self.ignored.total())
        return Loaded(
            entities=tuple(self.entities.values()),
            relations=tuple(self._with_places(name, relation) for name, relation in self.relations.items()),
            notes=tuple(self.notes),
            tally=tally,
            ignored=dict(sorted(self.ignored.items())),
            **more,
        )


_BARE = {"verb", "sources", "targets", "basis", "also", "provenance"}
"""What every relation says."""


def _says(relation: Relation, attributes: dict[str, Any]) -> bool:
    """Whether a relation says just this beside what every relation says; controls have places, which may differ."""
    stated = relation.model_fields_set - _BARE
    if not (stated or attributes):
        return True
    says = vars(relation)
    return stated == attributes.keys() - {"controls"} and all(
        says[field] == value for field, value in attributes.items()
    )


def _tuple(ids: str | tuple[str, ...]) -> tuple[str, ...]:
    return (ids,) if isinstance(ids, str) else ids


def _relation(
    name: str,
    verb: Verb,
    sources: tuple[str, ...],
    targets: tuple[str, ...],
    basis: Basis,
    provenance: Provenances,
    attributes: dict[str, Any],
) -> Relation:
    if not attributes:
        return bare_relation(name, verb, sources, targets, basis, provenance)
    stated = {"verb": verb, "sources": sources, "targets": targets, "basis": basis, "provenance": provenance}
    return Relation.model_validate(stated | attributes)


def _declared(entity: Entity) -> dict[str, Any]:
    return entity.model_dump(exclude={"provenance", "basis", "also"})
