"""Who stands behind a thing, and so which controls stop nothing: a vendor's signature, a fallback that falls too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from blastradius.model import ControlKind, Entity, Relation, Verb

VOID_ALONG = {
    ControlKind.FALLBACK: (
        Verb.DEPENDS_ON,
        Verb.CALLS,
        Verb.READS,
        Verb.CONSUMES,
        Verb.PUBLISHES,
        Verb.SERVES,
        Verb.RUNS_ON,
        Verb.PART_OF,
    ),
    ControlKind.VERIFIED: (Verb.INSTALLS,),
}
"""The controls that may stop nothing for who provides them, and along which relations."""
_SUPPLY = (Verb.PUBLISHES, Verb.SERVES)
RESTS = (Verb.DEPENDS_ON, Verb.CALLS, Verb.READS, Verb.CONSUMES, Verb.RUNS_ON)
"""Along which a thing may be unable to do without another, where it is said that it depends hard on it."""
ALWAYS_HARD = (Verb.DEPENDS_ON, Verb.RUNS_ON)
"""Those of which it is so where nothing is said."""


@dataclass(frozen=True, eq=False)
class Ties:
    """What relations say of who owns, publishes, serves, writes and rests on what."""

    entities: Mapping[str, Entity]
    by_verb: Mapping[Verb, Sequence[Relation]]

    def why_false_fallback(self, provider: str, replaced: Iterable[str]) -> str | None:
        """Why a fallback stops no loss of what it replaces, or ``None``.

        It is what it replaces, shares its zone or an owner that is not ourselves, or rests on it.
        """
        rests_on = self._all_it_rests_on(provider)
        for name in sorted({source for supplier in replaced for source in (supplier, *self._behind[supplier])}):
            if name == provider:
                return f"the fallback {name!r} is what it replaces"
            zone = self.entities[provider].zone
            if zone is not None and zone == self.entities[name].zone:
                return f"the fallback {provider!r} shares zone {zone!r} with {name!r}"
            if self._others_of(provider) & self._others_of(name):
                return f"the fallback {provider!r} and {name!r} fall with the same party"
            if name in rests_on:
                return f"the fallback {provider!r} rests on {name!r}"
        return None

    def why_own_signature(self, provider: str, vouched: Iterable[str]) -> str | None:
        """Why a verification stops nothing of what it vouches for, or ``None``: the vendor vouches for itself."""
        for name in vouched:
            makers = {name, *self._behind[name], *self._writers(name)}
            vendors = (makers - {name}).union(*(self._owners[maker] for maker in makers))
            if provider in vendors or self._owners[provider] & vendors:
                return f"{provider!r} belongs to the vendor whose feed it vouches for"
        return None

    def looked_at(self, provider: str, ends: Iterable[str]) -> set[str]:
        """Around which things it is said why a control of a provider stops nothing of these ends."""
        makers = {maker for name in ends for maker in (name, *self._behind[name], *self._writers(name))}
        return makers | {provider} | self._all_it_rests_on(provider)

    def _others_of(self, name: str) -> set[str]:
        """The parties other than ourselves with which a thing falls, itself if it is one."""
        owners = self._owners[name] | {name}
        return {owner for owner in owners if getattr(self.entities[owner], "role", "self") != "self"}

    def _writers(self, name: str) -> Iterator[str]:
        """What writes a feed or a store, and the services that serve the operations that do."""
        for writer in self._written_by[name]:
            yield from (writer, *self._behind[writer])

    def _all_it_rests_on(self, name: str) -> set[str]:
        found, queue = set[str](), [name]
        while queue:
            new = self._suppliers[queue.pop()] - found
            found |= new
            queue += new
        return found

    @cached_property
    def _owners(self) -> Mapping[str, set[str]]:
        return _sources(self.by_verb[Verb.OWNS])

    @cached_property
    def _behind(self) -> Mapping[str, set[str]]:
        return _sources(relation for verb in _SUPPLY for relation in self.by_verb[verb])

    @cached_property
    def _written_by(self) -> Mapping[str, set[str]]:
        return _sources(self.by_verb[Verb.WRITES])

    @cached_property
    def _suppliers(self) -> Mapping[str, set[str]]:
        """What each thing cannot do without, in one step."""
        found: dict[str, set[str]] = defaultdict(set)
        for relation in (relation for verb in RESTS for relation in self.by_verb[verb]):
            always = relation.verb in ALWAYS_HARD and relation.dependency in (None, "hard")
            if always or relation.dependency == "hard":
                found[relation.sources[0]] |= set(relation.targets)
        for name, sources in self._behind.items():
            found[name] |= sources
        return found


def replaced(relation: Relation) -> tuple[str, ...]:
    """What a fallback on a relation stands in for, and what a verification on it vouches for."""
    return relation.sources if relation.verb in _SUPPLY else relation.targets


def _sources(relations: Iterable[Relation]) -> Mapping[str, set[str]]:
    """For each target of relations their sources."""
    found: dict[str, set[str]] = defaultdict(set)
    for relation in relations:
        for target in relation.targets:
            found[target] |= set(relation.sources)
    return found
