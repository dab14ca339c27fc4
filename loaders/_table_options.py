"""What a user says about a table: what a row is, and which column says what."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from blastradius.model import Kind
from blastradius.options import Name, Names, listed
from blastradius.options import Options as Shape

Meaning = Literal["vendors", "access", "components", "data"]
Role = Literal[
    "party", "relies_on", "credential", "scope", "service", "used_by", "depends_on", "store", "reads", "writes", "feed",
    "process", "name", "description", "tags", "zone", "owner", "party_role", "contract_end", "substitutability",
    "governance", "credential_type", "expires", "dormant", "justification", "needed", "used", "access",
    "classification", "records", "crown_jewel", "tolerance_h",
]  # fmt: skip
ROLES: tuple[str, ...] = get_args(Role)
MAIN: dict[str, Role] = {"vendors": "party", "access": "party", "components": "service", "data": "store"}
ONLY: dict[str, tuple[str, ...]] = {
    "used_by": ("vendors",),
    "depends_on": ("components",),
    "reads": ("components",),
    "writes": ("components",),
    "relies_on": ("vendors", "access"),
    "feed": ("vendors", "components"),
    "credential": ("vendors", "access", "components"),
    "scope": ("vendors", "access", "components"),
}
EMPTY = ("-", "\u2013", "\u2014", "n/a", "none", "nil", "null", "tbd", "?", "keine", "aucun")


Separator = Annotated[str, BeforeValidator(lambda each: "\n" if each == "newline" else each)]


def _column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class Column(Shape):
    """A column: ``separator`` where a cell holds several values, ``values`` where its words stand for others.

    People do not always separate in one way: several separators are any of them.
    """

    column: Name
    separator: Annotated[tuple[Separator, ...], BeforeValidator(listed)] = ()
    values: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _separates(self) -> Column:
        if "" in self.separator:
            raise ValueError("a separator has at least one character")
        return self


Columns = Annotated[tuple[Annotated[Column, BeforeValidator(_column)], ...], BeforeValidator(listed)]


class Options(Shape):
    """The options of one table."""

    rows: Meaning | None = None
    columns: dict[Role, Columns] = Field(default_factory=dict)
    sheet: str | None = None
    header: int | None = None
    fill_down: Names = ()
    ignore: dict[str, Names] = Field(default_factory=dict)
    empty: Names = EMPTY
    plain: tuple[Kind, ...] = ()
    dates: Literal["dmy", "mdy"] | None = None
    as_of: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None = None
    zone: Name | None = None
    owner: Name | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Options:
        if self.rows and self.columns:
            main = MAIN[self.rows]
            if main not in self.columns:
                raise ValueError(f"a row of {self.rows} needs a column for {main!r}")
            astray = sorted(role for role in self.columns if self.rows not in ONLY.get(role, (self.rows,)))
            if astray:
                raise ValueError(f"{', '.join(astray)} says nothing in a row of {self.rows}")
        return self
