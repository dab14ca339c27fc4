"""What could be done about a scenario, in plain words: what it travels along, taken away; controls, put in place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from blastradius.engine import Reach
from blastradius.engine.scenario import Added
from blastradius.estate import Estate
from blastradius.model import ControlKind, Credential, Kind, Relation, Verb
from blastradius.reports.words import control_said, host_said, label, listed
from blastradius.rules import placements

Act = Literal["revoke", "pause", "remove", "narrow", "add"]


@dataclass(frozen=True)
class Remedy:
    """One thing to do: relations taken away, or controls put in place, under one name; ``says`` it in plain words."""

    id: str
    act: Act
    says: str
    without: tuple[str, ...] = ()
    controls: tuple[Added, ...] = ()


REMOVED: Mapping[Verb, str] = {
    Verb.HOLDS: "take {target} from {source}",
    Verb.GRANTS: "take {target} from {source}",
    Verb.PERMITS: "take {target} out of {source}",
    Verb.ISSUES: "keep {source} from handing out {target}",
    Verb.READS: "keep {source} from reading {target}",
    Verb.WRITES: "keep {source} from writing to {target}",
    Verb.CONTROLS: "keep {source} from administering {target}",
    Verb.DISABLES: "keep {source} from stopping {target}",
    Verb.SERVES: "switch off {target} at {source}",
    Verb.CALLS: "keep {source} from calling {target}",
    Verb.CONTAINS: "take {target} out of {source}",
    Verb.DERIVES_FROM: "keep {source} from taking data from {target}",
    Verb.PUBLISHES: "keep {source} from publishing {target}",
    Verb.CONSUMES: "keep {source} from taking in {target}",
    Verb.INSTALLS: "keep {source} from installing {target}",
    Verb.INFORMS: "decide {target} without {source}",
    Verb.DEPENDS_ON: "make {source} independent of {target}",
    Verb.CONNECTS: "close the connection from {source} to {target}",
    Verb.RUNS_ON: "move {source} away from {target}",
}
"""What can be taken away, in words; who owns what, and what is part of what, is no lever."""
FOREIGN = "if not for this: {source} {verb} {target}"
"""The same of a relation that is none."""
_NO_CONTROLS = frozenset(
    {
        ControlKind.REVOKED,
        ControlKind.ROTATED,
        ControlKind.EXPIRED,
        ControlKind.INSENSITIVE,
        ControlKind.NOT_EXPOSED,
        ControlKind.FAIL_CLOSED,
        ControlKind.COMPARTMENT,
    }
)
"""Kinds that are not put in place: keys taken away, which are levers of their own, what something just is, and how a
party keeps its own assets apart."""
_FEEDING = (Verb.CONSUMES, Verb.INSTALLS, Verb.READS)


def removals(reach: Reach, along: Verb | None = None) -> list[Remedy]:
    """What a scenario travels along, taken away: keys, all keys of one holder, feeds, and each relation on its own.

    What is not on the proof of anything changes nothing when it is taken away, so it is not here. ``along`` asks for
    single relations of one verb.
    """
    estate = reach.estate
    names = dict.fromkeys(relation for step in reach.certificate.steps for relation in step.relations)
    travelled = [estate.relations[name] for name in names]
    if along == Verb.PART_OF:  # what starts at a whole starts at its parts, without a step
        return [_single(estate, relation) for relation in estate.by_verb[along]]
    if along is not None:
        return [_single(estate, relation) for relation in travelled if relation.verb == along]
    revoked = set(_used_keys(travelled))
    singles = [_single(estate, relation) for relation in travelled if _is_lever(relation, revoked)]
    found: dict[tuple[str, ...], Remedy] = {}
    for lever in (*_keys(estate, travelled), *_holders(estate, travelled), *_feeds(estate, travelled), *singles):
        found.setdefault(lever.without, lever)
    return list(found.values())


def _is_lever(relation: Relation, revoked: Collection[str]) -> bool:
    """Whether it can be taken away; a key that can be revoked need not be taken from its holder."""
    return relation.verb in REMOVED and not (relation.verb == Verb.HOLDS and relation.targets[0] in revoked)


def _single(estate: Estate, relation: Relation) -> Remedy:
    return Remedy(relation.id, "remove", removal_said(estate, relation), (relation.id,))


def removal_said(estate: Estate, relation: Relation) -> str:
    """What it is to take a relation away, in plain words."""
    source, target = (
        listed([label(estate, name) for name in ends], 3) for ends in (relation.sources, relation.targets)
    )
    says = REMOVED.get(relation.verb, FOREIGN)
    return says.format(source=source, target=target, verb=relation.verb.replace("_", " "))


def _keys(estate: Estate, travelled: Sequence[Relation]) -> Iterator[Remedy]:
    """Each key that is used, revoked: all that it grants, alone or with others."""
    for key in _used_keys(travelled):
        yield revocation(estate, key)


def revocation(estate: Estate, key: str) -> Remedy:
    """A key, revoked: all that it grants, alone or with others, is taken away."""
    return Remedy(f"revoke:{key}", "revoke", f"revoke {label(estate, key)}", tuple(estate.grants_of(key)))


def _used_keys(travelled: Sequence[Relation]) -> list[str]:
    granting = (relation for relation in travelled if relation.verb == Verb.GRANTS)
    return list(dict.fromkeys(key for relation in granting for key in relation.sources))


def _holders(estate: Estate, travelled: Sequence[Relation]) -> Iterator[Remedy]:
    """All keys of one holder at once, where several are used; those of its services are a party's, too."""
    used = set(_used_keys(travelled))
    for holder, keys in _keys_of(estate).items():
        if len(keys & used) > 1:
            grants = (relation for relation in estate.by_verb[Verb.GRANTS] if not keys.isdisjoint(relation.sources))
            without = tuple(relation.id for relation in grants)
            yield Remedy(f"revoke all:{holder}", "revoke", f"revoke all keys of {label(estate, holder)}", without)


