"""A scenario as people name it, checked against an estate before it is asked."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from blastradius.errors import InputError, UsageError
from blastradius.estate import Estate, OfAnotherKindError
from blastradius.model import (
    SEEDS,
    Basis,
    Capability,
    ControlKind,
    Fact,
    Kind,
    Level,
    Note,
    NoteKind,
    Scenario,
    Verb,
)
from blastradius.rules import APPLIES

_CONTROL_KINDS = frozenset(map(str, ControlKind))
SEED_KINDS: dict[str, frozenset[Kind]] = {field: kinds for field, (_, kinds) in SEEDS.items()}
"""Which kinds of entity each field that starts a scenario may name."""
ATTACKS = ("compromise", "leak", "poison", "breach", "use")
"""The ways to start that mean somebody who means it."""
_PLACES = frozenset({Kind.SERVICE, Kind.STORE})
"""The kinds of entity that a zone stands for."""

BACK = "everything denied is taken to be back after {} hours"
WHOLE = "{} has assets in {} zones ({}) and is taken to fall whole; name the one asset if the entry was there"
"""What to think of before believing an answer: that an outage ends, and that a party is not taken in parts."""
Added = tuple[ControlKind, str]
"""A control that is put in place: its kind, and the entity or relation."""


class World(NamedTuple):
    """One what-if: a scenario, relations taken away, controls put in place, and whether the proposal is in force.

    ``without`` are ids of relations; ``controls`` are kinds of control, each with the entity or relation it is put on;
    a control that fails is distrusted in the scenario.
    """

    scenario: Scenario
    without: tuple[str, ...] = ()
    controls: tuple[Added, ...] = ()
    proposed: bool = False


class Assumption(BaseModel):
    """How much to assume of the attacker, which controls not to believe, and what-ifs."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    assume: Literal["granted", "abused", "takeover", "lateral"] = Field(
        "abused", description="how much of the attacker to assume, cumulative"
    )
    distrust: tuple[str, ...] = Field((), description="ask as if a control did not work: a kind, or KIND@ID")
    with_: tuple[str, ...] = Field((), description="ask as if a control were in place: KIND@ID")
    without: tuple[str, ...] = Field((), description="ask as if a relation were not there, by its id")
    basis: Literal["observed", "declared", "inferred", "assumed"] = Field(
        "assumed", description="use only what is known on this basis or a better one"
    )

    @property
    def level(self) -> Level:
        """The level named by ``assume``."""
        return Level[self.assume.upper()]

    @property
    def asked(self) -> Scenario:
        """A scenario that starts nowhere, with all that is assumed."""
        return Scenario(
            assume=self.level,
            distrust=self.distrust,
            controls=self.with_,
            without=self.without,
            basis=Basis(self.basis),
        )


class ScenarioParams(Assumption):
    """Where it starts, and how much to assume. Every way to start may be repeated and combined."""

    compromise: tuple[str, ...] = Field((), description="a party, service or zone falls under an attacker's control")
    use: tuple[str, ...] = Field((), description="an attacker uses an operation, service, scope or key as granted")
    leak: tuple[str, ...] = Field((), description="a copy of a credential is in an attacker's hands")
    poison: tuple[str, ...] = Field((), description="an attacker chooses what a feed or a store says")
    wrong: tuple[str, ...] = Field((), description="a feed, service or store is wrong, by mistake")
    outage: tuple[str, ...] = Field((), description="something stops: X, or X=HOURS")
    breach: tuple[str, ...] = Field((), description="a store has been read")
    anyone: bool = Field(False, description="a stranger on the internet")
    hours: float | None = Field(None, ge=0, description="how long what is denied stays denied")

    def scenario(self, estate: Estate) -> Scenario:
        """The scenario by ids, with every name in it checked; things are named by id or by display name.

        Raises:
            UsageError: no seed, a name the estate does not have or has twice, of the wrong kind, hours that are no
                number or that differ.
        """
        if not self.anyone and not any(getattr(self, field) for field in SEED_KINDS):
            raise UsageError("a scenario starts somewhere; name it, for instance --compromise PARTY")
        outages = [_outage(estate, outage) for outage in self.outage]
        named = {field: getattr(self, field) for field in SEED_KINDS} | {"outage": [name for name, _ in outages]}
        seeds = {field: tuple(_seed(estate, field, name) for name in names) for field, names in named.items()}
        stated = {"hours": _one_end(self.hours, outages)}
        return checked(estate, self.asked.model_copy(update={**seeds, **stated, "anyone": self.anyone}))


def _one_end(hours: float | None, outages: Iterable[tuple[str, float | None]]) -> float | None:
    """How long everything stays denied: one length for all causes.

    Raises:
        UsageError: several lengths are named.
    """
    stated = {found for found in (hours, *(length for _, length in outages)) if found is not None}
    if len(stated) > 1:
        lengths = " and ".join(f"{length:g}" for length in sorted(stated))
        raise UsageError(f"outage: {lengths} hours are named; an outage has one end for all causes, so name one length")
    return next(iter(stated), None)


def seeds_of(estate: Estate, scenario: Scenario) -> list[Fact]:
    """The facts a scenario starts from, sorted: a zone stands for what is in it, a whole for its parts."""
    found = {
        Fact(name, Capability.OPERATE if estate.kind_of(name) == Kind.CREDENTIAL and field == "use" else gained)
        for field, (gained, _) in SEEDS.items()
        for seed in getattr(scenario, field)
        for name in _stands_for(estate, seed)
    }
    applicable = {fact for fact in found if fact.capability in APPLIES[estate.kind_of(fact.entity)]}
    return sorted(applicable | ({ANYONE} if brings_an_attacker(scenario) else set()))


