"""Values: immutable, closed to unknown fields; what is said of where and how well a thing is known."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_ID = 500
Id = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID)]

MOST_RECORDS = 10**15

Records = Annotated[int, Field(ge=0, le=MOST_RECORDS)]


class Frozen(BaseModel):
    """A value: immutable, closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


Value = TypeVar("Value", bound=Frozen)
_set = object.__setattr__


class Mould(Generic[Value]):
    """Makes values of one type that state the same fields, where whoever states them knows that they fit.

    Nothing is checked again, and such values share the names of their fields and the set of those that they state: of
    hundreds of thousands that is half of the time that they take and three quarters of the memory.
    """

    def __init__(self, of: type[Value], *stated: str) -> None:
        self.of = of
        self.stated = set(stated)
        first = of.__new__(of)
        for name, field in of.model_fields.items():  # one by one, so that its names are those of its type (PEP 412)
            _set(first, name, None if name in stated else field.default)
        self._otherwise = first.__dict__
        self._made = {name: field for name, field in of.model_fields.items() if field.default_factory}

    def __call__(self, **stated: Any) -> Value:
        """A value that states this: all of the fields that the mould is of, and what else of it is known already."""
        made, own = self.of.__new__(self.of), self._otherwise | stated
        if self._made:
            own |= {name: field.get_default(call_default_factory=True) for name, field in self._made.items()} | stated
        _set(made, "__dict__", own)
        _set(made, "__pydantic_fields_set__", self.stated)
        _set(made, "__pydantic_extra__", None)
        _set(made, "__pydantic_private__", None)
        return made


def fits_id(text: object) -> bool:
    """Whether something is what ``Id`` asks for; half of a character is no text there."""
    try:
        return type(text) is str and 0 < len(text) <= MAX_ID and (text.isascii() or bool(text.encode()))
    except UnicodeEncodeError:
        return False


class Basis(StrEnum):
    """How well a thing is known, best first."""

    OBSERVED = "observed"
    DECLARED = "declared"
    INFERRED = "inferred"
    ASSUMED = "assumed"


class Signal(Frozen):
    """What would show it, to whom, within how many hours; it changes no reach."""

    signal: str
    who: str | None = None
    within_h: float | None = Field(default=None, ge=0)


class Provenance(Frozen):
    """Where a thing was read: the source (a loader's name), the file as it was named, line and column from 1."""

    source: str
    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


_PLACE = Mould(Provenance, "source", "file", "line", "column")


def placed(source: str, file: str, line: int, column: int) -> Provenance:
    """A place in a file, as whoever reads it looked it up."""
    return _PLACE(source=source, file=file, line=line, column=column)
