"""The estate format of blastradius itself, in YAML or JSON: parties, access, services, data, what is expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader, SourceRequest
from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.validation import fit, schema_of
from blastradius.model import (
    ENTITY_TYPES,
    SEEDS,
    TAKEN_BY,
    Accepted,
    Control,
    Entity,
    Exercise,
    Expectation,
    ExpectedFact,
    Kept,
    Kind,
    Level,
    Provenance,
    Scenario,
    Selection,
    Verb,
    Zone,
)
from blastradius.reading import Documents

from .shapes import (
    ControlShape,
    EntryShape,
    ExerciseShape,
    ExpectShape,
    FileShape,
    ItemShape,
    SelectShape,
    Shape,
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
_JOINT = {"to", "of", "controls", "basis", "delay_h", "unknown", "seen_by"}
_TAKERS = {"with": {Verb.GRANTS, Verb.PERMITS, Verb.CALLS}} | {
    word: set(verbs) for word, verbs in TAKEN_BY.items() if word != "keys"
}
"""Which relations take a word of an item, as it is written."""

WAYS_OUT = {
    "blastradius": "an estate file starts with 'blastradius: 1'",
    "controls.kind": "`controls` lists what protects it; what an operation takes control of is its `controls_target`",
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
    shape = fit(FileShape, document, ways_out=WAYS_OUT)
    return _Reader(document, shape).loaded()


def schema() -> dict[str, Any]:
    """The JSON Schema (draft-07) of one estate file, for editors."""
    return schema_of(FileShape, "blastradius estate")


class _Reader:
    """Turns a well-shaped file into our terms; what contradicts itself in it is a problem with its place."""

    def __init__(self, document: Document, shape: FileShape) -> None:
        self.collector = FactCollector("native", document)
        self.shape = shape
        self.problems: list[str] = []

    def loaded(self) -> Loaded:
        """All of it.

        Raises:
            InputError: everything that is there twice or does not go together.
        """
        self._entities()
        self._relations()
        zones, expectations, requests = self._zones(), self._expectations(), self._requests()
        exercises = self._exercises()
        if self.problems:
            raise InputError(self.problems)
        self.collector.fact(len(zones) + len(expectations) + len(exercises) + len(requests))
        return self.collector.loaded(
            title=self.shape.title,
            as_of=self.shape.as_of,
            clock=self.shape.clock,
            zones=zones,
            expectations=expectations,
            exercises=exercises,
            requests=requests,
        )

    def _entities(self) -> None:
        seen: dict[str, Keys] = {}
        for section, kind in SECTIONS.items():
            for name, entry in _entries(self.shape, section):
                keys = (section, name)
                if name in seen:
                    line = self._place(seen[name]).line
                    self._problem(keys, f"{name!r} is there already as one of {seen[name][0]} at {line}; rename one")
                seen.setdefault(name, keys)
                self._entity(ENTITY_TYPES[kind], name, entry, keys)

    def _entity(self, model: type[Entity], name: str, entry: EntryShape, keys: Keys) -> None:
        declared = {key: getattr(entry, key) for key in entry.model_fields_set if key in model.model_fields}
        declared |= {"id": name, "provenance": self.collector.provenance(*keys)}
        if "controls" in declared:
            declared["controls"] = self._controls(entry.controls, keys)
        self.collector.entity(model(**declared))
        self.collector.fact()

    def _relations(self) -> None:
        seen: dict[str, Keys] = {}
        for section in SECTIONS:
            for name, entry in _entries(self.shape, section):
                for word in filter(entry.model_fields_set.__contains__, _VERBS):
                    verb = _VERBS[word]
                    for number, item in enumerate(getattr(entry, word)):
                        keys = (section, name, word, number)
                        relation = self._relation(verb, name, item, keys)
                        if relation in seen:
                            before = self._place(seen[relation])
                            self._problem(
                                keys, f"said already at {before}; keep one, with only the controls that guard both"
                            )
                        if relation is not None:
                            seen.setdefault(relation, keys)

    def _relation(self, verb: Verb, name: str, item: ItemShape, keys: Keys) -> str | None:
        """The id of the relation that an item declares; ``None`` where it names no ends, or too many."""
        targets = tuple(sorted(set(item.of))) or ((item.to,) if item.to is not None else ())
        if not targets or (item.of and item.to is not None):
            self._problem(keys, "an item names one thing with 'to', or a group with 'of'")
            return None
        words = {"with" if word == "together" else word for word in item.model_fields_set - _JOINT}
        for word in sorted(word for word in words if verb not in _TAKERS[word]):
            takers = ", ".join(sorted(_TAKERS[word]))
            self._problem((*keys, word), f"{verb} does not take {word!r}; it belongs on {takers}")
        said = words | item.model_fields_set & (_JOINT - {"to", "of", "controls"})
        declared = {word: getattr(item, word) for word in said - {"with"}}
        declared["controls"] = self._controls(item.controls, keys)
        if verb == Verb.CALLS:
            declared["keys"] = item.together
        sources = (name,) if verb == Verb.CALLS else tuple(sorted({name, *item.together}))
        self.collector.fact()
        return self.collector.relate(verb, sources, targets, provenance=self.collector.provenance(*keys), **declared)

    def _controls(self, controls: tuple[ControlShape, ...], keys: Keys) -> tuple[Control, ...]:
        kinds = [control.kind for control in controls]
        for number, kind in enumerate(kinds):
            if kind in kinds[:number]:
                self._problem((*keys, "controls", number), f"control {str(kind)!r} is there twice; keep one")
        return tuple(
            Control(
                provenance=self.collector.provenance(*keys, "controls", number),
                **_said(control),
            )
            for number, control in enumerate(controls)
        )

    def _zones(self) -> tuple[Zone, ...]:
        return tuple(
            Zone(id=name, provenance=self.collector.provenance("zones", name), **_said(zone))
            for name, zone in self.shape.zones.items()
        )

    def _expectations(self) -> tuple[Expectation, ...]:
        return tuple(
            self._expectation(expected, ("expect", number)) for number, expected in enumerate(self.shape.expect)
        )

    def _exercises(self) -> tuple[Exercise, ...]:
        return tuple(
            Exercise(
                name=held.name,
                date=held.date,
                scenario=_scenario(held, {way: getattr(held, way) for way in SEEDS}),
                scope=held.scope,
                provenance=self.collector.provenance("exercises", number),
            )
            for number, held in enumerate(self.shape.exercises)
        )

    def _expectation(self, expected: ExpectShape, keys: Keys) -> Expectation:
        stated = {way: getattr(expected, way) for way in SEEDS}
        seeds = {way: () if isinstance(start, SelectShape) else start for way, start in stated.items()}
        what_if = {"controls": expected.controls, "without": expected.without}
        return Expectation(
            name=expected.name,
            scenario=_scenario(expected, seeds | what_if),
            for_each=self._selection(stated, keys),
            reached=_facts(expected.reached),
            not_reached=_facts(expected.not_reached),
            possible=_facts(expected.possible),
            kept=tuple(Kept.model_validate(kept.model_dump(exclude_none=True)) for kept in expected.out_of_reach),
            stated=expected.stated,
            accepted=tuple(Accepted.model_validate(found.model_dump()) for found in expected.accepted),
            basis=expected.basis,
            why=expected.why,
            provenance=self.collector.provenance(*keys),
        )

    def _selection(self, stated: Mapping[str, Any], keys: Keys) -> Selection | None:
        """What the rule is about, each in turn: said of one way to start, or it would be about pairs."""
        found = {way: start for way, start in stated.items() if isinstance(start, SelectShape)}
        first, *others = found or (None,)
        for way in others:
            self._problem((*keys, way), f"{first} and {way} both stand for several things in turn; keep one of them")
        return None if first is None else Selection.model_validate({"way": first, **dict(found[first])})

    def _requests(self) -> tuple[SourceRequest, ...]:
        return tuple(
            SourceRequest(
                loader="openapi",
                path=api.openapi,
                options=api.model_dump(mode="json", exclude={"openapi"}, exclude_unset=True, by_alias=True),
                provenance=self._place(("apis", number)),
            )
            for number, api in enumerate(self.shape.apis)
        )

    def _place(self, keys: Keys) -> Provenance:
        return self.collector.provenance(*keys)[0]

    def _problem(self, keys: Keys, message: str) -> None:
        self.problems.append(f"{self._place(keys)}: {message}")


def _entries(shape: FileShape, section: str) -> Iterator[tuple[str, EntryShape]]:
    entries: Mapping[str, EntryShape] = getattr(shape, section)
    yield from entries.items()


def _said(shape: Shape) -> dict[str, Any]:
    """What a mapping says, without what is taken to be so where it says nothing."""
    return {name: getattr(shape, name) for name in shape.model_fields_set}


def _scenario(stated: ExpectShape | ExerciseShape, more: dict[str, tuple[str, ...]]) -> Scenario:
    return Scenario.model_validate(
        {
            "hours": stated.hours,
            "assume": Level[stated.assume.upper()],
            "distrust": stated.distrust,
            "anyone": stated.anyone,
            **more,
        }
    )


def _facts(declared: Mapping[str, tuple[Any, ...]]) -> tuple[ExpectedFact, ...]:
    return tuple(
        ExpectedFact(entity=name, capability=capability)
        for name, capabilities in declared.items()
        for capability in capabilities
    )


LOADER = Loader(
    name="native",
    title="blastradius estate (YAML, JSON)",
    suffixes=(".yaml", ".yml", ".json"),
    recognises=recognises,
    load=load,
    reads="parties, credentials, scopes, operations, services, stores, feeds, processes, zones, expectations, "
    "exercises",
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
        ("exercises", "exercises that were held, beside which the question scenarios sets what could be held"),
    ),
    schema=schema,
)
