"""Files of formats that are ours: their data against a shape, every misfit with its place and a way out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document
from blastradius.secrets import quoted

Shape = TypeVar("Shape", bound=BaseModel)
Keys = tuple[str | int, ...]


def fit(shape: type[Shape], document: Document, at: Keys = (), missing: Mapping[str, str] | None = None) -> Shape:
    """What stands at ``at`` in a document, as the shape; ``missing`` adds a way out to keys that are not there.

    Raises:
        InputError: everything that does not fit, each with its position.
    """
    data = document.data
    for key in at:
        data = data[key]
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        words = words_of(shape)
        problems = [_problem(document, at, each, words, missing or {}) for each in error.errors(include_url=False)]
        raise InputError(list(dict.fromkeys(problems))) from None


def near(word: str, words: list[str]) -> str:
    """A did-you-mean tail; empty when nothing comes close."""
    close = get_close_matches(word, words, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


@cache
def words_of(shape: type[BaseModel]) -> list[str]:
    """Every key of a format."""
    words, queue, seen = set[str](), [shape.model_json_schema(by_alias=True)], 0
    while seen < len(queue):
        for key, value in queue[seen].items():
            if key == "properties":
                words |= set(value)
            queue += [each for each in (value, *_inner(value)) if isinstance(each, dict)]
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


def _problem(document: Document, at: Keys, error: ErrorDetails, words: list[str], missing: Mapping[str, str]) -> str:
    keys = (*at, *(each for each in error["loc"] if each != "[key]"))
    line, column = document.position(*keys)
    return f"{document.path}:{line}:{column}: {_says(error, keys, words, missing)}"


def _says(error: ErrorDetails, keys: Keys, words: list[str], missing: Mapping[str, str]) -> str:
    last, kind = keys[-1] if keys else "file", error["type"]
    if kind == "extra_forbidden":
        return f"{str(last)!r} is not known here{near(str(last), words)}"
    if kind == "missing":
        return f"{str(last)!r} is missing{missing.get(str(last), '')}"
    if kind in ("literal_error", "enum"):
        expected = str(error.get("ctx", {}).get("expected", ""))
        choices = [each.strip("' ") for each in expected.replace(" or ", ", ").split(",")]
        return f"{error['input']!r} is not one of {expected}{near(str(error['input']), choices)}"
    if kind == "too_short":
        return f"{str(last)!r} is {quoted(error['input'])}; list at least {error.get('ctx', {}).get('min_length', 1)}"
    if kind == "value_error":
        return f"{quoted(error['input'])}: {error.get('ctx', {}).get('error', error['msg'])}"
    message = error["msg"].replace("Input should be", "expected").replace("valid ", "").rstrip(".")
    message = message.replace("dictionary", "mapping").replace("a tuple", "a list").split(" or instance of ")[0]
    return f"{str(last)!r} is {quoted(error['input'])}; {message[0].lower()}{message[1:]}"
