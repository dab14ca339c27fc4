"""The last gate against secrets: every text of every field of what a loader found passes it.

Which fields hold text is read off the types of the model, so that a new field is covered when it is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel

from blastradius.model import SEEDS, Entity, Exercise, Expectation, Note, NoteKind, Provenance, Relation, Zone
from blastradius.secrets import looks_secret, redacted

Thing = TypeVar("Thing", Entity, Relation)


def without_secrets(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a model that had a secret in them, without it: nothing where no text looks like one.

    A text for people is redacted. An id is replaced by a name that says where it stood, in every place where it
    stands, and a note is added: two secrets stay two things, and what refers to one still does.
    """
    texts: set[str] = set()
    for value in fields.values():
        _gather(value, texts)
    secret = set(filter(looks_secret, texts))
    if not secret:
        return {}
    renamed = _renamed(fields, secret)
    instead = {text: renamed.get(text) or redacted(text) for text in secret}
    changed = {name: _rewritten(value, instead) for name, value in fields.items()}
    changed["notes"] = (*changed["notes"], *_notes(fields, renamed))
    return changed


def cleared(things: tuple[Thing, ...]) -> tuple[Thing, ...]:
    """Facts whose texts are redacted; for facts whose ids were looked at before."""
    texts: set[str] = set()
    _gather(things, texts)
    instead = {text: redacted(text) for text in texts if looks_secret(text)}
    found: tuple[Thing, ...] = _rewritten(things, instead) if instead else things
    return found


def _gather(value: Any, texts: set[str]) -> None:
    """All texts of a value."""
    if type(value) is str:
        texts.add(value)
    elif isinstance(value, tuple | list):
        for part in value:
            if type(part) is Provenance:  # several to each fact
                texts.add(part.source)
                texts.add(part.file)
            else:
                _gather(part, texts)
    elif isinstance(value, dict):
        for key, part in value.items():
            _gather(key, texts)
            _gather(part, texts)
    elif isinstance(value, BaseModel):
        stated = value.__dict__
        for name, only_texts in _fields(type(value)):
            part = stated[name]
            if not part:
                continue
            if type(part) is str:
                texts.add(part)
            elif only_texts:
                texts.update(part)
            else:
                _gather(part, texts)


def _rewritten(value: Any, instead: Mapping[str, str]) -> Any:
    """A value with other texts in the place of some; itself where it has none of them."""
    if type(value) is str:
        return instead.get(value, value)
    if isinstance(value, BaseModel):
        stated = {name: value.__dict__[name] for name in text_fields(type(value))}
        new = {name: _rewritten(part, instead) for name, part in stated.items()}
        changed = {name: part for name, part in new.items() if part is not stated[name]}
        return value.model_copy(update=changed) if changed else value
    if not isinstance(value, tuple | list | dict):
        return value
    parts = list(value.items()) if isinstance(value, dict) else list(value)
    found = [_pair(part, instead) if isinstance(value, dict) else _rewritten(part, instead) for part in parts]
    if all(one is other or one == other for one, other in zip(found, parts, strict=True)):
        return value
    return _summed(found) if isinstance(value, dict) else type(value)(found)


def _pair(pair: tuple[Any, Any], instead: Mapping[str, str]) -> tuple[Any, Any]:
    return _rewritten(pair[0], instead), _rewritten(pair[1], instead)


def _summed(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """A mapping of pairs; counts whose keys became one are added up."""
    found: dict[Any, Any] = {}
    for key, value in pairs:
        found[key] = found[key] + value if isinstance(value, int) and key in found else value
    return found


@cache
def text_fields(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields of a model that can hold a text, themselves or in what they are made of."""
    return tuple(name for name, field in model.model_fields.items() if _holds_text(field.annotation))


@cache
def _fields(model: type[BaseModel]) -> tuple[tuple[str, bool], ...]:
    """The same, each with whether it is a tuple of nothing but texts."""
    return tuple((name, _is_of_texts(model.model_fields[name].annotation)) for name in text_fields(model))


def _is_of_texts(annotation: Any) -> bool:
    of, *more = get_args(annotation) or (None,)
    bare = get_args(of)[0] if get_origin(of) is Annotated else of
    return get_origin(annotation) is tuple and more == [...] and bare is str


def _holds_text(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return bool(text_fields(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return False
    if get_origin(annotation) is Literal:
        return False
    return annotation in (str, Any, object) or any(map(_holds_text, get_args(annotation)))


def _renamed(fields: Mapping[str, Any], secret: set[str]) -> dict[str, str]:
    """The ids that look like a secret, each with the name that it gets."""
    found: dict[str, str] = {}
    for name, provenance in _ids(fields):
        if name in secret and name not in found:
            file = redacted(provenance[0].file)[-400:] if provenance else "a source"
            found[name] = f"[secret {len(found) + 1} in {file}]"
    return found


Placed = tuple[str, tuple[Provenance, ...]]


def _ids(fields: Mapping[str, Any]) -> Iterator[Placed]:
    """Every id that is stated or referred to, with the place where that is."""
    for family in ("entities", "zones", "relations", "expectations", "exercises"):
        for thing in fields[family]:
            for name in _names(thing):
                yield name, thing.provenance


def _names(thing: Entity | Zone | Relation | Expectation | Exercise) -> Iterator[str]:
    if isinstance(thing, Exercise):
        yield from (name for way in SEEDS for name in getattr(thing.scenario, way))
        yield from thing.scope
        return
    if isinstance(thing, Expectation):
        yield from (fact.entity for fact in (*thing.reached, *thing.not_reached, *thing.possible))
        yield from (name for way in SEEDS for name in getattr(thing.scenario, way))
        yield from thing.for_each.excluded if thing.for_each else ()
        return
    if isinstance(thing, Zone):
        yield thing.id
        return
    yield from (control.provided_by for control in thing.controls if control.provided_by)
    if isinstance(thing, Relation):
        yield from (*thing.sources, *thing.targets, *thing.keys, *thing.needs)
    else:
        yield from filter(None, (thing.id, thing.zone, *getattr(thing, "copy_of", ())))


def _notes(fields: Mapping[str, Any], renamed: Mapping[str, str]) -> Iterator[Note]:
    places = dict(reversed(list(_ids(fields)))) if renamed else {}
    for secret, name in renamed.items():
        message = f"an id here looks like a secret; it is called {name!r}, give it another name to refer to it"
        yield Note(kind=NoteKind.SECRET_DROPPED, message=message, about=(name,), provenance=places[secret])
