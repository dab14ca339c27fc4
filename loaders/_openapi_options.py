"""What a user may say about an API description that the description cannot say itself."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails

from blastradius.errors import InputError
from blastradius.loader import Document
from blastradius.model import Control, Verb

MAX_ID = 500


def harmless(text: str) -> bool:
    """Whether a text can be part of an id: no control characters, no change of direction, no halves."""
    return bool(text.strip()) and not any(_harmful(ord(each)) for each in text)


def _harmful(code: int) -> bool:
    return (
        code < 0x20
        or 0x7F <= code <= 0x9F
        or 0x202A <= code <= 0x202E
        or 0x2066 <= code <= 0x2069
        or 0xD800 <= code <= 0xDFFF
    )


def _checked(text: str) -> str:
    if not harmless(text) or len(text) > MAX_ID:
        raise ValueError(f"a name has 1 to {MAX_ID} characters and no control characters")
    return text


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, (str, dict)) else [] if value is None else value


def _item(value: Any) -> Any:
    return {"to": value} if isinstance(value, str) else value


def _control(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


Name = Annotated[str, AfterValidator(_checked)]
Globs = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Target(_Shape):
    """One thing an operation touches."""

    to: Name
    extent: Literal["all", "subset"] = "all"
    controls: Annotated[tuple[Annotated[Control, BeforeValidator(_control)], ...], BeforeValidator(_listed)] = ()


Targets = Annotated[tuple[Annotated[Target, BeforeValidator(_item)], ...], BeforeValidator(_listed)]


class Effect(_Shape):
    """What the operations that match touch."""

    match: Globs = ()
    scopes: Globs = ()
    reads: Targets = ()
    writes: Targets = ()
    controls_target: Targets = ()
    disables: Targets = ()

    @model_validator(mode="after")
    def _says_enough(self) -> Effect:
        if not self.match and not self.scopes:
            raise ValueError("an effect needs 'match' or 'scopes', to say which operations it is of")
        if any(each.extent != "all" for each in (*self.controls_target, *self.disables)):
            raise ValueError("'extent' goes with 'reads' and 'writes' only")
        return self

    def targets(self) -> tuple[tuple[Verb, Target], ...]:
        """What is touched, each with the verb."""
        words = (
            (Verb.READS, self.reads),
            (Verb.WRITES, self.writes),
            (Verb.CONTROLS, self.controls_target),
            (Verb.DISABLES, self.disables),
        )
        return tuple((verb, each) for verb, targets in words for each in targets)


class Options(_Shape):
    """The options of one description."""

    api: Name | None = None
    direction: Literal["exposed", "consumed", "internal"] | None = None
    served_by: Name | None = None
    owner: str | None = None
    scopes: Literal["any", "all"] = "any"
    effects: Annotated[tuple[Effect, ...], BeforeValidator(_listed)] = ()


def read_options(document: Document, options: dict[str, Any]) -> Options:
    """The options, checked.

    Raises:
        InputError: an option that is not known, or a value that does not fit; all of them at once.
    """
    try:
        return Options.model_validate(options)
    except ValidationError as error:
        problems = [f"{document.path}: {_says(each)}" for each in error.errors(include_url=False)]
        raise InputError(list(dict.fromkeys(problems))) from None


def _says(error: ErrorDetails) -> str:
    where = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return f"option {where!r} is not known{_near(str(error['loc'][-1]))}"
    if error["type"] == "value_error":
        return f"option {where!r}: {error.get('ctx', {}).get('error', error['msg'])}"
    given = repr(error["input"])[:60]
    return f"option {where!r} is {given}; {error['msg'].replace('Input should be', 'expected')}"


def _near(word: str) -> str:
    known = [name for shape in (Options, Effect, Target) for name in shape.model_fields]
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(Options.model_fields)}"
