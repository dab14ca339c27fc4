"""Options that a user may give a loader: names, lists, and one clear error for what does not fit."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document
from blastradius.model import Control, ControlKind
from blastradius.secrets import quoted

MAX_ID = 500
_HARMFUL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
Shape = TypeVar("Shape", bound=BaseModel)


def harmless(text: str) -> bool:
    """Whether a text can be part of an id: no control characters, no change of direction, no halves."""
    return bool(text.strip()) and _HARMFUL.search(text) is None


def _checked(text: str) -> str:
    if not harmless(text) or len(text) > MAX_ID:
        raise ValueError(f"a name has 1 to {MAX_ID} characters and no control characters")
    return text


def listed(value: Any) -> Any:
    """One thing, or none, where a list is expected."""
    return [value] if isinstance(value, (str, dict)) else [] if value is None else value


def _control(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


Name = Annotated[str, AfterValidator(_checked)]
Names = Annotated[tuple[str, ...], BeforeValidator(listed, json_schema_input_type=str | tuple[str, ...])]
_Control = Annotated[Control, BeforeValidator(_control, json_schema_input_type=ControlKind | Control)]
Controls = Annotated[
    tuple[_Control, ...], BeforeValidator(listed, json_schema_input_type=_Control | tuple[_Control, ...])
]


class Options(BaseModel):
    """What the options of every loader have in common: closed to unknown names, frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_options(shape: type[Shape], document: Document, stated: dict[str, Any]) -> Shape:
    """The options of a loader, checked.

    Raises:
        InputError: an option that is not known, or a value that does not fit; all of them at once.
    """
    try:
        return shape.model_validate(stated)
    except ValidationError as error:
        problems = [f"{document.path}: {_says(each, shape)}" for each in error.errors(include_url=False)]
        raise InputError(list(dict.fromkeys(problems))) from None


def _says(error: ErrorDetails, shape: type[BaseModel]) -> str:
    where = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return f"option {where!r} is not known{_near(str(error['loc'][-1]), shape)}"
    if error["type"] == "value_error":
        return f"option {where!r}: {error.get('ctx', {}).get('error', error['msg'])}"
    expected = error["msg"].replace("Input should be", "expected").replace("tuple", "list")
    return f"option {where!r} is {quoted(error['input'])}; {expected}"


def _near(word: str, shape: type[BaseModel]) -> str:
    close = get_close_matches(word, _words(shape), n=1)
    known = f"; known are {', '.join(shape.model_fields)}" if shape.model_fields else "; this format takes none"
    return f"; did you mean {close[0]!r}?" if close else known


def _words(shape: type[BaseModel]) -> list[str]:
    """The option names of a shape and of the shapes inside it."""
    found = list(shape.model_fields)
    queue: list[Any] = [field.annotation for field in shape.model_fields.values()]
    while queue:
        each = queue.pop()
        if isinstance(each, type) and issubclass(each, BaseModel) and each is not Control:
            found += _words(each)
        else:
            queue += get_args(each)
    return found
