"""Values: immutable, closed to unknown fields; what is said of where and how well a thing is known."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[str, StringConstraints(min_length=1, max_length=500)]

MOST_RECORDS = 10**15

Records = Annotated[int, Field(ge=0, le=MOST_RECORDS)]


class Frozen(BaseModel):
    """A value: immutable, closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


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