ANYONE = Fact("internet", Capability.ANYONE)
"""That somebody out there means it."""


def brings_an_attacker(scenario: Scenario) -> bool:
    """Whether somebody means it: a mistake and an outage alone bring no attacker."""
    return scenario.anyone or any(getattr(scenario, field) for field in ATTACKS)


def is_timed(scenario: Scenario) -> bool:
    """Whether it matters when something arrives: something is denied from the start, or only for a time."""
    return bool(scenario.outage) or scenario.hours is not None


def _stands_for(estate: Estate, seed: str) -> list[str]:
    """An entity with its parts and theirs; for a zone those of all its services and stores."""
    found = [seed] if seed in estate.entities else estate.in_zone(seed)
    for whole in found:
        estate.require([whole])
        found += [part for part in estate.parts_of(whole) if part not in found]
    return found


def plain(scenario: Scenario) -> Scenario:
    """A scenario as it is asked of an estate that ``what_if`` has changed already."""
    return scenario.model_copy(update={"controls": (), "without": ()})


def what_if(estate: Estate, scenario: Scenario) -> Estate:
    """The estate that a scenario asks about: with its controls in place, without the relations that it takes away.

    Raises:
        UsageError: a control or relation that the estate does not have, or a control where no rule looks for it.
    """
    if not (scenario.controls or scenario.without):
        return estate
    for name in scenario.without:
        if name not in estate.relations:
            raise UsageError(f"without: {name!r} is not a relation of the estate{_near(name, estate.relations)}")
    controls = [_added(estate, name) for name in scenario.controls]
    try:
        return estate.changed(without=scenario.without, controls=controls)
    except InputError as error:
        raise UsageError(f"with: {'; '.join(str(error).splitlines())}") from None


def _added(estate: Estate, name: str) -> str:
    """A control that is put in place as ``kind@id``."""
    kind, at, host = name.partition("@")
    if not at or kind not in _CONTROL_KINDS:
        near = _near(kind, _CONTROL_KINDS)
        raise UsageError(f"with: {name!r} is not a control and a place; write KIND@ID{near}")
    if host in estate.relations:
        return name
    try:
        return f"{kind}@{estate.resolve(host)}"
    except UsageError as error:
        raise UsageError(f"with: {error}") from None


def checked(estate: Estate, scenario: Scenario) -> Scenario:
    """The same scenario, once every seed and every distrusted control is known to be there.

    Raises:
        UsageError: see ``ScenarioParams.scenario``.
    """
    for field in SEED_KINDS:
        for name in getattr(scenario, field):
            _check_seed(estate, field, name)
    for name in scenario.distrust:
        _check_control(estate, name, scenario.controls)
    return scenario


def warnings(estate: Estate, scenario: Scenario) -> tuple[Note, ...]:
    """What to think of before believing the answer to a scenario."""
    notes = [_seeded_whole(estate, name) for name in scenario.compromise]
    if scenario.hours is not None and any((scenario.compromise, scenario.leak, scenario.poison)):
        notes.append(_note(BACK.format(f"{scenario.hours:g}")))
    return tuple(note for note in notes if note is not None)


def _outage(estate: Estate, text: str) -> tuple[str, float | None]:
    name, separator, hours = text.rpartition("=")
    if not separator or text in estate.entities:
        return text, None
    try:
        return name, _hours(hours)
    except ValueError:
        raise UsageError(f"outage {text!r}: {hours!r} is not a number of hours; write X or X=HOURS") from None


def _hours(text: str) -> float:
    hours = float(text)
    if not 0 <= hours < float("inf"):
        raise ValueError(text)
    return hours


def _seed(estate: Estate, field: str, name: str) -> str:
    """The id of what a scenario starts at: an entity of a kind that fits, or a zone for what is in it."""
    kinds = SEED_KINDS[field]
    try:
        return estate.resolve(name, kinds, zones=bool(kinds & _PLACES))
    except OfAnotherKindError as error:
        raise UsageError(f"{field}: {error}{_instead(error.kind)}") from None
    except UsageError as error:
        raise UsageError(f"{field}: {error}") from None


def _check_seed(estate: Estate, field: str, name: str) -> None:
    if _seed(estate, field, name) != name:
        raise UsageError(f"{field}: {name!r} is not the id of anything in the estate{estate.suggest(name)}")


def _instead(kind: Kind) -> str:
    fitting = [field for field, kinds in SEED_KINDS.items() if kind in kinds]
    return f"; for a {kind} use --{fitting[0]}" if fitting else ""


def _check_control(estate: Estate, name: str, added: tuple[str, ...]) -> None:
    if name in _CONTROL_KINDS or name in estate.controls or name in added:
        return
    close = get_close_matches(name, [*ControlKind, *estate.controls], n=1)
    tail = f"did you mean {str(close[0])!r}?" if close else "name a kind of control, or KIND@ID"
    raise UsageError(f"distrust: {name!r} is no control of this estate; {tail}")


def _near(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _seeded_whole(estate: Estate, name: str) -> Note | None:
    owned = [relation.targets[0] for relation in estate.by_verb[Verb.OWNS] if relation.sources[0] == name]
    zones = sorted({zone for asset in owned if (zone := estate.entities[asset].zone)})
    if len(zones) < 2:
        return None
    return _note(WHOLE.format(repr(name), len(zones), ", ".join(zones)))


def _note(message: str) -> Note:
    return Note(kind=NoteKind.ASSUMED, message=message)
