"""The relations, in the words of the domain, and which kinds may stand at their ends."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property
from typing import Literal, NamedTuple

from pydantic import Field

from blastradius.model.controls import Control
from blastradius.model.entities import Kind
from blastradius.model.values import Basis, Frozen, Id, Mould, Provenance, Signal, fits_id


class Verb(StrEnum):
    """The relations, in the words of the domain."""

    OWNS = "owns"
    HOLDS = "holds"
    GRANTS = "grants"
    PERMITS = "permits"
    READS = "reads"
    WRITES = "writes"
    CONTROLS = "controls"
    DISABLES = "disables"
    ISSUES = "issues"
    RUNS_ON = "runs_on"
    PART_OF = "part_of"
    SERVES = "serves"
    CALLS = "calls"
    CONTAINS = "contains"
    DERIVES_FROM = "derives_from"
    PUBLISHES = "publishes"
    CONSUMES = "consumes"
    INSTALLS = "installs"
    INFORMS = "informs"
    DEPENDS_ON = "depends_on"
    CONNECTS = "connects"
    RELIES_ON = "relies_on"


class Relation(Frozen):
    """One relation, from its ``sources`` to its ``targets``.

    Several sources mean that *all* are needed (``grants``, ``permits``). Several targets mean a group:
    the suppliers of ``depends_on`` (``at_least`` of them must be up) or the feeds of a quorum
    (``consumes`` with ``vote_min``). Every other verb has one of each. ``buffer_h`` and ``delay_h`` are in hours.

    What is taken in (``consumes``, ``reads``, ``calls``) may crash the one who takes it in (``brittle``); ``on_bad``
    says what becomes of input that is found wrong, ``on_missing`` what is done without it, ``obeys`` that what it says
    is acted on. ``keys`` are the credentials that a call is made with, ``needs`` those that must come with what is
    asked.
    """

    verb: Verb
    sources: tuple[Id, ...] = Field(min_length=1)
    targets: tuple[Id, ...] = Field(min_length=1)
    extent: Literal["all", "subset"] = "all"
    dependency: Literal["hard", "soft", "none"] | None = None
    buffer_h: float | None = Field(default=None, ge=0)
    at_least: int | None = Field(default=None, ge=1, le=10**6)
    capacity_loss: bool = False
    brittle: bool = False
    vote_min: int | None = Field(default=None, ge=1, le=10**6)
    on_bad: Literal["keep", "drop", "halt"] = "keep"
    on_missing: Literal["stop", "default"] = "stop"
    obeys: bool = False
    keys: tuple[Id, ...] = ()
    needs: tuple[Id, ...] = ()
    delay_h: float | None = Field(default=None, ge=0)
    controls: tuple[Control, ...] = ()
    unknown: tuple[str, ...] = ()
    seen_by: tuple[Signal, ...] = ()
    basis: Basis = Basis.DECLARED
    also: tuple[Basis, ...] = ()
    provenance: tuple[Provenance, ...] = ()

    @property
    def bases(self) -> tuple[Basis, ...]:
        """Every basis on which a source knows it, best first."""
        return (self.basis, *self.also)

    @cached_property
    def id(self) -> str:
        """A stable name made of the verb and the ends, such as ``grants:key>orders.read``."""
        return relation_id(self.verb, self.sources, self.targets)


_BARE = Mould(Relation, "verb", "sources", "targets", "basis", "provenance")


def bare_relation(
    name: str,
    verb: Verb,
    sources: tuple[str, ...],
    targets: tuple[str, ...],
    basis: Basis,
    provenance: tuple[Provenance, ...],
) -> Relation:
    """A relation of which no more is said than every relation says; ``name`` is its id.

    Raises:
        ValidationError: an end that cannot be an id, or none.
    """
    is_typed = type(verb) is Verb and type(basis) is Basis and type(provenance) is tuple
    fits = is_typed and sources and targets and all(map(fits_id, sources)) and all(map(fits_id, targets))
    if fits:
        return _BARE(verb=verb, sources=sources, targets=targets, basis=basis, provenance=provenance, id=name)
    return Relation(verb=verb, sources=sources, targets=targets, basis=basis, provenance=provenance)


def relation_id(verb: Verb, sources: Iterable[str], targets: Iterable[str]) -> str:
    """The id of a relation of these ends; no two lists of ends read the same."""
    return id_of_sides(verb, joint_end(map(end_of_id, sources)), joint_end(map(end_of_id, targets)))


def id_of_sides(verb: str, sources: str, targets: str) -> str:
    """The same of sides as they stand in one: who makes many asks for each of them once."""
    return f"{verb}:{sources}>{targets}"


def joint_end(ends: Iterable[str]) -> str:
    """Several ends, as they stand in the id of a relation, as one side of it."""
    return "+".join(ends)


def named_ends(text: str) -> list[str]:
    """The ends that a text names if it is the id of a relation."""
    _, colon, ends = text.partition(":")
    found = [name for side in ends.split(">") for name in side.split("+")] if colon else []
    return [name.replace("%3E", ">").replace("%2B", "+").replace("%25", "%") for name in found if name]


def end_of_id(name: str) -> str:
    """A name as it stands in the id of a relation."""
    return name.replace("%", "%25").replace("+", "%2B").replace(">", "%3E")


class Ends(NamedTuple):
    """Which kinds may stand at the two ends of a verb, and whether an end may be a group."""

    sources: frozenset[Kind]
    targets: frozenset[Kind]
    joint: bool = False
    group: bool = False


def _ends(sources: str, targets: str, *, joint: bool = False, group: bool = False) -> Ends:
    return Ends(frozenset(map(Kind, sources.split())), frozenset(map(Kind, targets.split())), joint, group)


SIGNATURES: dict[Verb, Ends] = {
    Verb.OWNS: _ends("party", "service store feed credential"),
    Verb.HOLDS: _ends("party service", "credential"),
    Verb.GRANTS: _ends("credential", "scope operation service", joint=True),
    Verb.PERMITS: _ends("scope", "operation", joint=True),
    Verb.READS: _ends("operation service", "store service feed"),
    Verb.WRITES: _ends("operation service", "store service feed"),
    Verb.CONTROLS: _ends("operation", "store service feed"),
    Verb.DISABLES: _ends("operation", "store service feed"),
    Verb.ISSUES: _ends("operation", "credential scope"),
    Verb.RUNS_ON: _ends("service store", "service"),
    Verb.PART_OF: _ends("store service", "store service"),
    Verb.SERVES: _ends("service", "operation"),
    Verb.CALLS: _ends("service", "operation"),
    Verb.CONTAINS: _ends("store", "credential"),
    Verb.DERIVES_FROM: _ends("store", "store service"),
    Verb.PUBLISHES: _ends("party service", "feed"),
    Verb.CONSUMES: _ends("service process", "feed", group=True),
    Verb.INSTALLS: _ends("service", "feed store"),
    Verb.INFORMS: _ends("service store", "process"),
    Verb.DEPENDS_ON: _ends("service process", "service operation store feed party process", group=True),
    Verb.CONNECTS: _ends("service operation", "service"),
    Verb.RELIES_ON: _ends("party", "party"),
}

_TAKEN_IN = frozenset({Verb.CONSUMES, Verb.READS, Verb.CALLS})
_LEANT_ON = _TAKEN_IN | {Verb.DEPENDS_ON}
TAKEN_BY: dict[str, frozenset[Verb]] = {
    "extent": frozenset({Verb.READS, Verb.WRITES}),
    "dependency": _LEANT_ON,
    "buffer_h": _LEANT_ON,
    "at_least": frozenset({Verb.DEPENDS_ON}),
    "capacity_loss": frozenset({Verb.DEPENDS_ON}),
    "vote_min": frozenset({Verb.CONSUMES}),
    "brittle": _TAKEN_IN,
    "on_bad": _TAKEN_IN,
    "on_missing": _TAKEN_IN,
    "obeys": _TAKEN_IN,
    "keys": frozenset({Verb.CALLS}),
    "needs": frozenset({Verb.CALLS}),
}
"""Which relations take a word of their own, beside those that each takes."""