def _keys_of(estate: Estate) -> Mapping[str, set[str]]:
    """For each party, then each service, the keys that it or what it owns has."""
    held: dict[str, set[str]] = defaultdict(set)
    for relation in estate.by_verb[Verb.HOLDS]:
        held[relation.sources[0]].add(relation.targets[0])
    found: dict[str, set[str]] = {party.id: set(held[party.id]) for party in estate.of_kind(Kind.PARTY)}
    for relation in estate.by_verb[Verb.OWNS]:
        owner, owned = relation.sources[0], relation.targets[0]
        found[owner] |= {owned} if isinstance(estate.entities[owned], Credential) else held[owned]
    return found | {holder: keys for holder, keys in held.items() if holder not in found}


def _feeds(estate: Estate, travelled: Sequence[Relation]) -> Iterator[Remedy]:
    """Each feed that is taken in, paused; a group of feeds that vote is taken in as a whole."""
    taken = (relation for relation in travelled if relation.verb in _FEEDING)
    fed = (name for relation in taken for name in relation.targets)
    feeds = dict.fromkeys(name for name in fed if estate.kind_of(name) == Kind.FEED)
    takers: dict[str, list[Relation]] = {feed: [] for feed in feeds}
    for relation in (relation for verb in _FEEDING for relation in estate.by_verb[verb]) if feeds else ():
        for name in takers.keys() & set(relation.targets):
            takers[name].append(relation)
    for feed, relations in takers.items():
        if all(len(relation.targets) == 1 for relation in relations):
            without = tuple(relation.id for relation in relations)
            yield Remedy(f"pause:{feed}", "pause", f"pause {label(estate, feed)}", without)


def additions(reach: Reach) -> list[Remedy]:
    """Controls that are not there, each where some rule looks for it, on what the scenario goes through."""
    kinds = placements()
    return [
        addition(reach.estate, (kind, host))
        for host in gone_through(reach)
        for kind in fitting(reach.estate, host, kinds)
    ]


def gone_through(reach: Reach) -> dict[str, None]:
    """The relations that a scenario runs along, what they tie together, and what is reached; in the proof's order."""
    estate, hosts = reach.estate, dict[str, None]()
    for step in reach.certificate.steps:
        hosts |= dict.fromkeys(step.relations)
        for relation in map(estate.relations.__getitem__, step.relations):
            hosts |= dict.fromkeys((*relation.sources, *relation.targets))
        hosts |= dict.fromkeys([step.fact.entity] if step.fact.entity in estate.entities else [])
    return hosts


def fitting(estate: Estate, host: str, kinds: Iterable[ControlKind]) -> Iterator[ControlKind]:
    """The kinds of control that some rule looks for on an entity or a relation, and of which none stands there."""
    of, places = (0 if host in estate.entities else 1), placements()
    what: Kind | Verb = estate.kind_of(host) if of == 0 else estate.relations[host].verb
    for kind in kinds:
        if what in places[kind][of] and kind not in _NO_CONTROLS and not stands(estate, kind, host):
            yield kind


def addition(estate: Estate, added: Added) -> Remedy:
    """A control, put in place."""
    kind, host = added
    says = f"{host_said(estate, host)}: {control_said(kind)}"
    return Remedy(f"{kind}@{host}", "add", says, controls=(added,))


def stands(estate: Estate, kind: ControlKind, host: str) -> bool:
    """Whether such a control is there already."""
    return any(
        placed.control.kind == kind and placed.control.status not in ("failed", "absent")
        for placed in estate.controls_on(host)
    )


def narrowings(reach: Reach) -> list[tuple[Remedy, Callable[[], Estate]]]:
    """Operations limited to own rows, whose are checked; each with the estate in which it is so."""
    from blastradius.reports.grants import is_wide, narrowed

    estate = reach.estate
    names = dict.fromkeys(relation for step in reach.certificate.steps for relation in step.relations)
    found = []
    for name in names:
        relation = estate.relations[name]
        if estate.kind_of(relation.sources[0]) == Kind.OPERATION and is_wide(estate, relation):
            source, target = label(estate, relation.sources[0]), label(estate, relation.targets[0])
            lever = Remedy(f"own rows:{name}", "narrow", f"own rows only, checked: {source} on {target}", (name,))
            found.append((lever, _changing(estate, relation, narrowed(relation))))
    return found


def _changing(estate: Estate, old: Relation, new: Relation) -> Callable[[], Estate]:
    return lambda: estate.changed(without=(old.id,)).changed(relations=(new,))
