"""What a user says about a table: what a row is, and which column says what."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from blastradius.loaderkit.options import Name, Names, listed
from blastradius.loaderkit.options import Options as Shape
from blastradius.model import Kind

Meaning = Literal["vendors", "access", "components", "data"]
Role = Literal[
    "party", "relies_on", "credential", "scope", "service", "used_by", "depends_on", "runs_on", "part_of", "store",
    "data_class", "reads", "writes", "feed", "process", "name", "description", "tags", "zone", "owner", "party_role",
    "contract_end", "substitutability", "criticality", "last_review", "governance", "credential_type",
    "second_factor", "expires", "dormant", "justification", "needed", "used", "access", "classification", "records",
    "crown_jewel", "tolerance_h",
]  # fmt: skip
ROLES: tuple[str, ...] = get_args(Role)
MAIN: dict[str, Role] = {"vendors": "party", "access": "party", "components": "service", "data": "store"}
ONLY: dict[str, tuple[str, ...]] = {
    "used_by": ("vendors",),
    "depends_on": ("components",),
    "runs_on": ("components", "data"),
    "part_of": ("components",),
    "reads": ("components",),
    "writes": ("components",),
    "relies_on": ("vendors", "access"),
    "data_class": ("vendors", "access", "components"),
    "feed": ("vendors", "components"),
    "credential": ("vendors", "access", "components"),
    "scope": ("vendors", "access", "components"),
}
EMPTY = (
    "-", "--", "---", "\u2013", "\u2014", "...", "\u2026", "?", "n/a", "n.a.", "na", "not applicable", "none", "nil",
    "null", "tbd", "tbc", "to be determined", "to be confirmed", "unknown", "not known", "(blank)", "keine", "k.a.",
    "unbekannt", "aucun", "inconnu",
)  # fmt: skip


Separator = Annotated[str, BeforeValidator(lambda item: "\n" if item == "newline" else item)]


def _column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class Column(Shape):
    """A column that is more than its title; people do not always separate in one way, so several separators will do."""

    column: Name = Field(description="title of the column")
    separator: Annotated[tuple[Separator, ...], BeforeValidator(listed)] = Field(
        (), description="what stands between several values in a cell, any of them; `newline` for a line break"
    )
    values: dict[str, str] = Field(default_factory=dict, description="what words in the column stand for")

    @model_validator(mode="after")
    def _separates(self) -> Column:
        if "" in self.separator:
            raise ValueError("a separator has at least one character")
        return self


_Column = Annotated[Column, BeforeValidator(_column, json_schema_input_type=str | Column)]
Columns = Annotated[tuple[_Column, ...], BeforeValidator(listed, json_schema_input_type=_Column | tuple[_Column, ...])]


class Options(Shape):
    """The options of one table."""

    rows: Meaning | None = Field(default=None, description="what a row is; has to be said")
    columns: dict[Role, Columns] = Field(
        default_factory=dict, description="which column, or columns, say what; has to be said"
    )
    sheet: str | None = Field(default=None, description="which sheet of a workbook; needed where several are filled")
    header: int | None = Field(default=None, description="number of the row that has the titles; else it is found")
    fill_down: Names = Field(default=(), description="columns in which an empty cell means the one above it")
    ignore: dict[str, Names] = Field(default_factory=dict, description="values of a column whose rows do not count")
    empty: Names = Field(default=EMPTY, description="what stands in a cell that says nothing")
    plain: tuple[Kind, ...] = Field(
        default=(), description="kinds whose ids are the bare name, without their kind before it, to meet other sources"
    )
    dates: Literal["dmy", "mdy"] | None = Field(default=None, description="what 1/2/2027 means: day or month first")
    as_of: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None = Field(
        default=None, description="the day the table was taken"
    )
    zone: Name | None = Field(default=None, description="where services and data lie that name no zone")
    owner: Name | None = Field(default=None, description="who answers for what a row names, where the row does not say")

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
