"""Data against a shape, every misfit with its place and a way out: files of formats that are ours, and options."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from typing_extensions import TypeAliasType

from blastradius.errors import InputError, did_you_mean
from blastradius.loaderkit.contract import Document
from blastradius.loaderkit.json_values import Keys
from blastradius.secrets import quoted

Shape = TypeVar("Shape", bound=BaseModel)


def fit(shape: type[Shape], document: Document, keys: Keys = (), ways_out: Mapping[str, str] | None = None) -> Shape:
    """What stands at ``keys`` in a document, as the shape.

    ``ways_out`` ends messages about keys that are not there and words that are none of those to choose from, by the
    end of where they stand: ``controls.kind`` for the ``kind`` of any item of ``controls``.

    Raises:
        InputError: everything that does not fit, each with its position.
    """
    data = document.data
    for key in keys:
        data = data[key]
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        problems = [
            _problem(document, keys, misfit, shape, ways_out or {}) for misfit in error.errors(include_url=False)
        ]
        raise InputError(list(dict.fromkeys(problems))) from None


def read_options(shape: type[Shape], document: Document, given: dict[str, Any]) -> Shape:
    """The options of a loader, checked.

    Raises:
        InputError: an option that is not known, or a value that does not fit; all of them at once.
    """
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        problems = [f"{document.path}: {_option(misfit, shape)}" for misfit in error.errors(include_url=False)]
        raise InputError(list(dict.fromkeys(problems))) from None


@cache
def words_of(shape: type[BaseModel]) -> list[str]:
    """Every key of a format."""
    words, queue, seen = set[str](), [shape.model_json_schema(by_alias=True)], 0
    while seen < len(queue):
        for key, value in queue[seen].items():
            if key == "properties":
                words |= set(value)
            queue += [part for part in (value, *_inner(value)) if isinstance(part, dict)]
        seen += 1
    return sorted(words)


@cache
def homes_of(shape: type[BaseModel]) -> Mapping[str, tuple[str, ...]]:
    """For each key inside a format where it belongs: the sections that have it, or else the shapes deeper down."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    queue: list[tuple[str, type[BaseModel]]] = [
        (_key(name, field), inner) for name, field in shape.model_fields.items() for inner in _shapes(field.annotation)
    ]
    seen, sections = {inner for _, inner in queue}, {home for home, _ in queue}
    for home, inner in queue:
        for name, field in inner.model_fields.items():
            found[_key(name, field)][home] = None
            deeper = [further for further in _shapes(field.annotation) if further not in seen]
            queue += [(_called(further), further) for further in deeper]
            seen.update(deeper)
    return {word: tuple(home for home in homes if home in sections) or tuple(homes) for word, homes in found.items()}


def _key(name: str, field: FieldInfo) -> str:
    return field.alias or name


def _shapes(annotation: Any) -> Iterator[type[BaseModel]]:
    """The shapes that a field is made of."""
    if isinstance(annotation, TypeAliasType):
        yield from _shapes(annotation.__value__)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _shapes(part)


def _called(shape: type[BaseModel]) -> str:
    """What a shape is, as its documentation begins."""
    said = re.split(r"[,:;.]", shape.__doc__ or shape.__name__, maxsplit=1)[0]
    return said[0].lower() + said[1:]


def _elsewhere(word: str, shape: type[BaseModel], otherwise: str = "") -> str:
    """The way out at the end of a message about a key that is not known where it stands."""
    homes = homes_of(shape).get(word, ())
    return f"; it belongs to {', '.join(homes)}" if homes else did_you_mean(word, words_of(shape), otherwise)


def schema_of(shape: type[BaseModel], title: str) -> dict[str, Any]:
    """The JSON Schema (draft-07) of a format, for editors."""
    text = json.dumps(shape.model_json_schema(by_alias=True)).replace("#/$defs/", "#/definitions/")
    found: dict[str, Any] = json.loads(text)
    found["definitions"] = found.pop("$defs")
    return {"$schema": "http://json-schema.org/draft-07/schema#", **found, "title": title}


def _inner(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else []


_NO_KEYS = ("[key]", "[ids]", "[each]")
"""Steps of where a misfit is that are no keys of the file: that it is of a key itself, or of one of two shapes."""


def _problem(
    document: Document, keys: Keys, error: ErrorDetails, shape: type[BaseModel], ways_out: Mapping[str, str]
) -> str:
    keys = (*keys, *(key for key in error["loc"] if key not in _NO_KEYS))
    line, column = document.position(*keys)
    return f"{document.path}:{line}:{column}: {_misfit(error, keys, shape, ways_out)}"


def _misfit(error: ErrorDetails, keys: Keys, shape: type[BaseModel], ways_out: Mapping[str, str]) -> str:
    last, kind = keys[-1] if keys else "file", error["type"]
    if kind == "extra_forbidden":
        return f"{str(last)!r} is not known here{_elsewhere(str(last), shape)}"
    if kind == "missing":
        return f"{str(last)!r} is missing{_way_out(keys, ways_out)}"
    if kind in ("literal_error", "enum"):
        expected = str(error.get("ctx", {}).get("expected", ""))
        choices = [choice.strip("' ") for choice in expected.replace(" or ", ", ").split(",")]
        close = did_you_mean(str(error["input"]), choices)
        return f"{error['input']!r} is not one of {expected}{close or _way_out(keys, ways_out)}"
    if kind == "too_short":
        return f"{str(last)!r} is {quoted(error['input'])}; list at least {error.get('ctx', {}).get('min_length', 1)}"
    if kind == "value_error":
        return f"{quoted(error['input'])}: {_reason(error)}"
    message = error["msg"].replace("Input should be", "expected").replace("valid ", "").rstrip(".")
    message = message.replace("dictionary", "mapping").replace("a tuple", "a list").split(" or instance of ")[0]
    message = message.split(", unable to parse")[0]
    return f"{str(last)!r} is {quoted(error['input'])}; {message[0].lower()}{message[1:]}{_slipped(keys, shape)}"


def _slipped(keys: Keys, shape: type[BaseModel]) -> str:
    """The way out where a word that belongs inside an entry of a section stands beside the entries."""
    section, word = map(str, keys if len(keys) == 2 else ("", ""))
    belongs = section in homes_of(shape).get(word, ())
    return f"; as a word of {section} it is indented below one of them" if belongs else ""


def _way_out(keys: Keys, ways_out: Mapping[str, str]) -> str:
    place = ".".join(key for key in keys if isinstance(key, str))
    return next((f"; {way_out}" for end, way_out in ways_out.items() if place.endswith(end)), "")


def _option(error: ErrorDetails, shape: type[BaseModel]) -> str:
    where = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        known = f"known are {', '.join(shape.model_fields)}" if shape.model_fields else "this format takes none"
        return f"option {where!r} is not known{_elsewhere(str(error['loc'][-1]), shape, known)}"
    if error["type"] == "value_error":
        return f"option {where!r}: {_reason(error)}"
    expected = error["msg"].replace("Input should be", "expected").replace("tuple", "list")
    return f"option {where!r} is {quoted(error['input'])}; {expected}"


def _reason(error: ErrorDetails) -> Any:
    return error.get("ctx", {}).get("error", error["msg"])
