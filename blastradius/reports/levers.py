"""What could be done about reach: relations to take away, controls to put in place; in words, with their cost."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from blastradius.engine import PreparedEstate
from blastradius.engine.cut import Lever
from blastradius.engine.guarding import guarded_hosts
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import ControlKind, Relation, Verb
from blastradius.reports.words import control_said, host_said, label, listed

_SAID = {
    Verb.GRANTS: "revoke what {source} opens: {target}",
    Verb.HOLDS: "take {target} away from {source}",
    Verb.CONSUMES: "stop taking in {target} at {source}",
    Verb.INSTALLS: "take {target} off {source}",
    Verb.CONNECTS: "close the connection from {source} to {target}",
    Verb.CALLS: "stop {source} from calling {target}",
    Verb.CONTAINS: "take {target} out of {source}",
    Verb.PUBLISHES: "pause {target}, which {source} publishes",
    Verb.ISSUES: "stop {source} from handing out {target}",
}
"""What it is to take away a relation of a kind; what an organisation cannot do by itself is not among them."""


@dataclass(frozen=True)
class NamedLever:
    """A lever, its id (that of a relation, or ``KIND@ID``), and what doing it is called."""

    id: str
    says: str
    lever: Lever


def levers_of(
    system: PreparedEstate,
    *,
    keep: Collection[str] = (),
    costs: Mapping[str, float] | None = None,
    add: Sequence[ControlKind] = (),
) -> list[NamedLever]:
    """All that could be done, but what touches anything in ``keep`` (ids of relations, entities or controls, or verbs).

    ``costs`` are by the id of a lever, else by its verb or kind of control, else 1. ``add`` are kinds of control that
    may be put wherever they would stop something.
    """
    kept = set(keep)
    prices = costs or {}
    found = [*_removals(system, kept, prices), *_additions(system, kept, prices, add)]
    return sorted(found, key=lambda lever: lever.id)


def untried(system: PreparedEstate) -> int:
    """How many relations could be taken away and are no levers, for other rules depend on whether they are there."""
    estate = system.estate
    return sum(system.is_telling(relation.id) for verb in _SAID for relation in estate.by_verb[verb])


def _removals(system: PreparedEstate, kept: set[str], prices: Mapping[str, float]) -> Iterator[NamedLever]:
    estate = system.estate
    for verb in _SAID:
        for relation in estate.by_verb[verb]:
            named = {relation.id, str(verb), *relation.sources, *relation.targets}
            if kept.isdisjoint(named) and not system.is_telling(relation.id):
                cost = prices.get(relation.id, prices.get(verb, 1.0))
                yield NamedLever(relation.id, _removal_said(estate, relation), Lever((relation.id,), cost=cost))


def _removal_said(estate: Estate, relation: Relation) -> str:
    source, target = (listed([label(estate, end) for end in ends]) for ends in (relation.sources, relation.targets))
    return _SAID[relation.verb].format(source=source, target=target)


def _additions(
    system: PreparedEstate, kept: set[str], prices: Mapping[str, float], add: Sequence[ControlKind]
) -> Iterator[NamedLever]:
    estate = system.estate
    hosts = [*estate.columns.entities.ids, *estate.columns.relations.ids]
    for kind, places in guarded_hosts(estate, add, provided=False).items():
        for host in (hosts[place] for place in np.flatnonzero(places).tolist()):
            there = any(placed.control.kind == kind for placed in estate.controls_on(host))
            name = f"{kind}@{host}"
            if there or system.is_telling((kind, host)) or not kept.isdisjoint({host, str(kind), name}):
                continue
            cost = prices.get(name, prices.get(kind, 1.0))
            says = f"at {host_said(estate, host)}: {control_said(kind)}"
            yield NamedLever(name, says, Lever(controls=((kind, host),), cost=cost))


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
    kind = text.partition("@")[0]
    if text in estate.relations or text in map(str, _SAID) or kind in map(str, ControlKind):
        return text
    try:
        return estate.resolve(text)
    except UsageError as error:
        raise UsageError(f"{option}: {error}") from None
