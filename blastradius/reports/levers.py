"""What may be cut: keys revoked, relations taken away, controls put in place; with what each costs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from blastradius.engine import PreparedEstate
from blastradius.engine.cut import Lever
from blastradius.engine.guarding import guarded_hosts
from blastradius.engine.scenario import Added
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import ControlKind, Kind, Verb
from blastradius.reports.remedies import Remedy, removal_said, revocation, stands
from blastradius.reports.words import control_said, host_said

LEVER_VERBS = (
    Verb.GRANTS,
    Verb.CONSUMES,
    Verb.INSTALLS,
    Verb.CONNECTS,
    Verb.CALLS,
    Verb.CONTAINS,
    Verb.PUBLISHES,
    Verb.ISSUES,
)
"""What an organisation takes away by itself, from one day to the next."""


@dataclass(frozen=True)
class Priced:
    """A remedy that may be part of a cut, and its cost."""

    remedy: Remedy
    cost: float

    @property
    def lever(self) -> Lever:
        """The same for the engine."""
        return Lever(self.remedy.without, self.remedy.controls, self.cost)


def levers_of(
    system: PreparedEstate,
    *,
    keep: Collection[str] = (),
    costs: Mapping[str, float] | None = None,
    add: Sequence[ControlKind] = (),
) -> list[Priced]:
    """All that may be done, by id, but what touches anything in ``keep``: ids of levers or entities, verbs, controls.

    ``costs`` are by the id of a lever, else by its verb or kind of control, else 1. ``add`` are kinds of control that
    may be put wherever they would stop something.
    """
    estate, prices = system.estate, costs or {}
    found = []
    for remedy, kinds in (*_removals(estate), *_additions(estate, add)):
        changes: tuple[str | Added, ...] = (*remedy.without, *remedy.controls)
        touched = {remedy.id, *kinds, *_touched(estate, remedy)}
        if touched.isdisjoint(keep) and changes and not any(map(system.is_telling, changes)):
            price = next((prices[name] for name in (remedy.id, *kinds) if name in prices), 1.0)
            found.append(Priced(remedy, price))
    return sorted(found, key=lambda priced: priced.remedy.id)


def _removals(estate: Estate) -> Iterator[tuple[Remedy, tuple[str, ...]]]:
    """Keys revoked, relations taken away; with what kinds of change they are."""
    for key in estate.of_kind(Kind.CREDENTIAL):
        yield revocation(estate, key.id), ("revoke", str(Verb.GRANTS))
    for relation in (relation for verb in LEVER_VERBS for relation in estate.by_verb[verb]):
        remedy = Remedy(relation.id, "remove", removal_said(estate, relation), (relation.id,))
        yield remedy, (str(relation.verb),)


def _additions(estate: Estate, add: Sequence[ControlKind]) -> Iterator[tuple[Remedy, tuple[str, ...]]]:
    """Controls of some kinds, where they would stop a step and are not yet."""
    hosts = [*estate.columns.entities.ids, *estate.columns.relations.ids]
    for kind, places in guarded_hosts(estate, add, provided=False).items():
        for host in (hosts[place] for place in np.flatnonzero(places).tolist()):
            if not stands(estate, kind, host):
                says = f"{host_said(estate, host)}: {control_said(kind)}"
                yield Remedy(f"{kind}@{host}", "add", says, controls=((kind, host),)), (str(kind),)


def _touched(estate: Estate, remedy: Remedy) -> Iterator[str]:
    """The relations and entities that a remedy is about."""
    for name in (*remedy.without, *(host for _, host in remedy.controls)):
        yield name
        if name in estate.relations:
            yield from (*estate.relations[name].sources, *estate.relations[name].targets)


def untried(system: PreparedEstate) -> int:
    """How many relations may be taken away and are no levers, for other rules depend on whether they are there."""
    return sum(system.is_telling(relation.id) for verb in LEVER_VERBS for relation in system.estate.by_verb[verb])


def priced(estate: Estate, stated: Sequence[str]) -> dict[str, float]:
    """What levers cost, from ``WHAT=NUMBER``: an id of a relation, ``KIND@ID``, a verb or a kind of control.

    Raises:
        UsageError: no such thing, or no number above 0.
    """
    found = {}
    for text in stated:
        what, separator, number = text.rpartition("=")
        if not separator:
            raise UsageError(f"cost: {text!r} names no number; write WHAT=NUMBER, for instance grants=2")
        found[_lever_named(estate, "cost", what)] = _price(text, number)
    return found


def _price(text: str, number: str) -> float:
    try:
        cost = float(number)
    except ValueError:
        cost = 0.0
    if not 0 < cost < float("inf"):
        raise UsageError(f"cost: {text!r}: {number!r} is no number above 0")
    return cost


def kept_of(estate: Estate, stated: Sequence[str]) -> list[str]:
    """What is refused to be cut: relations by id, entities by id or name, verbs, kinds of control.

    Raises:
        UsageError: no such thing.
    """
    return [_lever_named(estate, "keep", text) for text in stated]


def _lever_named(estate: Estate, option: str, text: str) -> str:
    kind, _, key = text.partition("@")[0].partition(":")
    if text in estate.relations or text in (*map(str, LEVER_VERBS), "revoke") or kind in map(str, ControlKind):
        return text
    try:
        return f"revoke:{estate.resolve(key)}" if kind == "revoke" else estate.resolve(text)
    except UsageError as error:
        raise UsageError(f"{option}: {error}") from None
