"""What a drawn graph comes to: its nodes as entities, its edges as relations, those of one relation together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import Any, TypeVar

from pydantic import ValidationError

from blastradius.dates import is_date
from blastradius.errors import InputError
from blastradius.loaderkit.attributes import NESTED, ends_of
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Loaded, Provenances
from blastradius.loaderkit.names import MAX_ID, excerpt, harmless
from blastradius.model import (
    ENTITY_TYPES,
    SIGNATURES,
    Exercise,
    Expectation,
    Frozen,
    Kind,
    NoteKind,
    Provenance,
    Relation,
    Verb,
    Zone,
    relation_id,
)
from blastradius.reading import parse_document
from blastradius.secrets import looks_secret

from .options import Options
from .reading import Drawing, Row

Ends = tuple[tuple[str, ...], tuple[str, ...]]
Made = TypeVar("Made", bound=Frozen)
Word = TypeVar("Word", bound=StrEnum)
# what the formats need for themselves, and what we write for other readers
_OURS = frozenset({"id", "key", "source", "target", "relation", "kind", "verb", "value", "digest", "identifier"})
_DROPPED = object()


@dataclass
class GraphMapper:
    """What a drawing comes to."""

    collector: FactCollector
    options: Options
    drawing: Drawing
    ids: dict[str, str] = field(default_factory=dict)
    unread: Counter[str] = field(default_factory=Counter)

    def build(self) -> Loaded:
        """Model all of it."""
        self._refuse_strangers()
        for row in self.drawing.nodes:
            self._node(row)
        for row in self.drawing.implied:
            why = self._entity(row)
            if why:
                self.collector.note(NoteKind.UNSUPPORTED, why, provenance=self.collector.provenance(*row.keys))
        for rows in self._relations().values():
            self._relation(rows)
        for bad in self.drawing.bad:
            provenance = Provenance(source="graph", file=self.collector.document.path, line=bad.line)
            self.collector.reject(bad.why, provenance=(provenance,))
        if self.drawing.hyperedges:
            self.collector.ignore("hyperedges", self.drawing.hyperedges)
        if self.drawing.undirected:
            message = "the edges have no direction; read from their source to their target"
            self.collector.note(NoteKind.ASSUMED, message)
        if +self.unread:
            message = f"attributes that say nothing here: {_some(sorted(+self.unread))}; ignored"
            self.collector.note(NoteKind.UNSUPPORTED, message)
        return self._with_heading()

    def _refuse_strangers(self) -> None:
        """A graph none of whose nodes says its kind, or edges their verb, is of something else."""
        declared = self.options
        for why in (
            _stranger(self.drawing.nodes, "node", "kind", Kind, declared.kind, declared.kinds),
            _stranger(self.drawing.edges, "edge", "verb", Verb, declared.verb, declared.verbs),
        ):
            if why:
                raise InputError([f"{self.collector.document.path}: {why}"])

    # nodes

    def _node(self, row: Row) -> None:
        why = self._entity(row)
        if why:
            self.collector.reject(why, provenance=self.collector.provenance(*row.keys))
        else:
            self.collector.fact()

    def _entity(self, row: Row) -> str | None:
        """Keep what a node stands for; why not, if it cannot be read."""
        provenance = self.collector.provenance(*row.keys)
        name = _word(row.attributes.get(self.options.id or "id"))
        kind = _one_of(Kind, self.options.kinds, row.attributes.get(self.options.kind))
        if not _is_id(name):
            return "a node without an id that can be used"
        if kind is None:
            return f"a node of no kind that is known; known are {_some(Kind)}"
        attributes = self._attributes(row, ENTITY_TYPES[kind], provenance, self.options.kind)
        made = self._valid(ENTITY_TYPES[kind], attributes | {"id": name, "kind": kind}, provenance)
        if made is None:
            return "a node that cannot be read"
        before = self.collector.entities.get(made.id, made)
        if before.kind != kind:
            return f"{name!r} is there already as a {before.kind}"
        self.ids[_word(row.attributes.get("id")) or made.id] = self.collector.entity(made)
        return None

    # edges

    def _relations(self) -> dict[str, list[tuple[Row, Verb]]]:
        """The edges by their relation: one that names both its ends, or of each edge its own."""
        groups: dict[str, list[tuple[Row, Verb]]] = {}
        for row in self.drawing.edges:
            provenance = self.collector.provenance(*row.keys)
            verb = _one_of(Verb, self.options.verbs, row.attributes.get(self.options.verb))
            source, target = (self.ids.get(_word(row.attributes.get(side)) or "") for side in ("source", "target"))
            if verb is None:
                self.collector.reject(
                    f"an edge with no verb that is known; known are {_some(Verb)}", provenance=provenance
                )
            elif source is None or target is None:
                missing = row.attributes.get("source" if source is None else "target")
                self.collector.rejected += 1
                message = (
                    f"an edge goes from or to {excerpt(repr(missing))}, which is no node that could be read; left out"
                )
                self.collector.note(NoteKind.UNRESOLVED, message, provenance=provenance)
            else:
                key = _relation_of(row, verb, source, target)
                between = Row(row.attributes | {"source": source, "target": target}, row.keys)
                groups.setdefault(key, []).append((between, verb))
        return groups

    def _relation(self, rows: list[tuple[Row, Verb]]) -> None:
        row, verb = rows[0]
        provenance = self.collector.provenance(*row.keys)
        sources, targets = _ends(rows)
        wrong = self._misfit(verb, sources, targets)
        if wrong:
            self.collector.reject(wrong, provenance=provenance, records=len(rows))
            return
        attributes = self._attributes(row, Relation, provenance, self.options.verb)
        if any(_plain(other.attributes) != _plain(row.attributes) for other, _ in rows[1:]):
            message = f"the edges of one {verb} say different things; the first is kept"
            self.collector.note(NoteKind.CONTRADICTED, message, provenance=provenance)
        made = self._valid(Relation, attributes | {"verb": verb, "sources": sources, "targets": targets}, provenance)
        if made is None:
            self.collector.reject("an edge that cannot be read", provenance=provenance, records=len(rows))
        elif self.collector.relations.setdefault(made.id, made) is not made:
            self.collector.reject(f"{made.id!r} is drawn already", provenance=provenance, records=len(rows))
        else:
            self.collector.fact(len(rows))

    def _misfit(self, verb: Verb, sources: tuple[str, ...], targets: tuple[str, ...]) -> str | None:
        """Why the ends do not fit the verb, if they do not."""
        allowed = SIGNATURES[verb]
        for names, kinds in ((sources, allowed.sources), (targets, allowed.targets)):
            for name in names:
                kind = self.collector.entities[name].kind
                if kind not in kinds:
                    return f"{name!r} is a {kind}; {verb} goes here to {', '.join(sorted(kinds))}"
        return None

    # attributes

    def _attributes(self, row: Row, shape: type[Frozen], provenance: Provenances, word: str) -> dict[str, Any]:
        """What a row says in our words; the places it was read at before stand behind its own."""
        declared: dict[str, Any] = {}
        for name, value in row.attributes.items():
            ours = "name" if name == self.options.name and shape is not Relation else name
            if name in _OURS or name == word or value in (None, [], {}):
                continue
            if ours not in shape.model_fields:
                self.unread[_plain_name(name)] += name != self.options.id
                continue
            read = self._clean(_opened(value) if ours in NESTED else value, ours, provenance)
            if read is not _DROPPED:
                declared[ours] = read
        return declared | {"provenance": _places(provenance, declared.get("provenance"))}

    def _clean(self, value: Any, where: str, provenance: Provenances) -> Any:
        """A value without anything that looks like a secret."""
        if isinstance(value, str) and looks_secret(value):
            self.collector.secret(f"the attribute {where!r}", provenance=provenance)
            return _DROPPED
        if isinstance(value, list):
            return [cleaned for item in value if (cleaned := self._clean(item, where, provenance)) is not _DROPPED]
        if isinstance(value, dict):
            read = {
                key: self._clean(item, where, provenance) for key, item in value.items() if not looks_secret(str(key))
            }
            return {key: record for key, record in read.items() if record is not _DROPPED}
        return value

    def _valid(self, shape: type[Made], attributes: dict[str, Any], provenance: Provenances) -> Made | None:
        """The thing that a row says, without what does not fit; defaults count as not stated."""
        wrong = _wrong(shape, attributes)
        fit = {name: value for name, value in attributes.items() if name not in wrong}
        if wrong and _wrong(shape, fit):
            return None
        for name in sorted(wrong):
            message = f"{name} is {excerpt(repr(attributes[name]))}, which does not fit; left out"
            self.collector.note(NoteKind.UNSUPPORTED, message, provenance=provenance)
        made = shape.model_validate(fit)
        return shape.model_validate({name: getattr(made, name) for name in made.model_dump(exclude_defaults=True)})

    # heading

    def _with_heading(self) -> Loaded:
        row = self.drawing.heading
        provenance = self.collector.provenance(*row.keys)
        zones = {zone.id: zone for zone in self._listed(Zone, row.attributes.get("zones"), provenance)}
        expectations = tuple(self._listed(Expectation, row.attributes.get("expectations"), provenance))
        exercises = tuple(self._listed(Exercise, row.attributes.get("exercises"), provenance))
        texts = {word: self._clean(row.attributes.get(word), word, provenance) for word in ("title", "as_of")}
        self.collector.fact(len(zones) + len(expectations) + len(exercises))
        declared = {word: text for word, text in texts.items() if isinstance(text, str)}
        if "as_of" in declared and not is_date(declared["as_of"]):
            message = f"as_of is {excerpt(repr(declared.pop('as_of')))}, which is no date; left out"
            self.collector.note(NoteKind.UNSUPPORTED, message, provenance=provenance)
        things = {"zones": tuple(zones.values()), "expectations": expectations, "exercises": exercises}
        return self.collector.loaded(**things, **declared)

    def _listed(self, shape: type[Made], value: Any, provenance: Provenances) -> Iterator[Made]:
        opened = self._clean(_opened(value), "zones, expectations or exercises", provenance)
        for path in opened if isinstance(opened, list) else ():
            attributes = path if isinstance(path, dict) else {}
            made = self._valid(
                shape, {**attributes, "provenance": _places(provenance, attributes.get("provenance"))}, provenance
            )
            if made is None or (isinstance(made, Zone) and not _is_id(made.id)):
                self.collector.reject(f"a {shape.__name__.lower()} that cannot be read", provenance=provenance)
            else:
                yield made


def _relation_of(row: Row, verb: Verb, source: str, target: str) -> str:
    """The id of the relation that an edge belongs to: the one it names, if that has its verb and both its ends."""
    declared = row.attributes.get("relation")
    sources, targets = ends_of(declared) or ((), ())
    own = source in sources and target in targets and str(declared).startswith(f"{verb}:")
    return str(declared) if own else relation_id(verb, (source,), (target,))


def _ends(rows: list[tuple[Row, Verb]]) -> Ends:
    """The ends of all edges of a relation, in the order in which its id names them."""
    named = ends_of(rows[0][0].attributes.get("relation")) or ((), ())
    found = []
    for side, order in zip(("source", "target"), named, strict=True):
        drawn = dict.fromkeys(str(row.attributes[side]) for row, _ in rows)
        found.append((*(row for row in order if row in drawn), *(row for row in drawn if row not in order)))
    return found[0], found[1]


def _stranger(
    rows: list[Row], thing: str, what: str, words: type[Word], attribute: str, theirs: Mapping[str, Word]
) -> str | None:
    """Why none of the rows can be read, and what to add; ``None`` where one can."""
    if not rows or any(_one_of(words, theirs, row.attributes.get(attribute)) for row in rows):
        return None
    ours = ", ".join(words)
    found = sorted({excerpt(repr(row.attributes[attribute])) for row in rows if row.attributes.get(attribute)})
    if found:
        return (
            f"no {thing} has in {attribute!r} a {what} of ours ({ours}) but {_some(found)}; "
            f"say which stands for which with option '{what}s'"
        )
    names = sorted({_plain_name(name) for row in rows for name in row.attributes} - _OURS)
    return (
        f"no {thing} says its {what} in an attribute {attribute!r}; "
        f"add it ({ours}) or name another with option {what!r}; there are {_some(map(repr, names))}"
    )


def _places(provenance: Provenances, before: Any) -> list[Any]:
    """The place where a thing is read, then those where it was read before."""
    listed = before if isinstance(before, list) else ()
    return [*provenance, *(item for item in listed if isinstance(item, dict) and not _wrong(Provenance, item))]


def _wrong(shape: type[Frozen], attributes: dict[str, Any]) -> set[str]:
    """The attributes that do not fit, or that are missing."""
    try:
        made = shape.model_validate(attributes)
    except ValidationError as error:
        return {str(misfit["loc"][0]) for misfit in error.errors(include_url=False) if misfit["loc"]}
    return {name for name, value in vars(made).items() if isinstance(value, float) and not isfinite(value)}


def _one_of(words: type[Word], theirs: Mapping[str, Word], value: Any) -> Word | None:
    """The kind or verb that a word stands for, if any."""
    word = value if isinstance(value, str) else ""
    return theirs.get(word) or next((known for known in words if known == word.strip().lower()), None)


def _opened(value: Any) -> Any:
    """What is nested, where it is written as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        opened = parse_document(value, "the text", ".json").data
    except InputError:
        return value
    return opened if isinstance(opened, (list, dict)) else value


def _plain(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name not in ("source", "target", "id", "key")}


def _word(value: Any) -> str | None:
    """An id: a text as it is, or a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


def _plain_name(name: str) -> str:
    return "a text that looks like a secret" if looks_secret(name) else name


def _is_id(name: str | None) -> bool:
    return name is not None and harmless(name) and len(name) <= MAX_ID and not looks_secret(name)


def _some(words: Iterable[str]) -> str:
    return ", ".join([*words][:30]) or "none"
