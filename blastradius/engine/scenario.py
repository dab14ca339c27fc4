"""A scenario as people name it, checked against an estate before it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import SEEDS, ControlKind, Fact, Kind, Level, Note, NoteKind, Scenario, Verb

_CONTROL_KINDS = frozenset(map(str, ControlKind))
SEED_KINDS: dict[str, frozenset[Kind]] = {field: kinds for field, (_, kinds) in SEEDS.items()}
"""Which kinds of entity each field that starts a scenario may name."""


Added = tuple[ControlKind, str]
"""A control that is put in place: its kind, and the entity or relation."""


@dataclass(frozen=True, slots=True)
class World:
    """One what-if: a scenario, relations taken away, controls put in place, and whether the proposal is in force.

    ``without`` are ids of relations; ``controls`` are kinds of control, each with the entity or relation it is put on;
    a control that fails is distrusted in the scenario.
    """

    scenario: Scenario
    without: tuple[str, ...] = ()
    controls: tuple[Added, ...] = ()
    proposed: bool = False


class Assumption(BaseModel):
    """How much to assume of the attacker, and which controls not to believe."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    assume: Literal["granted", "abused", "takeover", "lateral"] = Field(
        "abused", description="how much of the attacker to assume, cumulative"
    )
    distrust: tuple[str, ...] = Field((), description="ask as if a control did not work: a kind, or KIND@ID")

    @property
    def level(self) -> Level:
        """The level named by ``assume``."""
        return Level[self.assume.upper()]


class ScenarioParams(Assumption):
    """Where it starts, and how much to assume. Every way to start may be repeated and combined."""

    compromise: tuple[str, ...] = Field((), description="a party or service falls under an attacker's control")
    leak: tuple[str, ...] = Field((), description="a copy of a credential is in an attacker's hands")
    poison: tuple[str, ...] = Field((), description="an attacker chooses what a feed says")
    wrong: tuple[str, ...] = Field((), description="a feed or service is wrong, by mistake")
    outage: tuple[str, ...] = Field((), description="something stops: X, or X=HOURS")
    breach: tuple[str, ...] = Field((), description="a store has been read")
    hours: float | None = Field(None, ge=0, description="how long what is denied stays denied")

    def scenario(self, estate: Estate) -> Scenario:
        """The scenario, with every name in it checked.

        Raises:
            UsageError: no seed, a name the estate does not have, of the wrong kind, hours that are no number.
        """
        if not any(getattr(self, field) for field in SEED_KINDS):
            raise UsageError("a scenario starts somewhere; name it, for instance --compromise PARTY")
        outages = [_outage(estate, outage) for outage in self.outage]
        stated = [hours for _, hours in outages if hours is not None]
        longest = max(stated) if stated and len(stated) == len(outages) else None
        return checked(
            estate,
            Scenario(
                compromise=self.compromise,
                leak=self.leak,
                poison=self.poison,
                wrong=self.wrong,
                outage=tuple(name for name, _ in outages),
                breach=self.breach,
                hours=self.hours if self.hours is not None else longest,
                assume=self.level,
                distrust=self.distrust,
            ),
        )


def seeds_of(scenario: Scenario) -> list[Fact]:
    """The facts a scenario starts from, sorted."""
    return sorted({Fact(name, gained) for field, (gained, _) in SEEDS.items() for name in getattr(scenario, field)})


def checked(estate: Estate, scenario: Scenario) -> Scenario:
    """The same scenario, once every seed and every distrusted control is known to be there.

    Raises:
        UsageError: see ``ScenarioParams.scenario``.
    """
    for field, kinds in SEED_KINDS.items():
        for name in getattr(scenario, field):
            _check_seed(estate, field, name, kinds)
    for name in scenario.distrust:
        _check_control(estate, name)
    return scenario


def warnings(estate: Estate, scenario: Scenario) -> tuple[Note, ...]:
    """What to think of before believing the answer to a scenario."""
    notes = [_seeded_whole(estate, name) for name in scenario.compromise]
    if scenario.hours is not None and any((scenario.compromise, scenario.leak, scenario.poison)):
        notes.append(_note(f"everything denied is taken to be back after {scenario.hours:g} hours"))
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


def _check_seed(estate: Estate, field: str, name: str, kinds: frozenset[Kind]) -> None:
    entity = estate.entities.get(name)
    expected = ", ".join(sorted(kinds))
    if entity is None:
        near = [known.id for known in estate.entities.values() if known.kind in kinds]
        close = get_close_matches(name, near, n=1)
        tail = f"did you mean {close[0]!r}?" if close else f"{field} takes a {expected}"
        raise UsageError(f"{field}: {name!r} is not in the estate; {tail}")
    if entity.kind not in kinds:
        raise UsageError(f"{field}: {name!r} is a {entity.kind}; {field} takes a {expected}{_instead(entity.kind)}")


def _instead(kind: Kind) -> str:
    fitting = [field for field, kinds in SEED_KINDS.items() if kind in kinds]
    return f"; for a {kind} use --{fitting[0]}" if fitting else ""


def _check_control(estate: Estate, name: str) -> None:
    if name in _CONTROL_KINDS or name in estate.controls:
        return
    close = get_close_matches(name, [*ControlKind, *estate.controls], n=1)
    tail = f"did you mean {str(close[0])!r}?" if close else "name a kind of control, or KIND@ID"
    raise UsageError(f"distrust: {name!r} is no control of this estate; {tail}")


def _seeded_whole(estate: Estate, name: str) -> Note | None:
    owned = [relation.targets[0] for relation in estate.by_verb[Verb.OWNS] if relation.sources[0] == name]
    zones = sorted({zone for asset in owned if (zone := estate.entities[asset].zone)})
    if len(zones) < 2:
        return None
    return _note(
        f"{name!r} has assets in {len(zones)} zones ({', '.join(zones)}) and is taken to fall whole; "
        f"name the one asset if the entry was there"
    )


def _note(message: str) -> Note:
    return Note(kind=NoteKind.ASSUMED, message=message)
