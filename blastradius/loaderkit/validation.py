"""Data against a shape, every misfit with its place and a way out: files of formats that are ours, and options."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from blastradius.errors import InputError, did_you_mean
from blastradius.loaderkit.contract import Document
from blastradius.loaderkit.json_values import Keys
from blastradius.secrets import quoted

Shape = TypeVar("Shape", bound=BaseModel)


def fit(shape: type[Shape], document: Document, keys: Keys = (), missing: Mapping[str, str] | None = None) -> Shape:
    """What stands at ``keys`` in a document, as the shape; ``missing`` adds a way out to keys that are not there.

    Raises:
        InputError: everything that does not fit, each with its position.
    """
    data = document.data
    for key in keys:
        data = data[key]
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        words = words_of(shape)
        problems = [
            _problem(document, keys, misfit, words, missing or {}) for misfit in error.errors(include_url=False)
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


def schema_of(shape: type[BaseModel], title: str) -> dict[str, Any]:
    """The JSON Schema (draft-07) of a format, for editors."""
    text = json.dumps(shape.model_json_schema(by_alias=True)).replace("#/$defs/", "#/definitions/")
    found: dict[str, Any] = json.loads(text)
    found["definitions"] = found.pop("$defs")
    return {"$schema": "http://json-schema.org/draft-07/schema#", **found, "title": title}


def _inner(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else []


def _problem(document: Document, keys: Keys, error: ErrorDetails, words: list[str], missing: Mapping[str, str]) -> str:
    keys = (*keys, *(key for key in error["loc"] if key != "[key]"))
    line, column = document.position(*keys)
    return f"{document.path}:{line}:{column}: {_misfit(error, keys, words, missing)}"


def _misfit(error: ErrorDetails, keys: Keys, words: list[str], missing: Mapping[str, str]) -> str:
    last, kind = keys[-1] if keys else "file", error["type"]
    if kind == "extra_forbidden":
        return f"{str(last)!r} is not known here{did_you_mean(str(last), words)}"
    if kind == "missing":
        return f"{str(last)!r} is missing{missing.get(str(last), '')}"
    if kind in ("literal_error", "enum"):
        expected = str(error.get("ctx", {}).get("expected", ""))
        choices = [choice.strip("' ") for choice in expected.replace(" or ", ", ").split(",")]
        return f"{error['input']!r} is not one of {expected}{did_you_mean(str(error['input']), choices)}"
    if kind == "too_short":
        return f"{str(last)!r} is {quoted(error['input'])}; list at least {error.get('ctx', {}).get('min_length', 1)}"
    if kind == "value_error":
        return f"{quoted(error['input'])}: {_reason(error)}"
    message = error["msg"].replace("Input should be", "expected").replace("valid ", "").rstrip(".")
    message = message.replace("dictionary", "mapping").replace("a tuple", "a list").split(" or instance of ")[0]
    return f"{str(last)!r} is {quoted(error['input'])}; {message[0].lower()}{message[1:]}"


def _option(error: ErrorDetails, shape: type[BaseModel]) -> str:
    where = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        known = f"known are {', '.join(shape.model_fields)}" if shape.model_fields else "this format takes none"
        return f"option {where!r} is not known{did_you_mean(str(error['loc'][-1]), words_of(shape), known)}"
    if error["type"] == "value_error":
        return f"option {where!r}: {_reason(error)}"
    expected = error["msg"].replace("Input should be", "expected").replace("tuple", "list")
    return f"option {where!r} is {quoted(error['input'])}; {expected}"


def _reason(error: ErrorDetails) -> Any:
    return error.get("ctx", {}).get("error", error["msg"])
