"""The estate format of blastradius itself, in YAML or JSON: parties, access, services, data, expectations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document, Loaded, Loader, SourceRequest
from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.validation import fit, schema_of
from blastradius.model import (
    ENTITY_TYPES,
    Control,
    Entity,
    Expectation,
    ExpectedFact,
    Kind,
    Level,
    Provenance,
    Relation,
    Scenario,
    Tally,
    Verb,
    Zone,
)
from blastradius.reading import Documents

from .shapes import (
    ControlShape,
    EntryShape,
    ExpectShape,
    FileShape,
    ItemShape,
)

SECTIONS: dict[str, Kind] = {
    "parties": Kind.PARTY,
    "credentials": Kind.CREDENTIAL,
    "scopes": Kind.SCOPE,
    "operations": Kind.OPERATION,
    "services": Kind.SERVICE,
    "stores": Kind.STORE,
    "feeds": Kind.FEED,
    "processes": Kind.PROCESS,
}
_VERBS = {str(verb): verb for verb in Verb if verb != Verb.CONTROLS} | {"controls_target": Verb.CONTROLS}
_WAYS = ("compromise", "leak", "poison", "wrong", "outage", "breach")
_JOINT = {"to", "of", "controls", "basis"}
_WORDS: dict[Verb, set[str]] = {
    Verb.GRANTS: {"together"},
    Verb.PERMITS: {"together"},
    Verb.READS: {"extent", "dependency", "buffer_h"},
    Verb.WRITES: {"extent"},
    Verb.CALLS: {"dependency", "buffer_h"},
    Verb.CONSUMES: {"dependency", "buffer_h", "brittle", "vote_min"},
    Verb.DEPENDS_ON: {"dependency", "buffer_h", "at_least", "capacity_loss"},
}


def recognises(data: Any) -> bool:
    """Whether a document says it is an estate, or looks like one that forgot to."""
    if isinstance(data, Documents):
        return any(map(recognises, data))
    return isinstance(data, dict) and ("blastradius" in data or len(SECTIONS.keys() & data.keys()) > 1)


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one estate file.

    Raises:
        InputError: everything that does not fit the format, each with its position.
    """
    if options:
        raise InputError([f"{document.path}: an estate file takes no options, found {', '.join(sorted(options))}"])
    if isinstance(document.data, Documents):
        line, column = document.position(1)
        raise InputError([f"{document.path}:{line}:{column}: a second document in the file; keep one estate a file"])
    shape = fit(FileShape, document, missing={"blastradius": "; an estate file starts with 'blastradius: 1'"})
    reader = _Reader(document)
    entities = tuple(reader.entities(shape))
    relations = tuple(reader.relations(shape))
    if reader.problems:
        raise InputError(reader.problems)
    zones, expected, requests = reader.zones(shape), reader.expectations(shape), reader.requests(shape)
    records = len(entities) + len(relations) + len(zones) + len(expected) + len(requests)
    return Loaded(
        title=shape.title,
        as_of=shape.as_of,
        entities=entities,
        relations=relations,
        zones=zones,
        expectations=expected,
        requests=requests,
        tally=Tally(facts=records),
    )


def schema() -> dict[str, Any]:
    """The JSON Schema (draft-07) of one estate file, for editors."""
    return schema_of(FileShape, "blastradius estate")


