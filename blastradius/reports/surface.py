"""What ties third parties to us, both ways: keys and what they open, what we call of theirs, what they send."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from blastradius.estate import Estate
from blastradius.model import ControlKind, Kind, Operation, Party, Relation, Verb

SPENT = frozenset({ControlKind.REVOKED, ControlKind.ROTATED, ControlKind.EXPIRED})
_ASKED = (Verb.CALLS, Verb.DEPENDS_ON)


def is_live(estate: Estate, host: str) -> bool:
    """Whether a key, or what it grants (by the relation's id), works still, as far as is stated."""
    return not any(
        placed.control.kind in SPENT and placed.control.status not in ("failed", "absent")
        for placed in estate.controls_on(host)
    )


def third_parties(estate: Estate) -> list[Party]:
    """All parties but ourselves, those behind others (role ``upstream``) too, in the order of the estate."""
    return [party for party in estate.of_kind(Kind.PARTY) if isinstance(party, Party) and party.role != "self"]


@dataclass(frozen=True)
class Surface:
    """What relations say of one party, by id.

    ``own`` are its services, stores and feeds with their parts. ``keys`` it holds, itself or through a service of its
    own; what they open as long as they work are ``scopes``, ``services`` and operations that it ``can_call``.
    ``called`` are operations of its own that others call, ``feeds`` what it sends, ``behind`` the parties that it
    relies on, and those that these do.
    """

    party: str
    own: frozenset[str]
    keys: tuple[str, ...]
    scopes: tuple[str, ...]
    services: tuple[str, ...]
    can_call: tuple[str, ...]
    called: tuple[str, ...]
    feeds: tuple[str, ...]
    behind: tuple[str, ...]

    @property
    def is_bare(self) -> bool:
        """Whether nothing is said of what it does for us, or we for it."""
        return not (self.own or self.keys or self.feeds)


class Surfaces:
    """The relations of an estate, looked up from either end."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self._on = {verb: _ends(estate.by_verb[verb]) for verb in _FOLLOWED}
        self._granting, self._permitting = (_by_source(estate.by_verb[verb]) for verb in (Verb.GRANTS, Verb.PERMITS))
        self._callers = _ends(relation for verb in _ASKED for relation in estate.by_verb[verb])
        self._called_by: dict[str, set[str]] = defaultdict(set)
        for caller, targets in self._callers.items():
            for target in targets:
                self._called_by[target].add(caller)

    def of(self, party: str) -> Surface:
        """What ties one party to us."""
        own = self._own(party)
        holders = (party, *sorted(own))
        keys = {key for holder in holders for key in self._to(Verb.HOLDS, holder)}
        keys |= {name for name in self._to(Verb.OWNS, party) if self.estate.kind_of(name) == Kind.CREDENTIAL}
        live = {key for key in keys if is_live(self.estate, key)}
        granted = set(self._opened(self._granting, live))
        opened = granted | set(self._opened(self._permitting, granted))
        services = {name for name in opened if self.estate.kind_of(name) == Kind.SERVICE}
        served = {operation for service in own for operation in self._to(Verb.SERVES, service)}
        calls = {name for name in opened if self.estate.kind_of(name) == Kind.OPERATION}
        calls |= {operation for service in services for operation in self._to(Verb.SERVES, service)}
        feeds = {feed for holder in holders for feed in self._to(Verb.PUBLISHES, holder)}
        return Surface(
            party=party,
            own=own,
            keys=_sorted(keys),
            scopes=_sorted(name for name in granted if self.estate.kind_of(name) == Kind.SCOPE),
            services=_sorted(services - own),
            can_call=_sorted(calls - served),
            called=_sorted(operation for operation in served if self._is_called(operation, own)),
            feeds=_sorted(feeds | {name for name in own if self.estate.kind_of(name) == Kind.FEED}),
            behind=tuple(name for name in self._all(Verb.RELIES_ON, [party]) if name != party),
        )

    def _own(self, party: str) -> frozenset[str]:
        things = [name for name in self._to(Verb.OWNS, party) if self.estate.kind_of(name) != Kind.CREDENTIAL]
        found = dict.fromkeys(things)
        for whole in things:
            new = [part for part in self.estate.parts_of(whole) if part not in found]
            found |= dict.fromkeys(new)
            things += new
        return frozenset(found)

    def _opened(self, relations: Mapping[str, list[Relation]], held: Collection[str]) -> Iterator[str]:
        """What opens with all that is needed for it."""
        for name in sorted(held):
            for relation in relations.get(name, ()):
                if set(relation.sources) <= set(held) and is_live(self.estate, relation.id):
                    yield from relation.targets

    def _is_called(self, operation: str, own: Collection[str]) -> bool:
        stated = self.estate.entities[operation]
        is_consumed = isinstance(stated, Operation) and stated.direction == "consumed"
        return is_consumed or not self._called_by.get(operation, set()) <= set(own)

    def _all(self, verb: Verb, names: list[str]) -> list[str]:
        """What is reached along a verb, nearest first, from these names on, which come first."""
        for name in names:
            names += [other for other in self._to(verb, name) if other not in names]
        return names

    def _to(self, verb: Verb, name: str) -> tuple[str, ...]:
        return tuple(self._on[verb].get(name, ()))


def surfaces_of(estate: Estate) -> list[Surface]:
    """What ties each third party to us, in the order of the estate."""
    found = Surfaces(estate)
    return [found.of(party.id) for party in third_parties(estate)]


_FOLLOWED = (Verb.OWNS, Verb.HOLDS, Verb.SERVES, Verb.PUBLISHES, Verb.RELIES_ON)


def _ends(relations: Iterable[Relation]) -> Mapping[str, dict[str, None]]:
    """For each source of relations their targets, in order."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for relation in relations:
        for source in relation.sources:
            found[source] |= dict.fromkeys(relation.targets)
    return dict(found)


def _by_source(relations: Iterable[Relation]) -> Mapping[str, list[Relation]]:
    found: dict[str, list[Relation]] = defaultdict(list)
    for relation in relations:
        for source in relation.sources:
            found[source].append(relation)
    return dict(found)


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
