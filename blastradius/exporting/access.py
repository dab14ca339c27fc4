"""Who uses what, seen from the services: what threat models and bills of services have words for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from blastradius.estate import Estate
from blastradius.model import Kind, Party, Verb

Many = Mapping[str, tuple[str, ...]]


def joined(estate: Estate, *verbs: Verb, back: bool = False) -> Many:
    """The targets of each source, sorted; ``back`` the sources of each target."""
    return _many(
        (target, source) if back else (source, target)
        for verb in verbs
        for relation in estate.by_verb[verb]
        for source in relation.sources
        for target in relation.targets
    )


def callers(estate: Estate) -> Many:
    """Who can call each operation: services that do, and other parties that hold a key which opens it."""
    grants, opens = joined(estate, Verb.GRANTS), _opening(estate)
    calls = {(operation, service) for service, them in joined(estate, Verb.CALLS).items() for operation in them}
    for holder, keys in joined(estate, Verb.HOLDS).items():
        for granted in (target for key in keys for target in grants.get(key, ())):
            is_door = estate.entities[granted].kind == Kind.OPERATION
            calls |= {(operation, holder) for operation in ((granted,) if is_door else opens.get(granted, ()))}
    return _many((operation, caller) for operation, caller in calls if not _is_us(estate, caller))


def _opening(estate: Estate) -> Many:
    """The operations that scopes permit, and those that services serve where no scope does."""
    guarded = joined(estate, Verb.PERMITS, back=True)
    free = ((service, door) for service, doors in joined(estate, Verb.SERVES).items() for door in doors)
    permitted = ((scope, door) for door, scopes in guarded.items() for scope in scopes)
    return _many([*permitted, *((service, door) for service, door in free if door not in guarded)])


def touching(estate: Estate, verb: Verb) -> list[tuple[str, str, str]]:
    """Who reads or writes a store, the store, and what names the access.

    That is a service itself, or what serves an operation; where nobody does, those who call it.
    """
    servers, asking = joined(estate, Verb.SERVES, back=True), callers(estate)
    return [
        (user, store, name)
        for name, targets in joined(estate, verb).items()
        for store in targets
        if estate.entities[store].kind == Kind.STORE
        for user in (
            (name,) if estate.entities[name].kind == Kind.SERVICE else servers.get(name) or asking.get(name, ())
        )
    ]


def is_other(estate: Estate, name: str) -> bool:
    """Whether a thing is a party that is not ourselves."""
    return estate.entities[name].kind == Kind.PARTY and not _is_us(estate, name)


def _is_us(estate: Estate, name: str) -> bool:
    found = estate.entities[name]
    return isinstance(found, Party) and found.role == "self"


def _many(pairs: Iterable[tuple[str, str]]) -> Many:
    found: dict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        found[one].add(other)
    return {name: tuple(sorted(found[name])) for name in sorted(found)}