class _Reader:
    """Turns a well-shaped file into our terms, remembering where each thing stands."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[str] = []

    def entities(self, shape: FileShape) -> Iterator[Entity]:
        seen: dict[str, Keys] = {}
        for section, kind in SECTIONS.items():
            for name, entry in _entries(shape, section):
                keys = (section, name)
                if name in seen:
                    first = self._at(seen[name])
                    self._problem(
                        keys, f"{name!r} is there already as one of {seen[name][0]} at {first.line}; rename one"
                    )
                seen.setdefault(name, keys)
                model = ENTITY_TYPES[kind]
                stated = {key: getattr(entry, key) for key in entry.model_fields_set if key in model.model_fields}
                stated |= {"id": name, "provenance": (self._at(keys),)}
                if "controls" in stated:
                    stated["controls"] = self._controls(entry.controls, keys)
                yield model(**stated)

    def relations(self, shape: FileShape) -> Iterator[Relation]:
        seen: dict[str, Keys] = {}
        for section in SECTIONS:
            for name, entry in _entries(shape, section):
                for word, verb in _VERBS.items():
                    for number, item in enumerate(getattr(entry, word, ())):
                        keys = (section, name, word, number)
                        relation = self._relation(verb, name, item, keys)
                        if relation is None:
                            continue
                        if relation.id in seen:
                            self._problem(keys, f"said already at {self._at(seen[relation.id])}; keep one")
                        seen.setdefault(relation.id, keys)
                        yield relation

    def zones(self, shape: FileShape) -> tuple[Zone, ...]:
        return tuple(
            Zone(id=name, provenance=(self._at(("zones", name)),), **zone.model_dump(exclude_unset=True))
            for name, zone in shape.zones.items()
        )

    def expectations(self, shape: FileShape) -> tuple[Expectation, ...]:
        return tuple(self._expectation(each, ("expect", number)) for number, each in enumerate(shape.expect))

    def requests(self, shape: FileShape) -> tuple[SourceRequest, ...]:
        return tuple(
            SourceRequest(
                loader="openapi",
                path=each.openapi,
                options=each.model_dump(mode="json", exclude={"openapi"}, exclude_unset=True, by_alias=True),
                provenance=self._at(("apis", number)),
            )
            for number, each in enumerate(shape.apis)
        )

    def _relation(self, verb: Verb, name: str, item: ItemShape, keys: Keys) -> Relation | None:
        targets = tuple(sorted(set(item.of))) or ((item.to,) if item.to is not None else ())
        if not targets or (item.of and item.to is not None):
            self._problem(keys, "an item names one thing with 'to', or a group with 'of'")
            return None
        words = item.model_fields_set - _JOINT
        for word in sorted(words - _WORDS.get(verb, set())):
            self._problem((*keys, "with" if word == "together" else word), f"{verb} does not take {word!r}")
        return Relation(
            verb=verb,
            sources=tuple(sorted({name, *item.together})),
            targets=targets,
            controls=self._controls(item.controls, keys),
            provenance=(self._at(keys),),
            **{key: getattr(item, key) for key in words - {"together"} | (item.model_fields_set & {"basis"})},
        )

    def _controls(self, controls: tuple[ControlShape, ...], keys: Keys) -> tuple[Control, ...]:
        kinds = [each.kind for each in controls]
        for number, each in enumerate(controls):
            if each.kind in kinds[:number]:
                self._problem((*keys, "controls", number), f"control {str(each.kind)!r} is there twice; keep one")
        return tuple(
            Control(provenance=(self._at((*keys, "controls", number)),), **each.model_dump(exclude_unset=True))
            for number, each in enumerate(controls)
        )

    def _expectation(self, each: ExpectShape, keys: Keys) -> Expectation:
        seeds = {way: getattr(each, way) for way in _WAYS}
        return Expectation(
            name=each.name,
            scenario=Scenario(hours=each.hours, assume=Level[each.assume.upper()], distrust=each.distrust, **seeds),
            reached=_facts(each.reached),
            not_reached=_facts(each.not_reached),
            possible=_facts(each.possible),
            basis=each.basis,
            why=each.why,
            provenance=(self._at(keys),),
        )

    def _at(self, keys: Keys) -> Provenance:
        line, column = self.document.position(*keys)
        return Provenance(source="native", file=self.document.path, line=line, column=column)

    def _problem(self, keys: Keys, message: str) -> None:
        self.problems.append(f"{self._at(keys)}: {message}")


def _entries(shape: FileShape, section: str) -> Iterator[tuple[str, EntryShape]]:
    entries: Mapping[str, EntryShape] = getattr(shape, section)
    yield from entries.items()


def _facts(stated: Mapping[str, tuple[Any, ...]]) -> tuple[ExpectedFact, ...]:
    return tuple(ExpectedFact(entity=name, capability=each) for name, them in stated.items() for each in them)


LOADER = Loader(
    name="native",
    title="blastradius estate (YAML, JSON)",
    suffixes=(".yaml", ".yml", ".json"),
    recognises=recognises,
    load=load,
    reads="parties, credentials, scopes, operations, services, stores, feeds, processes, zones, expectations",
    maps=(
        (
            "parties, credentials, scopes, operations, services, stores, feeds, processes",
            "entities of that kind, by their keys",
        ),
        ("holds, grants, permits, reads and all other verbs below an entity", "relations from it, one an item"),
        ("with, of", "things that are needed together; a group, with at_least or vote_min"),
        ("controls", "controls on the entity or the relation"),
        ("controls_target", "relation controls of an operation"),
        ("zones", "zones"),
        ("apis", "the API descriptions they name are loaded with their options"),
        ("expect", "expectations, which the question verify compares with what is reached"),
    ),
    schema=schema,
)
