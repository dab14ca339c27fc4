"""What an answer to ``scenarios`` is made of."""

from __future__ import annotations

from typing import Literal

from blastradius.model import Basis, Frozen
from blastradius.reports.rows import ModelRow, Seed


class PrecedentRow(Frozen):
    """A public incident; ``example`` is where it is modelled, null where it is not.

    ``shown`` by researchers: nobody is known to have done it.
    """

    name: str
    year: int
    example: str | None
    shown: bool


class TechniqueRow(Frozen):
    """A technique of an attacker; ``catalogue`` of MITRE."""

    id: str
    name: str
    catalogue: Literal["ATT&CK", "ATLAS"]


class TemplateRow(Frozen):
    """A kind of scenario, how often it was found, or what is ``missing`` for it.

    ``needs`` is what an estate has to state for it, ``most`` what happens in the first of those that were found (null
    of none); ``hours`` is null for an outage longer than any buffer.
    """

    template: str
    title: str
    needs: str
    found: int
    most: str | None
    missing: str | None
    level: str
    hours: float | None
    techniques: tuple[TechniqueRow, ...]
    precedents: tuple[PrecedentRow, ...]


class FoundRow(Frozen):
    """A scenario found: what happens, what it reaches and what of that no exercise has been through.

    What is ``new`` is beside what past exercises went through and what anyone may do as granted; it is null where no
    exercise is stated; ``crown_jewels`` and ``processes`` are null where the estate names none; ``records`` as in
    ``rank``. ``first`` is what of ours is reached first, of those that are told in full; null of the others, and of a
    large estate. ``held`` are exercises that started alike. ``rests_on`` are the relations because of which it is
    found, ``basis`` the best on which it could be, of several starts the weakest. ``options`` are those of the command
    line.
    """

    template: str
    says: str
    seeds: tuple[Seed, ...]
    assume: str
    hours: float | None
    distrusted: tuple[str, ...]
    crown_jewels: tuple[str, ...] | None
    processes: tuple[str, ...] | None
    records: int | None
    uncounted: int
    things: int
    new_crown_jewels: tuple[str, ...] | None
    new_processes: tuple[str, ...] | None
    new_things: int | None
    held: tuple[str, ...]
    first: tuple[str, ...] | None
    rests_on: tuple[str, ...]
    basis: Basis
    options: str
    exercise: str
    reach: str


class HeldRow(Frozen):
    """An exercise that was held: ``things`` counts what it has been through, by what is so today.

    ``gone`` is what it names that is not there, or not of that kind, any more. One that lies ahead has been through
    nothing.
    """

    name: str
    date: str
    says: str
    things: int
    lies_ahead: bool
    gone: tuple[str, ...]


class ScenariosData(Frozen):
    """The answer to ``scenarios``; ``found`` counts the rows. ``exercises`` are those that the estate states."""

    question: str
    headline: str
    assume: str
    distrusted: tuple[str, ...]
    found: int
    rows: tuple[FoundRow, ...]
    templates: tuple[TemplateRow, ...]
    exercises: tuple[HeldRow, ...]
    checked: bool
    model: ModelRow
